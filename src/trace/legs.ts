/**
 * The way of every message through the run: a tree of hops (a socket that sent it on) and legs
 * (one pipe written). A leg that was received may be followed by hops of the same thread, which
 * forwarded it. Built in one pass over the events.
 */
import type { ArriveEvent, CallEvent, FateEvent, QueueEvent, SkipEvent, TraceEvent } from "../journal/events.ts";
import type { Fate } from "../journal/fates.ts";
import { isEndpoint, splitMessage, threadOf } from "./names.ts";
import type { Topology } from "./topology.ts";

/** "unknown": a trace without legs (a recorded real run) cannot tell why a message was not received. */
export type EndFate = Fate | "unknown";

/** A send of the message on one socket. */
export interface Hop {
  readonly socket: string;
  /** The leg that brought the message here; absent at the origin. */
  readonly parent: Leg | undefined;
  /** First sign of the send, ns. */
  readonly t: number;
  readonly legs: LegTable;
  /** Drops that never entered a pipe. */
  readonly drops: Drop[];
  /** Peers passed over for want of a subscription, names as resolved. */
  readonly skipped: Set<string>;
  /** Frames as the program gave them to this socket. */
  frames: readonly string[] | undefined;
  /** When the send call returned "ok", ns; undefined before. */
  calledAt: number | undefined;
}

export interface Drop {
  readonly t: number;
  readonly fate: EndFate;
  /** Absent when there was no peer to speak of. */
  readonly peer: string | undefined;
}

export interface Leg {
  readonly from: Hop;
  /** Receiving socket, or the endpoint when nobody was ever there. */
  to: string;
  readonly queuedAt: number;
  arrivedAt: number | undefined;
  /** Undefined while it is under way. */
  end: EndFate | undefined;
  endAt: number;
  where: string | undefined;
  /** What the reader did with it. */
  readonly forwards: Hop[];
  /** Its reader has neither passed it on nor turned to other input since. */
  inHand: boolean;
}

export interface MessageWay {
  readonly name: string;
  readonly origin: string;
  readonly number: number;
  readonly root: Hop;
  sizes: readonly number[] | undefined;
}

export interface Ways {
  /** Sent messages in order of their first send. */
  readonly messages: readonly MessageWay[];
  /** Receiving socket -> sockets on which its thread forwarded what it read there. */
  readonly forwards: ReadonlyMap<string, ReadonlySet<string>>;
  /** True when the trace tells of pipes; false for recorded real runs, which only have calls. */
  readonly hasLegs: boolean;
}

/** Legs of one hop by receiver; indexed once it is worth it. */
export class LegTable {
  readonly all: Leg[] = [];
  #index: Map<string, Leg[]> | undefined;

  add(leg: Leg): void {
    this.all.push(leg);
    if (this.#index !== undefined) this.#put(leg);
    else if (this.all.length > 8) {
      this.#index = new Map();
      for (const one of this.all) this.#put(one);
    }
  }

  to(peer: string): readonly Leg[] {
    return this.#index?.get(peer) ?? (this.#index ? [] : this.all.filter((leg) => leg.to === peer));
  }

  #put(leg: Leg): void {
    const list = this.#index!.get(leg.to);
    if (list === undefined) this.#index!.set(leg.to, [leg]);
    else list.push(leg);
  }

  /** Is it worth looking for a leg that knows its receiver by endpoint only? Of many, only the first: multicast. */
  get unresolved(): boolean {
    return this.all.length <= 8 || isEndpoint(this.all[0]!.to);
  }

  rename(leg: Leg, to: string): void {
    leg.to = to;
    this.#index = this.#index && new Map();
    if (this.#index !== undefined) for (const one of this.all) this.#put(one);
  }
}

/** Drops before any pipe; every other fate ends a leg when there is one. */
const UNSENT: ReadonlySet<Fate> = new Set<Fate>(["no-peer", "no-subscription", "hwm", "unroutable"]);

/** State while the events pass by. */
interface Tracked {
  readonly way: MessageWay;
  /** Latest hop per socket; nearly always one or two. */
  readonly hops: Hop[];
  /** Latest leg read per thread. */
  readonly reads: { thread: string; leg: Leg }[];
}

export function followMessages(events: readonly TraceEvent[], topology: Topology): Ways {
  const follower = new Follower(topology);
  for (const event of events) follower.take(event);
  return follower.finish();
}

class Follower {
  readonly #topology: Topology;
  readonly #tracked = new Map<string, Tracked>();
  readonly #forwards = new Map<string, Set<string>>();
  /** Per thread, the leg it read last and still holds. */
  readonly #held = new Map<string, Leg>();
  #hasLegs = false;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  take(event: TraceEvent): void {
    switch (event.ev) {
      case "queue":
        this.#queue(event);
        return;
      case "arrive":
        this.#arrive(event);
        return;
      case "call":
        this.#call(event);
        return;
      case "block":
        if (event.call !== "send" && event.call !== "sleep") this.#release(event.thread);
        return;
      case "fate":
        this.#fate(event);
        return;
      case "skip":
        this.#skip(event);
        return;
      default:
    }
  }

