/** Runs a scenario in any of its forms: `simulate(scenario, { seed: 7 })`. */
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import { simulate as simulatePlan } from "../run/simulate.ts";
import type { Scenario } from "../scenario/schema.generated.ts";
import { type Prepared, prepare, runPrepared, runPreparedWith, type ScenarioRun } from "../trace/scenario-run.ts";
import { planRunner } from "./modules.ts";
import { type Run, type RunContext, runFrom, ScenarioError } from "./run.ts";
import { Topology } from "./topology.ts";

export interface RunOptions extends Omit<SimulateOptions, "seed"> {
  /** Default: the scenario's. */
  readonly seed?: string | number;
  /** Name of the file that the scenario came from, for messages. */
  readonly file?: string;
  /** Values to change first, by path: { "nodes.publisher.startAt": "1s" }. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Reads a scenario that an expectation compares with. */
  readonly read?: (name: string) => string;
}

/**
 * Takes a scenario as text or as an object, a topology made by code, or a checked plan.
 * Throws a ScenarioError that lists everything that is wrong with it, a LimitError when it never ends,
 * and a ModuleError when a node of it runs a program in JavaScript: simulateAsync() can run those.
 */
export function simulate(what: string | Scenario | Topology | Plan, options: RunOptions = {}): Run {
  const { seed, file, set, read, ...rest } = options;
  if (isPlan(what)) return planRun(simulatePlan(what, planOptions(seed, rest)));
  const scenario = open(what, options);
  const run = runPrepared(scenario.prepared, scenario.seed, rest);
  return runFrom(run.record, contextOf(run, scenario));
}

export interface AsyncRunOptions extends RunOptions {
  /** Path of the scenario, beside which the modules of its nodes lie; without it they lie in the working folder. */
  readonly file?: string;
  /** What programs in JavaScript print; without it nothing is shown, and the trace has it. */
  readonly echo?: (text: string) => void;
  /** Real ms that a program in JavaScript may run without giving control back. Default 10,000. */
  readonly turnLimit?: number;
}

/** As simulate(), also for scenarios whose nodes run programs in JavaScript. Such runs come one after the other. */
export async function simulateAsync(
  what: string | Scenario | Topology | Plan,
  options: AsyncRunOptions = {},
): Promise<Run> {
  const { seed, file = "scenario.json", set, read, echo, turnLimit, ...rest } = options;
  const runPlan = planRunner(file, {
    ...(echo === undefined ? {} : { echo }),
    ...(turnLimit === undefined ? {} : { turnLimit }),
  });
  if (isPlan(what)) return planRun(await runPlan(what, planOptions(seed, rest)));
  const scenario = open(what, options);
  const run = await runPreparedWith(runPlan, scenario.prepared, scenario.seed, rest);
  return runFrom(run.record, contextOf(run, scenario));
}

const planOptions = (seed: RunOptions["seed"], rest: SimulateOptions): SimulateOptions => ({
  ...rest,
  ...(seed === undefined ? {} : { seed: String(seed) }),
});

function planRun(record: RunRecord): Run {
  const { seed } = record.header;
  return runFrom(record, { seed, expectations: [], reproduce: `simulate(plan, { seed: "${seed}" })` });
}

interface Opened {
  readonly prepared: Prepared;
  readonly seed: string;
  readonly text: string;
  readonly reproduce: string;
}

function open(what: string | Scenario | Topology, { seed, file, set, read }: RunOptions): Opened {
  const text =
    typeof what === "string" ? what : JSON.stringify(what instanceof Topology ? what.toScenario() : what, null, 2);
  const assignments = Object.entries(set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const { prepared, text: problems } = prepare({
    text,
    file: file ?? "scenario.json",
    set: assignments,
    ...(read === undefined ? {} : { read }),
  });
  if (prepared === undefined) throw new ScenarioError(`\n${problems}`);
  const used = String(seed ?? prepared.plan.seed);
  return { prepared, seed: used, text, reproduce: reproduceText(file, used, assignments) };
}

const contextOf = ({ expectations, other }: ScenarioRun, { seed, text, reproduce }: Opened): RunContext => ({
  seed,
  text,
  expectations,
  other,
  reproduce,
});

const isPlan = (what: string | Scenario | Topology | Plan): what is Plan =>
  typeof what === "object" && "nodes" in what && Array.isArray(what.nodes);

function reproduceText(file: string | undefined, seed: string, set: readonly string[]): string {
  if (file === undefined) return `simulate(..., { seed: "${seed}" })`;
  const changes = set.map((one) => ` --set '${one.replaceAll("'", "'\\''")}'`);
  return `sim run ${file} --seed ${seed}${changes.join("")}`;
}
