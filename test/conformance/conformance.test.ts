/**
 * libzmq's own behaviour tests on the simulator; `npm run conformance` runs them on npm zeromq as well.
 * Here the real arm takes a sample that finishes in a few seconds.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MUTATIONS } from "../../scripts/mutants.mjs";
import { CATALOGUE } from "./catalogue.ts";
import "./cases/all.ts";
import { realArm, simulate } from "./support/arms.ts";
import { CASES } from "./support/bench.ts";

describe("simulated", () => {
  test.each(CASES.map((one) => ({ id: `${one.file}/${one.name}`, one })))("$id", async ({ one }) => {
    expect((await simulate(one)).error).toBe(null);
  });
});

test("cases have upstream's names, each once", () => {
  const upstream = new Set(
    Object.entries(CATALOGUE).flatMap(([file, { semantic = [], timing = [] }]) =>
      [...semantic, ...timing].map((name) => `${file}/${name}`),
    ),
  );
  const ids = CASES.map(({ file, name }) => `${file}/${name}`);
  expect(CASES.filter(({ file, name, own }) => own === upstream.has(`${file}/${name}`))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("each rule that npm run mutations breaks is where it was", () => {
  for (const { name, file, from } of MUTATIONS) {
    const text = readFileSync(join(import.meta.dirname, "../..", file), "utf8");
    expect(text.split(from).length - 1, `${name}: scripts/mutants.mjs`).toBe(1);
  }
});

test("the real arm agrees on a sample", { timeout: 60_000 }, async () => {
  const eligible = CASES.filter(({ slow, simulatedOnly }) => !slow && simulatedOnly === undefined);
  const sample = eligible.filter((_, index) => index % 6 === 0);
  expect((await realArm(sample)).filter(({ error }) => error !== null)).toEqual([]);
});
