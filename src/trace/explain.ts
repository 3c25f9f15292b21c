/** One sentence for people on what became of a message for one receiver. */
import { FATES } from "../journal/fates.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { formatTime } from "../kernel/time.ts";
import { ProtocolError } from "../zmtp/handshake.ts";
import type { Analysis, MessageFates } from "./fates.ts";
import type { EndFate } from "./legs.ts";
import { nodeOf } from "./names.ts";
import type { Delivery } from "./resolve.ts";

/** What a trace does not hold but a run knows. */
export interface ExplainContext {
  /** High-water mark of the pipe from a socket to a peer, messages. */
  readonly hwm?: (socket: string, peer: string) => number | undefined;
}

/** "publisher.sender#0 was dropped at 600.1 ms: the pipe to proxy.frontend had no subscription; it arrived 1.4 ms later". */
export function explain(
  analysis: Analysis,
  message: MessageFates,
  delivery: Delivery,
  context: ExplainContext = {},
): string {
  const { fate, t } = delivery;
  if (fate === "delivered") {
    const copies = delivery.copies > 1 ? `, ${delivery.copies} times in all` : "";
    return `${message.name} reached ${delivery.receiver} at ${time(t)}, ${time(t - message.sentAt)} after it was sent${copies}`;
  }
  if (fate === "queued")
    return `${message.name} was still ${place(delivery)} when the run ended${refusal(analysis, delivery)}`;
  if (fate === "unknown") return `${message.name} never reached ${delivery.receiver}; the trace does not show why`;
  return `${message.name} was ${VERBS[fate] ?? "lost"} at ${time(t)}: ${reason(analysis, message, delivery, context)}`;
}

const VERBS: Readonly<Partial<Record<EndFate, string>>> = {
  "no-peer": "dropped",
  "no-subscription": "dropped",
  hwm: "dropped",
  unroutable: "dropped",
  conflated: "replaced",
  stale: "discarded",
  malformed: "discarded",
  filtered: "discarded",
  "too-big": "refused",
  overflow: "dropped",
};

function reason(analysis: Analysis, message: MessageFates, delivery: Delivery, context: ExplainContext): string {
  const { at, fate } = delivery;
  const peer = delivery.peer ?? delivery.receiver;
  switch (fate) {
    case "no-peer":
      return delivery.peer === undefined
        ? `${at} had no peer`
        : `${at} had no connection to ${peer}${later(analysis.topology.nextAttach(at, peer, delivery.t), delivery.t, "came")}`;
    case "no-subscription":
      if (analysis.topology.typeOf(at) === "RADIO") return `no peer of ${at} had joined its group`;
      return `the pipe to ${peer} had no subscription${subscribedLater(analysis, message, delivery, peer)}`;
    case "hwm": {
      const hwm = context.hwm?.(at, peer);
      return `the pipe to ${peer} was at its high-water mark${hwm ? ` (${hwm})` : ""}`;
    }
    case "unroutable":
      return delivery.peer === undefined
        ? `${at} had no peer with that routing id, or the requester was gone`
        : `${at} had no route to ${peer}`;
    case "connection-lost":
      return `the connection from ${at} to ${peer} died while it was ${lostPlace(delivery.where)}`;
    case "pipe-closed":
      return `it waited in the pipe from ${at} to ${peer} when that ended${refusal(analysis, delivery)}`;
    case "linger":
      return `${at} closed, and its linger period ran out first${refusal(analysis, delivery)}`;
    case "receiver-closed":
      return `${peer} closed before reading it`;
    case "crashed":
      return `it was inside ${nodeOf(crashedNode(analysis, delivery))} when that process died`;
    case "stale":
      return `${peer} was no longer waiting for this reply`;
    case "malformed":
      return `its envelope did not fit ${peer}${typeSuffix(analysis, peer)}`;
    case "filtered":
      if (analysis.topology.typeOf(peer) === "DISH") return `${peer} was not in its group when it received it`;
      return `${peer} no longer had a matching subscription when it arrived`;
    case "no-receiver":
      return NOT_RECEIVED[delivery.where ?? ""]?.(at, peer) ?? FATES[fate];
    case "overflow":
      return delivery.where === "pipe"
        ? `the incoming pipe of ${peer} was at its high-water mark, and datagrams do not wait`
        : `the kernel's receive buffer of ${peer} was full`;
    case "too-big":
      return `it exceeded ZMQ_MAXMSGSIZE of ${peer}`;
    case "delivered":
    case "queued":
    case "unknown":
      return "";
    default:
      return FATES[fate];
  }
}

