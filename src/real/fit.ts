/** Fits a profile to measured quantities: its parameters are turned until simulated runs show the same quantiles. */
import type { DistributionSpec } from "../kernel/distribution.ts";
import { shippedProfile } from "../network/profile.ts";
import type { ProfileSpec } from "../program/plan.ts";
import { quantile } from "../trace/flows.ts";
import type { Samples } from "./calibration-runs.ts";

/** ns */
export interface Pair {
  readonly p50: number;
  readonly p95: number;
}

/** Of the values of all runs. */
export function pairOf(runs: readonly (readonly number[])[]): Pair {
  const whole = runs.flat();
  return { p50: at(0.5, whole), p95: at(0.95, whole) };
}

const at = (p: number, values: readonly number[]): number => quantile(Float64Array.from(values).sort(), p) ?? 0;

const ROUNDS = 10;
/** Of what a comparison of quantiles asks for, the part that is corrected in one round. */
const STEP = 0.7;

/** What is turned, and by which quantities: the middle by their medians, the tail by their p95, none more than another. */
interface Knob {
  /** One that is named twice counts twice. */
  readonly quantities: readonly string[];
  /** Of more quantities, for the tail only. */
  readonly tails?: readonly string[];
  /** Comes now and then only: how often is what is fitted, by usualExcesses. */
  readonly seldom?: true;
  readonly parameters: readonly string[];
}

const SMALL = ["tcp 1 B", "tcp 1 KiB", "ipc 1 B", "ipc 1 KiB"];
const LARGE = ["tcp 1 MiB", "ipc 1 MiB"];
/** By so much longer than the median a message of 1 MiB seldom takes unless its copying stood still, ns. */
const STALLED_NS = 1_000_000;

const KNOBS: readonly Knob[] = [
  {
    quantities: ["round trip", "round trip"],
    tails: ["tcp 64 KiB", "ipc 64 KiB"],
    parameters: ["ioWake", "appWake"],
  },
  { quantities: [...SMALL, ...SMALL, "tcp 64 KiB", "ipc 64 KiB"], parameters: ["coldWake.0"] },
  {
    quantities: [
      "connect to first message",
      "connect to first message",
      "connect to first message",
      "retry after its time",
    ],
    tails: ["connect to first message"],
    parameters: ["coldWake.1"],
  },
  { quantities: ["retry after its time"], parameters: ["timerSlack"] },
  { quantities: ["connect to handshake"], parameters: ["open"] },
  // 64 KiB take longer than their bytes: of 1 MiB one part is read while the next is written.
  {
    quantities: [...LARGE, ...LARGE, "ipc 64 KiB"],
    parameters: ["perByteSend", "perByteWrite", "perByteRead"],
  },
  { quantities: LARGE, parameters: ["copyStallEvery"], seldom: true },
];

interface Setting {
  middle: number;
  tail: number;
}

/** `predict`: the quantities as simulated runs with a profile show them. */
export function fitProfile(
  measured: Samples,
  predict: (profile: ProfileSpec) => Samples,
  progress: (text: string) => void,
): ProfileSpec {
  const settings = KNOBS.map((): Setting => ({ middle: 1, tail: 1 }));
  const direct = asMeasured(measured);
  const whole = (): ProfileSpec => withRare({ ...profileOf(settings), ...direct }, measured);
  for (let round = 0; round < ROUNDS; round++) {
    progress(`fitting: round ${round + 1} of ${ROUNDS}`);
    turn(settings, measured, predict(whole()));
  }
  return whole();
}

/** Cold wake-ups on the way of a small message: each may be the one that takes long. */
const WAKES = 3;

/**
 * What is seen once in a hundred messages and less is no part of a p95, yet decides who comes first now and then.
 * Warm wake-ups have none of it: a large message has dozens of them.
 */
function withRare(profile: ProfileSpec, measured: Samples): ProfileSpec {
  const changed = { ...(profile as Record<string, unknown>) };
  const small = SMALL.flatMap((quantity) => measured.get(quantity) ?? []);
  const levels = changed["coldWake"] as { readonly after: number; readonly delay: DistributionSpec }[];
  changed["coldWake"] = levels.map((level, i) =>
    i === 0 ? { ...level, delay: stretchedBy(level.delay, small) } : level,
  );
  return changed;
}

