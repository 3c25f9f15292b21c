/** Application threads: one call at a time, blocked calls are entries in wake-up lists. */
import type { Actor } from "../kernel/actor.ts";
import type { Distribution } from "../kernel/distribution.ts";
import { invariant } from "../kernel/invariant.ts";
import type { EventId, Kernel, Lane } from "../kernel/kernel.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { type Costs, wakeDelay } from "./costs.ts";

/** An API call that may have to wait. */
export interface Operation {
  /** libzmq's verb: "send", "recv", "poll", "proxy", "sleep", "term". */
  readonly name: string;
  /** For reports: the socket waited on, "" when several or none. */
  readonly subject: string;
  /**
   * Work in ns before the first try, such as copying a message; what it changes is seen by others only after that.
   * Asked for once per call, as it may be drawn.
   */
  preparation?(): number;
  /** First try; true when the call is over. */
  attempt(): boolean;
  /** Another try after a wake-up; true when the call is over. */
  retry(): boolean;
  /** The deadline passed: finish with EAGAIN or an empty result. */
  expire(): void;
  /** Registers (or removes) the thread with everything whose change may end the wait. */
  watch(thread: AppThread | null): void;
  /** When to give up; null waits for ever. Read once when the call blocks. */
  readonly deadline: Instant | null;
  /** It has more to do as soon as the time its work took is over (a proxy between two messages). */
  readonly continues?: boolean;
}

/** A program: continues when its last call is over, and then calls until one blocks or takes time. */
export interface Party {
  resume(): void;
}

export type AppThreadState = "not-started" | "running" | "blocked" | "ended" | "failed" | "crashed";

/** Hears about waits, for traces and reports. */
export interface BlockObserver {
  blocked(thread: AppThread, operation: Operation): void;
}

const OP_RESUME = 0;
const OP_WAKE = 1;
const OP_EXPIRE = 2;
const OP_PREPARED = 3;

/** Lanes live as long as the kernel: threads with ever new costs must not make more of them. */
const LANES_MAX = 64;

/**
 * A thread of a node: executes the calls of its party and charges their cost.
 * DIFFERS(free-processors): no thread waits for a processor, as if each had one of its own; where more of them work at
 * a time than a machine has processors, all take longer in life, and which comes first is left to chance.
 */
export class AppThread implements Actor {
  readonly label: string;
  readonly kernel: Kernel;
  readonly costs: Costs;
  readonly stream: RandomStream;
  state: AppThreadState = "not-started";
  /** The call it waits in, while blocked. */
  operation: Operation | null = null;
  blockedSince = 0 as Instant;
  /** Time the last finished call spent blocked. */
  waited = 0;
  private readonly observer: BlockObserver;
  private party: Party | null = null;
  /** The call whose preparation is under way. */
  private prepared: Operation | null = null;
  private charged = 0;
  /** Cost of the last call, and the lane for a cost that came twice in a row. */
  private lastCost = -1;
  private laneCost = -1;
  private lane: Lane | null = null;
  /** Works until then on a call that goes on. */
  private busyUntil = 0 as Instant;
  private wakeEvent: EventId = 0 as EventId;
  private expireEvent: EventId = 0 as EventId;

  constructor(kernel: Kernel, label: string, costs: Costs, observer: BlockObserver) {
    this.kernel = kernel;
    this.label = label;
    this.costs = costs;
    this.observer = observer;
    this.stream = kernel.random.stream(`${label}/thread`);
  }

  /** Begins to run `party` at `at`. */
  start(party: Party, at: Instant): void {
    this.party = party;
    this.kernel.scheduleAt(at, this, OP_RESUME, 0);
  }

  /** Work done by the current call, in nanoseconds. */
  charge(cost: number): void {
    this.charged += cost;
  }

  /** The same of work whose cost varies. */
  chargeDrawn(cost: Distribution): void {
    this.charged += cost.sample(this.stream);
  }

  /**
   * Executes a call. True: it is over and took no time, go on. False: the party will be resumed,
   * after the time the call took or when its wait is over.
   */
  perform(operation: Operation): boolean {
    this.waited = 0;
    const preparation = Math.round(operation.preparation?.() ?? 0);
    if (preparation === 0 || this.kernel.passTime(preparation as Duration)) return this.begin(operation);
    this.prepared = operation;
    this.continueAfter(preparation as Duration, OP_PREPARED);
    return false;
  }

