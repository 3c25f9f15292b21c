/** Expectations on messages from one socket to another: counts, fates, latencies. */
import { FATES } from "../journal/fates.ts";
import type { Duration } from "../kernel/time.ts";
import { formatTime } from "../kernel/time.ts";
import type {
  FlowExpectation,
  LatencyExpectation,
  LatencyStatistic,
  MessageExpectation,
  NeverExpectation,
} from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { messageSlice } from "./detail.ts";
import { explain } from "./explain.ts";
import type { Analysis, MessageFates } from "./fates.ts";
import { quantile } from "./flows.ts";
import { legsOf } from "./legs.ts";
import { nearestNames, splitMessage } from "./names.ts";
import type { Delivery } from "./resolve.ts";
import { type Evidence, inRange, rangeText, type Verdict } from "./verdict.ts";

/** One message for one receiver. */
interface Item {
  readonly message: MessageFates;
  readonly delivery: Delivery;
}

export function checkFlow(expectation: FlowExpectation, evidence: Evidence): Verdict {
  const { from, to, by = Infinity } = expectation;
  const items = flowItems(evidence.analysis, from, to).filter(({ message }) => message.sentAt <= by);
  const counts = countBy(items, by);
  const broken = COUNTS.filter((key) => expectation[key] !== undefined && !inRange(counts[key], expectation[key]));
  const expected = COUNTS.filter((key) => expectation[key] !== undefined).map(
    (key) => `${key} ${rangeText(expectation[key]!)}`,
  );
  const actual = COUNTS.map((key) => `${key} ${counts[key]}`);
  const verdict = { expected: expected.join(", "), actual: actual.join(", ") };
  if (broken.length === 0) return { ok: true, ...verdict };
  if (items.length === 0)
    return {
      ok: false,
      expected: verdict.expected,
      actual: `no message from ${from} was meant for ${to}`,
      detail: otherFlows(evidence.analysis, from, to),
    };
  return { ok: false, ...verdict, detail: itemDetail(evidence, worst(items, broken, by)) };
}

const COUNTS = ["sent", "delivered", "lost", "queued"] as const;
type Count = (typeof COUNTS)[number];

export function countBy(items: readonly Item[], by: number): Record<Count, number> {
  const counts = { sent: items.length, delivered: 0, lost: 0, queued: 0 };
  for (const { delivery } of items) counts[classOf(delivery, by)]++;
  return counts;
}

/** At the instant `by`, what is lost or delivered later is still under way. */
function classOf(delivery: Delivery, by: number): Exclude<Count, "sent"> {
  if (delivery.fate === "queued" || delivery.t > by) return "queued";
  return delivery.fate === "delivered" ? "delivered" : "lost";
}

/** The message that shows best what went wrong: a lost one, else one still queued, else the last. */
function worst(items: readonly Item[], broken: readonly Count[], by: number): Item {
  const lost = items.find(({ delivery }) => classOf(delivery, by) === "lost");
  const queued = items.find(({ delivery }) => classOf(delivery, by) === "queued");
  const prefersQueued = broken.includes("queued") && !broken.includes("lost");
  return (prefersQueued ? (queued ?? lost) : (lost ?? queued)) ?? items.at(-1)!;
}

export function itemDetail({ analysis, events }: Evidence, { message, delivery }: Item): string[] {
  return [explain(analysis, message, delivery), ...messageSlice(analysis, events, message, delivery)];
}

export function otherFlows(analysis: Analysis, from: string, to: string): string[] {
  const names = analysis.flows.map((flow) => `${flow.from} > ${flow.to}`);
  const nearest = nearestNames(`${from} > ${to}`, names);
  return nearest.length === 0
    ? ["no message was sent for anybody in this run"]
    : ["the nearest flows of this run:", ...nearest.map((name) => `  ${name}`)];
}

/** Deliveries of the flow; when one end only forwards, what passed between the two sockets. */
export function flowItems(analysis: Analysis, from: string | undefined, to: string | undefined): Item[] {
  const items: Item[] = [];
  for (const message of analysis.messages) {
    if (from !== undefined && !selects(from, message.origin)) continue;
    for (const delivery of message.deliveries)
      if (to === undefined || selects(to, delivery.receiver)) items.push({ message, delivery });
  }
  return items.length > 0 || from === undefined || to === undefined ? items : passages(analysis, from, to);
}

function passages(analysis: Analysis, from: string, to: string): Item[] {
  return analysis.messages.flatMap((message) => {
    const delivery = passage(message, from, to);
    return delivery === undefined ? [] : [{ message, delivery }];
  });
}

