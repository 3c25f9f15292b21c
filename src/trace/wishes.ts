/** What the receivers of a publish-subscribe topology wanted, and when: from their own subscribe calls. */
import { topicMatches } from "./frames.ts";
import { nodeOf } from "./names.ts";

/** "now": subscribed at that instant; "later": its first matching subscription came later; "dead": its process had crashed for good; "no" otherwise. */
export type Wish = "now" | "later" | "dead" | "no";

interface Span {
  readonly topic: string;
  readonly from: number;
  /** Infinity while it holds. */
  to: number;
  /** Identical subscriptions count; the last cancellation ends it. */
  count: number;
  crashed: boolean;
}

export class Wishes {
  readonly #spans = new Map<string, Span[]>();

  subscribe(socket: string, topic: string, t: number): void {
    let spans = this.#spans.get(socket);
    if (spans === undefined) this.#spans.set(socket, (spans = []));
    const open = spans.find((span) => span.topic === topic && span.to === Infinity);
    if (open !== undefined) open.count++;
    else spans.push({ topic, from: t, to: Infinity, count: 1, crashed: false });
  }

  unsubscribe(socket: string, topic: string, t: number): void {
    const open = this.#spans.get(socket)?.find((span) => span.topic === topic && span.to === Infinity);
    if (open !== undefined && --open.count === 0) open.to = t;
  }

  close(socket: string, t: number): void {
    for (const span of this.#spans.get(socket) ?? []) span.to = Math.min(span.to, t);
  }

  /** The sockets of a crashed node still want their messages if it comes back. */
  crash(node: string, t: number): void {
    for (const [socket, spans] of this.#spans) {
      if (nodeOf(socket) !== node) continue;
      for (const span of spans) {
        if (span.to < t) continue;
        span.to = t;
        span.crashed = true;
      }
    }
  }

  /** Opened again after a crash: the time in between counts as wanted. */
  reopen(socket: string, t: number): void {
    for (const span of this.#spans.get(socket) ?? []) {
      if (!span.crashed) continue;
      span.to = t;
      span.crashed = false;
    }
  }

  has(socket: string): boolean {
    return this.#spans.has(socket);
  }

  /** Whether `socket` wanted a message with this first frame at instant `t`. */
  of(socket: string, topic: string, t: number): Wish {
    let first = Infinity;
    let dead = false;
    for (const span of this.#spans.get(socket) ?? []) {
      if (!topicMatches(span.topic, topic)) continue;
      if (span.from <= t && t < span.to) return "now";
      first = Math.min(first, span.from);
      dead ||= span.crashed;
    }
    if (dead) return "dead";
    return first > t && first < Infinity ? "later" : "no";
  }

  /** First instant >= `t` at which a matching subscription begins. */
  next(socket: string, topic: string, t: number): number | undefined {
    const begins = (this.#spans.get(socket) ?? [])
      .filter((span) => span.from >= t && topicMatches(span.topic, topic))
      .map((span) => span.from);
    return begins.length === 0 ? undefined : Math.min(...begins);
  }
}
