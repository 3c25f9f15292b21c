import alea from "seedrandom/lib/alea.js";
import { invariant } from "./invariant.ts";

/** One sequence of random numbers. The same (seed, name) always gives the same sequence. */
export class RandomStream {
  private readonly source: ReturnType<typeof alea>;

  /** For RandomStreams. */
  constructor(seed: string) {
    this.source = alea(seed);
  }

  /** In [0, 1), with 53 random bits. */
  float(): number {
    return this.source.double();
  }

  /** A whole number, 0 to n - 1; 1 <= n <= 2^53. */
  int(n: number): number {
    invariant(n >= 1, "int() needs at least one value to draw from");
    return Math.floor(this.source.double() * n);
  }

  /** A whole number, `lo` to `hi`, both included; `lo` <= `hi`. */
  between(lo: number, hi: number): number {
    return lo + this.int(hi - lo + 1);
  }

  /** A whole number, 0 to 2^32 - 1. */
  uint32(): number {
    return (this.source() * 0x1_0000_0000) >>> 0;
  }

  /** True with probability `p`. Draws even when the answer is certain, so that `p` never shifts later draws. */
  chance(p: number): boolean {
    return this.source.double() < p;
  }
}

/** Independent streams by name: a new owner never shifts the draws of another. */
export class RandomStreams {
  private readonly seed: string;
  private readonly streams = new Map<string, RandomStream>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** The stream of an owner, such as "link/a>b/latency"; the same object for the same name. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      // The length keeps seed "a/b" with name "c" apart from seed "a" with name "b/c".
      stream = new RandomStream(`${this.seed.length}:${this.seed}/${name}`);
      this.streams.set(name, stream);
    }
    return stream;
  }
}
