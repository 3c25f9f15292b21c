/**
 * Where the command meets the simulator: everything that the commands take from the other layers,
 * behind a handful of functions. Imported on demand, so that `sim --help` loads none of it.
 */
import { LimitError } from "../kernel/limits.ts";
import type { Plan } from "../program/plan.ts";
import { parseDuration } from "../program/quantity.ts";
import type { RunRecord } from "../run/record.ts";
import { simulate } from "../run/simulate.ts";
import { type CompiledScenario, compileScenario } from "../scenario/compile.ts";
import type { Expectation } from "../scenario/expectation.ts";
import { formatIssues, type Issue } from "../scenario/issue.ts";
import { traceDigest } from "../trace/digest.ts";
import { checkExpectations, type ExpectationResult } from "../trace/expectation.ts";
import { type Analysis, analyze } from "../trace/fates.ts";
import { type Outcome, outcomeOf, summaryOf } from "../trace/outcome.ts";
import { type ReportInput, reportJson, reportText } from "../trace/report.ts";
import { PLAIN, type Style } from "../trace/text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, Findings } from "./failure.ts";
import { painter } from "./shell.ts";

/** What a command line may change in a scenario: "path=value", in the order given. */
export interface Overrides {
  readonly set: readonly string[];
}

export interface Loaded {
  readonly plan: Plan;
  readonly expectations: readonly Expectation[];
  /** Remarks of the checker, formatted; "" when there are none. */
  readonly warnings: string;
  /** The plan for another seed: the same, unless the scenario computes with its seed. */
  readonly planFor: (seed: string) => Plan;
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

interface Source extends Overrides {
  readonly text: string;
  /** As the user named it, for messages. */
  readonly file: string;
  readonly color: boolean;
}

/** The plan of a scenario that has no errors; else a Failure that shows them all. */
export function load(source: Source): Loaded {
  const { plan, expectations, issues } = compile(source);
  const formatted = formatIssues(issues, source.text, { color: source.color });
  if (plan === null) throw new Findings(formatted);
  const planFor = (seed: string): Plan => {
    if (seed === plan.seed || !USES_SEED.test(source.text + source.set.join("\n"))) return plan;
    return compile(source, seed).plan ?? plan;
  };
  return { plan, expectations, warnings: formatted, planFor };
}

/** An expression with the built-in variable `seed`, which start times and endpoints may use, too. */
const USES_SEED = /\$\{[^}]*\bseed\b/;

export function check(source: Source): Checked {
  const { issues } = compile(source);
  const count = (severity: Issue["severity"]): number => issues.filter((issue) => issue.severity === severity).length;
  return {
    errors: count("error"),
    warnings: count("warning"),
    text: formatIssues(issues, source.text, { color: source.color }),
  };
}

function compile({ text, file, set }: Source, seed?: string): CompiledScenario {
  return compileScenario(text, { file, set, ...(seed === undefined ? {} : { seed }) });
}

/**
 * Runs it with the seed. The scenario's own seed keeps the default of every free choice; any other
 * seed draws the choices, too, so that `--seed 7` shows what `--seeds 1..200` found at seed 7.
 */
export function execute({ plan, expectations, planFor }: Loaded, seed: string): Finished {
  const record = bounded(() => simulate(planFor(seed), { seed, level: "full", exploreChoices: seed !== plan.seed }));
  const analysis = analyze(record.header, record.events, record.endTime);
  const results = checkExpectations(expectations, { analysis, events: record.events });
  const verdict = results.every(({ ok }) => ok) ? EXIT.ok : EXIT.expectationFailed;
  return { record, analysis, expectations: results, verdict };
}

/** A limit is the scenario's affair, not a bug. */
function bounded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof LimitError ? new Failure(error.message, EXIT.internal) : error;
  }
}

export function report(finished: Finished, { plan }: Loaded, reproduce: string, color: boolean): string {
  const failed = finished.verdict !== EXIT.ok;
  return reportText({ ...reportInput(finished, plan), ...(failed ? { reproduce } : {}) }, styleOf(color));
}

export const json = (finished: Finished, { plan }: Loaded): object => reportJson(reportInput(finished, plan));

function reportInput({ record, analysis, expectations }: Finished, { about }: Plan): ReportInput {
  return { record, analysis, expectations, about, digest: traceDigest(record) };
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
    ...expectations.filter(({ ok }) => !ok).map(({ text }) => `expectation failed: ${text}`),
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
