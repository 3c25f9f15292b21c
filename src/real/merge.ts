/** From the lines of all processes to one trace: in order of time, every message under its name. */
import type { CallEvent, TraceEvent } from "../journal/events.ts";
import { type Identified, Identifier } from "./identify.ts";
import type { RawLine } from "./protocol.ts";

/** The lines that one process wrote. */
export interface RawFile {
  /** Node and life, for error messages. */
  readonly name: string;
  readonly lines: readonly RawLine[];
}

export interface Merged extends Identified {
  readonly events: readonly TraceEvent[];
}

export interface Placed {
  readonly line: RawLine;
  readonly file: number;
  /** Order within the file. */
  readonly order: number;
}

/** Events of the recorder itself (a kill, an exit it saw) come as a file of their own. */
export function mergeRaw(files: readonly RawFile[], sockets: readonly string[]): Merged {
  const placed = files.flatMap(({ lines }, file) => lines.map((line, order): Placed => ({ line, file, order })));
  const identifier = new Identifier(sockets);
  for (const one of [...placed].sort(byBeginning)) identifier.take(one);
  const { names, earliest, ...identified } = identifier.finish();
  const events = placed.flatMap((one) => {
    const event = eventOf(one, names.get(one.line));
    const t = timeOf(one.line, earliest.get(one.line));
    return event === undefined
      ? []
      : [{ event: { ...event, t } as TraceEvent, place: { ...one, line: { ...one.line, t } as RawLine } }];
  });
  events.sort((a, b) => byTime(a.place, b.place));
  return { ...identified, events: events.map(({ event }) => event) };
}

/**
 * A send that did not wait counts from when it was made: what comes after, until JavaScript goes on,
 * is no part of it. One that waited counts from its return, or from the first receipt when the
 * receiver came to look at its clock earlier.
 */
function timeOf(line: RawLine, earliest = Number.POSITIVE_INFINITY): number {
  const begun = "raw" in line ? line.raw?.begun : undefined;
  if (begun !== undefined && line.ev === "call" && line.waited === undefined) return begun;
  return Math.min(line.t, earliest);
}

/** At equal times sends go first, as nothing is received before it is sent. */
const byTime = (a: Placed, b: Placed): number =>
  a.line.t - b.line.t || rank(a.line) - rank(b.line) || a.file - b.file || a.order - b.order;
const rank = (line: RawLine): number => (line.ev === "call" && line.call === "send" ? 0 : 1);

const beginning = ({ line }: Placed): number =>
  "raw" in line && line.raw?.begun !== undefined ? line.raw.begun : line.t;
const byBeginning = (a: Placed, b: Placed): number =>
  beginning(a) - beginning(b) || rank(a.line) - rank(b.line) || a.file - b.file || a.order - b.order;

function eventOf({ line }: Placed, message: string | undefined): TraceEvent | undefined {
  if (line.ev === "asleep" || line.ev === "late" || line.ev === "idle" || line.ev === "leaving") return undefined;
  const { raw: _, ...event } = line;
  if (event.ev !== "call" || message === undefined) return event as TraceEvent;
  return { ...(event as CallEvent), message };
}

/** Parses what a process wrote; a line cut off by a kill is dropped. */
export function parseRaw(text: string): RawLine[] {
  const lines = text.split("\n");
  lines.pop();
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as RawLine);
}
