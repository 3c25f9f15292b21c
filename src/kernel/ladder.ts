/**
 * Events of the farther future, sorted no finer than needed: a ladder queue. New ones lie in no order at the
 * top; when the heap has run empty they are dealt out to the buckets of a rung, and a bucket goes into the
 * heap when its time has come. A bucket that holds too many becomes a rung of its own. Whatever is pending,
 * the heap stays small enough for the first cache.
 */
import type { KeyHeap } from "./key-heap.ts";

export class Ladder {
  /** Entries here. */
  count = 0;
  /** All entries are at this instant or later; earlier events belong into the heap. Infinity while there is none. */
  limit = Infinity;
  /** Of each slot: its instant and the next slot of its list. */
  private times: Float64Array;
  private next: Int32Array;
  private top = NONE;
  private topFrom = Infinity;
  private topTo = 0;
  /** The last rung is the finest and covers the nearest times. */
  private readonly rungs: Rung[] = [];
  private depth = 0;

  constructor(capacity: number) {
    this.times = new Float64Array(capacity);
    this.next = new Int32Array(capacity);
  }

  /** Makes room for slots 0 to `capacity` - 1. */
  grow(capacity: number): void {
    const times = new Float64Array(capacity);
    times.set(this.times);
    const next = new Int32Array(capacity);
    next.set(this.next);
    this.times = times;
    this.next = next;
  }

  /** Adds an entry at `limit` or later. */
  add(time: number, slot: number): void {
    this.times[slot] = time;
    this.count++;
    for (let level = this.depth - 1; level >= 0; level--) {
      const rung = this.rungs[level]!;
      if (time < rung.end) return this.deal(rung, time, slot);
    }
    this.next[slot] = this.top;
    this.top = slot;
    if (time < this.topFrom) this.topFrom = time;
    if (time > this.topTo) this.topTo = time;
  }

  /** Moves the earliest entries into the heap, which is empty; there is one at least. */
  refill(heap: KeyHeap): void {
    for (;;) {
      if (this.depth === 0) this.dealTop();
      const rung = this.rungs[this.depth - 1]!;
      const bucket = rung.nextBucket();
      if (bucket === BUCKETS) {
        this.depth--;
        continue;
      }
      const start = rung.start + bucket * rung.width;
      const head = rung.heads[bucket]!;
      if (rung.counts[bucket]! > MANY && rung.width > 1) {
        this.dealOut(head, start, rung.width);
        continue;
      }
      for (let slot = head; slot !== NONE; slot = this.next[slot]!) heap.push(this.times[slot]!, slot);
      this.count -= rung.counts[bucket]!;
      // The last bucket may reach beyond the rung, where events wait at the top.
      this.limit = this.count === 0 ? Infinity : Math.min(start + rung.width, rung.end);
      if (this.count === 0) this.depth = 0;
      return;
    }
  }

  /** Drops every entry that `keep` refuses. */
  filter(keep: (slot: number) => boolean): void {
    const slots = [...this.slots()];
    this.count = 0;
    this.depth = 0;
    this.clearTop();
    for (const slot of slots) if (keep(slot)) this.add(this.times[slot]!, slot);
    if (this.count === 0) this.limit = Infinity;
  }

  private *slots(): Generator<number, void, undefined> {
    for (let slot = this.top; slot !== NONE; slot = this.next[slot]!) yield slot;
    for (const rung of this.rungs.slice(0, this.depth)) {
      for (let bucket = rung.at; bucket < BUCKETS; bucket++)
        for (let slot = rung.heads[bucket]!; slot !== NONE; slot = this.next[slot]!) yield slot;
    }
  }

  private dealTop(): void {
    const { top, topFrom, topTo } = this;
    this.clearTop();
    this.dealOut(top, topFrom, topTo - topFrom + 1);
  }

  private clearTop(): void {
    this.top = NONE;
    this.topFrom = Infinity;
    this.topTo = 0;
  }

  /** Makes the finest rung of a list that covers `span` ns from `start`. */
  private dealOut(list: number, start: number, span: number): void {
    if (this.depth === this.rungs.length) this.rungs.push(new Rung());
    const rung = this.rungs[this.depth++]!;
    rung.begin(start, span);
    for (let slot = list; slot !== NONE; ) {
      const following = this.next[slot]!;
      this.deal(rung, this.times[slot]!, slot);
      slot = following;
    }
  }

  private deal(rung: Rung, time: number, slot: number): void {
    const bucket = Math.floor((time - rung.start) / rung.width);
    this.next[slot] = rung.heads[bucket]!;
    rung.heads[bucket] = slot;
    rung.counts[bucket]!++;
  }
}

/** Buckets of equal width. */
class Rung {
  start = 0;
  /** ns, a power of two: places in it are exact. */
  width = 1;
  end = 0;
  /** Buckets before this one have been taken. */
  at = 0;
  readonly heads = new Int32Array(BUCKETS);
  readonly counts = new Int32Array(BUCKETS);

  begin(start: number, span: number): void {
    this.start = start;
    this.width = 1;
    while (this.width * BUCKETS < span) this.width *= 2;
    this.end = start + span;
    this.at = 0;
    this.heads.fill(NONE);
    this.counts.fill(0);
  }

  /** The first bucket that holds something is taken; BUCKETS when there is none. */
  nextBucket(): number {
    while (this.at < BUCKETS && this.counts[this.at] === 0) this.at++;
    return this.at === BUCKETS ? BUCKETS : this.at++;
  }
}

const NONE = -1;
const BUCKETS = 256;
/** A bucket with more entries is divided again. */
const MANY = 256;
