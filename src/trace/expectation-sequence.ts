/** Expectations on sequences: order, received texts, call results, monitor events, log lines. */
import type { BlockEvent, CallEvent, LogEvent, MonitorEvent, TraceEvent } from "../journal/events.ts";
import { type Duration, formatTime } from "../kernel/time.ts";
import type {
  CallsExpectation,
  LogExpectation,
  MonitorExpectation,
  OrderExpectation,
  ReceivesExpectation,
  RetriesExpectation,
} from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { checkRotation } from "./expectation-rotation.ts";
import { actorOf } from "./export/describe.ts";
import { messageMatches } from "./frames.ts";
import { selectsAny, splitMessage } from "./names.ts";
import { plural } from "./text.ts";
import { type Evidence, inRange, rangeText, type Verdict } from "./verdict.ts";

export function checkOrder(expectation: OrderExpectation, evidence: Evidence): Verdict {
  return expectation.order === "rotation" ? checkRotation(expectation, evidence) : checkFifo(expectation, evidence);
}

function checkFifo(expectation: OrderExpectation, { events }: Evidence): Verdict {
  const { from, to } = expectation;
  const expected = "each sender's messages in the order of sending";
  const latest = new Map<string, { readonly number: number; readonly message: string }>();
  for (const event of events) {
    if (!isRecv(event, to) || event.message === undefined) continue;
    const [origin, number] = splitMessage(event.message);
    if (from !== undefined && !selects(from, origin)) continue;
    const key = `${event.socket} ${origin}`;
    const before = latest.get(key);
    if (before !== undefined && number < before.number) {
      const detail = slice(
        events,
        event.t,
        (one) => isRecv(one, to) && one.message !== undefined && splitMessage(one.message)[0] === origin,
      );
      return { ok: false, expected, actual: `${event.socket} read ${event.message} after ${before.message}`, detail };
    }
    latest.set(key, { number, message: event.message });
  }
  return { ok: true, expected, actual: expected };
}

function isRecv(event: TraceEvent, to: string): event is CallEvent & { readonly socket: string } {
  return (
    event.ev === "call" &&
    event.call === "recv" &&
    event.result === "ok" &&
    event.socket !== undefined &&
    selects(to, event.socket)
  );
}

export function checkReceives({ socket, receives }: ReceivesExpectation, evidence: Evidence): Verdict {
  const isOne = (event: TraceEvent): event is CallEvent & { readonly frames: readonly string[] } =>
    isRecv(event, socket) && event.frames !== undefined;
  return compareSequence(evidence, {
    wanted: receives,
    found: evidence.events.filter(isOne),
    textOf: ({ frames }) => frames.join("|"),
    matches: (wanted, { frames }) => messageMatches(wanted, frames),
    relevant: (event) => isRecv(event, socket) || (event.ev === "block" && isOn(event, socket)),
  });
}

export function checkCalls({ call, socket, results }: CallsExpectation, evidence: Evidence): Verdict {
  const isOne = (event: TraceEvent): event is CallEvent =>
    event.ev === "call" && event.call === call && isOn(event, socket);
  return compareSequence(evidence, {
    wanted: results,
    found: evidence.events.filter(isOne),
    textOf: ({ result }) => result,
    relevant: (event) => (event.ev === "call" || event.ev === "block") && isOn(event, socket),
  });
}

function isOn(event: CallEvent | BlockEvent, socket: string): boolean {
  return event.socket !== undefined && selectsAny(socket, event.socket);
}

export function checkMonitor({ events, socket }: MonitorExpectation, evidence: Evidence): Verdict {
  const isOne = (event: TraceEvent): event is MonitorEvent => event.ev === "monitor" && selects(socket, event.socket);
  const open = events.at(-1) === "...";
  const wanted = open ? events.slice(0, -1) : events;
  const found = evidence.events.filter(isOne);
  return compareSequence(evidence, {
    wanted,
    found: open ? found.slice(0, wanted.length) : found,
    textOf: ({ event }) => event,
    relevant: isOne,
  });
}

export function checkRetries({ socket, retries }: RetriesExpectation, evidence: Evidence): Verdict {
  const isOne = (event: TraceEvent): event is MonitorEvent =>
    event.ev === "monitor" && event.event === "CONNECT_RETRIED" && selects(socket, event.socket);
  return compareSequence(evidence, {
    wanted: retries.map((wait) => formatTime(wait)),
    found: evidence.events.filter(isOne),
    textOf: ({ value }) => formatTime((value * NANOSECONDS_PER_MS) as Duration),
    relevant: isOne,
  });
}

const NANOSECONDS_PER_MS = 1e6;

interface Sequence<E extends TraceEvent> {
  readonly wanted: readonly string[];
  readonly found: readonly E[];
  readonly textOf: (event: E) => string;
  /** Default: the same text. */
  readonly matches?: (wanted: string, event: E) => boolean;
  /** Events to show round the break. */
  readonly relevant: (event: TraceEvent) => boolean;
}

/** Exactly these, in this order. */
function compareSequence<E extends TraceEvent>({ events, analysis }: Evidence, sequence: Sequence<E>): Verdict {
  const { wanted, found, textOf, matches = (text, event) => text === textOf(event), relevant } = sequence;
  const actual = found.map(textOf);
  let at = 0;
  while (at < wanted.length && at < found.length && matches(wanted[at]!, found[at]!)) at++;
  if (at === wanted.length && at === found.length) {
    return { ok: true, expected: listText(wanted, 0), actual: listText(actual, 0) };
  }
  const t = found[at]?.t ?? found.at(-1)?.t ?? analysis.endTime;
  return {
    ok: false,
    expected: `${entry(wanted, at)}; in all ${listText(wanted, at)}`,
    actual: `${entry(actual, at)}; in all ${listText(actual, at)}`,
    detail: slice(events, t, relevant),
  };
}

function entry(list: readonly string[], at: number): string {
  return at < list.length ? `number ${at + 1} is "${list[at]}"` : `the end after ${list.length}`;
}

/** Entries shown on either side of the break. */
const SHOWN = 4;

/** A few entries round position `at`. */
function listText(list: readonly string[], at: number): string {
  if (list.length === 0) return "nothing";
  const start = Math.max(0, Math.min(at - SHOWN, list.length - 2 * SHOWN));
  const shown = list
    .slice(start, start + 2 * SHOWN)
    .map((text) => `"${text.length > 30 ? `${text.slice(0, 27)}...` : text}"`);
  if (start > 0) shown.unshift("...");
  if (start + 2 * SHOWN < list.length) shown.push("...");
  return `${list.length}: ${shown.join(", ")}`;
}

export function checkLog(expectation: LogExpectation, { events }: Evidence): Verdict {
  const { thread, log, count = { min: 1 } } = expectation;
  const lines = events.filter(
    (event): event is LogEvent => event.ev === "log" && (thread === undefined || selects(thread, event.thread)),
  );
  const hits = lines.filter((event) => event.text === log).length;
  const expected = `"${log}" ${rangeText(count)} times`;
  const actual = plural(hits, "time");
  if (inRange(hits, count)) return { ok: true, expected, actual };
  return {
    ok: false,
    expected,
    actual,
    detail: slice(
      events,
      lines.at(-1)?.t ?? 0,
      (event) => event.ev === "log" && (thread === undefined || selects(thread, actorOf(event))),
    ),
  };
}
