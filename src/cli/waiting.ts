/** A cycle of waiting as an error of the scenario, each member at its step. */
import type { Expectation } from "../scenario/expectation.ts";
import { formatIssues, type Issue } from "../scenario/issue.ts";
import { Source } from "../scenario/source.ts";
import { type CycleMember, waitCycle } from "../trace/wait-cycle.ts";
import type { Finished } from "./engine.ts";

/** Formatted errors; "" when nobody waits in a cycle, or when an expectation says that they should. */
export function cycleText(
  finished: Finished,
  expectations: readonly Expectation[],
  source: { readonly text: string; readonly file: string },
  color: boolean,
): string {
  const cycle = waitCycle(finished.record);
  const expected = expectations.some(
    (one) => one.kind === "blocked" && one.blocked && cycle.some(({ thread }) => thread === one.thread),
  );
  if (cycle.length === 0 || expected) return "";
  const places = new Source(source.text);
  return formatIssues(
    cycle.map((member) => issueOf(member, places, source.file)),
    source.text,
    { color },
  );
}

function issueOf({ thread, call, socket, pointer, waitsFor }: CycleMember, places: Source, file: string): Issue {
  const span = places.span(pointer);
  const { line, column } = places.position(span.offset);
  return {
    severity: "error",
    code: "ZS701",
    file,
    pointer,
    line,
    column,
    length: Math.max(1, Math.min(span.length, 60)),
    message: `cycle of waiting: ${thread} waits for ever in ${call}${socket === "" ? "" : ` on ${socket}`} for ${waitsFor.join(" and ")}, which wait${waitsFor.length === 1 ? "s" : ""} for it in turn`,
    hint: 'let one of them send first, or give the wait a timeout; if it is meant, expect it: { "thread": ..., "blocked": true }',
  };
}
