/** Every shipped scenario: clean, true to its own expectations, balanced, and the same as last time. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { traceDigest } from "../../src/trace/digest.ts";
import { FOLDER, loadScenario, NAMES, remarks, run } from "./support/run.ts";

const GOLDEN = join(import.meta.dirname, "../golden/digests.json");

describe.each(NAMES)("%s", (name) => {
  test("checks clean", () => {
    expect(remarks(name)).toBe("");
  });

  test("says what it teaches in one sentence, and what must hold", () => {
    const { plan, expectations } = loadScenario(name);
    expect(plan.about).toMatch(/^[A-Z][^.!?]*\.$/);
    expect(expectations.length).toBeGreaterThan(1);
  });

  test("holds its own expectations, without warnings or failed threads", () => {
    const { expectations, record } = run(name);
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(record.warnings).toEqual([]);
    expect(record.threads.filter(({ state }) => state === "failed")).toEqual([]);
  });

  test("gives every message in a pipe exactly one end", () => {
    const { legs, events } = run(name).record;
    const lost = events.filter((event) => event.ev === "fate" && event.where !== undefined).length;
    expect(events.filter(({ ev }) => ev === "queue").length).toBe(legs.written);
    expect(legs.delivered + lost).toBe(legs.written);
  });
});

test("the README lists every scenario", () => {
  const readme = readFileSync(join(FOLDER, "README.md"), "utf8");
  const listed = [...readme.matchAll(/\(([\w-]+)\.json\)/g)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(NAMES);
});

// A change of the engine or of a profile changes them: UPDATE_GOLDEN=1 npx vitest run test/scenarios
test("digests are those of the golden file; UPDATE_GOLDEN=1 rewrites it", () => {
  const digests = Object.fromEntries(NAMES.map((name) => [name, traceDigest(run(name).record)]));
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, `${JSON.stringify(digests, null, 2)}\n`);
  expect(digests).toEqual(JSON.parse(readFileSync(GOLDEN, "utf8")));
});
