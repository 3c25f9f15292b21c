/** Judges an expectation that has to hold in a part of many runs, from as few of them as the verdict takes. */
import { normalQuantile } from "../kernel/math.ts";
import type { Probability } from "../scenario/expectation.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's interval for a probability: good for few runs and for shares near 0 and 1, unlike the textbook's. */
export function wilson(held: number, runs: number, confidence: number): Interval {
  if (runs === 0) return { low: 0, high: 1 };
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = held / runs;
  const scale = 1 + (z * z) / runs;
  const centre = share + (z * z) / (2 * runs);
  const spread = z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  // Of no success, or nothing but, rounding must not leave a remainder.
  const low = held === 0 ? 0 : Math.max(0, (centre - spread) / scale);
  return { low, high: held === runs ? 1 : Math.min(1, (centre + spread) / scale) };
}

const FIRST_LOOK = 20;

/** After how many of `total` runs the verdict is looked for: 20, 40, 80, ..., total. Fixed, so that workers and shards agree. */
export function looks(total: number): readonly number[] {
  const found: number[] = [];
  for (let runs = FIRST_LOOK; runs < total; runs *= 2) found.push(runs);
  return [...found, total];
}

export interface ShareVerdict extends Interval {
  /** "open": the interval still has the bound inside. */
  readonly status: "passed" | "failed" | "open";
  /** How many runs it took, and in how many of them it held. */
  readonly runs: number;
  readonly held: number;
}

/**
 * `outcomes`: whether it held, by run in order of the seeds; fewer than `total` when the rest has not run.
 * Each look may err, so that the confidence is shared among them (Bonferroni).
 */
export function judgeShare(outcomes: readonly boolean[], total: number, probability: Probability): ShareVerdict {
  const { min = 0, max = 1 } = probability;
  const all = looks(total);
  const confidence = 1 - (1 - probability.confidence) / all.length;
  let held = 0;
  let counted = 0;
  let latest: ShareVerdict = { status: "open", runs: 0, held: 0, low: 0, high: 1 };
  for (const runs of all) {
    const end = Math.min(runs, outcomes.length);
    for (; counted < end; counted++) if (outcomes[counted]) held++;
    const interval = wilson(held, counted, confidence);
    latest = { status: statusOf(interval, min, max), runs: counted, held, ...interval };
    if (latest.status !== "open" || counted < runs) break;
  }
  return latest;
}

function statusOf({ low, high }: Interval, min: number, max: number): ShareVerdict["status"] {
  if (low >= min && high <= max) return "passed";
  return high < min || low > max ? "failed" : "open";
}
