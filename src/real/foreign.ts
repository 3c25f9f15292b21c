/**
 * Traces that no recorder of ours wrote. A line is one call of a user's own program:
 *
 *   {"t": 81234567890, "socket": "publisher.sender", "type": "PUB", "call": "connect", "arg": "tcp://127.0.0.1:5559"}
 *   {"t": 81235567890, "socket": "publisher.sender", "call": "send", "frames": ["Hello there"]}
 *
 * `t` is the monotonic clock in nanoseconds, `socket` the name that the scenario has for it. The
 * lines of all processes may stand in one file, in any order.
 */
import type { Trace } from "../trace/format.ts";
import { shownText } from "../trace/frames.ts";
import { threadOf } from "../trace/names.ts";
import { mergeRaw } from "./merge.ts";
import type { RawLine } from "./protocol.ts";

export class ForeignError extends Error {
  override readonly name = "ForeignError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface ForeignLine {
  readonly t: number;
  readonly socket: string;
  readonly call: string;
  readonly type?: string;
  readonly arg?: string;
  readonly frames?: readonly string[];
  readonly result?: string;
}

const CALLS = ["bind", "connect", "subscribe", "unsubscribe", "send", "recv", "proxy", "close"];
const TYPES = ["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"];

/** Whether the first line is one of these and not the header of a trace. */
export function isForeign(text: string): boolean {
  const first = text.trimStart().split("\n", 1)[0] ?? "";
  return /"call"\s*:/.test(first) && !/"format"\s*:/.test(first);
}

/** Throws ForeignError. */
export function parseForeign(text: string): Trace {
  const lines = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [parseLine(line, i + 1)]));
  const sorted = lines.sort((a, b) => a.t - b.t);
  const zero = sorted[0]?.t ?? 0;
  const { events, guessed, unknown } = mergeRaw([{ name: "foreign", lines: rawLines(sorted, zero) }], []);
  const notes = [
    "foreign: written by a program of the user; nothing but bind, connect, subscribe, send, recv and close is compared",
    ...(guessed > 0 ? [`identity: ${guessed} receipts decided by order among messages of equal content`] : []),
    ...(unknown > 0 ? [`identity: ${unknown} receipts match no message`] : []),
  ];
  const header = {
    format: "zeromq-sim-trace",
    version: 1,
    tool: "",
    model: "",
    scenario: "",
    scenarioHash: "",
    seed: "",
    profile: "",
    arm: "real",
    binding: "foreign",
    notes,
  } as const;
  return { header, events };
}

function rawLines(lines: readonly ForeignLine[], zero: number): RawLine[] {
  const known = new Set<string>();
  const sent = new Map<string, number>();
  let receipts = 0;
  return lines.flatMap(({ t: at, socket, call, type, arg, frames = [], result = "ok" }): RawLine[] => {
    const t = at - zero;
    const thread = threadOf(socket);
    const opened: RawLine[] =
      known.has(socket) || call === "proxy" ? [] : [{ t, ev: "socket", socket, what: "open", type: type ?? "?" }];
    known.add(socket);
    if (call === "proxy")
      return [{ t, ev: "block", thread: arg === undefined ? thread : threadOf(socket), call, socket: arg ?? socket }];
    if (call === "close") return [...opened, { t, ev: "socket", socket, what: "close" }];
    const base = { t, ev: "call", thread, call, socket, ...(arg === undefined ? {} : { arg }) } as const;
    if (call !== "send" && call !== "recv") return [...opened, { ...base, result }];
    const number = sent.get(socket) ?? 0;
    if (call === "send" && result === "ok") sent.set(socket, number + 1);
    const identity = call === "send" ? { number, begun: t } : { receipt: receipts++ };
    const shown = { sizes: frames.map((frame) => Buffer.byteLength(frame)), frames: frames.map(shownText) };
    return [...opened, { ...base, ...shown, result, raw: { ...identity, prints: frames } }];
  });
}

function parseLine(text: string, line: number): ForeignLine {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new ForeignError(line, "not JSON, or cut off");
  }
  const t = Number(value["t"]);
  if (!Number.isSafeInteger(t)) throw new ForeignError(line, '"t" must be the monotonic clock in whole nanoseconds');
  for (const key of ["socket", "call"])
    if (typeof value[key] !== "string") throw new ForeignError(line, `"${key}" must be a text`);
  if (!CALLS.includes(value["call"] as string))
    throw new ForeignError(line, `"call" must be one of ${CALLS.join(", ")}`);
  if (value["type"] !== undefined && !TYPES.includes(value["type"] as string))
    throw new ForeignError(line, `"type" must be one of ${TYPES.join(", ")}`);
  const { frames } = value;
  if (frames !== undefined && !(Array.isArray(frames) && frames.every((frame) => typeof frame === "string")))
    throw new ForeignError(line, '"frames" must be a list of texts');
  return { ...(value as unknown as ForeignLine), t };
}
