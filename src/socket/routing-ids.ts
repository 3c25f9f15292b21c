/** Routing ids that the library makes up. libzmq: router.cpp, stream.cpp, server.cpp. */

/** A 32-bit counter from a random start. */
export class RoutingIds {
  private counter: number;

  constructor(start: number) {
    this.counter = start >>> 0;
  }

  /** A zero byte and the counter, big endian. */
  next(): string {
    const id = this.nextNumber();
    return String.fromCharCode(0, id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
  }

  nextNumber(): number {
    const id = this.counter;
    this.counter = (id + 1) >>> 0;
    return id;
  }
}
