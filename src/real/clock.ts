/** The monotonic clock, which all processes of a machine share, and waiting by it. */

export class Clock {
  readonly zero: bigint;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** `zero`: start of the run, ns. */
  constructor(zero: bigint) {
    this.zero = zero;
  }

  /** Nanoseconds since the start of the run. */
  now(): number {
    return Number(process.hrtime.bigint() - this.zero);
  }

  /** Waits until `t`: with a timer while it is far, then turn by turn, as timers keep whole milliseconds only. */
  async until(t: number): Promise<void> {
    for (let left = t - this.now(); left > 0; left = t - this.now()) {
      if (left > 2_500_000) await this.#delay(Math.floor(left / 1e6) - 1);
      else await turn();
    }
  }

  /** Whoever waits will wait for ever, and keeps the process no longer. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Lets the event loop see to its other work. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
