import type { Instant } from "./time.ts";
import { formatTime } from "./time.ts";

export interface KernelLimits {
  /** Most events in a run, > 0. */
  readonly events: number;
  /** Most events without the clock moving, > 0. */
  readonly eventsPerInstant: number;
}

export type LimitName = keyof KernelLimits;

/** A run went on for longer than allowed: most often a loop in the scenario that never waits. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly limit: LimitName;
  /** Label of the actor seen most often in the last stretch before the limit. */
  readonly suspect: string;
  readonly instant: Instant;

  constructor(limit: LimitName, max: number, suspect: string, instant: Instant) {
    const advice =
      limit === "events"
        ? `end the run sooner, or raise limits.events`
        : `a loop that never waits is likely: give it a sleep or a blocking call, or raise limits.eventsPerInstant`;
    const where =
      limit === "events" ? `by ${formatTime(instant)}` : `at ${formatTime(instant)} without the clock moving`;
    super(`more than ${max} events ${where}, most of the last ones for "${suspect}"; ${advice}`);
    this.limit = limit;
    this.suspect = suspect;
    this.instant = instant;
  }
}

/** Watches the last stretch before a limit and names who is seen most often in it. */
export class LimitWatch {
  private readonly limits: KernelLimits;
  private readonly counts = new Map<string, number>();
  private countedAt = -1;
  private readonly watchEvents: number;
  private readonly watchInstant: number;

  constructor(limits: KernelLimits) {
    this.limits = limits;
    this.watchEvents = limits.events - stretch(limits.events);
    this.watchInstant = limits.eventsPerInstant - stretch(limits.eventsPerInstant);
  }

  /**
   * The number of executed events from which check() must see every event, given the number there was
   * when the clock last moved.
   */
  watchFrom(executedBefore: number): number {
    return Math.min(this.watchEvents, executedBefore + this.watchInstant);
  }

  /**
   * Counts the event that is about to run. Throws LimitError when it is one too many.
   * `executed` events came before it in the run, `executedBefore` of them before the present instant.
   */
  check(executed: number, executedBefore: number, label: string, now: Instant): void {
    const { events, eventsPerInstant } = this.limits;
    if (executed >= events) throw new LimitError("events", events, this.suspect(label), now);
    if (executed - executedBefore >= eventsPerInstant) {
      throw new LimitError("eventsPerInstant", eventsPerInstant, this.suspect(label), now);
    }
    // A gap means that this is another stretch.
    if (executed !== this.countedAt + 1) this.counts.clear();
    this.countedAt = executed;
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
  }

  /** The label counted most often, the first seen among equals. */
  private suspect(fallback: string): string {
    let suspect = fallback;
    let most = 0;
    for (const [label, count] of this.counts) {
      if (count <= most) continue;
      most = count;
      suspect = label;
    }
    return suspect;
  }
}

/** Events counted before a limit: a tenth of it, but no more than tells the pattern. */
function stretch(limit: number): number {
  return Math.min(Math.ceil(limit / 10), STRETCH_MAX);
}

const STRETCH_MAX = 10_000;
