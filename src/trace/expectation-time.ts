/** Expectations on when messages arrive and on what happens before what. */
import type { TraceEvent } from "../journal/events.ts";
import { assertNever } from "../kernel/invariant.ts";
import { type Duration, formatTime } from "../kernel/time.ts";
import type { BeforeExpectation, DeadlineExpectation, Moment, WithinExpectation } from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { flowItems, itemDetail, otherFlows } from "./expectation-flow.ts";
import { shownText } from "./frames.ts";
import { splitMessage } from "./names.ts";
import { plural } from "./text.ts";
import type { Evidence, Verdict } from "./verdict.ts";

const time = (value: number): string => formatTime(value as Duration);

export function checkWithin({ from, to, within }: WithinExpectation, evidence: Evidence): Verdict {
  const items = flowItems(evidence.analysis, from, to);
  const expected = `every message within ${time(within)}`;
  if (items.length === 0) {
    const actual = `no message from ${from} was meant for ${to}`;
    return { ok: false, expected, actual, detail: otherFlows(evidence.analysis, from, to) };
  }
  const took = ({ message, delivery }: (typeof items)[number]): number =>
    delivery.fate === "delivered" ? delivery.t - message.sentAt : Infinity;
  const late = items.filter((item) => took(item) > within);
  const slowest = items.reduce((a, b) => (took(b) > took(a) ? b : a));
  if (late.length === 0)
    return {
      ok: true,
      expected,
      actual: `${plural(items.length, "message")}, the slowest took ${time(took(slowest))}`,
    };
  const missing = late.filter((item) => took(item) === Infinity).length;
  const slow = late.length - missing;
  const parts = [
    missing > 0 ? `${plural(missing, "message")} never arrived` : "",
    slow > 0 ? `${plural(slow, "message")} came later` : "",
  ].filter((part) => part !== "");
  const first = late[0]!;
  const fate = took(first) === Infinity ? first.delivery.fate : `took ${time(took(first))}`;
  const actual = `${parts.join(", ")} of ${items.length}; first ${first.message.name}: ${fate}`;
  return { ok: false, expected, actual, detail: itemDetail(evidence, first) };
}

export function checkDeadline(expectation: DeadlineExpectation, evidence: Evidence): Verdict {
  const { to, from, deadline, after, messages } = expectation;
  const { analysis, events } = evidence;
  const start = after === undefined ? 0 : startOf(after, events);
  const expected = `${plural(messages, "message")} each by ${time(deadline)} after the start${after === undefined ? "" : ` of ${after}`}`;
  if (start === undefined) return { ok: false, expected, actual: `${after} never started` };
  const receivers = [...analysis.topology.sockets.keys()].filter((socket) => selects(to, socket));
  const arrivals = receivers.map((socket) => ({
    socket,
    times: events.filter((event) => isReceipt(event, socket, from)).map(({ t }) => t),
  }));
  const reached = (times: readonly number[]): number => times[messages - 1] ?? Infinity;
  const worst = arrivals.reduce((a, b) => (reached(b.times) > reached(a.times) ? b : a));
  const at = reached(worst.times);
  const what =
    at === Infinity
      ? `${worst.socket} got ${worst.times.length === 0 ? "none" : `only ${worst.times.length}`} until the end`
      : `${worst.socket} got it ${time(at - start)} after`;
  if (at - start <= deadline) return { ok: true, expected, actual: what };
  const late = arrivals.filter(({ times }) => reached(times) - start > deadline).length;
  const actual = `${what}${receivers.length > 1 ? `; ${late} of ${receivers.length} receivers were late` : ""}`;
  return { ok: false, expected, actual, detail: deadlineDetail(worst.socket, start + deadline, expectation, evidence) };
}

function startOf(node: string, events: readonly TraceEvent[]): number | undefined {
  return events.find((event) => event.ev === "node" && event.what === "start" && selects(node, event.node))?.t;
}

function isReceipt(event: TraceEvent, socket: string, from: string | undefined): boolean {
  if (event.ev !== "call" || event.call !== "recv" || event.result !== "ok" || event.socket !== socket) return false;
  return from === undefined || (event.message !== undefined && selects(from, splitMessage(event.message)[0]));
}

/** The first message that was sent for the receiver tells why; else what the receiver did. */
function deadlineDetail(socket: string, until: number, { from }: DeadlineExpectation, evidence: Evidence): string[] {
  const item = flowItems(evidence.analysis, from, socket).find(
    ({ delivery }) => delivery.fate !== "delivered" || delivery.t > until,
  );
  if (item !== undefined) return [...itemDetail(evidence, item)];
  return slice(evidence.events, until, (event) => "socket" in event && event.socket === socket);
}

export function checkBefore({ first, then }: BeforeExpectation, { events }: Evidence): Verdict {
  const a = events.findIndex((event) => isMoment(event, first));
  const b = events.findIndex((event) => isMoment(event, then));
  const said = (at: number): string => (at < 0 ? "never happens" : `at ${time(events[at]!.t)}`);
  const actual = `the first ${said(a)}, the other ${said(b)}`;
  const expected = "the first before the other";
  if (a >= 0 && b >= 0 && a < b) return { ok: true, expected, actual };
  const near = (event: TraceEvent): boolean => isMoment(event, first) || isMoment(event, then);
  const t = events[b >= 0 ? b : a]?.t ?? 0;
  const others = (event: TraceEvent): boolean => near(event) || event.ev === "log" || isTold(event, [first, then]);
  return { ok: false, expected, actual, detail: slice(events, t, others) };
}

/** Events at the sockets and of the messages that the moments name. */
function isTold(event: TraceEvent, moments: readonly Moment[]): boolean {
  return moments.some((moment) => {
    if ("message" in moment) return "message" in event && event.message === moment.message;
    return (
      "socket" in moment &&
      moment.socket !== undefined &&
      (event.ev === "call" || event.ev === "monitor") &&
      event.socket !== undefined &&
      selects(moment.socket, event.socket)
    );
  });
}

function isMoment(event: TraceEvent, moment: Moment): boolean {
  const at = (socket: string | undefined): boolean =>
    !("socket" in moment) || moment.socket === undefined || (socket !== undefined && selects(moment.socket, socket));
  switch (moment.kind) {
    case "sent":
      return isCall(event, "send") && event.message === moment.message && at(event.socket);
    case "received":
      return isCall(event, "recv") && event.message === moment.message && at(event.socket);
    case "log":
      return (
        event.ev === "log" &&
        (event.text === moment.log || event.text === shownText(moment.log)) &&
        (moment.thread === undefined || selects(moment.thread, event.thread))
      );
    case "event":
      return event.ev === "monitor" && event.event === moment.event && at(event.socket);
    case "call":
      return (
        event.ev === "call" &&
        event.call === moment.call &&
        (moment.result === undefined || event.result === moment.result) &&
        at(event.socket)
      );
    case "subscribed":
      return event.ev === "subscription" && event.add && at(event.socket);
    default:
      return assertNever(moment);
  }
}

const isCall = (event: TraceEvent, call: string): event is TraceEvent & { readonly ev: "call" } =>
  event.ev === "call" && event.call === call && event.result === "ok";
