/** The virtual clock and everything that makes a run repeatable: event order, random streams, choices. */
import type { Actor } from "./actor.ts";
import type { ChoicesOptions } from "./choices.ts";
import { Choices } from "./choices.ts";
import type { EventId } from "./event-queue.ts";
import { EventQueue } from "./event-queue.ts";
import { invariant } from "./invariant.ts";
import type { Lane } from "./lane.ts";
import type { KernelLimits } from "./limits.ts";
import { LimitWatch } from "./limits.ts";
import { RandomStreams } from "./random.ts";
import type { Duration, Instant } from "./time.ts";

export type { Actor } from "./actor.ts";
export type { EventId } from "./event-queue.ts";
export { NO_EVENT } from "./event-queue.ts";
export type { Lane } from "./lane.ts";
export type { KernelLimits } from "./limits.ts";
export { LimitError } from "./limits.ts";

export interface KernelOptions {
  /** Seed of every random stream. */
  readonly seed: string;
  /** Default: 50,000,000 events, 1,000,000 at one instant. */
  readonly limits?: KernelLimits;
  /** How choose() decides. Default: always 0, recorded. */
  readonly choices?: ChoicesOptions;
}

/** "quiet": no event is left; "until": the next one is later; "stopped": stop() was called. */
export type RunOutcome = "quiet" | "until" | "stopped";

export class Kernel {
  /** The present instant. Only the kernel writes it. */
  now = 0 as Instant;
  /** Events executed so far. Only the kernel writes it. */
  executed = 0;
  readonly random: RandomStreams;
  readonly choices: Choices;

  private readonly queue = new EventQueue();
  private readonly watch: LimitWatch;
  /** `executed` when the clock last moved. */
  private executedBefore = 0;
  /** At this value of `executed` it is time to look whether a limit is near. */
  private lookAt = 0;
  /** Of those executed, the ones that passTime() stood for. */
  private passed = 0;
  /** Where the present run ends. */
  private runUntil = 0;
  private running = false;
  private stopRequested = false;

  constructor(options: KernelOptions) {
    this.random = new RandomStreams(options.seed);
    this.choices = new Choices(options.choices ?? { mode: "default" }, this.random);
    this.watch = new LimitWatch(options.limits ?? DEFAULT_LIMITS);
  }

  /** Events scheduled that have neither run nor been cancelled; each target of a fan-out counts. */
  get pending(): number {
    return this.queue.scheduled - this.queue.cancelled - (this.executed - this.passed);
  }

  /** Fires `actor` `delay` (whole ns, >= 0) from now. `op` and `arg` are 32-bit integers. */
  schedule(delay: Duration, actor: Actor, op: number, arg = 0): EventId {
    invariant(delay >= 0 && delay < Infinity, DELAY_RANGE);
    return this.queue.schedule((this.now + delay) as Instant, actor, op, arg);
  }

  /** Fires `actor` at an instant that is not over. */
  scheduleAt(at: Instant, actor: Actor, op: number, arg = 0): EventId {
    invariant(at >= this.now && at < Infinity, "an event is at the present instant or later");
    return this.queue.schedule(at, actor, op, arg);
  }

  /** Takes an event back. False when it has run, was cancelled before, or `id` is 0. */
  cancel(id: EventId): boolean {
    return this.queue.cancel(id);
  }

  /** The cheapest way to schedule with a delay that is always the same. Keep the lane: this looks it up. */
  lane(delay: Duration): Lane {
    invariant(delay >= 0 && delay < Infinity, DELAY_RANGE);
    return this.queue.lane(this, delay);
  }

  /** Lanes made so far. */
  get lanes(): number {
    return this.queue.laneCount;
  }

  /**
   * Fires each actor in the order of the list, `delay` from now, as if scheduled one after the other;
   * costs little more than one event. The list is kept, not copied: leave it unchanged until it has fired.
   * Use `lane(delay).fanOut` when the delay is constant.
   */
  fanOut(delay: Duration, actors: readonly Actor[], op: number, arg = 0): void {
    invariant(delay >= 0 && delay < Infinity, DELAY_RANGE);
    this.queue.fanOut((this.now + delay) as Instant, actors, op, arg);
  }

  /** Executes the next event, whenever it is. False when there is none. Throws LimitError. */
  step(): boolean {
    return this.execute(Number.MAX_VALUE, true) === "stopped";
  }

  /**
   * Executes events up to and including those at `until`, and leaves the clock there when events remain
   * for later; else at the last event. Throws LimitError.
   */
  run(until: Instant): RunOutcome {
    invariant(until >= this.now, "a run cannot end in the past");
    const outcome = this.execute(until, false);
    if (outcome === "until") this.moveTo(until);
    return outcome;
  }

  /**
   * Lets time pass within an event, when nothing else is due until then: the same as an event `delay` from
   * now that continues the present one, but for its cost. False, and nothing happens, when something else
   * comes first or the run ends before.
   */
  passTime(delay: Duration): boolean {
    const to = this.now + delay;
    if (to > this.runUntil || this.stopRequested || !this.queue.idleUntil(to)) return false;
    if (this.executed >= this.lookAt) this.lookAtLimits();
    this.executed++;
    this.passed++;
    this.moveTo(to);
    return true;
  }

  /** Ends run() after the present event. */
  stop(): void {
    this.stopRequested = true;
  }

  /** Decides something that is free in reality: 0 to n - 1. See Choices. */
  choose(label: string, n: number): number {
    return this.choices.choose(label, n);
  }

  private execute(until: number, once: boolean): RunOutcome {
    invariant(!this.running, "the kernel runs already");
    const queue = this.queue;
    this.running = true;
    this.runUntil = until;
    this.stopRequested = once;
    try {
      while (queue.advance(until)) {
        if (queue.time !== this.now) this.moveTo(queue.time);
        if (this.executed >= this.lookAt) this.lookAtLimits();
        this.executed++;
        queue.actor.fire(queue.op, queue.arg);
        if (this.stopRequested) return "stopped";
      }
    } finally {
      this.running = false;
    }
    return this.pending === 0 ? "quiet" : "until";
  }

  private moveTo(instant: number): void {
    this.now = instant as Instant;
    this.executedBefore = this.executed;
  }

  /** Near a limit every event is checked; else the next look is when one could be near at the earliest. */
  private lookAtLimits(): void {
    this.lookAt = this.watch.watchFrom(this.executedBefore);
    if (this.executed >= this.lookAt)
      this.watch.check(this.executed, this.executedBefore, this.queue.actor.label, this.now);
  }
}

const DELAY_RANGE = "a delay is 0 or more";
const DEFAULT_LIMITS: KernelLimits = { events: 50_000_000, eventsPerInstant: 1_000_000 };
