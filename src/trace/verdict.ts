/** What every check of an expectation gets and gives. */
import type { TraceEvent } from "../journal/events.ts";
import type { OtherRun, Range } from "../scenario/expectation.ts";
import type { Analysis } from "./fates.ts";

/** The outcome of one check; the rest of ExpectationResult comes from the expectation. */
export interface Verdict {
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  readonly detail?: readonly string[];
}

export interface Evidence {
  readonly analysis: Analysis;
  readonly events: readonly TraceEvent[];
  /** Runs what a run is compared with, with the same seed; absent where there is only a trace. */
  readonly other?: (run: OtherRun) => Analysis;
}

export function inRange(value: number, range: Range): boolean {
  return (range.min === undefined || value >= range.min) && (range.max === undefined || value <= range.max);
}

/** "2", "at least 2", "at most 5", "2 to 5". */
export function rangeText(range: Range, format: (value: number) => string = String): string {
  const { min, max } = range;
  if (min === undefined) return max === undefined ? "any" : `at most ${format(max)}`;
  if (max === undefined) return `at least ${format(min)}`;
  return min === max ? format(min) : `${format(min)} to ${format(max)}`;
}
