/** The monotonic clock, which all processes of a machine share, and waiting by it. */

/** Never notified: waiting for it is sleeping. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** To be woken less late than that is nothing unusual. */
export const LATE_NS = 1_000_000;

export class Clock {
  readonly zero: bigint;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** By how much the latest wait ended too late, at most, ns. */
  late = 0;

  /** `zero`: start of the run, ns. */
  constructor(zero: bigint) {
    this.zero = zero;
  }

  /** Nanoseconds since the start of the run. */
  now(): number {
    return Number(process.hrtime.bigint() - this.zero);
  }

  /**
   * Waits until `t`: with a timer while it is far, as timers keep whole milliseconds only. The rest
   * is slept through in one piece when nothing else lives in this process (`alone`), else the event
   * loop turns. Turning without need would take the processor from the other processes of a run.
   */
  async until(t: number, alone: boolean): Promise<void> {
    for (let left = t - this.now(); left > 0; left = t - this.now()) {
      if (left > 2_500_000) await this.#delay(Math.floor(left / 1e6) - 1);
      else if (alone) Atomics.wait(NOBODY, 0, 0, left / 1e6);
      else await turn();
    }
    this.late = Math.max(this.late, this.now() - t);
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
