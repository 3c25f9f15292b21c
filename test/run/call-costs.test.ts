/** What a call costs may be drawn from a distribution, call by call, as it is on a real machine. */
import { expect, test } from "vitest";
import type { RunRecord, SimulateOptions } from "../../src/run/record.ts";
import { calls, run } from "../support/scenario.ts";

const COUNT = 50;

const pipeline = (profile: Readonly<Record<string, unknown>>, options?: SimulateOptions): RunRecord =>
  run(
    {
      network: { profile: { extends: "ideal", ...profile } },
      nodes: {
        process: {
          sockets: {
            out: { type: "PUSH", bind: ["inproc://tasks"] },
            in: { type: "PULL", connect: ["inproc://tasks"] },
          },
          program: [
            { repeat: COUNT, do: [{ send: "out", frames: ["x"] }] },
            { repeat: COUNT, do: [{ poll: ["in"] }, { recv: "in" }] },
          ],
        },
      },
    },
    options,
  );

/** From one call to the next. */
const gaps = (record: RunRecord, call: string): number[] => {
  const times = calls(record, call).map(({ t }) => t);
  return times.slice(1).map((t, i) => t - (times[i] as number));
};

const uniform = (min: number, max: number): object => ({ kind: "uniform", min, max });

test.each([
  ["send", { send: uniform(1000, 9000) }, "send", [1000, 9000]],
  ["recv", { recv: uniform(2000, 7000) }, "recv", [2000, 7000]],
  ["poll", { poll: uniform(3000, 5000), recv: 1000 }, "recv", [4000, 6000]],
] as const)("a %s takes what is drawn for it", (_name, profile, call, [least, most]) => {
  const found = gaps(pipeline(profile), call);
  expect(found).toHaveLength(COUNT - 1);
  expect(Math.min(...found)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...found)).toBeLessThanOrEqual(most);
  // Of 49 draws some come from either end.
  expect(Math.min(...found)).toBeLessThan(least + (most - least) / 4);
  expect(Math.max(...found)).toBeGreaterThan(most - (most - least) / 4);
});

test("the draws belong to the seed", () => {
  const profile = { send: uniform(1000, 9000), recv: uniform(2000, 7000) };
  const of = (seed: string): number[] => gaps(pipeline(profile, { seed }), "send");
  expect(of("1")).toEqual(of("1"));
  expect(of("1")).not.toEqual(of("2"));
});

test("a number is what every call costs", () => {
  expect(new Set(gaps(pipeline({ send: 1500 }), "send"))).toEqual(new Set([1500]));
});