  finish(): Ways {
    const messages: MessageWay[] = [];
    for (const { way, hops } of this.#tracked.values()) {
      if (wasSent(way.root)) messages.push(way);
      for (const hop of hops)
        if (hop.parent !== undefined && !wasSent(hop)) hop.parent.forwards.splice(hop.parent.forwards.indexOf(hop), 1);
    }
    return { messages, forwards: this.#forwards, hasLegs: this.#hasLegs };
  }

  #queue(event: QueueEvent): void {
    this.#hasLegs = true;
    const hop = this.#hop(event.message, event.socket, event.t);
    this.#leg(hop, this.#topology.resolve(event.socket, event.peer), event.t);
  }

  #leg(hop: Hop, to: string, t: number): Leg {
    const leg: Leg = {
      from: hop,
      to,
      queuedAt: t,
      arrivedAt: undefined,
      end: undefined,
      endAt: t,
      where: undefined,
      forwards: [],
      inHand: false,
    };
    hop.legs.add(leg);
    return leg;
  }

  #arrive(event: ArriveEvent): void {
    const leg = this.#openLeg(this.#tracked.get(event.message), event.socket, event.peer);
    if (leg !== undefined && leg.arrivedAt === undefined) leg.arrivedAt = event.t;
  }

  #call(event: CallEvent): void {
    const { call, socket, message, t } = event;
    if (call === "recv" || call === "poll") this.#release(event.thread);
    if (message === undefined || socket === undefined) return;
    if (call === "send") this.#sent(event, message, socket);
    else if (call === "recv" && event.result === "ok") this.#received(message, socket, event.thread, t);
  }

  #sent(event: CallEvent, message: string, socket: string): void {
    if (event.result !== "ok" || this.#isSubscription(socket, event.frames?.[0])) return;
    const hop = this.#hop(message, socket, event.t);
    hop.calledAt ??= event.t;
    hop.frames ??= event.frames;
    const tracked = this.#tracked.get(message)!;
    tracked.way.sizes ??= event.sizes;
  }

  /** What XSUB sends upstream to subscribe is no message of its own. */
  #isSubscription(socket: string, frame: string | undefined): boolean {
    return (
      this.#topology.typeOf(socket) === "XSUB" &&
      (frame?.startsWith("\\x01") === true || frame?.startsWith("\\x00") === true)
    );
  }

  #received(message: string, socket: string, thread: string, t: number): void {
    const tracked = this.#tracked.get(message);
    if (tracked === undefined) return;
    const leg = this.#openLeg(tracked, socket, undefined) ?? this.#impliedLeg(tracked, socket, t);
    if (leg === undefined) return;
    leg.end = "delivered";
    leg.endAt = t;
    leg.inHand = true;
    this.#held.set(thread, leg);
    const read = tracked.reads.find((one) => one.thread === thread);
    if (read === undefined) tracked.reads.push({ thread, leg });
    else read.leg = leg;
  }

  /** A recorded real run shows no pipes: the leg began at the latest hop that could reach this socket. */
  #impliedLeg(tracked: Tracked, socket: string, t: number): Leg | undefined {
    const peers = this.#topology.peersOf(socket);
    const hop =
      tracked.hops.findLast((one) => peers.has(one.socket)) ?? tracked.hops.findLast((one) => one.socket !== socket);
    return hop && this.#leg(hop, socket, hop.t === t ? t : hop.t);
  }

  #fate(event: FateEvent): void {
    const { message, fate, t } = event;
    const peer = event.peer === undefined ? undefined : this.#topology.resolve(event.socket, event.peer);
    // A receiver may know the sender by endpoint only.
    const socket = peer === undefined ? event.socket : this.#topology.resolve(peer, event.socket);
    const leg = UNSENT.has(fate) ? undefined : this.#lostLeg(this.#tracked.get(message), socket, peer);
    if (leg !== undefined) {
      leg.end = fate;
      leg.endAt = t;
      leg.where = event.where;
    } else {
      this.#hop(message, socket, t).drops.push({ t, fate, peer });
    }
  }

  /** The leg that a fate event speaks of: by both ends, or else by the end that is sure to be right. */
  #lostLeg(tracked: Tracked | undefined, socket: string, peer: string | undefined): Leg | undefined {
    const exact = this.#legFrom(tracked, socket, peer);
    if (exact !== undefined || peer === undefined) return exact;
    const found = this.#openLeg(tracked, peer, undefined) ?? this.#openLeg(tracked, socket, peer);
    return found ?? this.#datagramLeg(tracked, socket, peer);
  }

  /** A pipe of udp leads to everybody, and only the end of a datagram may tell whom it was for. */
  #datagramLeg(tracked: Tracked | undefined, socket: string, peer: string): Leg | undefined {
    const type = this.#topology.typeOf(socket);
    if (type !== "DGRAM" && type !== "RADIO") return undefined;
    for (const hop of tracked?.hops ?? []) {
      if (hop.socket !== socket) continue;
      const leg = hop.legs.all.find((one) => one.end === undefined && (type === "DGRAM" || isEndpoint(one.to)));
      if (leg === undefined) continue;
      if (isEndpoint(leg.to) && !isEndpoint(peer)) hop.legs.rename(leg, peer);
      return leg;
    }
    return undefined;
  }

  #skip(event: SkipEvent): void {
    this.#hasLegs = true;
    const hop = this.#hop(event.message, event.socket, event.t);
    for (const peer of event.peers) hop.skipped.add(this.#topology.resolve(event.socket, peer));
  }

  /** The hop that a send on `socket` belongs to now; a message that came round again begins a new one. */
  #hop(message: string, socket: string, t: number): Hop {
    let tracked = this.#tracked.get(message);
    const thread = threadOf(socket);
    const parent = tracked?.reads.find((read) => read.thread === thread)?.leg;
    const known = tracked?.hops.findLast((hop) => hop.socket === socket && hop.parent === parent);
    if (known !== undefined) return known;
    const hop: Hop = {
      socket,
      parent,
      t,
      legs: new LegTable(),
      drops: [],
      skipped: new Set(),
      frames: undefined,
      calledAt: undefined,
    };
    if (tracked === undefined) {
      const [origin, number] = splitMessage(message);
      tracked = { way: { name: message, origin, number, root: hop, sizes: undefined }, hops: [], reads: [] };
      this.#tracked.set(message, tracked);
    }
    tracked.hops.push(hop);
    if (parent !== undefined) {
      parent.forwards.push(hop);
      this.#noteForward(parent.to, socket);
    }
    return hop;
  }

  #noteForward(from: string, to: string): void {
    const known = this.#forwards.get(from);
    if (known === undefined) this.#forwards.set(from, new Set([to]));
    else known.add(to);
  }

  /** The oldest leg of the message towards `to` that is still under way. */
  #openLeg(tracked: Tracked | undefined, to: string, from: string | undefined): Leg | undefined {
    if (tracked === undefined) return undefined;
    const sender = from === undefined || isEndpoint(from) ? undefined : from;
    const isOpen = (leg: Leg): boolean => leg.end === undefined && (sender === undefined || leg.from.socket === sender);
    for (const hop of tracked.hops) {
      const leg = hop.legs.to(to).find(isOpen);
      if (leg !== undefined) return leg;
    }
    // The sender knew its peer by endpoint only, and more than one socket was there in the run.
    for (const hop of tracked.hops) {
      const leg = hop.legs.unresolved ? hop.legs.all.find((one) => isOpen(one) && this.#mayBe(one, to)) : undefined;
      if (leg !== undefined) {
        hop.legs.rename(leg, to);
        return leg;
      }
    }
    return undefined;
  }

  #mayBe(leg: Leg, to: string): boolean {
    return isEndpoint(leg.to) && this.#topology.peersOf(to).has(leg.from.socket);
  }

  #legFrom(tracked: Tracked | undefined, socket: string, peer: string | undefined): Leg | undefined {
    for (const hop of tracked?.hops ?? []) {
      if (hop.socket !== socket) continue;
      const leg = (peer === undefined ? hop.legs.all : hop.legs.to(peer)).find((one) => one.end === undefined);
      if (leg !== undefined) return leg;
    }
    return undefined;
  }

  #release(thread: string): void {
    const leg = this.#held.get(thread);
    if (leg === undefined) return;
    leg.inHand = false;
    this.#held.delete(thread);
  }
}

function wasSent(hop: Hop): boolean {
  return hop.calledAt !== undefined || hop.legs.all.length > 0 || hop.drops.length > 0 || hop.skipped.size > 0;
}

/** All legs of a hop and of what followed from them, depth first. */
export function* legsOf(hop: Hop): Generator<Leg, void, undefined> {
  for (const leg of hop.legs.all) {
    yield leg;
    for (const forward of leg.forwards) yield* legsOf(forward);
  }
}
