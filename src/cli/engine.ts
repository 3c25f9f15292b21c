/**
 * Where the command meets the simulator: everything that the commands take from the other layers,
 * behind a handful of functions. Imported on demand, so that `sim --help` loads none of it.
 */

import { errorKind, planRunner } from "../library/modules.ts";
import type { Plan } from "../program/plan.ts";
import { parseDuration } from "../program/quantity.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import type { Issue } from "../scenario/issue.ts";
import { traceDigest } from "../trace/digest.ts";
import { type ExpectationResult, isBroken } from "../trace/expectation.ts";
import type { Analysis } from "../trace/fates.ts";
import { type Outcome, outcomeOf, summaryOf } from "../trace/outcome.ts";
import { type ReportInput, reportJson, reportText } from "../trace/report.ts";
import {
  type Prepared,
  prepare,
  runPreparedWith,
  type ScenarioRun,
  type ScenarioSource,
} from "../trace/scenario-run.ts";
import { PLAIN, type Style } from "../trace/text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, Findings } from "./failure.ts";
import { painter } from "./shell.ts";

/** What a command line may change in a scenario: "path=value", in the order given. */
export interface Overrides {
  readonly set: readonly string[];
}

export interface Loaded extends Prepared {
  /** Remarks of the checker, formatted; "" when there are none. */
  readonly warnings: string;
  /** Absolute path of the scenario, beside which its modules lie. */
  readonly path: string;
}

export interface Checked {
  readonly errors: number;
  readonly warnings: number;
  /** All of them, formatted; "" when there are none. */
  readonly text: string;
}

/** One finished run with everything a report says about it. */
export interface Finished {
  readonly record: RunRecord;
  readonly analysis: Analysis;
  readonly expectations: readonly ExpectationResult[];
  readonly verdict: ExitCode;
}

type Source = ScenarioSource & { readonly color: boolean; readonly path?: string };

/** The plan of a scenario that has no errors; else a Failure that shows them all. */
export function load(source: Source): Loaded {
  const { prepared, text } = prepare(source);
  if (prepared === undefined) throw new Findings(text);
  return { ...prepared, warnings: text, path: source.path ?? source.file };
}

export function check(source: Source): Checked {
  const { text, prepared, issues } = prepare(source);
  const count = (severity: Issue["severity"]): number => issues.filter((issue) => issue.severity === severity).length;
  return { errors: Math.max(count("error"), prepared === undefined ? 1 : 0), warnings: count("warning"), text };
}

/** One run and whether everything held that one run can be judged by. */
export async function execute(loaded: Loaded, seed: string, options: ExecuteOptions = {}): Promise<Finished> {
  return finished(
    await bounded(() => runPreparedWith(planRunner(loaded.path, { ...options, alone: true }), loaded, seed)),
  );
}

export interface ExecuteOptions {
  /** What programs in JavaScript write; without it nothing is shown. */
  readonly echo?: (text: string) => void;
}

export const finished = (run: ScenarioRun): Finished => ({
  ...run,
  verdict: run.expectations.some(isBroken) ? EXIT.expectationFailed : EXIT.ok,
});

/** A run of a plan that is not judged. */
export const simulatePlan = (path: string, plan: Plan, options: SimulateOptions): Promise<RunRecord> =>
  bounded(() => planRunner(path, { alone: true })(plan, options));

/** A limit and a broken program are the scenario's affair, not bugs. */
async function bounded<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const kind = errorKind(error);
    if (kind === undefined) throw error;
    throw new Failure((error as Error).message, kind === "limit" ? EXIT.internal : EXIT.usage);
  }
}

export function report(finished: Finished, loaded: Loaded, reproduce: string, color: boolean): string {
  const failed = finished.verdict !== EXIT.ok;
  return reportText({ ...reportInput(finished, loaded), ...(failed ? { reproduce } : {}) }, styleOf(color));
}

export const json = (finished: Finished, loaded: Loaded): object => reportJson(reportInput(finished, loaded));

function reportInput({ record, analysis, expectations }: Finished, { plan, advice }: Loaded): ReportInput {
  return { record, analysis, expectations, about: plan.about, advice, digest: traceDigest(record) };
}

export function styleOf(color: boolean): Style {
  if (!color) return PLAIN;
  const paint = painter(true);
  const style = (name: keyof Style) => (text: string) => paint(name, text);
  return { bold: style("bold"), dim: style("dim"), red: style("red"), green: style("green"), yellow: style("yellow") };
}

/** What tells runs over many seeds apart: the fates, what failed; in full and in short. */
export function outcome({ record, analysis, expectations }: Finished): { full: Outcome; summary: Outcome } {
  const notes = [
    ...record.threads
      .filter(({ state }) => state === "failed")
      .map(({ thread, error }) => `${thread} failed: ${error}`),
    ...expectations.filter(isBroken).map(({ text }) => `expectation failed: ${text}`),
  ];
  return { full: outcomeOf(analysis, notes), summary: summaryOf(analysis, notes) };
}

/** Nanoseconds from a quantity with unit, given for an option of that name. */
export function parseTime(option: string, text: string): number {
  const result = parseDuration(text);
  if (!result.ok)
    throw new Failure(`${option}: ${result.message}${result.hint === undefined ? "" : ` (${result.hint})`}`);
  return result.value;
}
