/** Where two runs part: the events round the first part of a fact that differs, side by side. */
import type { TraceEvent } from "../journal/events.ts";
import { type Comparison, factValue, type Row } from "./compare.ts";
import { timelineLines } from "./export/timeline.ts";
import { type Fact, factOf, type Run } from "./facts.ts";
import { cut, WIDTH } from "./text.ts";

/** Events shown before and after the difference. */
const BEFORE = 3;
const AFTER = 4;

/** Lines for people; empty when a run cannot be found. */
export async function differenceContext(row: Row, { reference, other }: Comparison): Promise<string[]> {
  const alien = row.other.find(({ value }) => !row.reference.some((share) => share.value === value));
  const usual = row.reference[0];
  const right = other.runs.find(({ name }) => name === alien?.run);
  const left = reference.runs.find(({ name }) => name === usual?.run);
  if (left === undefined || right === undefined) return [];
  const key = `${row.kind} ${row.subject}`;
  const [usualFact, alienFact] = [await factOf(left, key), await factOf(right, key)];
  const at = firstDifference(usualFact, alienFact);
  const head = (run: Run, fact: Fact | undefined): string => `${run.name}: ${factValue(fact, row.kind)}`;
  return sideBySide(
    [head(left, usualFact), ...(await excerpt(left, row, usualFact, at))],
    [head(right, alienFact), ...(await excerpt(right, row, alienFact, at))],
  );
}

/** Position of the first part that is not the same. */
function firstDifference(a: Fact | undefined, b: Fact | undefined): number {
  const [left, right] = [a?.parts ?? [], b?.parts ?? []];
  let at = 0;
  while (at < left.length && at < right.length && left[at]?.text === right[at]?.text) at++;
  return at;
}

async function excerpt(run: Run, row: Row, fact: Fact | undefined, at: number): Promise<string[]> {
  const events = (await run.events())
    .map((event, index) => ({ event, index }))
    .filter(({ event }) => concerns(event, row));
  const target = fact?.parts[at]?.event ?? fact?.parts.at(-1)?.event ?? events.at(-1)?.index ?? 0;
  const middle = events.findIndex(({ index }) => index >= target);
  const from = Math.max(0, (middle === -1 ? events.length : middle) - BEFORE);
  return timelineLines(events.slice(from, from + BEFORE + AFTER).map(({ event }) => event));
}

/** Events of the sockets and threads that a fact speaks of. */
function concerns(event: TraceEvent, { kind, subject }: Row): boolean {
  const names = subject.split(/ > | /);
  if (kind === "monitor") return event.ev === "monitor" && names.includes(event.socket);
  if ("socket" in event && event.socket !== undefined && names.includes(event.socket)) return event.ev !== "monitor";
  return "thread" in event && names.includes(event.thread);
}

function sideBySide(left: readonly string[], right: readonly string[]): string[] {
  const width = Math.floor((WIDTH - 5) / 2);
  const lines: string[] = [];
  for (let i = 0; i < Math.max(left.length, right.length); i++)
    lines.push(`  ${cut(left[i] ?? "", width).padEnd(width)} | ${cut(right[i] ?? "", width)}`.trimEnd());
  return lines;
}
