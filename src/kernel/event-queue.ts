/**
 * Pending events in three tiers that merge by (time, seq): lanes (constant delay, a ring each), fan-out
 * records (n targets, one entry), and a heap for everything else. Whatever tier an event goes through,
 * the order is that of a plain sort by (time, seq). Of many events in the heap's tier the farther ones wait in a
 * ladder.
 */
import type { Actor } from "./actor.ts";
import { FanOutRecord } from "./fan-out.ts";
import { invariant } from "./invariant.ts";
import { KeyHeap } from "./key-heap.ts";
import { Ladder } from "./ladder.ts";
import { Lane } from "./lane.ts";
import type { Duration, Instant } from "./time.ts";

/** Names a scheduled event for cancel(). 0 names nothing and is accepted as such. Never reused. */
export type EventId = number & { readonly __unit: "event id" };

export const NO_EVENT = 0 as EventId;

export class EventQueue {
  /** Registers of the event that advance() has taken. */
  time = 0;
  actor: Actor = NOBODY;
  op = 0;
  arg = 0;

  /** Sequence numbers handed out: every event scheduled so far. */
  scheduled = 0;
  cancelled = 0;

  private readonly heap = new KeyHeap(INITIAL_SLOTS);
  private readonly ladder = new Ladder(INITIAL_SLOTS);
  /** The heap may grow to this size before its farther events go to the ladder. */
  private heapMost = HEAP_MOST;
  private actors: (Actor | null)[] = new Array<Actor | null>(INITIAL_SLOTS).fill(null);
  private ops = new Int32Array(INITIAL_SLOTS);
  private args = new Int32Array(INITIAL_SLOTS);
  private generations = new Int32Array(INITIAL_SLOTS).fill(1);
  private freeSlots = new Int32Array(INITIAL_SLOTS);
  private freeCount = 0;
  private slotsUsed = 0;
  /** Cancelled entries still in the heap or the ladder. */
  private deadCount = 0;

  private readonly lanes: Lane[] = [];
  private readonly laneByDelay = new Map<Duration, Lane>();
  /** Heads of the lanes that hold something; its slots are lane indexes. */
  private readonly laneHeads = new KeyHeap(INITIAL_LANES);

  private readonly records: FanOutRecord[] = [];
  private fanOutTargets: readonly Actor[] = [];
  private fanOutNext = 0;

  /** Entries of heap and ladder, cancelled ones included: never more than twice the live ones, plus a few. */
  get heapEntries(): number {
    return this.heap.size + this.ladder.count;
  }

  get laneCount(): number {
    return this.lanes.length;
  }

  /** Adds an event to the heap. `at` is not before the last event taken. */
  schedule(at: Instant, actor: Actor, op: number, arg: number): EventId {
    return this.insert(at, actor, op, arg, 1);
  }

  /** Adds one event for each actor, in this order. The list is kept, not copied. */
  fanOut(at: Instant, actors: readonly Actor[], op: number, arg: number): void {
    if (actors.length > 1) this.insert(at, this.record(actors), op, arg, actors.length);
    else if (actors.length === 1) this.insert(at, actors[0]!, op, arg, 1);
  }

  /** Removes an event of schedule() that has not been taken; false when there is nothing to remove. */
  cancel(id: EventId): boolean {
    if (id === NO_EVENT) return false;
    const slot = id & SLOT_MASK;
    if (slot >= this.slotsUsed || this.generations[slot] !== (id - slot) / SLOT_LIMIT) return false;
    this.generations[slot]!++;
    this.actors[slot] = null;
    this.cancelled++;
    if (++this.deadCount > DEAD_ALLOWED && 2 * this.deadCount > this.heapEntries) this.compact();
    return true;
  }

  /** The lane of a delay; the same one for the same delay. */
  lane(clock: { readonly now: Instant }, delay: Duration): Lane {
    const known = this.laneByDelay.get(delay);
    if (known !== undefined) return known;
    const lane = new Lane(this, clock, delay, this.lanes.length);
    this.lanes.push(lane);
    this.laneByDelay.set(delay, lane);
    if (this.lanes.length > this.laneHeads.seqs.length) this.laneHeads.grow(2 * this.laneHeads.seqs.length);
    return lane;
  }

  /**
   * Takes the earliest event into the registers when it is due at `until` or before.
   * Returns false, and changes nothing, when there is none.
   */
  advance(until: number): boolean {
    const next = this.fanOutNext;
    if (next !== 0) {
      const targets = this.fanOutTargets;
      this.actor = targets[next]!;
      if (next + 1 < targets.length) this.fanOutNext = next + 1;
      else this.endFanOut();
      return true;
    }
    const heap = this.heap;
    const laneHeads = this.laneHeads;
    if (heap.rootOpen) heap.removeRoot();
    for (;;) {
      if (heap.size === 0 && this.ladder.count > 0) this.ladder.refill(heap);
      const heapTime = heap.times[0]!;
      const laneTime = laneHeads.times[0]!;
      if (laneTime < heapTime || (laneTime === heapTime && this.laneWinsTie())) {
        if (laneTime > until) return false;
        this.lanes[laneHeads.slots[0]!]!.takeHead();
        return true;
      }
      if (heapTime > until || heapTime === Infinity) return false;
      if (this.takeRoot(heapTime)) return true;
    }
  }

  /** Is nothing due at `instant` or before? May say no because of a cancelled entry. */
  idleUntil(instant: number): boolean {
    const { heap } = this;
    const heapTime = heap.rootOpen ? heap.secondTime : heap.times[0]!;
    return (
      heapTime > instant && this.ladder.limit > instant && this.laneHeads.times[0]! > instant && this.fanOutNext === 0
    );
  }

