/** Fits a profile to this machine: real runs are measured, simulated ones made to show the same quantiles. */
import type { DistributionSpec } from "../kernel/distribution.ts";
import { shippedProfile } from "../network/profile.ts";
import type { Plan, ProfileSpec } from "../program/plan.ts";
import { simulate } from "../run/simulate.ts";
import { compileScenario } from "../scenario/compile.ts";
import { BANDS, COUNT_ENOUGH, near } from "../trace/compare-timing.ts";
import { quantile } from "../trace/flows.ts";
import { CALIBRATION_RUNS, measure, type Samples } from "./calibration-runs.ts";
import type { Surroundings } from "./member.ts";
import { record } from "./record.ts";

export interface Fit {
  readonly profile: ProfileSpec;
  readonly rows: readonly FitRow[];
}

/** ns */
export interface FitRow {
  readonly quantity: string;
  readonly count: number;
  readonly measured: Pair;
  readonly predicted: Pair;
  /** Within the bands of a comparison; fewer than 20 values are judged by their median, retries by what ten of them add up to. */
  readonly ok: boolean;
}

interface Pair {
  readonly p50: number;
  readonly p95: number;
}

export interface CalibrateOptions extends Surroundings {
  /** Holds this profile against what is measured now, and fits none. */
  readonly profile?: ProfileSpec | undefined;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const ROUNDS = 7;
const SEEDS = 4;
/** Of what a comparison of quantiles asks for, the part that is corrected in one round. */
const STEP = 0.7;

/** What is turned, and by which quantities: the middle by their medians, the tail by their p95, none more than another. */
interface Knob {
  readonly quantities: readonly string[];
  /** Of more quantities, for the tail only. */
  readonly tails?: readonly string[];
  readonly parameters: readonly string[];
}

/** What counts is the sum of many: the tenth attempt, nine intervals on, may be 3 ms off. */
const RETRY = "retry after its time";
const RETRY_NS = 3_000_000 / 9;

const KNOBS: readonly Knob[] = [
  { quantities: ["open"], parameters: ["socket"] },
  { quantities: ["round trip"], parameters: ["ioWake", "appWake"] },
  {
    quantities: ["tcp 1 B", "tcp 1 KiB", "ipc 1 B", "ipc 1 KiB"],
    tails: ["tcp 64 KiB", "ipc 64 KiB"],
    parameters: ["coldWake.0"],
  },
  { quantities: ["connect to first message"], parameters: ["coldWake.1"] },
  { quantities: [RETRY], parameters: ["timerSlack"] },
  // The one is seen late, by a JavaScript thread that has to wake for the monitor; the other waits for a message to come by.
  { quantities: ["connect to handshake", "connect to handshake", "connect to first message"], parameters: ["open"] },
  // 64 KiB take longer than their bytes: of 1 MiB one part is read while the next is written.
  {
    quantities: ["tcp 1 MiB", "ipc 1 MiB", "ipc 64 KiB"],
    parameters: ["perByteSend", "perByteWrite", "perByteRead"],
  },
];

interface Setting {
  middle: number;
  tail: number;
}

/** Undefined when it was interrupted. */
export async function calibrate(options: CalibrateOptions): Promise<Fit | undefined> {
  const plans = new Map(CALIBRATION_RUNS.map(({ name, text }) => [name, planOf(name, text)]));
  const measured = await measureRuns(plans, options);
  if (measured === undefined) return undefined;
  const profile = options.profile ?? fitted(plans, measured, options.progress);
  return { profile, rows: rowsOf(measured, predict(plans, profile)) };
}

async function measureRuns(
  plans: ReadonlyMap<string, Plan>,
  { signal, progress, profile: _, ...surroundings }: CalibrateOptions,
): Promise<Samples | undefined> {
  const measured: Samples = new Map();
  for (const { name, runs } of CALIBRATION_RUNS) {
    progress(`measuring: ${name}`);
    const plan = plans.get(name) as Plan;
    await record({
      runs,
      seedOf: () => plan.seed,
      planFor: () => plan,
      scenario: "",
      calm: true,
      ...surroundings,
      signal,
      done: async (_, { header, events, incomplete }) => {
        if (incomplete === undefined) measure(name, header, events, measured);
      },
    });
    if (signal.aborted) return undefined;
  }
  return measured;
}

function fitted(plans: ReadonlyMap<string, Plan>, measured: Samples, progress: (text: string) => void): ProfileSpec {
  const settings = KNOBS.map((): Setting => ({ middle: 1, tail: 1 }));
  const direct = connects(measured.get("connect to send") ?? [], measured.get("first connect to send") ?? []);
  for (let round = 0; round < ROUNDS; round++) {
    progress(`fitting: round ${round + 1} of ${ROUNDS}`);
    turn(settings, measured, predict(plans, { ...profileOf(settings), ...direct }));
  }
  return { ...profileOf(settings), ...direct };
}

function rowsOf(measured: Samples, predicted: Samples): FitRow[] {
  return [...measured].map(([quantity, values]) => {
    const [real, model] = [pairOf(values), pairOf(predicted.get(quantity) ?? [])];
    const judgesTail = values.length >= COUNT_ENOUGH;
    const inBands = near(model.p50, real.p50, BANDS.p50) && (!judgesTail || near(model.p95, real.p95, BANDS.p95));
    const ok = quantity === RETRY ? Math.abs(model.p50 - real.p50) <= RETRY_NS : inBands;
    return { quantity, count: values.length, measured: real, predicted: model, ok };
  });
}

/** Every connect as it was measured, and what the first one of a process takes longer. */
function connects(every: readonly number[], first: readonly number[]): ProfileSpec {
  const [each, begin] = [every, first].map((values) => {
    const sorted = Float64Array.from(values).sort();
    return [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 1].map(
      // The longest of all are left to the stalls that the loopback profile adds.
      (p) => [p, Math.round(quantile(sorted, p * (1 - shippedProfile("loopback").stallChance)) ?? 0)] as const,
    );
  }) as [Points, Points];
  let least = 0;
  const more = begin.map(([p, value], i) => {
    least = Math.max(least, value - (each[i]?.[1] ?? 0));
    return [p, least] as const;
  });
  return { connectCall: { kind: "quantiles", points: each }, firstConnect: { kind: "quantiles", points: more } };
}

type Points = (readonly [p: number, value: number])[];

function planOf(name: string, text: string): Plan {
  const { plan, issues } = compileScenario(text, { file: `${name}.json` });
  if (plan === null) throw new Error(`calibration run ${name}: ${issues.map(({ message }) => message).join("; ")}`);
  return plan;
}

function predict(plans: ReadonlyMap<string, Plan>, profile: ProfileSpec): Samples {
  const samples: Samples = new Map();
  for (const { name, runs } of CALIBRATION_RUNS) {
    const plan = plans.get(name) as Plan;
    const own = { ...plan, network: { ...plan.network, profile } };
    for (let seed = 1; seed <= runs * SEEDS; seed++) {
      const { header, events } = simulate(own, { seed: `${seed}`, exploreChoices: true });
      measure(name, header, events, samples);
    }
  }
  return samples;
}

function turn(settings: readonly Setting[], measured: Samples, predicted: Samples): void {
  for (const [i, { quantities, tails = [] }] of KNOBS.entries()) {
    const setting = settings[i] as Setting;
    const pairs = [...quantities, ...tails].map(
      (name) => [pairOf(measured.get(name) ?? []), pairOf(predicted.get(name) ?? [])] as const,
    );
    const middles = pairs.slice(0, quantities.length).map(([real, model]) => real.p50 / model.p50);
    setting.middle = clamp(setting.middle * mean(middles) ** STEP);
    setting.tail = clamp(
      setting.tail * median(pairs.map(([real, model]) => (real.p95 - real.p50) / (model.p95 - model.p50))) ** STEP,
    );
  }
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

/** A tail longer than that would move the median of what it is part of. */
const STRETCH_MAX = 4;

/** All values times the middle; what lies above the median stretched away from it by the tail. */
function scaled(spec: DistributionSpec, { middle, tail }: Setting, fraction: boolean): DistributionSpec {
  if (typeof spec === "number") return fraction ? spec * middle : Math.round(spec * middle);
  if (spec.kind !== "quantiles") return spec;
  const median = spec.points.find(([p]) => p >= 0.5)?.[1] ?? 0;
  let least = 0;
  const points = spec.points.map(([p, value]) => {
    const stretched = value <= median ? value : median + (value - median) * Math.min(STRETCH_MAX, tail / middle);
    least = Math.max(least, Math.round(stretched * middle));
    return [p, least] as const;
  });
  return { kind: "quantiles", points };
}

function pairOf(values: readonly number[]): Pair {
  const sorted = Float64Array.from(values).sort();
  return { p50: quantile(sorted, 0.5) ?? 0, p95: quantile(sorted, 0.95) ?? 0 };
}
