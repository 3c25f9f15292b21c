/** The README's scenario runs, prints what the README says, and its two commands are what CI calls. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { world } from "./world.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The fenced block that follows a marker comment. */
function block(marker: string): string {
  const at = README.indexOf(`<!-- ${marker} -->`);
  expect(at, `README has the marker ${marker}`).toBeGreaterThanOrEqual(0);
  return /```\w*\n([\s\S]*?)```/.exec(README.slice(at))?.[1] ?? "";
}

test("the scenario of ten lines prints what the README shows", async () => {
  const scenario = block("file: hello.json");
  expect(scenario.trimEnd().split("\n").length).toBeLessThanOrEqual(12);
  const { code, out, err } = await world({ "hello.json": scenario }).sim("run", "hello.json");
  expect(out, "npm run readme brings it up to date").toBe(block("output: sim run hello.json"));
  expect([code, err]).toEqual([EXIT.ok, ""]);
});

test("CI calls exactly the two commands of the README", () => {
  const commands = [...README.slice(README.indexOf("## Two commands")).matchAll(/```sh\n([\s\S]*?)\n```/g)].map(
    ([, line]) => line,
  );
  const called = readFileSync(join(ROOT, ".ci/run"), "utf8")
    .split("\n")
    .filter((line) => /^npm|^npx/.test(line));
  expect(commands.slice(0, 2)).toEqual(called);
});

test("the commands for CI do what the README says", async () => {
  const { folder, sim } = world();
  cpSync(join(ROOT, "scenarios"), join(folder, "scenarios"), { recursive: true });
  const commands = block("commands: in CI").trim().split("\n");
  expect(commands).toHaveLength(5);
  for (const command of commands) {
    const { code, out, err } = await sim(...command.split(" ").slice(1));
    expect(code, `${command}\n${out}${err}`).toBe(EXIT.ok);
  }
  expect(readFileSync(join(folder, "report.xml"), "utf8")).toContain("<testsuites>");
}, 60_000);