  /** For calls that never wait: true when the cost so far is zero, else resumes the party after it. */
  settle(): boolean {
    const cost = Math.round(this.charged);
    this.charged = 0;
    if (cost === 0 || this.kernel.passTime(cost as Duration)) return true;
    this.continueAfter(cost as Duration, OP_RESUME);
    return false;
  }

  /** Something it waits for may have changed. Several wakes before it runs are one. */
  wake(): void {
    if (this.state !== "blocked" || this.wakeEvent !== 0) return;
    const { now } = this.kernel;
    if (this.busyUntil > now) {
      this.wakeEvent = this.kernel.scheduleAt(this.busyUntil, this, OP_WAKE, 0);
      return;
    }
    const idleSince = Math.max(this.busyUntil, this.blockedSince);
    const delay = wakeDelay(this.costs, this.costs.appWake, this.stream, now - idleSince);
    this.wakeEvent = this.kernel.schedule(delay, this, OP_WAKE, 0);
  }

  /** The program is over. */
  end(state: "ended" | "failed" | "crashed"): void {
    this.state = state;
    if (this.operation !== null) this.unblock(this.operation);
  }

  get over(): boolean {
    return this.state === "ended" || this.state === "failed" || this.state === "crashed";
  }

  fire(op: number): void {
    if (this.over) return;
    if (op === OP_RESUME) {
      this.state = "running";
      (this.party as Party).resume();
      return;
    }
    if (op === OP_PREPARED) {
      if (this.begin(this.prepared as Operation)) (this.party as Party).resume();
      return;
    }
    const operation = this.operation;
    invariant(operation !== null, `${this.label} woken while not blocked`);
    if (op === OP_WAKE) {
      this.wakeEvent = 0 as EventId;
      if (!operation.retry()) return this.keepWaiting(operation);
    } else {
      this.expireEvent = 0 as EventId;
      operation.expire();
    }
    this.waited = this.kernel.now - this.blockedSince;
    this.unblock(operation);
    this.state = "running";
    if (this.settle()) (this.party as Party).resume();
  }

  /** Calls cost the same again and again, which a lane serves at a fraction of the heap's price. */
  private continueAfter(cost: Duration, op: number): void {
    if (cost === this.laneCost) {
      (this.lane as Lane).schedule(this, op, 0);
      return;
    }
    if (cost === this.lastCost && this.kernel.lanes < LANES_MAX) {
      this.lane = this.kernel.lane(cost);
      this.laneCost = cost;
    }
    this.lastCost = cost;
    this.kernel.schedule(cost, this, op, 0);
  }

  private begin(operation: Operation): boolean {
    this.prepared = null;
    if (operation.attempt()) return this.settle();
    this.block(operation);
    return false;
  }

  private block(operation: Operation): void {
    this.state = "blocked";
    this.operation = operation;
    this.blockedSince = this.kernel.now;
    this.observer.blocked(this, operation);
    const { deadline } = operation;
    if (deadline !== null) this.expireEvent = this.kernel.scheduleAt(deadline, this, OP_EXPIRE, 0);
    operation.watch(this);
    this.keepWaiting(operation);
  }

  /** A try that did not end the call took time, too. */
  private keepWaiting(operation: Operation): void {
    const cost = Math.round(this.charged);
    this.charged = 0;
    if (cost > 0) this.busyUntil = (this.kernel.now + cost) as Instant;
    if (operation.continues !== true || this.wakeEvent !== 0) return;
    const at = Math.max(this.busyUntil, this.kernel.now) as Instant;
    this.wakeEvent = this.kernel.scheduleAt(at, this, OP_WAKE, 0);
  }

  private unblock(operation: Operation): void {
    operation.watch(null);
    this.operation = null;
    this.kernel.cancel(this.wakeEvent);
    this.kernel.cancel(this.expireEvent);
    this.wakeEvent = 0 as EventId;
    this.expireEvent = 0 as EventId;
  }
}
