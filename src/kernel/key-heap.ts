/**
 * A 4-ary min-heap of slots ordered by (time, seq), on typed arrays.
 *
 * The time travels with the slot; the sequence number stays in `seqs`, because it is read on ties only.
 * Entries past the end have the time Infinity, so that selecting the earliest of four children needs no
 * bounds check and no branch that depends on the data: mispredicted branches are most of a heap's cost.
 */
export class KeyHeap {
  /** Entries, counting an open root. */
  size = 0;
  /** Instants in heap order, Infinity from `size` on. `times[0]` is the earliest, or Infinity. */
  times: Float64Array;
  /** Slot of each entry, parallel to `times`. */
  slots: Int32Array;
  /** Sequence number by slot; the owner writes it before it pushes the slot. */
  seqs: Float64Array;
  /** The root has been taken, and waits for the next push or for removeRoot(). */
  rootOpen = false;

  constructor(capacity = 64) {
    this.times = new Float64Array(capacity + PADDING).fill(Infinity);
    this.slots = new Int32Array(capacity + PADDING);
    this.seqs = new Float64Array(capacity);
  }

  /** Makes room for slots 0 to `capacity` - 1. */
  grow(capacity: number): void {
    const times = new Float64Array(capacity + PADDING).fill(Infinity);
    times.set(this.times.subarray(0, this.size));
    const slots = new Int32Array(capacity + PADDING);
    slots.set(this.slots.subarray(0, this.size));
    const seqs = new Float64Array(capacity);
    seqs.set(this.seqs);
    this.times = times;
    this.slots = slots;
    this.seqs = seqs;
  }

  /** Adds a slot whose `seqs` entry is set. An open root is refilled: one descent instead of two. */
  push(time: number, slot: number): void {
    if (this.rootOpen) {
      this.rootOpen = false;
      this.siftDown(0, time, slot);
    } else {
      this.siftUp(this.size++, time, slot);
    }
  }

  /** Takes the root away but leaves its place open: events mostly schedule a successor. */
  openRoot(): void {
    this.rootOpen = true;
  }

  /** Removes the earliest entry, or what openRoot() has left of it. */
  removeRoot(): void {
    this.rootOpen = false;
    const last = --this.size;
    const time = this.times[last]!;
    this.times[last] = Infinity;
    if (last > 0) this.siftDown(0, time, this.slots[last]!);
  }

  /** The earliest instant below the root, Infinity when there is none. */
  get secondTime(): number {
    const { times } = this;
    return Math.min(times[1]!, times[2]!, times[3]!, times[4]!);
  }

  /** Gives the root a later key, in place. */
  replaceRoot(time: number, slot: number): void {
    this.siftDown(0, time, slot);
  }

  /** About the instant before which this share of the entries lies, later than the earliest one; from a sample. */
  quantile(share: number): number {
    const { times, size } = this;
    const step = Math.max(1, Math.floor(size / SAMPLE));
    const sample = times
      .subarray(0, size)
      .filter((_, index) => index % step === 0)
      .sort();
    return Math.max(sample[Math.floor(share * sample.length)]!, times[0]! + 1);
  }

  /** Drops every entry that `keep` refuses; the others keep their order. */
  filter(keep: (slot: number, time: number) => boolean): void {
    const { times, slots, size } = this;
    let kept = 0;
    for (let index = 0; index < size; index++) {
      const slot = slots[index]!;
      if (!keep(slot, times[index]!)) continue;
      times[kept] = times[index]!;
      slots[kept++] = slot;
    }
    times.fill(Infinity, kept, size);
    this.size = kept;
    for (let index = (kept - 2) >> 2; index >= 0; index--) this.siftDown(index, times[index]!, slots[index]!);
  }

  private siftUp(from: number, time: number, slot: number): void {
    const { times, slots, seqs } = this;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && seqs[slots[parent]!]! < seqs[slot]!)) break;
      times[index] = parentTime;
      slots[index] = slots[parent]!;
      index = parent;
    }
    times[index] = time;
    slots[index] = slot;
  }

  private siftDown(from: number, time: number, slot: number): void {
    const { times, slots, seqs, size } = this;
    let index = from;
    let child = 4 * from + 1;
    while (child < size) {
      const a = times[child]!;
      const b = times[child + 1]!;
      const c = times[child + 2]!;
      const d = times[child + 3]!;
      let left = child + +(b < a);
      let right = child + 2 + +(d < c);
      if (a === b && seqs[slots[child + 1]!]! < seqs[slots[child]!]!) left = child + 1;
      if (c === d && seqs[slots[child + 3]!]! < seqs[slots[child + 2]!]!) right = child + 3;
      const leftTime = times[left]!;
      const rightTime = times[right]!;
      let least = left + (right - left) * +(rightTime < leftTime);
      if (leftTime === rightTime && seqs[slots[right]!]! < seqs[slots[left]!]!) least = right;
      const leastTime = times[least]!;
      if (leastTime > time || (leastTime === time && seqs[slots[least]!]! > seqs[slot]!)) break;
      times[index] = leastTime;
      slots[index] = slots[least]!;
      index = least;
      child = 4 * least + 1;
    }
    times[index] = time;
    slots[index] = slot;
  }
}

/** The last parent reads up to three children past the end. */
const PADDING = 4;
/** Entries that tell the rest. */
const SAMPLE = 128;
