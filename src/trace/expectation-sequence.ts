/** Expectations on sequences: order, received texts, call results, monitor events, log lines. */
import type { CallEvent, LogEvent, MonitorEvent, TraceEvent } from "../journal/events.ts";
import type {
  CallsExpectation,
  LogExpectation,
  MonitorExpectation,
  OrderExpectation,
  ReceivesExpectation,
} from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { actorOf } from "./export/describe.ts";
import { splitMessage } from "./names.ts";
import { plural } from "./text.ts";
import { type Evidence, inRange, rangeText, type Verdict } from "./verdict.ts";

export function checkOrder(expectation: OrderExpectation, { events }: Evidence): Verdict {
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

export function checkReceives(expectation: ReceivesExpectation, evidence: Evidence): Verdict {
  const found = evidence.events.filter(
    (event) => isRecv(event, expectation.socket) && event.frames !== undefined,
  ) as CallEvent[];
  return compareSequence(
    expectation.receives,
    found,
    (event) => (event.frames ?? []).join("|"),
    evidence,
    (event) => isRecv(event, expectation.socket) || isWait(event, expectation.socket),
  );
}

function isWait(event: TraceEvent, socket: string): boolean {
  return event.ev === "block" && event.socket !== undefined && selects(socket, event.socket);
}

export function checkCalls(expectation: CallsExpectation, evidence: Evidence): Verdict {
  const { call, socket } = expectation;
  const isOne = (event: TraceEvent): event is CallEvent =>
    event.ev === "call" && event.call === call && event.socket !== undefined && selects(socket, event.socket);
  return compareSequence(
    expectation.results,
    evidence.events.filter(isOne),
    (event) => event.result,
    evidence,
    (event) =>
      (event.ev === "call" || event.ev === "block") && event.socket !== undefined && selects(socket, event.socket),
  );
}

export function checkMonitor(expectation: MonitorExpectation, evidence: Evidence): Verdict {
  const isOne = (event: TraceEvent): event is MonitorEvent =>
    event.ev === "monitor" && selects(expectation.socket, event.socket);
  const open = expectation.events.at(-1) === "...";
  const wanted = open ? expectation.events.slice(0, -1) : expectation.events;
  const found = evidence.events.filter(isOne);
  return compareSequence(wanted, open ? found.slice(0, wanted.length) : found, (event) => event.event, evidence, isOne);
}

/** Exactly these, in this order. */
function compareSequence<E extends TraceEvent>(
  wanted: readonly string[],
  found: readonly E[],
  textOf: (event: E) => string,
  { events, analysis }: Evidence,
  relevant: (event: TraceEvent) => boolean,
): Verdict {
  const actual = found.map(textOf);
  const length = Math.max(wanted.length, actual.length);
  let at = 0;
  while (at < length && wanted[at] === actual[at]) at++;
  if (at === length) return { ok: true, expected: listText(wanted, 0), actual: listText(actual, 0) };
  const break_ = found[at];
  const t = break_?.t ?? found.at(-1)?.t ?? analysis.endTime;
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
