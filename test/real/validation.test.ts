/**
 * The short form of `npm run validate`: three real runs of the main scenarios against simulated ones.
 * Only scenarios whose outcome a loaded machine does not change; the long form has them all.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { bench, ROOT } from "./support.ts";

const MAIN = ["late-joiner", "hwm-inproc", "connect-before-bind", "streamer"];

describe.skipIf(process.platform !== "linux")("real and simulated runs agree", () => {
  // A machine busy with other work can start a real node tens of ms late: such a run says nothing about the model.
  test.each(MAIN)("%s", { timeout: 120_000, retry: 2 }, async (name) => {
    const on = bench();
    const scenario = join(ROOT, "scenarios", `${name}.json`);
    const recorded = await on.sim("record", scenario, "--runs", "3", "--out", "real");
    expect(recorded.err).toContain("run 3/3");
    const { out, err } = await on.sim("compare", scenario, "real", "--seeds", "1..60", "--json");
    expect(err).toBe("");
    const { verdict, facts } = JSON.parse(out) as {
      verdict: string;
      facts: { kind: string; subject: string; verdict: string }[];
    };
    const told = facts.filter(({ kind }) => kind !== "monitor" && kind !== "turns");
    expect(told.filter((fact) => fact.verdict === "differs")).toEqual([]);
    expect(["equal", "within", "differs"]).toContain(verdict);
  });

  test("a broken rule of the model is noticed", { timeout: 120_000 }, async () => {
    const on = bench();
    const scenario = join(ROOT, "scenarios/hwm-inproc.json");
    expect((await on.sim("record", scenario, "--out", "real", "--runs", "2")).code).toBe(0);
    const sound = await on.sim("compare", scenario, "real", "--seeds", "1..30");
    expect(sound.out.trimEnd().split("\n").at(-1)).toMatch(/^(equal|within): /);
    expect(sound.code).toBe(0);
    // The low-water mark, half of the high-water mark rounded up, becomes a quarter.
    const broken = bench({}, brokenBundle(on.folder, /\(hwm \+ 1\) \/ 2/, "(hwm + 3) / 4"));
    const { out, code } = await broken.sim("compare", scenario, join(on.folder, "real"), "--seeds", "1..30");
    expect(out).toContain("First difference: ");
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^differs: /);
    expect(code).toBe(1);
  });
});

function brokenBundle(folder: string, rule: RegExp, instead: string): string {
  const dist = join(folder, "broken", "dist");
  cpSync(inject("bundles"), dist, { recursive: true });
  let changed = 0;
  for (const name of readdirSync(dist).filter((file) => file.startsWith("sim-") && file.endsWith(".js"))) {
    const text = readFileSync(join(dist, name), "utf8");
    if (!rule.test(text)) continue;
    writeFileSync(join(dist, name), text.replace(rule, instead));
    changed++;
  }
  expect(changed).toBe(1);
  // The bundle looks for its package in the folders above it.
  writeFileSync(join(folder, "broken/package.json"), "{}");
  return dist;
}
