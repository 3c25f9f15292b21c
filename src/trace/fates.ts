/**
 * The end-to-end story of a run: every message, whom it was meant for, and what became of it.
 *
 * Meant for: with load-balanced and addressed sockets the one receiver that it was written to,
 * following forwarders to the socket that kept it. With publishers every subscriber behind them,
 * through all forwarders of the run, that wanted the topic when the message was sent or began to
 * want it later: a late joiner misses what came before it, and that is a loss to show. One that
 * had unsubscribed, or never asks for the topic, misses nothing.
 */
import type { TraceEvent, TraceHeader } from "../journal/events.ts";
import { invariant } from "../kernel/invariant.ts";
import { type Flow, FlowCounter } from "./flows.ts";
import { type EndFate, followMessages, type Hop, type MessageWay } from "./legs.ts";
import { type Delivery, Resolver } from "./resolve.ts";
import { Topology } from "./topology.ts";

export interface MessageFates {
  /** "publisher.sender#0". */
  readonly name: string;
  /** The socket that first sent it, and its number there. */
  readonly origin: string;
  readonly number: number;
  /** When it left the program, ns. */
  readonly sentAt: number;
  /** Bytes of all frames; undefined when the trace does not tell. */
  readonly size: number | undefined;
  /** The frames as text; undefined when the trace does not tell. */
  readonly frames: readonly string[] | undefined;
  /** One per intended receiver; empty when nobody wanted it. */
  readonly deliveries: readonly Delivery[];
  /** The whole tree of hops, for views. */
  readonly root: Hop;
}

export interface Totals {
  /** Messages that send calls accepted. */
  readonly sent: number;
  /** Per fate, intended receivers that it holds for. */
  readonly fates: Readonly<Partial<Record<EndFate, number>>>;
}

export interface Analysis {
  readonly header: TraceHeader;
  readonly topology: Topology;
  readonly messages: readonly MessageFates[];
  readonly flows: readonly Flow[];
  readonly totals: Totals;
  /** Receiving socket -> sockets on which its thread forwarded. */
  readonly forwards: ReadonlyMap<string, ReadonlySet<string>>;
  readonly endTime: number;
}

/** `endTime` in ns; without it the time of the last event. */
export function analyze(header: TraceHeader, events: readonly TraceEvent[], endTime?: number): Analysis {
  const topology = new Topology(events, endTime);
  const ways = followMessages(events, topology);
  const resolver = new Resolver(topology, ways);
  const messages = ways.messages.map((way) => describe(way, resolver.deliveries(way)));
  const flows = countFlows(messages, (socket) => topology.sockets.get(socket)?.order ?? Infinity);
  const totals = countTotals(messages);
  checkConservation(messages, flows, totals);
  return { header, topology, messages, flows, totals, forwards: ways.forwards, endTime: topology.endTime };
}

function describe(way: MessageWay, deliveries: readonly Delivery[]): MessageFates {
  const { name, origin, number, root, sizes } = way;
  return {
    name,
    origin,
    number,
    sentAt: root.t,
    size: sizes?.reduce((sum, size) => sum + size, 0),
    frames: root.frames,
    deliveries,
    root,
  };
}

/** Senders in order of their first message, the receivers of each in order of opening. */
function countFlows(messages: readonly MessageFates[], orderOf: (socket: string) => number): Flow[] {
  const counters = new Map<string, Map<string, FlowCounter>>();
  for (const { origin, sentAt, deliveries } of messages) {
    let byReceiver = counters.get(origin);
    if (byReceiver === undefined) counters.set(origin, (byReceiver = new Map()));
    for (const { receiver, fate, t } of deliveries) {
      let counter = byReceiver.get(receiver);
      if (counter === undefined) byReceiver.set(receiver, (counter = new FlowCounter(origin, receiver)));
      counter.add(fate, t - sentAt);
    }
  }
  const byOrder = (a: FlowCounter, b: FlowCounter): number =>
    orderOf(a.to) < orderOf(b.to) ? -1 : orderOf(a.to) > orderOf(b.to) ? 1 : 0;
  return [...counters.values()].flatMap((byReceiver) =>
    [...byReceiver.values()].sort(byOrder).map((counter) => counter.finish()),
  );
}

function countTotals(messages: readonly MessageFates[]): Totals {
  const fates: Partial<Record<EndFate, number>> = {};
  for (const { deliveries } of messages) for (const { fate } of deliveries) fates[fate] = (fates[fate] ?? 0) + 1;
  return { sent: messages.length, fates };
}

/** Every intended receiver has one fate, and no flow counts a message twice or forgets one. */
function checkConservation(messages: readonly MessageFates[], flows: readonly Flow[], totals: Totals): void {
  let intended = 0;
  for (const message of messages) {
    const receivers = new Set(message.deliveries.map((delivery) => delivery.receiver));
    invariant(receivers.size === message.deliveries.length, `${message.name} has two fates for one receiver`);
    intended += receivers.size;
  }
  let counted = 0;
  for (const flow of flows) {
    invariant(
      flow.sent === flow.delivered + flow.lost + flow.queued && flow.lost >= 0,
      `flow ${flow.from} > ${flow.to} does not add up`,
    );
    invariant(
      flow.latencies.length === flow.delivered,
      `flow ${flow.from} > ${flow.to} has deliveries without latency`,
    );
    counted += flow.sent;
  }
  const total = Object.values(totals.fates).reduce((sum, count) => sum + count, 0);
  invariant(
    counted === intended && total === intended,
    `${intended} intended deliveries, ${counted} in flows, ${total} in totals`,
  );
}
