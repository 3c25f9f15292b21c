/** Random durations: how a scenario writes them, and how they are drawn. */
import { assertNever, invariant } from "./invariant.ts";
import { exp, ln, normalQuantile } from "./math.ts";
import type { RandomStream } from "./random.ts";
import type { Duration } from "./time.ts";

/**
 * A random duration; all values are ns, >= 0. A bare number is a constant.
 *
 * - exponential: `min` shifts it and `mean` is that of the shifted whole, so the part above `min` has the
 *   mean `mean - min`; `max` caps.
 * - lognormal: given by two quantiles; `min` and `max` cap.
 * - quantiles: points [p, value], ascending in both, joined by straight lines; beyond the first and the last
 *   point their values hold.
 */
export type DistributionSpec =
  | number
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly min: number; readonly max: number }
  | { readonly kind: "exponential"; readonly mean: number; readonly min?: number; readonly max?: number }
  | {
      readonly kind: "lognormal";
      readonly median: number;
      readonly p95: number;
      readonly min?: number;
      readonly max?: number;
    }
  | { readonly kind: "quantiles"; readonly points: readonly (readonly [p: number, value: number])[] };

/** A checked specification, ready to draw from. */
export abstract class Distribution {
  /** The duration when it is always the same, so that callers may use a lane; else null. */
  readonly constant: Duration | null = null;

  /** Draws a duration: whole ns, >= 0. Every draw takes the same number of values from the stream; a constant none. */
  abstract sample(stream: RandomStream): Duration;
}

/** Compiles a specification for which distributionProblem() is null. */
export function compileDistribution(spec: DistributionSpec): Distribution {
  const problem = distributionProblem(spec);
  invariant(problem === null, `not a distribution: ${problem ?? ""}`);
  if (typeof spec === "number") return new Constant(spec);
  switch (spec.kind) {
    case "constant":
      return new Constant(spec.value);
    case "uniform":
      return spec.min === spec.max ? new Constant(spec.min) : new Uniform(spec.min, spec.max);
    case "exponential":
      return new Exponential(spec.mean, spec.min ?? 0, spec.max ?? Infinity);
    case "lognormal":
      return new Lognormal(spec.median, spec.p95, spec.min ?? 0, spec.max ?? Infinity);
    case "quantiles":
      return new Quantiles(spec.points);
    default:
      return assertNever(spec);
  }
}

/** What is wrong with a specification, as a sentence; null when it can be compiled. */
export function distributionProblem(spec: DistributionSpec): string | null {
  if (typeof spec === "number") return durationProblem("the value", spec);
  switch (spec.kind) {
    case "constant":
      return durationProblem("value", spec.value);
    case "uniform":
      return (
        durationProblem("min", spec.min) ??
        durationProblem("max", spec.max) ??
        orderProblem("min", spec.min, "max", spec.max)
      );
    case "exponential": {
      const { mean, min = 0, max = MAX_DURATION } = spec;
      return boundsProblem(min, max) ?? durationProblem("mean", mean) ?? orderProblem("min", min, "mean", mean);
    }
    case "lognormal": {
      const { median, p95, min = 0, max = MAX_DURATION } = spec;
      if (median === 0) return "median must be more than 0";
      return (
        boundsProblem(min, max) ??
        durationProblem("median", median) ??
        durationProblem("p95", p95) ??
        orderProblem("median", median, "p95", p95)
      );
    }
    case "quantiles":
      return pointsProblem(spec.points);
    default:
      return assertNever(spec);
  }
}

class Constant extends Distribution {
  override readonly constant: Duration;

  constructor(value: number) {
    super();
    this.constant = Math.round(value) as Duration;
  }

  sample(): Duration {
    return this.constant;
  }
}

class Uniform extends Distribution {
  private readonly min: number;
  private readonly span: number;

  constructor(min: number, max: number) {
    super();
    this.min = min;
    this.span = max - min;
  }

  sample(stream: RandomStream): Duration {
    return Math.round(this.min + this.span * stream.float()) as Duration;
  }
}

class Exponential extends Distribution {
  private readonly scale: number;
  private readonly min: number;
  private readonly max: number;

  constructor(mean: number, min: number, max: number) {
    super();
    this.scale = mean - min;
    this.min = min;
    this.max = max;
  }

  sample(stream: RandomStream): Duration {
    const value = this.min - this.scale * ln(1 - stream.float());
    return Math.round(Math.min(value, this.max)) as Duration;
  }
}

class Lognormal extends Distribution {
  private readonly median: number;
  private readonly sigma: number;
  private readonly min: number;
  private readonly max: number;

  constructor(median: number, p95: number, min: number, max: number) {
    super();
    this.median = median;
    this.sigma = ln(p95 / median) / normalQuantile(0.95);
    this.min = min;
    this.max = max;
  }

  sample(stream: RandomStream): Duration {
    // The quantile of 0 has no value.
    const p = stream.float() || HALF_STEP;
    const value = this.median * exp(this.sigma * normalQuantile(p));
    return Math.round(Math.min(Math.max(value, this.min), this.max)) as Duration;
  }
}

class Quantiles extends Distribution {
  private readonly probabilities: Float64Array;
  private readonly values: Float64Array;

  constructor(points: readonly (readonly [p: number, value: number])[]) {
    super();
    this.probabilities = Float64Array.from(points, ([p]) => p);
    this.values = Float64Array.from(points, ([, value]) => value);
  }

  sample(stream: RandomStream): Duration {
    const { probabilities, values } = this;
    const p = stream.float();
    let above = 0;
    while (above < probabilities.length && probabilities[above]! <= p) above++;
    if (above === 0) return Math.round(values[0]!) as Duration;
    const low = values[above - 1]!;
    if (above === probabilities.length) return Math.round(low) as Duration;
    const from = probabilities[above - 1]!;
    const share = (p - from) / (probabilities[above]! - from);
    return Math.round(low + share * (values[above]! - low)) as Duration;
  }
}

function pointsProblem(points: readonly (readonly [p: number, value: number])[]): string | null {
  if (points.length === 0) return "points must not be empty";
  for (const [index, [p, value]] of points.entries()) {
    if (!(p >= 0 && p <= 1)) return `the probability of point ${index} must be 0 to 1, not ${p}`;
    const problem = durationProblem(`the value of point ${index}`, value);
    if (problem !== null) return problem;
    const previous = points[index - 1];
    if (previous !== undefined && (p < previous[0] || value < previous[1]))
      return `point ${index} must not be below point ${index - 1}`;
  }
  return null;
}

function boundsProblem(min: number, max: number): string | null {
  return durationProblem("min", min) ?? durationProblem("max", max) ?? orderProblem("min", min, "max", max);
}

function orderProblem(low: string, lowValue: number, high: string, highValue: number): string | null {
  return lowValue <= highValue ? null : `${low} (${lowValue}) must not be more than ${high} (${highValue})`;
}

function durationProblem(name: string, value: number): string | null {
  return value >= 0 && value <= MAX_DURATION ? null : `${name} must be 0 to 2^53 ns, not ${value}`;
}

const MAX_DURATION = Number.MAX_SAFE_INTEGER;
/** Half the distance between two values of float(). */
const HALF_STEP = 5.551115123125783e-17;
