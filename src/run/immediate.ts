/** The operation of calls that never wait. */
import type { AppThread, Operation } from "../ctx/app-thread.ts";

/** A call that is over at once and costs a fixed time. One object per thread. */
export class Immediate implements Operation {
  name = "";
  readonly subject = "";
  readonly deadline = null;
  private readonly thread: AppThread;
  private work: () => number = () => 0;

  constructor(thread: AppThread) {
    this.thread = thread;
  }

  /** `work` returns its cost in ns. */
  begin(name: string, work: () => number): this {
    this.name = name;
    this.work = work;
    return this;
  }

  attempt(): boolean {
    this.thread.charge(this.work());
    return true;
  }

  retry(): boolean {
    return true;
  }

  expire(): void {}

  watch(): void {}
}
