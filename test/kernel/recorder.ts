import type { Actor, Kernel } from "../../src/kernel/kernel.ts";

/** An actor that writes "instant label op arg" for every event into a shared history. */
export class Recorder implements Actor {
  readonly label: string;
  private readonly kernel: Kernel;
  private readonly history: string[];
  private readonly then: ((op: number, arg: number) => void) | undefined;

  constructor(label: string, kernel: Kernel, history: string[], then?: (op: number, arg: number) => void) {
    this.label = label;
    this.kernel = kernel;
    this.history = history;
    this.then = then;
  }

  fire(op: number, arg: number): void {
    this.history.push(`${this.kernel.now} ${this.label} ${op} ${arg}`);
    this.then?.(op, arg);
  }
}
