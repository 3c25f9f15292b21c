/** From the way of one message to its intended receivers and what became of it for each. */
import type { EndFate, Hop, Leg, MessageWay, Ways } from "./legs.ts";
import { nodeOf } from "./names.ts";
import { Reach } from "./reach.ts";
import { isPublisher, type Topology } from "./topology.ts";

/** Stands for the receiver of a message that died before there was one. */
export const NOBODY = "(nobody)";

/** What became of a message for one intended receiver. */
export interface Delivery {
  /** Socket name; an endpoint when no socket was ever there; NOBODY. */
  readonly receiver: string;
  readonly fate: EndFate;
  /** When it was read or lost, or the end of the run; ns. */
  readonly t: number;
  /** The socket in whose hands it ended. */
  readonly at: string;
  /** The next socket on its way, when it did not get there. */
  readonly peer?: string;
  /** "pipe", "encoder", "wire", ..., "program": where it was found. */
  readonly where?: string;
  /** How often the receiver read it; more than 1 when two ways lead there. */
  readonly copies: number;
}

/** How far a copy got; the copy that got furthest tells the story. */
interface Candidate extends Delivery {
  readonly depth: number;
}

/** What a wish is compared with: the topic and the instant of the first publishing. */
interface Sending {
  readonly topic: string;
  readonly t: number;
}

export class Resolver {
  readonly #topology: Topology;
  readonly #reach: Reach;
  readonly #hasLegs: boolean;
  readonly #forwards: Ways["forwards"];

  constructor(topology: Topology, ways: Ways) {
    this.#topology = topology;
    this.#reach = new Reach(topology, ways.forwards);
    this.#hasLegs = ways.hasLegs;
    this.#forwards = ways.forwards;
  }

