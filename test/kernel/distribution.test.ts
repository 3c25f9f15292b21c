import { describe, expect, test } from "vitest";
import type { DistributionSpec } from "../../src/kernel/distribution.ts";
import { compileDistribution, distributionProblem } from "../../src/kernel/distribution.ts";
import { RandomStreams } from "../../src/kernel/random.ts";

const stream = () => new RandomStreams("1").stream("link/a>b/latency");

function draws(spec: DistributionSpec, count: number): number[] {
  const distribution = compileDistribution(spec);
  const source = stream();
  return Array.from({ length: count }, () => distribution.sample(source));
}

test.each<{ spec: DistributionSpec; first: number[] }>([
  { spec: { kind: "uniform", min: 10, max: 1e6 }, first: [335883, 573958, 663442, 147081] },
  { spec: { kind: "exponential", mean: 1e6 }, first: [409288, 853207, 1088974, 159081] },
  { spec: { kind: "exponential", mean: 1e6, min: 4e5, max: 1e6 }, first: [645573, 911924, 1e6, 495448] },
  { spec: { kind: "lognormal", median: 1e6, p95: 5e6 }, first: [660592, 1200135, 1511015, 358264] },
  { spec: { kind: "lognormal", median: 1e6, p95: 5e6, min: 5e5, max: 1.5e6 }, first: [660592, 1200135, 1.5e6, 5e5] },
  {
    spec: {
      kind: "quantiles",
      points: [
        [0.1, 1000],
        [0.5, 5000],
        [0.9, 50000],
      ],
    },
    first: [3359, 13320, 23387, 1471],
  },
])("the draws of a seed are fixed for ever: $spec", ({ spec, first }) => {
  expect(draws(spec, 4)).toEqual(first);
});

// The exponential's quantile is -mean * ln(1 - p): 0.105, 0.693, 2.303 and 4.605 means.
// The lognormal's is median * (p95 / median)^(z(p) / z(0.95)): z(0.1) = -1.2816, z(0.99) = 2.3263.
test.each<{ spec: DistributionSpec; quantiles: [p: number, value: number][] }>([
  {
    spec: { kind: "uniform", min: 1000, max: 2000 },
    quantiles: [
      [0, 1000],
      [0.1, 1100],
      [0.5, 1500],
      [0.99, 1990],
      [1, 2000],
    ],
  },
  {
    spec: { kind: "exponential", mean: 1e6 },
    quantiles: [
      [0.1, 105361],
      [0.5, 693147],
      [0.9, 2302585],
      [0.99, 4605170],
    ],
  },
  {
    spec: { kind: "exponential", mean: 1e6, min: 9e5 },
    quantiles: [
      [0, 9e5],
      [0.5, 969315],
      [0.9, 1130259],
    ],
  },
  {
    spec: { kind: "exponential", mean: 1e6, max: 2e6 },
    quantiles: [
      [0.5, 693147],
      [0.9, 2e6],
      [1, 2e6],
    ],
  },
  {
    spec: { kind: "lognormal", median: 1e5, p95: 2e5 },
    quantiles: [
      [0.1, 58275],
      [0.5, 1e5],
      [0.95, 2e5],
      [0.99, 266528],
    ],
  },
  {
    spec: { kind: "lognormal", median: 1e5, p95: 1e5 },
    quantiles: [
      [0, 1e5],
      [1, 1e5],
    ],
  },
  {
    spec: {
      kind: "quantiles",
      points: [
        [0.1, 1000],
        [0.5, 5000],
        [0.9, 50000],
      ],
    },
    quantiles: [
      [0, 1000],
      [0.05, 1000],
      [0.3, 3000],
      [0.7, 27500],
      [0.95, 50000],
    ],
  },
  {
    spec: {
      kind: "quantiles",
      points: [
        [0, 0],
        [0.5, 0],
        [0.5, 1000],
        [1, 1000],
      ],
    },
    quantiles: [
      [0.25, 0],
      [0.49, 0],
      [0.51, 1000],
      [1, 1000],
    ],
  },
])("1e5 draws have the quantiles of $spec", ({ spec, quantiles }) => {
  const sorted = draws(spec, 1e5).sort((a, b) => a - b);
  for (const [p, value] of quantiles) {
    const drawn = sorted[Math.min(Math.floor(p * sorted.length), sorted.length - 1)]!;
    expect(Math.abs(drawn - value), `quantile ${p}: ${drawn}`).toBeLessThanOrEqual(0.03 * value + 1);
  }
});

describe("constants", () => {
  test.each<[DistributionSpec, number | null]>([
    [1500, 1500],
    [0, 0],
    [{ kind: "constant", value: 12.6 }, 13],
    [{ kind: "uniform", min: 7, max: 7 }, 7],
    [{ kind: "uniform", min: 7, max: 8 }, null],
  ])("%o has the constant %o", (spec, constant) => {
    expect(compileDistribution(spec).constant).toBe(constant);
  });

  test("draw nothing from the stream", () => {
    const source = stream();
    expect(compileDistribution(1500).sample(source)).toBe(1500);
    expect(source.float()).toBe(stream().float());
  });
});

test.each<[DistributionSpec, string]>([
  [-1, "the value must be 0 to 2^53 ns, not -1"],
  [NaN, "the value must be 0 to 2^53 ns, not NaN"],
  [{ kind: "constant", value: Infinity }, "value must be 0 to 2^53 ns, not Infinity"],
  [{ kind: "uniform", min: 2, max: 1 }, "min (2) must not be more than max (1)"],
  [{ kind: "exponential", mean: 5, min: 6 }, "min (6) must not be more than mean (5)"],
  [{ kind: "exponential", mean: 5, min: 3, max: 2 }, "min (3) must not be more than max (2)"],
  [{ kind: "lognormal", median: 0, p95: 5 }, "median must be more than 0"],
  [{ kind: "lognormal", median: 6, p95: 5 }, "median (6) must not be more than p95 (5)"],
  [{ kind: "quantiles", points: [] }, "points must not be empty"],
  [{ kind: "quantiles", points: [[1.5, 1]] }, "the probability of point 0 must be 0 to 1, not 1.5"],
  [
    {
      kind: "quantiles",
      points: [
        [0, 5],
        [1, 4],
      ],
    },
    "point 1 must not be below point 0",
  ],
])("%o is refused", (spec, problem) => {
  expect(distributionProblem(spec)).toBe(problem);
  expect(() => compileDistribution(spec)).toThrow(`not a distribution: ${problem}`);
});
