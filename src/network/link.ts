/** A directed path between two hosts: latency, bandwidth, up or down. */
import type { Distribution } from "../kernel/distribution.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Instant } from "../kernel/time.ts";

/** How one direction behaves; a change applies to what is sent from then on. */
export interface LinkShape {
  readonly latency: Distribution;
  /** Bits per second; 0 = unlimited. */
  readonly bandwidth: number;
}

/** Whoever wants to know when a link that was down comes back. */
export interface HealListener {
  linkHealed(downSince: Instant): void;
}

export class Link {
  readonly from: string;
  readonly to: string;
  shape: LinkShape;
  /** When it went down; null while up. */
  downSince: Instant | null = null;
  private readonly stream: RandomStream;
  private freeAt = 0;
  private waiting: HealListener[] = [];

  constructor(from: string, to: string, shape: LinkShape, stream: RandomStream) {
    this.from = from;
    this.to = to;
    this.shape = shape;
    this.stream = stream;
  }

  /** Latency of a packet without payload, in ns. */
  sampleLatency(): number {
    return this.shape.latency.sample(this.stream);
  }

  /** When `bytes` that leave at `departure` have arrived; the line is busy with one segment at a time. */
  transfer(departure: number, bytes: number): number {
    const { bandwidth } = this.shape;
    if (bandwidth === 0) return departure + this.sampleLatency();
    const begin = Math.max(departure, this.freeAt);
    this.freeAt = begin + Math.ceil((bytes * 8e9) / bandwidth);
    return this.freeAt + this.sampleLatency();
  }

  /** Calls `listener` once when the link is up again. */
  awaitHeal(listener: HealListener): void {
    this.waiting.push(listener);
  }

  setDown(now: Instant): void {
    this.downSince ??= now;
  }

  setUp(): void {
    const { downSince, waiting } = this;
    if (downSince === null) return;
    this.downSince = null;
    this.waiting = [];
    for (const listener of waiting) listener.linkHealed(downSince);
  }
}

/** First retransmission of data and of connection requests; each later one waits twice as long. */
const RTO_DATA = 200_000_000;
const RTO_SYN = 1_000_000_000;
const RTO_MAX = 120_000_000_000;

/**
 * When TCP tries again something that it first sent at `sentAt` into a dead link which came back at `healedAt`.
 * DIFFERS(tcp-retransmission): the timers start at 200 ms (data) and 1 s (connect) and double up to
 * 120 s, without the measured round trip; congestion control is not modelled.
 */
export function retransmitAt(sentAt: number, healedAt: number, syn: boolean): number {
  let wait = syn ? RTO_SYN : RTO_DATA;
  let at = sentAt + wait;
  while (at < healedAt) {
    wait = Math.min(wait * 2, RTO_MAX);
    at += wait;
  }
  return at;
}