/** With what these took longer than their median, in the last hundredth and not before: a slope up to there would be in the p95. */
function stretchedBy(spec: DistributionSpec, runs: readonly (readonly number[])[]): DistributionSpec {
  const values = runs.flat();
  if (typeof spec === "number" || spec.kind !== "quantiles" || values.length === 0) return spec;
  const kept = spec.points.filter(([p]) => p <= 0.99);
  const beyond = [0.99, 0.999, 1].map((p) => [1 - (1 - p) / WAKES, at(p, values) - at(0.5, values)] as const);
  let least = kept.at(-1)?.[1] ?? 0;
  const foot = [1 - (1 - 0.99) / WAKES - 1e-6, least] as const;
  const rare = beyond.map(([p, value]) => {
    least = Math.max(least, Math.round(value));
    return [p, least] as const;
  });
  const points = [...kept, foot, ...rare];
  return { kind: "quantiles", points };
}

// --- what a real run shows by itself ---

/** Every call and sleep as it was measured, and what the first connect of a process takes longer. */
function asMeasured(measured: Samples): ProfileSpec {
  const of = (quantity: string): number[][] => measured.get(quantity) ?? [];
  // The longest connects of all are left to the stalls that the loopback profile adds.
  const longest = 1 - shippedProfile("loopback").stallChance;
  const [send, recv] = ["send", "recv"].map((quantity) => quantilesOf(of(quantity))) as [Quantiles, Quantiles];
  // What lasts until a message is sent has the send in it.
  const before = (quantity: string, upTo?: number): DistributionSpec => less(quantilesOf(of(quantity), upTo), send);
  const stalls = stallsOf(usualExcesses(measured).flat());
  const all = {
    open: { socket: quantilesOf(of("open")) },
    "bind to send": { bindCall: before("bind to send") },
    sleep: { sleepSlack: before("sleep") },
    send: { send },
    recv: { recv },
    "poll and recv": { poll: less(quantilesOf(of("poll and recv")), recv), pollItem: 0 },
    "connect to send": { connectCall: before("connect to send", longest) },
    // One value of each process: a tail of so few, drawn on top of that of the connect, would move the median.
    "first connect to send": {
      firstConnect: Math.max(
        0,
        Math.round(pairOf(of("first connect to send")).p50 - pairOf(of("connect to send")).p50),
      ),
    },
  };
  return Object.assign(
    stalls.length === 0 ? {} : { copyStall: quantilesOf([stalls]) },
    ...Object.entries(all).flatMap(([quantity, found]) => (measured.has(quantity) ? [found] : [])),
  );
}

type Quantiles = Extract<DistributionSpec, { kind: "quantiles" }>;

function quantilesOf(runs: readonly (readonly number[])[], upTo = 1): Quantiles {
  const whole = runs.flat();
  const points = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.99, 0.999, 1].map(
    (p) => [p, Math.round(at(p * upTo, whole))] as const,
  );
  return { kind: "quantiles", points };
}

/**
 * What is left of the whole without one part of it, quantile by quantile. The whole minus the median of the part would be
 * drawn once more with all of the part's tail, and its p95 come out half as long again where it stands at the foot of a cliff.
 */
function less(whole: Quantiles, part: Quantiles): Quantiles {
  let least = 0;
  const points = whole.points.map(([p, value], i) => {
    least = Math.max(least, value - (part.points[i]?.[1] ?? 0));
    return [p, least] as const;
  });
  return { kind: "quantiles", points };
}

// --- what only its quantities show ---

function turn(settings: readonly Setting[], measured: Samples, predicted: Samples): void {
  for (const [i, { quantities, tails = [], seldom }] of KNOBS.entries()) {
    const setting = settings[i] as Setting;
    if (seldom) {
      const [real, model] = [usualExcesses(measured), usualExcesses(predicted)];
      setting.middle = clamp(setting.middle * (mean(model.map(stallShare)) / mean(real.map(stallShare))) ** STEP);
      continue;
    }
    const pairs = [...quantities, ...tails].map(
      (name) => [pairOf(measured.get(name) ?? []), pairOf(predicted.get(name) ?? [])] as const,
    );
    const middles = pairs.slice(0, quantities.length).map(([real, model]) => real.p50 / model.p50);
    const spread = median(pairs.map(([real, model]) => (real.p95 - real.p50) / (model.p95 - model.p50)));
    setting.middle = clamp(setting.middle * mean(middles) ** STEP);
    setting.tail = clamp(setting.tail * spread ** STEP);
  }
}

