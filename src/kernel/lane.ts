import type { Actor } from "./actor.ts";
import type { EventQueue } from "./event-queue.ts";
import { invariant } from "./invariant.ts";
import type { Duration, Instant } from "./time.ts";

/**
 * Events that all wait the same time, in a ring.
 *
 * The clock never goes back, so whoever comes later fires later: the ring is sorted without a comparison.
 * Get one from `kernel.lane(delay)`.
 */
export class Lane {
  /** Wait between schedule() and the event: whole ns, >= 0. */
  readonly delay: Duration;
  /** Place among the queue's lanes. */
  readonly index: number;

  private readonly queue: EventQueue;
  private readonly clock: { readonly now: Instant };
  private times = new Float64Array(INITIAL_CAPACITY);
  private seqs = new Float64Array(INITIAL_CAPACITY);
  private actors: (Actor | null)[] = new Array<Actor | null>(INITIAL_CAPACITY).fill(null);
  private ops = new Int32Array(INITIAL_CAPACITY);
  private args = new Int32Array(INITIAL_CAPACITY);
  private mask = INITIAL_CAPACITY - 1;
  private head = 0;
  private count = 0;

  constructor(queue: EventQueue, clock: { readonly now: Instant }, delay: Duration, index: number) {
    this.queue = queue;
    this.clock = clock;
    this.delay = delay;
    this.index = index;
  }

  /** Fires `actor` once, `delay` from now. Such an event cannot be cancelled. */
  schedule(actor: Actor, op: number, arg = 0): void {
    this.append(actor, op, arg, 1);
  }

  /**
   * Fires every actor of the list, in its order, `delay` from now; the same as scheduling one by one.
   * The list is kept, not copied: leave it unchanged until it has fired.
   */
  fanOut(actors: readonly Actor[], op: number, arg = 0): void {
    if (actors.length > 1) this.append(this.queue.record(actors), op, arg, actors.length);
    else if (actors.length === 1) this.append(actors[0]!, op, arg, 1);
  }

  private append(actor: Actor, op: number, arg: number, count: number): void {
    invariant((op | 0) === op && (arg | 0) === arg, "op and arg of an event are 32-bit integers");
    if (this.count > this.mask) this.grow();
    const at = (this.head + this.count) & this.mask;
    const time = this.clock.now + this.delay;
    const seq = this.queue.takeSeqs(count);
    this.times[at] = time;
    this.seqs[at] = seq;
    this.actors[at] = actor;
    this.ops[at] = op;
    this.args[at] = arg;
    if (this.count++ === 0) this.queue.laneFilled(this.index, time, seq);
  }

  /** For the queue: moves the first event into the queue's registers and announces the next. */
  takeHead(): void {
    const at = this.head;
    const queue = this.queue;
    queue.time = this.times[at]!;
    queue.actor = this.actors[at]!;
    queue.op = this.ops[at]!;
    queue.arg = this.args[at]!;
    this.actors[at] = null;
    const next = (at + 1) & this.mask;
    this.head = next;
    if (--this.count > 0) queue.laneAdvanced(this.index, this.times[next]!, this.seqs[next]!);
    else queue.laneEmptied();
  }

  private grow(): void {
    const old = this.count;
    const capacity = 2 * old;
    const times = new Float64Array(capacity);
    const seqs = new Float64Array(capacity);
    const actors = new Array<Actor | null>(capacity).fill(null);
    const ops = new Int32Array(capacity);
    const args = new Int32Array(capacity);
    for (let offset = 0; offset < old; offset++) {
      const at = (this.head + offset) & this.mask;
      times[offset] = this.times[at]!;
      seqs[offset] = this.seqs[at]!;
      actors[offset] = this.actors[at]!;
      ops[offset] = this.ops[at]!;
      args[offset] = this.args[at]!;
    }
    this.times = times;
    this.seqs = seqs;
    this.actors = actors;
    this.ops = ops;
    this.args = args;
    this.head = 0;
    this.mask = capacity - 1;
  }
}

const INITIAL_CAPACITY = 16;
