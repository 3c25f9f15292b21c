import { expect, test } from "vitest";
import type { RandomStream } from "../../src/kernel/random.ts";
import { RandomStreams } from "../../src/kernel/random.ts";

const NAME = "link/a>b/latency";
const floats = (stream: RandomStream, count: number) => Array.from({ length: count }, () => stream.float());

test("the sequence of a seed and a name is fixed for ever", () => {
  const stream = new RandomStreams("1").stream(NAME);
  expect([
    stream.float(),
    stream.float(),
    stream.uint32(),
    stream.int(10),
    stream.int(10),
    stream.between(5, 7),
    stream.chance(0.5),
  ]).toEqual([0.335876777084008, 0.5739534359812096, 2849445449, 3, 2, 6, false]);
});

test("a stream is not shifted by others, before or in between", () => {
  const alone = floats(new RandomStreams("1").stream(NAME), 4);
  const streams = new RandomStreams("1");
  floats(streams.stream("other"), 7);
  const first = floats(streams.stream(NAME), 2);
  floats(streams.stream("third"), 3);
  expect([...first, ...floats(streams.stream(NAME), 2)]).toEqual(alone);
});

test("seed and name both matter, and where one ends", () => {
  const first = [
    ["1", "x"],
    ["2", "x"],
    ["1", "y"],
    ["1/x", "y"],
    ["1", "x/y"],
    ["", "1"],
  ].map(([seed, name]) => new RandomStreams(seed!).stream(name!).float());
  expect(new Set(first).size).toBe(first.length);
});

test("the same name is the same stream", () => {
  const streams = new RandomStreams("1");
  expect(streams.stream("x")).toBe(streams.stream("x"));
});

test("neighbouring streams are not correlated", () => {
  // The mean of the product of two centred uniforms has a deviation of 1/12 / sqrt(n): 0.0008 here.
  const streams = new RandomStreams("1");
  const count = 10_000;
  const [a, b] = [floats(streams.stream("n/1"), count), floats(streams.stream("n/2"), count)];
  const product = a.reduce((sum, value, index) => sum + (value - 0.5) * (b[index]! - 0.5), 0) / count;
  expect(Math.abs(product)).toBeLessThan(0.003);
});

test("ranges", () => {
  const stream = new RandomStreams("1").stream("ranges");
  const count = 6000;
  const tally = (draw: () => number | boolean) => {
    const seen = new Map<number | boolean, number>();
    for (let index = 0; index < count; index++) {
      const value = draw();
      seen.set(value, (seen.get(value) ?? 0) + 1);
    }
    return [...seen]
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([value, times]) => [value, Math.round((10 * times) / count)]);
  };
  expect(tally(() => stream.int(2))).toEqual([
    [0, 5],
    [1, 5],
  ]);
  expect(tally(() => stream.between(-2, 2))).toEqual([
    [-2, 2],
    [-1, 2],
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  expect(tally(() => stream.chance(0.3))).toEqual([
    [false, 7],
    [true, 3],
  ]);
  expect(tally(() => stream.chance(0))).toEqual([[false, 10]]);
  expect(tally(() => stream.chance(1))).toEqual([[true, 10]]);
  expect(tally(() => stream.int(1))).toEqual([[0, 10]]);
  expect(() => stream.int(0)).toThrow("at least one value");
});
