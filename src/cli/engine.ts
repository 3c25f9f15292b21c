/**
 * Where the command meets the simulator: everything that the commands take from the other layers,
 * behind a handful of functions. Imported on demand, so that `sim --help` loads none of it.
 */
import type { Plan } from "../program/plan.ts";
import { parseDuration } from "../program/quantity.ts";
import type { RunRecord } from "../run/record.ts";
import type { Expectation } from "../scenario/expectation.ts";
import { nearest } from "../scenario/nearest.ts";
import { passes, type TimelineFilter, timelineLines } from "../trace/export/timeline.ts";
import { parseTrace as parse, type Trace, TraceError, traceLines } from "../trace/format.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { linesInChunks } from "./files.ts";

/** What a command line may change in a scenario: "path=value", in the order given. */
export interface Overrides {
  readonly set: readonly string[];
}

export interface Loaded {
  readonly file: string;
  readonly plan: Plan;
  readonly expectations: readonly Expectation[];
  /** Remarks of the checker, formatted; empty when there are none. */
  readonly warnings: string;
}

export interface Checked {
  readonly errors: number;
  readonly warnings: number;
  /** All of them, formatted; empty when there are none. */
  readonly text: string;
}

/** One finished run with everything a report says about it. */
export interface Finished {
  readonly record: RunRecord;
  readonly digest: string;
  readonly verdict: ExitCode;
  /** Names the outcome: equal for runs in which the same messages met the same fates. */
  readonly outcome: string;
  readonly report: (color: boolean) => string;
  readonly json: () => Readonly<Record<string, unknown>>;
}

const pending = (): never => {
  throw new Failure("the engine is not wired in yet", EXIT.internal);
};

export const load: (text: string, file: string, overrides: Overrides) => Loaded = pending;
export const check: (text: string, file: string, overrides: Overrides, color: boolean) => Checked = pending;
/**
 * Runs it with the seed. The scenario's own seed keeps the default of every free choice; any other
 * seed draws the choices, too, so that `--seed 7` shows what `--seeds 1..200` found at seed 7.
 */
export const execute: (loaded: Loaded, seed: string) => Finished = pending;
export const traceOf: (finished: Finished) => Trace = ({ record: { header, events } }) => ({ header, events });

export function parseTrace(text: string, file: string): Trace {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TraceError)
      throw new Failure(`${file}:${error.line}: ${error.message.replace(/^line \d+: /, "")}`);
    throw error;
  }
}

/** Nanoseconds from a quantity with unit, given for an option of that name. */
export function parseTime(option: string, text: string): number {
  const result = parseDuration(text);
  if (!result.ok) throw new Failure(`${option}: ${result.message}`);
  return result.value;
}

export const nearestName = nearest;

export const traceChunks = (trace: Trace): Iterable<string> => linesInChunks(traceLines(trace));

export const only = (trace: Trace, filter: TimelineFilter): Trace => ({
  header: trace.header,
  events: trace.events.filter((event) => passes(event, filter)),
});

/** Chunks of text for each form of a trace. */
export const TRACE_FORMATS: Readonly<
  Record<"text" | "jsonl" | "mermaid" | "chrome", (trace: Trace) => Iterable<string>>
> = {
  text: ({ events }) => linesInChunks(timelineLines(events)),
  jsonl: traceChunks,
  mermaid: pending,
  chrome: pending,
};