  deliveries(way: MessageWay): readonly Delivery[] {
    if (this.#topology.isZapHandler(way.origin)) return [];
    const found = new Map<string, Candidate>();
    this.#hop(way.root, found, undefined, 0);
    return [...found.values()].map(({ depth: _, ...delivery }) => delivery);
  }

  #hop(hop: Hop, found: Map<string, Candidate>, sending: Sending | undefined, depth: number): void {
    if (isPublisher(this.#topology.typeOf(hop.socket))) {
      this.#publish(hop, found, sending ?? { topic: hop.frames?.[0] ?? "", t: hop.t }, depth);
      return;
    }
    for (const leg of hop.legs.all) this.#leg(leg, found, sending, depth);
    for (const drop of hop.drops) {
      note(found, {
        receiver: drop.peer ?? NOBODY,
        fate: drop.fate,
        t: drop.t,
        at: hop.socket,
        ...present("peer", drop.peer),
        copies: 0,
        depth,
      });
    }
    if (hop.legs.all.length === 0 && hop.drops.length === 0) {
      const peers = [...this.#topology.peersOf(hop.socket)];
      const receiver = peers.length === 1 ? peers[0]! : NOBODY;
      note(found, { receiver, fate: "unknown", t: this.#topology.endTime, at: hop.socket, copies: 0, depth });
    }
  }

  /** Follows one leg of a socket that chose its receiver. */
  #leg(leg: Leg, found: Map<string, Candidate>, sending: Sending | undefined, depth: number): void {
    if (leg.end !== "delivered") {
      note(found, this.#ended(leg, leg.to, depth));
    } else if (leg.forwards.length > 0) {
      for (const hop of leg.forwards) this.#hop(hop, found, sending, depth + 1);
    } else if (leg.inHand && this.#forwards.has(leg.to)) {
      note(found, this.#inHand(leg, leg.to, depth));
    } else {
      note(found, read(leg, depth));
    }
  }

  #publish(hop: Hop, found: Map<string, Candidate>, sending: Sending, depth: number): void {
    for (const receiver of this.#reach.routes(hop.socket).keys()) {
      const wish = this.#topology.wishes.of(receiver, sending.topic, sending.t);
      if (wish === "no") continue;
      const outcome = this.#towards(hop, receiver, sending, depth);
      if (outcome !== undefined && !(wish === "dead" && wasGone(outcome))) note(found, outcome);
    }
    // Whoever read it without being on a known route, or without a subscription in the trace, counts too.
    for (const leg of hop.legs.all) {
      if (leg.end === "delivered" && !found.has(leg.to) && !this.#passedOn(leg)) this.#leg(leg, found, sending, depth);
    }
  }

  /** Handled by #towards: it went on to other subscribers, or still may. */
  #passedOn(leg: Leg): boolean {
    if (leg.forwards.length === 0) return leg.inHand && this.#reach.forwards(leg.to);
    return leg.forwards.every((hop) => isPublisher(this.#topology.typeOf(hop.socket)));
  }

  /** What became of the copy for `receiver`; undefined when a program on the way kept it for itself. */
  #towards(hop: Hop, receiver: string, sending: Sending, depth: number): Candidate | undefined {
    let best: Candidate | undefined;
    const peers = this.#reach.routes(hop.socket).get(receiver) ?? [];
    // A recorded run does not show what passes through a proxy: the message comes out at the far end.
    const unseen = this.#hasLegs || peers.includes(receiver) ? [] : hop.legs.to(receiver);
    for (const leg of unseen) best = better(best, this.#copy(leg, receiver, sending, depth));
    for (const peer of peers) {
      if (
        peer !== receiver &&
        this.#topology.typeOf(peer) === "SUB" &&
        this.#topology.wishes.of(peer, sending.topic, sending.t) === "no"
      )
        continue;
      const legs = hop.legs.to(peer);
      if (legs.length === 0) best = better(best, this.#unsent(hop, peer, receiver, depth));
      for (const leg of legs) best = better(best, this.#copy(leg, receiver, sending, depth));
    }
    return best;
  }

  #copy(leg: Leg, receiver: string, sending: Sending, depth: number): Candidate | undefined {
    if (leg.end !== "delivered") return this.#ended(leg, receiver, depth);
    if (leg.to === receiver) return leg.forwards.length === 0 ? read(leg, depth) : undefined;
    if (leg.forwards.length === 0) return leg.inHand ? this.#inHand(leg, receiver, depth) : undefined;
    let best: Candidate | undefined;
    for (const hop of leg.forwards) {
      if (this.#reach.routes(hop.socket).has(receiver))
        best = better(best, this.#towards(hop, receiver, sending, depth + 1));
    }
    return best;
  }

  /** The publisher wrote nothing to the peer on the way. */
  #unsent(hop: Hop, peer: string, receiver: string, depth: number): Candidate {
    const drop = hop.drops.find((one) => one.peer === peer) ?? hop.drops.find((one) => one.peer === undefined);
    const base = { receiver, at: hop.socket, peer, copies: 0, depth };
    if (hop.skipped.has(peer)) return { ...base, fate: "no-subscription", t: hop.t };
    if (drop !== undefined) return { ...base, fate: drop.fate, t: drop.t };
    if (!this.#hasLegs) return { ...base, fate: "unknown", t: this.#topology.endTime };
    return {
      ...base,
      fate: this.#topology.attached(hop.socket, peer, hop.t) ? "no-subscription" : "no-peer",
      t: hop.t,
    };
  }

  #ended(leg: Leg, receiver: string, depth: number): Candidate {
    const fate = leg.end ?? "queued";
    const where =
      leg.where ?? (leg.end === undefined ? (leg.arrivedAt === undefined ? "pipe" : "incoming pipe") : undefined);
    const t = leg.end === undefined ? this.#topology.endTime : leg.endAt;
    return { receiver, fate, t, at: leg.from.socket, peer: leg.to, ...present("where", where), copies: 0, depth };
  }

  /** Read by a forwarding program that did not come to send it on. */
  #inHand(leg: Leg, receiver: string, depth: number): Candidate {
    const crash = this.#topology.crashes.get(nodeOf(leg.to))?.find((t) => t >= leg.endAt);
    const base = { receiver, at: leg.to, where: "program", copies: 0, depth };
    return crash === undefined
      ? { ...base, fate: "queued", t: this.#topology.endTime }
      : { ...base, fate: "crashed", t: crash };
  }
}

/** A crashed receiver misses only what was sent before the publisher noticed. */
function wasGone(outcome: Candidate): boolean {
  return outcome.fate === "no-peer" || outcome.fate === "no-subscription";
}

function read(leg: Leg, depth: number): Candidate {
  return { receiver: leg.to, fate: "delivered", t: leg.endAt, at: leg.to, copies: 1, depth };
}

function note(found: Map<string, Candidate>, candidate: Candidate): void {
  found.set(candidate.receiver, better(found.get(candidate.receiver), candidate)!);
}

/** Delivered beats lost, the earlier delivery the later; among losses the copy that got furthest, the first seen among equals. */
function better(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.fate === "delivered" && b.fate === "delivered") return { ...(b.t < a.t ? b : a), copies: a.copies + b.copies };
  if (a.fate === "delivered" || b.fate === "delivered") return a.fate === "delivered" ? a : b;
  return b.depth > a.depth ? b : a;
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