const stallsOf = (excesses: readonly number[]): number[] => excesses.filter((excess) => excess > STALLED_NS);

/** How often copying stood still. Never none: nothing is known to be impossible. */
const stallShare = (excesses: readonly number[]): number => (stallsOf(excesses).length + 0.5) / (excesses.length + 1);

/**
 * By how much messages of 1 MiB took longer than their median, in the middle half of the runs, those with fewest and most
 * stalls left out: bursts stay out, and the count of one run, mostly 0, 1 or 2, is too coarse.
 */
function usualExcesses(samples: Samples): number[][] {
  const runs = LARGE.flatMap((quantity) => {
    const own = samples.get(quantity) ?? [];
    const middle = at(0.5, own.flat());
    return own.map((run) => run.map((value) => value - middle));
  }).sort((a, b) => stallShare(a) - stallShare(b));
  const quarter = Math.floor(runs.length / 4);
  return runs.slice(quarter, runs.length - quarter);
}

const isUsable = (ratio: number): boolean => ratio > 0 && ratio < Number.POSITIVE_INFINITY;

/** Of what can be had. A p95 that other work made is no reason to stretch all of them. */
function median(ratios: readonly number[]): number {
  const sorted = ratios.filter(isUsable).sort((a, b) => a - b);
  if (sorted.length === 0) return 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] as number, sorted[sorted.length >> 1] as number];
  return Math.sqrt(low * high);
}

/** Geometric; of what can be had. */
function mean(ratios: readonly number[]): number {
  const usable = ratios.filter(isUsable);
  return Math.exp(usable.reduce((sum, ratio) => sum + Math.log(ratio), 0) / Math.max(1, usable.length));
}

const clamp = (factor: number): number => Math.min(30, Math.max(0.05, factor));

function profileOf(settings: readonly Setting[]): ProfileSpec {
  const base = structuredClone(shippedProfile("loopback")) as unknown as Record<string, unknown>;
  const changed: Record<string, unknown> = { extends: "loopback", name: "calibrated" };
  for (const [i, { parameters }] of KNOBS.entries()) {
    for (const parameter of parameters) {
      const [key = "", index] = parameter.split(".");
      if (index === undefined)
        changed[key] = scaled(base[key] as DistributionSpec, settings[i] as Setting, key.startsWith("perByte"));
      else {
        const list = (changed[key] ?? base[key]) as { readonly after: number; readonly delay: DistributionSpec }[];
        changed[key] = list.map((one, at) =>
          at === Number(index) ? { ...one, delay: scaled(one.delay, settings[i] as Setting, false) } : one,
        );
      }
    }
  }
  return changed;
}

/** Below the last few in a hundred: a longer tail there would move the median of what it is part of. */
const STRETCH_MAX = 4;
const FEW = 0.97;

/** All values times the middle; what lies above the median stretched away from it by the tail. */
function scaled(spec: DistributionSpec, { middle, tail }: Setting, fraction: boolean): DistributionSpec {
  if (typeof spec === "number") return fraction ? spec * middle : Math.round(spec * middle);
  if (spec.kind === "exponential") return { ...spec, mean: Math.round(spec.mean * middle) };
  if (spec.kind !== "quantiles") return spec;
  const median = spec.points.find(([p]) => p >= 0.5)?.[1] ?? 0;
  let least = 0;
  const points = spec.points.map(([p, value]) => {
    const stretch = tail / middle;
    const by = p < FEW ? Math.min(STRETCH_MAX, stretch) : stretch;
    least = Math.max(least, Math.round(middle * (value <= median ? value : median + (value - median) * by)));
    return [p, least] as const;
  });
  return { kind: "quantiles", points };
}