const PROTOCOL_ERRORS: ReadonlyMap<number, string> = new Map(
  Object.entries(ProtocolError).map(([name, value]) => [value, name]),
);

/** Why it never got any further: its socket came to no handshake with anybody. */
function refusal({ topology }: Analysis, { at }: Delivery): string {
  const failed = topology.failedHandshake(at);
  if (failed === undefined) return "";
  if (failed.event === "HANDSHAKE_FAILED_AUTH")
    return `; ${at} had been refused at ${time(failed.t)} (ZAP status ${failed.value})`;
  const why = failed.event === "HANDSHAKE_FAILED_PROTOCOL" ? PROTOCOL_ERRORS.get(failed.value) : undefined;
  return `; the last handshake of ${at} failed at ${time(failed.t)}${why === undefined ? "" : ` (${why})`}`;
}

/** By where it was found. */
const NOT_RECEIVED: Readonly<Record<string, (at: string, peer: string) => string>> = {
  encoder: (at) => `the address that ${at} gave is none`,
  wire: (at, peer) => `there was no way from ${at} to ${peer}, and datagrams are not sent again`,
  host: (_at, peer) => `nobody received datagrams at ${peer} when it came`,
};

function place(delivery: Delivery): string {
  const { at, peer, where } = delivery;
  if (where === "program") return `in the hands of ${nodeOf(at)}`;
  const to = peer ?? delivery.receiver;
  if (where === undefined || where === "pipe") return `queued in the pipe from ${at} to ${to}`;
  if (where === "incoming pipe") return `queued in the incoming pipe of ${to}`;
  return `${lostPlace(where)} between ${at} and ${to}`;
}

const PLACES: Readonly<Record<string, string>> = {
  pipe: "in the pipe",
  encoder: "in the encoder",
  kernel: "in the kernel's buffers",
  wire: "on the wire",
  decoder: "in the decoder",
};

function lostPlace(where: string | undefined): string {
  return where === undefined ? "under way" : (PLACES[where] ?? `in the ${where}`);
}

function subscribedLater(analysis: Analysis, message: MessageFates, delivery: Delivery, peer: string): string {
  const { topology } = analysis;
  const { at, receiver, t } = delivery;
  const topic = message.frames?.[0] ?? "";
  if (topology.wishes.of(receiver, topic, t) === "later") {
    const wished = topology.wishes.next(receiver, topic, t);
    if (wished !== undefined) return `; ${receiver} subscribed ${time(wished - t)} later`;
  }
  const learned = topology.nextLearned(at, peer, topic, t);
  if (learned === undefined) return "; none came later";
  if (learned.arrived === undefined) return later(learned.t, t, "took effect");
  // It was there already, but a send looks at its commands only about once a millisecond.
  if (learned.arrived <= t)
    return `; it had come ${time(t - learned.arrived)} before, unnoticed until the next look at the commands`;
  return later(learned.arrived, t, "arrived");
}

function later(then: number | undefined, now: number, verb: string): string {
  return then === undefined ? "" : `; it ${verb} ${time(then - now)} later`;
}

/** The node whose crash this was: the one of the two ends that died at that instant. */
function crashedNode(analysis: Analysis, delivery: Delivery): string {
  const peer = delivery.peer ?? delivery.at;
  const crashed = (name: string): boolean => analysis.topology.crashes.get(nodeOf(name))?.includes(delivery.t) === true;
  return !crashed(delivery.at) && crashed(peer) ? peer : delivery.at;
}

function typeSuffix(analysis: Analysis, socket: string): string {
  const type = analysis.topology.typeOf(socket);
  return type === undefined ? "" : ` (${type})`;
}

function time(value: number): string {
  return formatTime(value as Instant | Duration);
}