  /** For lanes: reserves consecutive sequence numbers and returns the first. */
  takeSeqs(count: number): number {
    const first = this.scheduled;
    this.scheduled = first + count;
    return first;
  }

  /** For lanes: a record for several targets. */
  record(targets: readonly Actor[]): FanOutRecord {
    const record = this.records.pop() ?? new FanOutRecord(this);
    record.targets = targets;
    return record;
  }

  /** For records. */
  releaseRecord(record: FanOutRecord): void {
    this.records.push(record);
  }

  /** For records. */
  beginFanOut(targets: readonly Actor[], from: number): void {
    this.fanOutTargets = targets;
    this.fanOutNext = from;
  }

  /** For lanes: an empty lane has a head. */
  laneFilled(index: number, time: number, seq: number): void {
    this.laneHeads.seqs[index] = seq;
    this.laneHeads.push(time, index);
  }

  /** For lanes: the earliest lane has a new head. */
  laneAdvanced(index: number, time: number, seq: number): void {
    this.laneHeads.seqs[index] = seq;
    this.laneHeads.replaceRoot(time, index);
  }

  /** For lanes: the earliest lane has run empty. */
  laneEmptied(): void {
    this.laneHeads.removeRoot();
  }

  private laneWinsTie(): boolean {
    const { heap, laneHeads } = this;
    if (laneHeads.size === 0 || heap.size === 0) return false;
    return laneHeads.seqs[laneHeads.slots[0]!]! < heap.seqs[heap.slots[0]!]!;
  }

  /** Moves the heap's root into the registers; false when it was a cancelled entry, now dropped. */
  private takeRoot(time: number): boolean {
    const slot = this.heap.slots[0]!;
    const actor = this.actors[slot]!;
    if (actor === null) {
      this.deadCount--;
      this.freeSlot(slot);
      this.heap.removeRoot();
      return false;
    }
    this.time = time;
    this.actor = actor;
    this.op = this.ops[slot]!;
    this.arg = this.args[slot]!;
    this.actors[slot] = null;
    this.generations[slot]!++;
    this.freeSlot(slot);
    this.heap.openRoot();
    return true;
  }

  private insert(at: number, actor: Actor, op: number, arg: number, count: number): EventId {
    invariant((op | 0) === op && (arg | 0) === arg, "op and arg of an event are 32-bit integers");
    const slot = this.freeCount > 0 ? this.freeSlots[--this.freeCount]! : this.freshSlot();
    this.actors[slot] = actor;
    this.ops[slot] = op;
    this.args[slot] = arg;
    this.heap.seqs[slot] = this.takeSeqs(count);
    if (at >= this.ladder.limit) this.ladder.add(at, slot);
    else {
      this.heap.push(at, slot);
      if (this.heap.size > this.heapMost) this.relieve();
    }
    return (this.generations[slot]! * SLOT_LIMIT + slot) as EventId;
  }

  private freeSlot(slot: number): void {
    // A slot whose generations are used up is retired, so that an old id can never match again.
    if (this.generations[slot]! < GENERATION_LIMIT) this.freeSlots[this.freeCount++] = slot;
  }

  private freshSlot(): number {
    const slot = this.slotsUsed++;
    if (slot === this.ops.length) this.growSlots(2 * slot);
    return slot;
  }

  private growSlots(capacity: number): void {
    invariant(capacity <= SLOT_LIMIT, `more than ${SLOT_LIMIT / 2} events pending in the heap`);
    this.heap.grow(capacity);
    this.ladder.grow(capacity);
    while (this.actors.length < capacity) this.actors.push(null);
    this.ops = enlarged(this.ops, capacity);
    this.args = enlarged(this.args, capacity);
    this.freeSlots = enlarged(this.freeSlots, capacity);
    const oldLength = this.generations.length;
    this.generations = enlarged(this.generations, capacity).fill(1, oldLength);
  }

  /** Drops the cancelled entries, which have come to be most of the heap. */
  private compact(): void {
    if (this.heap.rootOpen) this.heap.removeRoot();
    const alive = (slot: number): boolean => {
      if (this.actors[slot] !== null) return true;
      this.freeSlot(slot);
      return false;
    };
    this.heap.filter(alive);
    this.ladder.filter(alive);
    this.deadCount = 0;
  }

  /** The heap has grown large: all but the nearest events go to the ladder, when it is not in use already. */
  private relieve(): void {
    const { heap, ladder } = this;
    const before = heap.size;
    if (ladder.count === 0) {
      ladder.limit = heap.quantile(NEAR_SHARE);
      heap.filter((slot, time) => {
        if (time < ladder.limit) return true;
        ladder.add(time, slot);
        return false;
      });
      if (ladder.count === 0) ladder.limit = Infinity;
    }
    // Events of one instant cannot be told apart: try again only when there are many more.
    this.heapMost = heap.size > before / 2 ? 2 * before : HEAP_MOST;
  }

  private endFanOut(): void {
    this.fanOutNext = 0;
    this.fanOutTargets = NO_ACTORS;
  }
}

function enlarged(old: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const array = new Int32Array(capacity);
  array.set(old);
  return array;
}

const NOBODY: Actor = { label: "", fire: () => undefined };
const NO_ACTORS: readonly Actor[] = [];
const INITIAL_SLOTS = 256;
const INITIAL_LANES = 16;
/** Size at which the heap costs more than dealing out its farther events. */
const HEAP_MOST = 1024;
/** Which part of them stays. */
const NEAR_SHARE = 1 / 8;
/** An id is generation * SLOT_LIMIT + slot and stays below 2^53. */
const SLOT_LIMIT = 2 ** 24;
const SLOT_MASK = SLOT_LIMIT - 1;
const GENERATION_LIMIT = 2 ** 29;
/** Cancelled entries that are not worth a compaction. */
const DEAD_ALLOWED = 64;
