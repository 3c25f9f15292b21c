/**
 * The short form of `npm run validate`: three real runs of the main scenarios against simulated ones.
 * Only scenarios whose outcome a loaded machine does not change; the long form has them all.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { bench, ROOT } from "./support.ts";

const MAIN = ["late-joiner", "hwm-inproc", "connect-before-bind", "streamer"];

/** In the bundled text, so that the sources stay as they are. */
const BROKEN = [
  {
    name: "the low-water mark is a quarter of the high-water mark, not half of it rounded up",
    scenario: "scenarios/hwm-inproc.json",
    from: /\(hwm \+ 1\) \/ 2/,
    to: "(hwm + 3) / 4",
  },
  {
    name: "after an empty pipe fair queueing goes on with the one behind the pipe that took its place",
    scenario: "test/validation/fair-queue-1-4-2.json",
    from: /(deactivateCurrent\(\) \{\s+this\.active--;\s+this\.swap\(this\.current, this\.active\);)\s+if \(this\.current === this\.active\) this\.current = 0;/,
    to: "$1 this.current = this.active === 0 ? 0 : (this.current + 1) % this.active;",
  },
];

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

  // A machine that is busy can start the senders of a fair queue in another order.
  test.each(BROKEN)("a broken rule of the model is noticed: $name", { timeout: 120_000, retry: 2 }, async (rule) => {
    const on = bench();
    const scenario = join(ROOT, rule.scenario);
    expect((await on.sim("record", scenario, "--out", "real", "--runs", "2", "--calm")).code).toBe(0);
    const sound = await on.sim("compare", scenario, "real", "--seeds", "1..30");
    expect(sound.out.trimEnd().split("\n").at(-1)).toMatch(/^(equal|within): /);
    expect(sound.code).toBe(0);
    const broken = bench({}, brokenBundle(on.folder, rule.from, rule.to));
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
