/**
 * What a half of a pipe knows. A million idle subscribers have four million halves: fields are few, flags share
 * a word, and what few halves ever need stands apart.
 */
import type { Mailbox } from "../ctx/mailbox.ts";
import type { Fate } from "../journal/fates.ts";
import type { Journal } from "../journal/journal.ts";
import type { Instant } from "../kernel/time.ts";
import type { PipeEnd, PipeRole } from "./ends.ts";

/** Bits of `flags`. */
const IN_ACTIVE = 1;
const OUT_ACTIVE = 2;
const DELAY = 4;
const CONNECTED = 8;
const OF_SOCKET = 16;

/** What few halves ever need. */
class Seldom {
  madeAt = 0 as Instant;
  subscriptionArrived = 0 as Instant;
  arrivals: Instant[] | null = null;
  disconnectMsg = "";
  discardFate: Exclude<Fate, "delivered"> | null = null;
  inBoost = -1;
  outBoost = -1;
}

export abstract class PipeHalf {
  mailbox: Mailbox;
  /** Identifies the pair within a run. */
  readonly id: number;
  /** Name of the socket that this half belongs to (for a session: its socket). */
  socketName: string;
  /** Name of the socket at the other end of the connection when known, else the endpoint. */
  peerName: string;
  /** Routing id under which a ROUTER (in decimal: a SERVER) knows the peer, once identified. */
  routingId: string | null = null;
  /** Positions in the arrays of the socket, its load balancer or distributor (no type has both), and its fair queue. */
  socketIndex = -1;
  outIndex = -1;
  fqIndex = -1;
  protected seldom: Seldom | null = null;
  protected readonly journal: Journal;
  private flags = IN_ACTIVE | OUT_ACTIVE | DELAY;

  protected constructor(end: PipeEnd, id: number, journal: Journal) {
    this.mailbox = end.mailbox;
    this.flag(OF_SOCKET, end.role === "socket");
    this.socketName = end.socketName;
    this.peerName = end.peerName;
    this.id = id;
    this.journal = journal;
    if (journal.full) this.madeAt = journal.now;
  }

  get role(): PipeRole {
    return (this.flags & OF_SOCKET) !== 0 ? "socket" : "session";
  }

  /** Is there a connection (or an inproc peer) behind the pipe? For reports. */
  get connected(): boolean {
    return (this.flags & CONNECTED) !== 0;
  }

  set connected(on: boolean) {
    this.flag(CONNECTED, on);
  }

  protected get inActive(): boolean {
    return (this.flags & IN_ACTIVE) !== 0;
  }

  protected set inActive(on: boolean) {
    this.flag(IN_ACTIVE, on);
  }

  protected get outActive(): boolean {
    return (this.flags & OUT_ACTIVE) !== 0;
  }

  protected set outActive(on: boolean) {
    this.flag(OUT_ACTIVE, on);
  }

  protected get delay(): boolean {
    return (this.flags & DELAY) !== 0;
  }

  protected set delay(on: boolean) {
    this.flag(DELAY, on);
  }

  private flag(bit: number, on: boolean): void {
    this.flags = on ? this.flags | bit : this.flags & ~bit;
  }

  protected get extra(): Seldom {
    this.seldom ??= new Seldom();
    return this.seldom;
  }

  /** What becomes of messages that are still unread when this half is freed. */
  get discardFate(): Exclude<Fate, "delivered"> {
    return this.seldom?.discardFate ?? (this.role === "socket" ? "receiver-closed" : "pipe-closed");
  }

  set discardFate(fate: Exclude<Fate, "delivered">) {
    this.extra.discardFate = fate;
  }

  /** Inproc: what the other side wants to read when this one goes. */
  get disconnectMsg(): string {
    return this.seldom?.disconnectMsg ?? "";
  }

  set disconnectMsg(text: string) {
    if (text !== this.disconnectMsg) this.extra.disconnectMsg = text;
  }

  /** Kept for full journals only. */
  get madeAt(): Instant {
    return this.extra.madeAt;
  }

  set madeAt(at: Instant) {
    this.extra.madeAt = at;
  }

  /** When the last subscription that was read had come into the pipe; kept for full journals only. */
  get subscriptionArrived(): Instant {
    return this.extra.subscriptionArrived;
  }
}
