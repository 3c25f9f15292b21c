/** A map from texts that is mostly empty or holds one entry: a million sockets have one each. */

/** Entries beyond this many go into a Map. */
const FEW = 8;

export class SmallMap<V> {
  private keyList: string[] = NONE;
  private valueList: V[] = NONE as V[];
  private map: Map<string, V> | null = null;

  get size(): number {
    return this.map === null ? this.keyList.length : this.map.size;
  }

  has(key: string): boolean {
    return this.map === null ? this.keyList.includes(key) : this.map.has(key);
  }

  get(key: string): V | undefined {
    if (this.map !== null) return this.map.get(key);
    const at = this.keyList.indexOf(key);
    return at < 0 ? undefined : this.valueList[at];
  }

  set(key: string, value: V): void {
    if (this.map !== null) {
      this.map.set(key, value);
      return;
    }
    const at = this.keyList.indexOf(key);
    if (at >= 0) this.valueList[at] = value;
    else if (this.keyList.length < FEW) {
      // concat makes arrays of just their size, a spread leaves room to grow.
      this.keyList = this.keyList.concat([key]);
      this.valueList = this.valueList.concat([value]);
    } else {
      this.map = new Map(this.keyList.map((known, index) => [known, this.valueList[index] as V]));
      this.keyList = NONE;
      this.valueList = NONE as V[];
      this.map.set(key, value);
    }
  }

  delete(key: string): boolean {
    if (this.map !== null) return this.map.delete(key);
    const at = this.keyList.indexOf(key);
    if (at < 0) return false;
    this.keyList = this.keyList.filter((_, index) => index !== at);
    this.valueList = this.valueList.filter((_, index) => index !== at);
    return true;
  }

  /** In the order in which they were first set. */
  keys(): Iterable<string> {
    return this.map === null ? this.keyList : this.map.keys();
  }

  values(): Iterable<V> {
    return this.map === null ? this.valueList : this.map.values();
  }
}

const NONE: string[] = [];
