import { describe, expect, test } from "vitest";
import { exp, ln, normalQuantile } from "../../src/kernel/math.ts";

/** Largest relative error over a range; near a zero of the function the absolute one. */
function worst(ours: (x: number) => number, theirs: (x: number) => number, xs: readonly number[]): number {
  return Math.max(...xs.map((x) => Math.abs(ours(x) - theirs(x)) / Math.max(Math.abs(theirs(x)), Number.MIN_VALUE)));
}

const spread = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));

test.each([
  { title: "around 1", xs: spread(0.5, 2, 5001) },
  { title: "the unit interval", xs: spread(2 ** -53, 1, 5001) },
  { title: "durations", xs: spread(1, 1e15, 5001) },
  { title: "every power of two", xs: spread(-1022, 1023, 2046).map((power) => 2 ** power) },
  { title: "subnormal", xs: [5e-324, 1e-310, 2.2e-308] },
])("ln is accurate: $title", ({ xs }) => {
  expect(worst(ln, Math.log, xs)).toBeLessThan(1e-14);
});

test.each([
  { title: "small", xs: spread(-1, 1, 5001) },
  { title: "wide", xs: spread(-700, 709, 5001) },
])("exp is accurate: $title", ({ xs }) => {
  expect(worst(exp, Math.exp, xs)).toBeLessThan(1e-14);
});

test("ln and exp at their limits", () => {
  expect([ln(1), ln(0), ln(-1), ln(Infinity), ln(NaN)]).toEqual([0, -Infinity, NaN, Infinity, NaN]);
  expect([exp(0), exp(-Infinity), exp(Infinity), exp(NaN), exp(-746), exp(710)]).toEqual([
    1,
    0,
    Infinity,
    NaN,
    0,
    Infinity,
  ]);
  expect(exp(-745)).toBe(5e-324);
});

describe("normal quantile", () => {
  test.each([
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798408],
  ])("of %d is %d", (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-12);
  });

  test("rises and is symmetric", () => {
    const ps = spread(0.001, 0.5, 500);
    const zs = ps.map(normalQuantile);
    expect(zs.every((z, index) => index === 0 || z > zs[index - 1]!)).toBe(true);
    expect(Math.max(...ps.map((p) => Math.abs(normalQuantile(1 - p) + normalQuantile(p))))).toBeLessThan(1e-12);
  });

  test("has limits", () => {
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(-1), normalQuantile(NaN)]).toEqual([
      -Infinity,
      Infinity,
      NaN,
      NaN,
    ]);
  });
});
