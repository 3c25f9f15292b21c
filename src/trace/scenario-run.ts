/** Scenario text -> a run with everything that is said about it: what the command and the library share. */
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import { ModuleError, simulate } from "../run/simulate.ts";
import { type CompiledScenario, compileScenario } from "../scenario/compile.ts";
import type { Expectation, OtherRun } from "../scenario/expectation.ts";
import { formatIssues, type Issue } from "../scenario/issue.ts";
import { checkExpectations, type ExpectationResult } from "./expectation.ts";
import { type Analysis, analyze } from "./fates.ts";

export interface ScenarioSource {
  readonly text: string;
  /** As the user named it, for messages. */
  readonly file: string;
  readonly set: readonly string[];
  readonly color?: boolean;
  /** The text of another scenario, named as seen from this one; throws when there is none. */
  readonly read?: (name: string) => string;
}

/** A scenario without errors, ready for any seed. */
export interface Prepared {
  readonly plan: Plan;
  readonly expectations: readonly Expectation[];
  readonly advice: string;
  readonly seeds: number | undefined;
  /** The plan for another seed: the same, unless the scenario computes with its seed. */
  readonly planFor: (seed: string) => Plan;
  /** The plan of the run that an expectation compares with. */
  readonly otherPlan: (run: OtherRun, seed: string) => Plan;
}

export interface ScenarioRun {
  readonly record: RunRecord;
  readonly analysis: Analysis;
  readonly expectations: readonly ExpectationResult[];
  /** The run that an expectation compares with. */
  readonly other: (run: OtherRun) => Analysis;
}

/** Errors and warnings, formatted; `prepared` is undefined when there are errors. */
export interface Preparation {
  readonly prepared: Prepared | undefined;
  readonly text: string;
  readonly issues: readonly Issue[];
}

export function prepare(source: ScenarioSource): Preparation {
  const compiled = compile(source);
  const text = formatIssues(compiled.issues, source.text, { color: source.color ?? false });
  if (compiled.plan === null) return { prepared: undefined, text, issues: compiled.issues };
  const others = new Others(source);
  const broken = compiled.expectations.map((one) => others.problem(one)).filter((problem) => problem !== "");
  if (broken.length > 0) return { prepared: undefined, text: text + broken.join("\n"), issues: compiled.issues };
  const { plan, expectations, advice, seeds } = compiled;
  const prepared: Prepared = {
    plan,
    expectations,
    advice,
    seeds,
    planFor: (seed) => planFor(source, plan, seed),
    otherPlan: (run, seed) => others.plan(run, seed),
  };
  return { prepared, text, issues: compiled.issues };
}

const compile = ({ text, file, set }: ScenarioSource, seed?: string): CompiledScenario =>
  compileScenario(text, { file, set, ...(seed === undefined ? {} : { seed }) });

/** An expression with the built-in variable `seed`, which start times and endpoints may use, too. */
const USES_SEED = /\$\{[^}]*\bseed\b/;

function planFor(source: ScenarioSource, plan: Plan, seed: string): Plan {
  if (seed === plan.seed || !USES_SEED.test(source.text + source.set.join("\n"))) return plan;
  return compile(source, seed).plan ?? plan;
}

/** The scenarios that a scenario's expectations compare it with. */
class Others {
  readonly #source: ScenarioSource;
  readonly #known = new Map<
    string,
    { readonly source: ScenarioSource; readonly plan: Plan | null; readonly text: string }
  >();

  constructor(source: ScenarioSource) {
    this.#source = source;
  }

  /** What is wrong with the other run of an expectation; "" when nothing is. */
  problem(expectation: Expectation): string {
    if (expectation.kind !== "relation") return "";
    const { plan, text } = this.#find(expectation.with);
    return plan === null ? `${this.#source.file}: the run that ${expectation.pointer}/with speaks of:\n${text}` : "";
  }

  plan(run: OtherRun, seed: string): Plan {
    const { source, plan } = this.#find(run);
    return planFor(source, plan!, seed);
  }

  #find(run: OtherRun) {
    const key = JSON.stringify([run.scenario, run.set]);
    let found = this.#known.get(key);
    if (found === undefined) this.#known.set(key, (found = this.#open(run)));
    return found;
  }

  #open({ scenario, set }: OtherRun) {
    const own = this.#source;
    let source: ScenarioSource = { ...own, set: [...own.set, ...set] };
    if (scenario !== undefined) {
      if (own.read === undefined) return { source, plan: null, text: `no way to read ${scenario}\n` };
      try {
        source = { ...own, text: own.read(scenario), file: scenario, set };
      } catch (error) {
        return { source, plan: null, text: `${error instanceof Error ? error.message : String(error)}\n` };
      }
    }
    const { plan, issues } = compile(source);
    return { source, plan, text: formatIssues(issues, source.text, { color: own.color ?? false }) };
  }
}

type RunOptions = Omit<SimulateOptions, "seed">;

/**
 * Runs it with the seed. The scenario's own seed keeps the default of every free choice; any other
 * seed draws the choices, too, so that `--seed 7` shows what `--seeds 1..200` found at seed 7.
 */
export function runPrepared(prepared: Prepared, seed: string, options: RunOptions = {}): ScenarioRun {
  const settings = settingsOf(prepared, seed, options);
  const others = new Map<OtherRun, Analysis>();
  const other = (wanted: OtherRun): Analysis => {
    let known = others.get(wanted);
    if (known === undefined)
      others.set(wanted, (known = analysisOf(simulate(prepared.otherPlan(wanted, seed), settings))));
    return known;
  };
  return judged(prepared, simulate(prepared.planFor(seed), settings), other);
}

/** Runs a plan; a plan with programs in JavaScript takes turns with an event loop. `other`: not the scenario itself. */
export type PlanRunner = (plan: Plan, options: SimulateOptions, other?: OtherRun) => RunRecord | Promise<RunRecord>;

/** As runPrepared(), for scenarios with any kind of program. */
export async function runPreparedWith(
  runPlan: PlanRunner,
  prepared: Prepared,
  seed: string,
  options: RunOptions = {},
): Promise<ScenarioRun> {
  const settings = settingsOf(prepared, seed, options);
  const record = await runPlan(prepared.planFor(seed), settings);
  const others = new Map<OtherRun, Analysis>();
  for (const one of prepared.expectations) {
    if (one.kind !== "relation" || others.has(one.with)) continue;
    others.set(one.with, analysisOf(await runPlan(prepared.otherPlan(one.with, seed), settings, one.with)));
  }
  const other = (wanted: OtherRun): Analysis => {
    const known = others.get(wanted);
    if (known !== undefined) return known;
    const plan = prepared.otherPlan(wanted, seed);
    if (plan.nodes.some(({ module }) => module !== undefined))
      throw new ModuleError(
        'a check cannot start another run of programs in JavaScript: put the expectation into the scenario\'s "expect"',
      );
    return analysisOf(simulate(plan, settings));
  };
  return judged(prepared, record, other);
}

const settingsOf = ({ plan }: Prepared, seed: string, options: RunOptions): SimulateOptions => ({
  level: "full",
  exploreChoices: seed !== plan.seed,
  ...options,
  seed,
});

const analysisOf = ({ header, events, endTime }: RunRecord): Analysis => analyze(header, events, endTime);

function judged({ expectations }: Prepared, record: RunRecord, other: (run: OtherRun) => Analysis): ScenarioRun {
  const analysis = analysisOf(record);
  const results = checkExpectations(expectations, { analysis, events: record.events, other });
  return { record, analysis, expectations: results, other };
}
