/** Two processes that share nothing but the files give the same digest for every scenario. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { FOLDER, NAMES } from "./support/run.ts";

test("two processes give the same digests", async () => {
  const [first, second] = await Promise.all([digests(), digests()]);
  expect(first.length).toBe(NAMES.length);
  expect(second).toEqual(first);
});

async function digests(): Promise<string[]> {
  const files = NAMES.map((name) => join(FOLDER, `${name}.json`));
  const command = [join(inject("bundles"), "sim.js"), "run", "--json", ...files];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 });
  const { runs } = JSON.parse(stdout) as { runs: { scenario: string; digest: string }[] };
  return runs.map(({ scenario, digest }) => `${scenario} ${digest}`);
}
