/** Random programs: fifty pinned ones on both arms, many on the simulator alone, and those that once told the arms apart. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { simulated } from "./support/alone.ts";
import { compareAll } from "./support/differential.ts";
import { type Program, programs } from "./support/fuzz.ts";

const FOUND = join(import.meta.dirname, "found");
const found = readdirSync(FOUND).filter((name) => name.endsWith(".json"));
const PINNED = { numRuns: 50, seed: 20_240_601 };

test("fifty pinned programs go the same way on npm zeromq", { timeout: 60_000 }, async () => {
  const sample = fc.sample(programs, PINNED);
  const kept = found.map((name) => JSON.parse(readFileSync(join(FOUND, name), "utf8")) as Program);
  expect(await compareAll([...kept, ...sample])).toEqual([]);
});

/** Numbers of the messages in a line of a transcript, in order. */
const numbers = (line: string): number[] => [...line.matchAll(/"[ab]*(\d+)\.0"/g)].map(([, number]) => Number(number));

test("without the real arm: conservation, whole messages, determinism", async () => {
  await fc.assert(
    fc.asyncProperty(programs, async (program) => {
      const lines = await simulated(program);
      expect(lines.filter((line) => line.includes("without a fate"))).toEqual([]);
      expect(await simulated(program)).toEqual(lines);
      // Parts are "<topic><number>.<part>": all of one message, in order, from the first on.
      for (const line of lines) {
        for (const [message] of line.matchAll(/\[("[^\]]*")\]/g)) {
          const parts = [...message.matchAll(/"[ab]*(\d+)\.(\d)"/g)].map(([, number, part]) => [number, Number(part)]);
          expect(parts.map(([, part]) => part)).toEqual(parts.map((_, index) => index));
          expect(new Set(parts.map(([number]) => number)).size).toBeLessThan(2);
        }
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

test("without the real arm: one sender's messages come in order, and never more than the limits hold", async () => {
  const pipeline = programs.filter(
    ({ types, options, steps }) =>
      types.length === 2 &&
      types.includes("PUSH") &&
      options["conflate"] === undefined &&
      steps.filter(({ do: what }) => what === "connect").length === 1 &&
      steps.every(({ do: what }) => !["sndhwm", "rcvhwm", "disconnect", "close"].includes(what)),
  );
  await fc.assert(
    fc.asyncProperty(pipeline, async (program) => {
      const lines = await simulated(program);
      const received = lines.flatMap(numbers);
      expect(received).toEqual([...received].sort((a, b) => a - b));
      expect(new Set(received).size).toBe(received.length);
      if (program.transport !== "inproc") return;
      const sender = program.types.indexOf("PUSH");
      const [sndhwm] = program.hwms[sender] as readonly [number, number];
      const [, rcvhwm] = program.hwms[1 - sender] as readonly [number, number];
      let waiting = 0;
      for (const line of lines) {
        if (line.includes(" send ")) waiting += [...line.matchAll(/\bok\b/g)].length;
        waiting -= numbers(line).length;
        expect(waiting).toBeLessThanOrEqual(sndhwm + rcvhwm);
      }
    }),
    { numRuns: 40, seed: 11 },
  );
});
