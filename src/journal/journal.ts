/**
 * The append-only record of a run and the books of conservation: every leg of a message (one per
 * pipe written by a socket) ends as delivered or in exactly one other fate.
 */
import type { Instant } from "../kernel/time.ts";
import type { TraceEvent } from "./events.ts";
import type { Fate } from "./fates.ts";
import type { Message } from "./message.ts";

export interface Clock {
  readonly now: Instant;
}

export class Journal {
  /** Keep every event. When false the recording methods below are not to be called with built arguments. */
  readonly full: boolean;
  readonly events: TraceEvent[] = [];
  /** Messages that send calls accepted, counted where they began. */
  sent = 0;
  /** Legs begun. */
  written = 0;
  /** Legs that ended in the hands of a program or proxy. */
  delivered = 0;
  /** Messages that began no leg at all (dropped before any pipe), by fate. */
  readonly unsent = new Map<Fate, number>();
  /** Legs that ended otherwise, by fate. */
  readonly fates = new Map<Fate, number>();
  /** By name of a socket that is gone: the number of the next message under that name. */
  readonly numbers = new Map<string, number>();
  private readonly clock: Clock;

  constructor(clock: Clock, full: boolean) {
    this.clock = clock;
    this.full = full;
  }

  get now(): Instant {
    return this.clock.now;
  }

  record(event: TraceEvent): void {
    this.events.push(event);
  }

  /** A leg begins: `message` is in the pipe from `socket` towards `peer`. */
  queue(message: Message, socket: string, peer: string, pipe: number, depth: number): void {
    this.written++;
    if (this.full) this.record({ t: this.clock.now, ev: "queue", message: message.name, socket, peer, pipe, depth });
  }

  /** A leg came over a connection into the receiver's pipe. */
  arrive(message: Message, socket: string, peer: string, pipe: number, depth: number): void {
    if (this.full) this.record({ t: this.clock.now, ev: "arrive", message: message.name, socket, peer, pipe, depth });
  }

  /** A leg ended without delivery. */
  lose(message: Message, fate: Exclude<Fate, "delivered">, socket: string, peer: string, where: string): void {
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
    if (this.full) this.record({ t: this.clock.now, ev: "fate", message: message.name, fate, socket, peer, where });
  }

  /** A message was dropped before it entered any pipe (towards `peer`, when that is known). */
  drop(message: Message, fate: Exclude<Fate, "delivered">, socket: string, peer?: string): void {
    this.unsent.set(fate, (this.unsent.get(fate) ?? 0) + 1);
    if (!this.full) return;
    const event = { t: this.clock.now, ev: "fate", message: message.name, fate, socket } as const;
    this.record(peer === undefined ? event : { ...event, peer });
  }

  /** Legs that have neither been delivered nor lost. */
  get open(): number {
    let lost = 0;
    for (const count of this.fates.values()) lost += count;
    return this.written - this.delivered - lost;
  }
}
