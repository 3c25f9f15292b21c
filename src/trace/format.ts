/**
 * The trace as text: canonical JSON Lines. The first line is the header, every other line one
 * event; keys stand in the order of journal/events.ts, absent keys are left out, and there is no
 * white space. Two runs are the same exactly when their lines are the same bytes.
 */
import type { ArriveEvent, BlockEvent, CallEvent, QueueEvent, TraceEvent, TraceHeader } from "../journal/events.ts";
import { InvariantError } from "../kernel/invariant.ts";
import { EVENT_NAMES, EVENT_SHAPES, type EventName, HEADER_SHAPE, type KeyKind, type KeyShape } from "./shape.ts";

export const TRACE_FORMAT = "zeromq-sim-trace";
export const TRACE_VERSION = 1;

export interface Trace {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
}

/** Text that is not a trace of this version; `line` counts from 1. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/** The header line, without a line end. */
export function headerLine(header: TraceHeader): string {
  const body = writeKeys(header as unknown as Keyed, HEADER_SHAPE, "");
  return `{${body.slice(1)}}`;
}

/** One event line, without a line end. */
export function eventLine(event: TraceEvent): string {
  switch (event.ev) {
    case "call":
      return callLine(event);
    case "block":
      return blockLine(event);
    case "queue":
    case "arrive":
      return legLine(event);
    default:
      return anyLine(event);
  }
}

