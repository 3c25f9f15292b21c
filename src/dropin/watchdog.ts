/**
 * Ends the top level of a program that does not give control back. What runs later is under the watch of the
 * loop; files are evaluated by Node, where only another thread can step in.
 */
import { isMainThread, Worker } from "node:worker_threads";

/** Number of the load under way, or 0; number of the load that was ended. */
const LOADING = 0;
const ENDED = 1;

/** Every `period` ms: whether the same load is on for longer than it may. */
const SOURCE = `const { Session } = require("node:inspector");
const { workerData: { state, limit, period } } = require("node:worker_threads");
let known = 0;
let since = 0;
setInterval(() => {
  const now = Atomics.load(state, ${LOADING});
  if (now !== known) since = performance.now();
  known = now;
  if (now === 0 || performance.now() - since < limit || Atomics.load(state, ${ENDED}) === now) return;
  Atomics.store(state, ${ENDED}, now);
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => session.disconnect());
}, period);`;

export class Watchdog {
  private readonly state = new Int32Array(new SharedArrayBuffer(8));
  private readonly worker: Worker | null;
  private loads = 0;

  private static last: { readonly limit: number; readonly watchdog: Watchdog } | null = null;

  /** One for all runs. `limit`: ms of real time. */
  static of(limit: number): Watchdog {
    if (Watchdog.last?.limit !== limit) {
      Watchdog.last?.watchdog.stop();
      Watchdog.last = { limit, watchdog: new Watchdog(limit) };
    }
    return Watchdog.last.watchdog;
  }

  /** Only the main thread can be watched. */
  private constructor(limit: number) {
    const workerData = { state: this.state, limit, period: Math.max(20, limit / 20) };
    this.worker = isMainThread ? new Worker(SOURCE, { eval: true, workerData }) : null;
    this.worker?.unref();
  }

  begin(): void {
    Atomics.store(this.state, LOADING, ++this.loads);
  }

  /** Whether the load that began last had to be ended. */
  get ended(): boolean {
    return Atomics.load(this.state, ENDED) === this.loads;
  }

  over(): void {
    Atomics.store(this.state, LOADING, 0);
  }

  private stop(): void {
    void this.worker?.terminate();
  }
}
