/** Subscription tables: prefixes with reference counts (subscriber) or with pipes (publisher). libzmq: trie.cpp, generic_mtrie.hpp. */
import { SmallMap } from "../ctx/small-map.ts";
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { RadixOrder } from "./radix.ts";

/** Counts stored prefixes by length, so that a match looks only at lengths that occur. There are few. */
class Lengths {
  /** Ascending, without repetition. */
  sorted: number[] = NONE;
  /** Prefixes of each length, parallel to `sorted`. */
  private counts: number[] = NONE;

  add(length: number): void {
    const at = this.sorted.indexOf(length);
    if (at >= 0) {
      this.counts[at] = (this.counts[at] as number) + 1;
      return;
    }
    const place = this.sorted.findIndex((other) => other > length);
    const end = place < 0 ? this.sorted.length : place;
    this.sorted = this.sorted.slice(0, end).concat([length], this.sorted.slice(end));
    this.counts = this.counts.slice(0, end).concat([1], this.counts.slice(end));
  }

  remove(length: number): void {
    const at = this.sorted.indexOf(length);
    const left = (this.counts[at] as number) - 1;
    this.counts[at] = left;
    if (left > 0) return;
    this.sorted = this.sorted.filter((_, index) => index !== at);
    this.counts = this.counts.filter((_, index) => index !== at);
  }
}

const NONE: number[] = [];

/** Prefixes that are compared one by one. */
const FEW = 8;

/** The subscriber's own table. libzmq: trie_t. */
export class Subscriptions {
  private readonly counts = new SmallMap<number>();
  /** Only when there are so many prefixes that looking at each would take long. */
  private lengths: Lengths | null = null;
  /** Draft builds keep them in an order of their own. */
  private readonly order: RadixOrder | null;

  constructor(draft: boolean) {
    this.order = draft ? new RadixOrder() : null;
  }

  get size(): number {
    return this.counts.size;
  }

  /** True for the first reference to the prefix. */
  add(prefix: string): boolean {
    const count = this.counts.get(prefix) ?? 0;
    this.counts.set(prefix, count + 1);
    if (count > 0) return false;
    this.order?.add(prefix);
    if (this.lengths !== null) this.lengths.add(prefix.length);
    else if (this.counts.size > FEW) {
      this.lengths = new Lengths();
      for (const { length } of this.counts.keys()) this.lengths.add(length);
    }
    return true;
  }

  /** True when the last reference went away; false too for an unknown prefix. */
  remove(prefix: string): boolean {
    const count = this.counts.get(prefix);
    if (count === undefined) return false;
    if (count > 1) {
      this.counts.set(prefix, count - 1);
      return false;
    }
    this.order?.remove(prefix);
    this.counts.delete(prefix);
    this.lengths?.remove(prefix.length);
    return true;
  }

  /** Does a prefix match the begin of this frame? Its bytes are looked at only when that depends on them. */
  matches(frame: Frame): boolean {
    const { counts, lengths } = this;
    if (counts.size === 0) return false;
    if (counts.has("")) return true;
    const topic = frame.bytes;
    if (lengths === null) return counts.hasPrefixOf(topic);
    for (const length of lengths.sorted) {
      if (length > topic.length) return false;
      if (counts.has(topic.slice(0, length))) return true;
    }
    return false;
  }

  /**
   * Distinct prefixes in the order in which a new peer gets them: ascending bytes, prefix before extension; in
   * draft builds that of their radix tree.
   */
  sorted(): string[] {
    return this.order?.keys() ?? [...this.counts.keys()].sort(byBytes);
  }
}

/** What became of a removal. libzmq: generic_mtrie_t::rm_result. */
export type Removal = "not-found" | "last-removed" | "others-remain";

/** The publisher's table: which pipes want which prefix. libzmq: mtrie_t. */
export class PipeSubscriptions {
  /** What ZMQ_TOPICS_COUNT tells: the end of a pipe does not count its prefixes down. libzmq: num_prefixes. */
  topicsCount = 0;
  private readonly pipes = new Map<string, Set<Pipe>>();
  private readonly lengths = new Lengths();

  /** True for the first pipe on the prefix. A repeated subscription of a pipe changes nothing. */
  add(prefix: string, pipe: Pipe): boolean {
    const known = this.pipes.get(prefix);
    if (known !== undefined) {
      known.add(pipe);
      return false;
    }
    this.pipes.set(prefix, new Set([pipe]));
    this.lengths.add(prefix.length);
    this.topicsCount++;
    return true;
  }

  remove(prefix: string, pipe: Pipe): Removal {
    const removal = this.take(prefix, pipe);
    if (removal === "last-removed") this.topicsCount--;
    return removal;
  }

  /** Removes a pipe everywhere; `gone` hears each of its prefixes, ascending, and whether it was the last pipe there. */
  removePipe(pipe: Pipe, gone: (prefix: string, last: boolean) => void): void {
    const held = [...this.pipes.keys()].filter((prefix) => this.pipes.get(prefix)?.has(pipe)).sort(byBytes);
    for (const prefix of held) gone(prefix, this.take(prefix, pipe) === "last-removed");
  }

  /**
   * Calls `match` for each pipe with a prefix of the frame, shorter prefixes first.
   * DIFFERS(fan-out-order): pipes of one prefix come in the order of their subscriptions, in libzmq by address.
   */
  match(frame: Frame, match: (pipe: Pipe) => void): void {
    const { sorted } = this.lengths;
    const topic = sorted.length === 0 || (sorted.length === 1 && sorted[0] === 0) ? "" : frame.bytes;
    for (const length of sorted) {
      if (length > topic.length) return;
      const pipes = this.pipes.get(length === topic.length ? topic : topic.slice(0, length));
      if (pipes !== undefined) for (const pipe of pipes) match(pipe);
    }
  }

  private take(prefix: string, pipe: Pipe): Removal {
    const known = this.pipes.get(prefix);
    if (known === undefined || !known.delete(pipe)) return "not-found";
    if (known.size > 0) return "others-remain";
    this.pipes.delete(prefix);
    this.lengths.remove(prefix.length);
    return "last-removed";
  }
}

/** Byte strings compare as their bytes. */
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
