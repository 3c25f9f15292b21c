/** Measures this machine by small real runs, and holds a profile, or one fitted to them, against what they show. */
import type { Plan, ProfileSpec } from "../program/plan.ts";
import { simulate } from "../run/simulate.ts";
import { compileScenario } from "../scenario/compile.ts";
import { BANDS, near } from "../trace/compare-timing.ts";
import { CALIBRATION_RUNS, measure, type Samples } from "./calibration-runs.ts";
import { fitProfile, type Pair, pairOf } from "./fit.ts";
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
  /** By runs to which the profile was fitted, or which were made in turns with those that judge it. */
  readonly before: Pair;
  readonly measured: Pair;
  readonly predicted: Pair;
  readonly p50: FitVerdict;
  readonly p95: FitVerdict;
}

/**
 * ok: predicted within the band of a comparison, retries within what ten of them may add up to. outside: not.
 * unsteady: not, but neither was the machine, whose own two values are farther apart than that. few: under 100
 * values, whose p95 is that of a handful.
 */
export type FitVerdict = "ok" | "outside" | "unsteady" | "few";

export interface CalibrateOptions extends Surroundings {
  /** Holds this profile against what is measured now, and fits none. */
  readonly profile?: ProfileSpec | undefined;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** For each real run. */
const SEEDS = 4;

const TAIL_ENOUGH = 100;

/** What counts is the sum of many: the tenth attempt, nine intervals on, may be 3 ms off. */
const RETRY = "retry after its time";
const RETRY_NS = 3_000_000 / 9;

/**
 * Of two runs alike, made one after the other, a profile is fitted to the first and judged by the second: to what
 * it was fitted, any profile with enough parameters is close. Undefined when it was interrupted.
 */
export async function calibrate(options: CalibrateOptions): Promise<Fit | undefined> {
  const plans = new Map(CALIBRATION_RUNS.map(({ name, text }) => [name, planOf(name, text)]));
  const samples = await measureRuns(plans, options);
  if (samples === undefined) return undefined;
  const predicted = (profile: ProfileSpec): Samples => predict(plans, profile);
  const profile = options.profile ?? fitProfile(samples.toFit, predicted, options.progress);
  return { profile, rows: rowsOf(samples, predicted(profile)) };
}

interface Measured {
  readonly toFit: Samples;
  readonly toJudge: Samples;
}

async function measureRuns(
  plans: ReadonlyMap<string, Plan>,
  { signal, progress, profile: _, ...surroundings }: CalibrateOptions,
): Promise<Measured | undefined> {
  const toFit: Samples = new Map();
  const toJudge: Samples = new Map();
  const schedule = mixed().flatMap((name) => [name, name]);
  await record({
    runs: schedule.length,
    // The name stands for the plan; none of them draws anything.
    seedOf: (run) => schedule[run - 1] as string,
    planFor: (name) => plans.get(name) as Plan,
    scenario: "",
    calm: true,
    ...surroundings,
    signal,
    done: async (run, { header, events, incomplete }) => {
      const into = run % 2 === 1 ? toFit : toJudge;
      if (incomplete === undefined) measure(schedule[run - 1] as string, header, events, into);
      if (run % 10 === 0 || run === schedule.length) progress(`measuring: run ${run} of ${schedule.length}`);
    },
  });
  return signal.aborted ? undefined : { toFit, toJudge };
}

/** All kinds spread over the whole time: a machine is not equally fast at all times. */
function mixed(): string[] {
  const places = CALIBRATION_RUNS.flatMap(({ name, runs }) =>
    Array.from({ length: runs }, (_, i) => ({ name, at: (i + 0.5) / runs })),
  );
  return places.sort((a, b) => a.at - b.at).map(({ name }) => name);
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

/** What is predicted against the runs that judge it. */
export function rowsOf({ toFit, toJudge }: Measured, predicted: Samples): FitRow[] {
  return [...toJudge].map(([quantity, runs]) => {
    const [before, measured, model] = [toFit, toJudge, predicted].map((samples) =>
      pairOf(samples.get(quantity) ?? []),
    ) as [Pair, Pair, Pair];
    const count = runs.reduce((sum, { length }) => sum + length, 0);
    const judged = (p: keyof Pair): FitVerdict => {
      const isNear = (a: number): boolean =>
        quantity === RETRY && p === "p50" ? Math.abs(a - measured[p]) <= RETRY_NS : near(a, measured[p], BANDS[p]);
      return isNear(model[p]) ? "ok" : isNear(before[p]) ? "outside" : "unsteady";
    };
    const p95 = count < TAIL_ENOUGH ? "few" : judged("p95");
    return { quantity, count, before, measured, predicted: model, p50: judged("p50"), p95 };
  });
}

function planOf(name: string, text: string): Plan {
  const { plan, issues } = compileScenario(text, { file: `${name}.json` });
  if (plan === null) throw new Error(`calibration run ${name}: ${issues.map(({ message }) => message).join("; ")}`);
  return plan;
}
