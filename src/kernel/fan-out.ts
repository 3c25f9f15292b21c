import type { Actor } from "./actor.ts";

/** What a record needs from the queue. */
export interface FanOutDrain {
  /** The targets from the second on come next, before any other event. */
  beginFanOut(targets: readonly Actor[], from: number): void;
  /** The record may serve again. */
  releaseRecord(record: FanOutRecord): void;
}

/**
 * One queue entry for n targets at one instant.
 *
 * It poses as an actor, so that the queue need not know it from an event: fired, it fires its first
 * target and hands the others to the queue. They hold the sequence numbers right after its own and the
 * clock stands still, hence nothing can come between them.
 */
export class FanOutRecord implements Actor {
  targets: readonly Actor[] = [];
  private readonly drain: FanOutDrain;

  constructor(drain: FanOutDrain) {
    this.drain = drain;
  }

  get label(): string {
    return this.targets[0]?.label ?? "";
  }

  fire(op: number, arg: number): void {
    const targets = this.targets;
    this.targets = NONE;
    this.drain.releaseRecord(this);
    this.drain.beginFanOut(targets, 1);
    targets[0]!.fire(op, arg);
  }
}

const NONE: readonly Actor[] = [];
