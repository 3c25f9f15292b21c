/**
 * Runs plans of any kind. Programs in JavaScript need the drop-in, which is a bundle of its own: one copy
 * for programs and simulator. It is looked for only when a plan asks for it.
 */
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import { ModuleError, simulate } from "../run/simulate.ts";
import type { OtherRun } from "../scenario/expectation.ts";
import type { PlanRunner } from "../trace/scenario-run.ts";

export interface ModuleOptions {
  /** What the programs write to standard output and error. */
  readonly echo?: (text: string) => void;
  /** Nobody else's code runs in this process meanwhile: what goes on after a file was read is the program that read it. */
  readonly alone?: boolean;
  /** Real ms that a program may run without giving control back. Default 10,000. */
  readonly turnLimit?: number;
}

/** Where the first copy of the drop-in is found by everybody. */
const KEY = Symbol.for("zeromq-sim");

interface Dropin {
  readonly shared: {
    running(): boolean;
    simulatePlan(plan: Plan, options: SimulateOptions & ModuleOptions & { scenario: string }): Promise<RunRecord>;
  };
}

export const hasModules = ({ nodes }: Pick<Plan, "nodes">): boolean => nodes.some(({ module }) => module !== undefined);

/** `path`: the file of the scenario, beside which its modules lie. */
export const planRunner =
  (path: string, options: ModuleOptions = {}): PlanRunner =>
  (plan, how, other) =>
    hasModules(plan)
      ? inTurn(() => runModules(plan, { ...how, ...options, scenario: placeOf(path, other) }))
      : simulate(plan, how);

/** Clock and timers are those of the whole process: one run at a time. */
let last: Promise<unknown> = Promise.resolve();

let waiting = 0;

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const { [KEY]: known } = globalThis as { [KEY]?: Dropin["shared"] };
  if (waiting === 0 && known?.running() === true)
    throw new ModuleError("a simulation is running already in this process: await it before the next one");
  waiting++;
  const next = last.then(work).finally(() => waiting--);
  last = next.catch(() => {});
  return next;
}

async function runModules(plan: Plan, options: Parameters<Dropin["shared"]["simulatePlan"]>[1]): Promise<RunRecord> {
  const { shared } = await dropin();
  return shared.simulatePlan(plan, options);
}

/** Another scenario is named as seen from this one. */
function placeOf(path: string, other: OtherRun | undefined): string {
  const name = other?.scenario;
  if (name === undefined) return path;
  return /^([\\/]|[A-Za-z]:)/.test(name) ? name : `${path}/../${name}`;
}

/** Beside the bundle that this file ends up in, or where the sources are built to. */
async function dropin(): Promise<Dropin> {
  let reason: unknown;
  for (const place of ["./dropin.cjs", "../../dist/dropin.cjs"]) {
    try {
      const loaded = (await import(new URL(place, import.meta.url).href)) as { readonly default: Dropin };
      return loaded.default;
    } catch (error) {
      reason ??= error;
    }
  }
  const { message } = reason as Error;
  throw new ModuleError(`programs in JavaScript need Node and the built package (${message})`);
}

/** Errors that are the scenario's affair, by whichever copy of the code they were made. */
export function errorKind(error: unknown): "limit" | "module" | undefined {
  const name = error instanceof Error ? error.name : "";
  if (name === "LimitError" || name === "StuckError") return "limit";
  return name === "ModuleError" ? "module" : undefined;
}