function passage(message: MessageFates, from: string, to: string): Delivery | undefined {
  const fromOrigin = selects(from, message.origin);
  const legs = [...legsOf(message.root)].filter(
    (leg) => selects(to, leg.to) && (fromOrigin || selects(from, leg.from.socket)),
  );
  const leg = legs.find((one) => one.end === "delivered") ?? legs[0];
  if (leg !== undefined)
    return {
      receiver: leg.to,
      fate: leg.end ?? "queued",
      t: leg.endAt,
      at: leg.end === "delivered" ? leg.to : leg.from.socket,
      peer: leg.to,
      copies: 0,
    };
  const lost = message.deliveries.find(
    (one) => one.peer !== undefined && selects(to, one.peer) && (fromOrigin || selects(from, one.at)),
  );
  return lost && { ...lost, receiver: lost.peer! };
}

export function checkMessage(expectation: MessageExpectation, evidence: Evidence): Verdict {
  const { message: name, to, fate } = expectation;
  const expected = `${fate}: ${FATES[fate]}`;
  const message = evidence.analysis.messages.find((one) => one.name === name);
  if (message === undefined) return { ok: false, expected, actual: notSent(evidence.analysis, name) };
  const meant = message.deliveries.filter((one) => to === undefined || selects(to, one.receiver));
  const deliveries =
    meant.length > 0 || to === undefined
      ? meant
      : [passage(message, message.origin, to)].filter((one) => one !== undefined);
  if (deliveries.length === 0) {
    const actual =
      to === undefined
        ? `${name} was sent, but nobody wanted it`
        : `${name} was not meant for ${to}, but for ${receivers(message)}`;
    return { ok: false, expected, actual, detail: messageSlice(evidence.analysis, evidence.events, message) };
  }
  const other = deliveries.find((one) => one.fate !== fate);
  if (other === undefined) return { ok: true, expected, actual: fate };
  return {
    ok: false,
    expected,
    actual: `${other.fate} for ${other.receiver}`,
    detail: itemDetail(evidence, { message, delivery: other }),
  };
}

function receivers(message: MessageFates): string {
  return message.deliveries.map((one) => one.receiver).join(", ") || "nobody";
}

function notSent(analysis: Analysis, name: string): string {
  const [origin] = splitMessage(name);
  const count = analysis.messages.filter((one) => one.origin === origin).length;
  if (count > 0) return `${origin} sent only ${count === 1 ? "one message" : `${count} messages`}`;
  const nearest = nearestNames(origin, new Set(analysis.messages.map((one) => one.origin)));
  return `${origin} sent no message${nearest.length > 0 ? `; senders of this run: ${nearest.join(", ")}` : ""}`;
}

export function checkNever(expectation: NeverExpectation, evidence: Evidence): Verdict {
  const { never, from, to } = expectation;
  const hits = flowItems(evidence.analysis, from, to).filter(({ delivery }) => delivery.fate === never);
  const expected = `never ${never}`;
  const first = hits[0];
  if (first === undefined) return { ok: true, expected, actual: expected };
  return {
    ok: false,
    expected,
    actual: `${hits.length === 1 ? "once" : `${hits.length} times`}, first ${first.message.name}`,
    detail: itemDetail(evidence, first),
  };
}

export function checkLatency(expectation: LatencyExpectation, evidence: Evidence): Verdict {
  const delivered = flowItems(evidence.analysis, expectation.from, expectation.to).filter(
    ({ delivery }) => delivery.fate === "delivered",
  );
  const bounds = Object.entries(expectation.latency) as [
    LatencyStatistic,
    NonNullable<LatencyExpectation["latency"]["min"]>,
  ][];
  const expected = bounds.map(([name, range]) => `${name} ${rangeText(range, time)}`).join(", ");
  if (delivered.length === 0)
    return {
      ok: false,
      expected,
      actual: `no message from ${expectation.from} reached ${expectation.to}`,
      detail: otherFlows(evidence.analysis, expectation.from, expectation.to),
    };
  const latencies = Float64Array.from(delivered, latencyOf).sort();
  const ok = bounds.every(([name, range]) => inRange(statistic(latencies, name), range));
  const actual = bounds.map(([name]) => `${name} ${time(statistic(latencies, name))}`).join(", ");
  if (ok) return { ok, expected, actual };
  const tooFast = bounds.some(([name, range]) => range.min !== undefined && statistic(latencies, name) < range.min);
  const extreme = delivered.reduce((a, b) => (latencyOf(b) < latencyOf(a) === tooFast ? b : a));
  return { ok, expected, actual, detail: itemDetail(evidence, extreme) };
}

function latencyOf({ message, delivery }: Item): number {
  return delivery.t - message.sentAt;
}

/** `sorted` is not empty. */
export function statistic(sorted: Float64Array, name: LatencyStatistic): number {
  switch (name) {
    case "min":
      return sorted[0]!;
    case "max":
      return sorted.at(-1)!;
    case "mean":
      return Math.round(sorted.reduce((sum, value) => sum + value, 0) / sorted.length);
    case "p50":
      return quantile(sorted, 0.5)!;
    case "p95":
      return quantile(sorted, 0.95)!;
    case "p99":
      return quantile(sorted, 0.99)!;
  }
}

const time = (value: number): string => formatTime(value as Duration);
