import { expect, test } from "vitest";
import { GlibcRand } from "../../src/kernel/glibc-rand.ts";

const list = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

test("rand() of a process that never seeds it", () => {
  const rand = new GlibcRand();
  expect(list(10, () => rand.next())).toEqual([
    1804289383, 846930886, 1681692777, 1714636915, 1957747793, 424238335, 719885386, 1649760492, 596516649, 1189641421,
  ]);
});

test("reconnect delays of real processes with an interval of 100 ms", () => {
  const rand = new GlibcRand();
  expect(list(16, () => 100 + (rand.generateRandom() % 100))).toEqual([
    183, 125, 141, 186, 197, 110, 138, 163, 140, 172, 111, 115, 182, 110, 115, 129,
  ]);
});

test("first ids of real processes", () => {
  const rand = new GlibcRand();
  expect(list(2, () => rand.generateRandom())).toEqual([0x6b8b4567, 0xe43c9869]);
});

test("seed 0 is seed 1, other seeds differ, and processes do not share a sequence", () => {
  const first = list(5, () => new GlibcRand().next());
  expect(new Set(first)).toEqual(new Set([1804289383]));
  expect(new GlibcRand(0).next()).toBe(1804289383);
  // srand(2): known first value.
  expect(new GlibcRand(2).next()).toBe(1505335290);
});