/** An event of any kind by the table of shapes. */
export function anyLine(event: TraceEvent): string {
  const shape = EVENT_SHAPES[event.ev];
  if (shape === undefined) throw new InvariantError(`unknown event "${(event as TraceEvent).ev}"`);
  return `${writeKeys(event as unknown as Keyed, shape, `{"t":${integer(event.t, "t")},"ev":"${event.ev}"`)}}`;
}

// Nearly all events of a long trace are of these kinds; written out they cost a third of what the table takes.

function callLine(event: CallEvent): string {
  const { socket, arg, message, sizes, frames, waited } = event;
  let line = `{"t":${integer(event.t, "t")},"ev":"call","thread":${quote(event.thread)},"call":${quote(event.call)}`;
  if (socket !== undefined) line += `,"socket":${quote(socket)}`;
  if (arg !== undefined) line += `,"arg":${quote(arg)}`;
  if (message !== undefined) line += `,"message":${quote(message)}`;
  if (sizes !== undefined) line += `,"sizes":${integers(sizes, "sizes")}`;
  if (frames !== undefined) line += `,"frames":${strings(frames)}`;
  line += `,"result":${quote(event.result)}`;
  return waited === undefined ? `${line}}` : `${line},"waited":${integer(waited, "waited")}}`;
}

function blockLine({ t, thread, call, socket }: BlockEvent): string {
  const line = `{"t":${integer(t, "t")},"ev":"block","thread":${quote(thread)},"call":${quote(call)}`;
  return socket === undefined ? `${line}}` : `${line},"socket":${quote(socket)}}`;
}

function legLine({ t, ev, message, socket, peer, pipe, depth }: QueueEvent | ArriveEvent): string {
  return (
    `{"t":${integer(t, "t")},"ev":"${ev}","message":${quote(message)},"socket":${quote(socket)},` +
    `"peer":${quote(peer)},"pipe":${integer(pipe, "pipe")},"depth":${integer(depth, "depth")}}`
  );
}

/** All lines of a trace, the header first. */
export function* traceLines(trace: Trace): Generator<string, void, undefined> {
  yield headerLine(trace.header);
  for (const event of trace.events) yield eventLine(event);
}

/** The text of a trace in pieces of some hundred lines; every line ends in a line feed. */
export function* traceChunks(trace: Trace): Generator<string, void, undefined> {
  yield `${headerLine(trace.header)}\n`;
  for (let from = 0; from < trace.events.length; from += CHUNK_LINES)
    yield flat(trace.events.slice(from, from + CHUNK_LINES).map(eventLine));
}

const CHUNK_LINES = 256;

/** Joining copies the characters once; a sum of strings would keep all its parts alive until somebody reads it. */
function flat(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** The whole trace as text. */
export function traceText(trace: Trace): string {
  return [...traceChunks(trace)].join("");
}

type Keyed = Readonly<Record<string, unknown>>;

function writeKeys(value: Keyed, shape: readonly KeyShape[], start: string): string {
  let line = start;
  for (const { key, kind } of shape) {
    const field = value[key];
    if (field !== undefined) line += `,"${key}":${writeField(field, kind, key)}`;
  }
  return line;
}

function writeField(field: unknown, kind: KeyKind, key: string): string {
  switch (kind) {
    case "string":
      return quote(field as string);
    case "integer":
      return integer(field as number, key);
    case "boolean":
      return field === true ? "true" : "false";
    case "strings":
      return strings(field as readonly string[]);
    case "integers":
      return integers(field as readonly number[], key);
  }
}

const strings = (list: readonly string[]): string =>
  list.length === 1 ? `[${quote(list[0] as string)}]` : `[${list.map(quote).join(",")}]`;

const integers = (list: readonly number[], key: string): string =>
  list.length === 1 ? `[${integer(list[0] as number, key)}]` : `[${list.map((one) => integer(one, key)).join(",")}]`;

/** Numbers of a trace are exact; anything else would print differently somewhere. */
function integer(value: number, key: string): string {
  if (!Number.isSafeInteger(value)) throw new InvariantError(`trace key "${key}" must be a whole number, got ${value}`);
  return value === 0 ? "0" : `${value}`;
}

/** Names and topics are nearly always plain and short: a look at each character is cheaper than a general encoder. */
export function quote(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return JSON.stringify(text);
  }
  return `"${text}"`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads a trace. Throws TraceError with the line number for anything that is not one: broken
 * JSON, another format or version, an unknown event, a missing or wrongly typed key, an end in
 * the middle of a line. Unknown keys are ignored, so that version 1 may grow.
 */
export function parseTrace(text: string): Trace {
  const events: TraceEvent[] = [];
  let header: TraceHeader | undefined;
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    const content = text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    start = end + 1;
    line++;
    if (content.trim() === "") continue;
    const value = parseLine(content, line, found === -1);
    if (header === undefined) header = checkHeader(value, line);
    else events.push(checkEvent(value, line));
  }
  if (header === undefined) throw new TraceError(1, "the file is empty; a trace begins with a header line");
  return { header, events };
}

function parseLine(content: string, line: number, unfinished: boolean): Keyed {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    if (unfinished && line > 1)
      throw new TraceError(
        line,
        "the trace ends in the middle of a line; the run that wrote it was probably interrupted",
      );
    throw new TraceError(line, `not JSON: ${excerpt(content)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TraceError(line, `expected an object, got ${excerpt(content)}`);
  return value as Keyed;
}

function checkHeader(value: Keyed, line: number): TraceHeader {
  if (value["format"] !== TRACE_FORMAT) {
    throw new TraceError(
      line,
      `not a trace: the first line must have "format":"${TRACE_FORMAT}", got ${excerpt(JSON.stringify(value["format"]) ?? "none")}`,
    );
  }
  if (value["version"] !== TRACE_VERSION) {
    throw new TraceError(
      line,
      `trace version ${String(value["version"])} is not supported; this version reads ${TRACE_VERSION}`,
    );
  }
  checkKeys(value, HEADER_SHAPE, "header", line);
  return value as unknown as TraceHeader;
}

function checkEvent(value: Keyed, line: number): TraceEvent {
  const name = value["ev"];
  const shape =
    typeof name === "string" && Object.hasOwn(EVENT_SHAPES, name) ? EVENT_SHAPES[name as EventName] : undefined;
  if (shape === undefined) {
    throw new TraceError(
      line,
      `unknown event ${excerpt(JSON.stringify(name) ?? 'without "ev"')}; one of ${EVENT_NAMES.join(", ")}`,
    );
  }
  const t = value["t"];
  if (!Number.isSafeInteger(t) || (t as number) < 0)
    throw new TraceError(line, `"t" must be a whole number of nanoseconds, got ${JSON.stringify(t)}`);
  checkKeys(value, shape, `event "${String(name)}"`, line);
  return value as unknown as TraceEvent;
}

function checkKeys(value: Keyed, shape: readonly KeyShape[], what: string, line: number): void {
  for (const { key, kind, optional } of shape) {
    const field = value[key];
    if (field === undefined) {
      if (!optional) throw new TraceError(line, `${what} lacks "${key}"`);
    } else if (!hasKind(field, kind)) {
      throw new TraceError(
        line,
        `"${key}" of ${what} must be ${KIND_WORDS[kind]}, got ${excerpt(JSON.stringify(field))}`,
      );
    }
  }
}

const KIND_WORDS: Readonly<Record<KeyKind, string>> = {
  string: "a string",
  integer: "a whole number",
  boolean: "true or false",
  strings: "a list of strings",
  integers: "a list of whole numbers",
};

function hasKind(field: unknown, kind: KeyKind): boolean {
  switch (kind) {
    case "string":
    case "boolean":
      return typeof field === kind;
    case "integer":
      return Number.isSafeInteger(field);
    case "strings":
      return Array.isArray(field) && field.every((one) => typeof one === "string");
    case "integers":
      return Array.isArray(field) && field.every((one) => Number.isSafeInteger(one));
  }
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
