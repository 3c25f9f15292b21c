/** Runs a scenario in any of its forms: `simulate(scenario, { seed: 7 })`. */
import type { Plan } from "../program/plan.ts";
import type { SimulateOptions } from "../run/record.ts";
import { simulate as simulatePlan } from "../run/simulate.ts";
import type { Scenario } from "../scenario/schema.generated.ts";
import { prepare, runPrepared } from "../trace/scenario-run.ts";
import { type Run, runFrom, ScenarioError } from "./run.ts";
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
 * Throws a ScenarioError that lists everything that is wrong with it, and a LimitError when it never ends.
 */
export function simulate(what: string | Scenario | Topology | Plan, options: RunOptions = {}): Run {
  const { seed, file, set, read, ...rest } = options;
  if (isPlan(what)) {
    const record = simulatePlan(what, { ...rest, ...(seed === undefined ? {} : { seed: String(seed) }) });
    const own = record.header.seed;
    return runFrom(record, { seed: own, expectations: [], reproduce: `simulate(plan, { seed: "${own}" })` });
  }
  const text =
    typeof what === "string" ? what : JSON.stringify(what instanceof Topology ? what.toScenario() : what, null, 2);
  const assignments = Object.entries(set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const name = file ?? "scenario.json";
  const { prepared, text: problems } = prepare({
    text,
    file: name,
    set: assignments,
    ...(read === undefined ? {} : { read }),
  });
  if (prepared === undefined) throw new ScenarioError(`\n${problems}`);
  const used = String(seed ?? prepared.plan.seed);
  const { record, expectations, other } = runPrepared(prepared, used, rest);
  return runFrom(record, { seed: used, text, expectations, other, reproduce: reproduceText(file, used, assignments) });
}

const isPlan = (what: string | Scenario | Topology | Plan): what is Plan =>
  typeof what === "object" && "nodes" in what && Array.isArray(what.nodes);

function reproduceText(file: string | undefined, seed: string, set: readonly string[]): string {
  if (file === undefined) return `simulate(..., { seed: "${seed}" })`;
  const changes = set.map((one) => ` --set '${one.replaceAll("'", "'\\''")}'`);
  return `sim run ${file} --seed ${seed}${changes.join("")}`;
}
