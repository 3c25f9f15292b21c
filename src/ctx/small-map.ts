/** A map from texts that is mostly empty or holds one entry: a million sockets have one each. */

/** Entries beyond this many go into a Map. */
const FEW = 8;

export class SmallMap<V> {
  /** A key and its value, one after the other. */
  private pairs: readonly unknown[] = NONE;
  private map: Map<string, V> | null = null;

  get size(): number {
    return this.map === null ? this.pairs.length / 2 : this.map.size;
  }

  has(key: string): boolean {
    return this.map === null ? this.place(key) >= 0 : this.map.has(key);
  }

  get(key: string): V | undefined {
    if (this.map !== null) return this.map.get(key);
    const at = this.place(key);
    return at < 0 ? undefined : (this.pairs[at + 1] as V);
  }

  set(key: string, value: V): void {
    const { map, pairs } = this;
    const at = map === null ? this.place(key) : -1;
    if (map !== null) map.set(key, value);
    else if (at >= 0) this.pairs = pairs.with(at + 1, value);
    // concat makes arrays of just their size, a spread leaves room to grow.
    else if (this.size < FEW) this.pairs = pairs.concat([key, value]);
    else {
      this.map = new Map(this.entries()).set(key, value);
      this.pairs = NONE;
    }
  }

  delete(key: string): boolean {
    if (this.map !== null) return this.map.delete(key);
    const at = this.place(key);
    if (at < 0) return false;
    this.pairs = this.pairs.filter((_, index) => index !== at && index !== at + 1);
    return true;
  }

  /** Is one of the keys a prefix of `text`? Looks at each. */
  hasPrefixOf(text: string): boolean {
    const { pairs } = this;
    for (let at = 0; at < pairs.length; at += 2) if (text.startsWith(pairs[at] as string)) return true;
    if (this.map !== null) for (const key of this.map.keys()) if (text.startsWith(key)) return true;
    return false;
  }

  /** In the order in which they were first set. */
  keys(): Iterable<string> {
    return this.map === null ? this.entries().map(([key]) => key) : this.map.keys();
  }

  values(): Iterable<V> {
    return this.map === null ? this.entries().map(([, value]) => value) : this.map.values();
  }

  private place(key: string): number {
    for (let at = 0; at < this.pairs.length; at += 2) if (this.pairs[at] === key) return at;
    return -1;
  }

  private entries(): [string, V][] {
    const list: [string, V][] = [];
    for (let at = 0; at < this.pairs.length; at += 2) list.push([this.pairs[at] as string, this.pairs[at + 1] as V]);
    return list;
  }
}

const NONE: readonly unknown[] = [];
