/** Whether anything can still happen in a run: judged from what its threads said last. */
import type { Plan } from "../program/plan.ts";
import { threadLabel } from "./forecast.ts";
import type { RawLine } from "./protocol.ts";

type State = "absent" | "busy" | "waiting" | "over";

export class Activity {
  /** Time of the last sign of life, ns. */
  last = 0;
  readonly #states = new Map<string, State>();
  /** Per thread: proxies never say a word again. */
  readonly #threadsOf = new Map<string, string[]>();
  /** Programs in JavaScript may do more than one thing at a time, and say when they do none. */
  readonly #modules = new Set<string>();

  constructor(plan: Plan) {
    for (const node of plan.nodes) {
      const labels = node.threads.map((thread) => threadLabel(node.name, thread));
      this.#threadsOf.set(node.name, labels);
      for (const label of labels) this.#states.set(label, "absent");
      if (node.module !== undefined) this.#modules.add(node.name);
    }
  }

  take(line: RawLine): void {
    this.last = Math.max(this.last, line.t);
    if ("thread" in line && this.#modules.has(line.thread)) return this.#module(line.thread, line);
    switch (line.ev) {
      case "thread":
        this.#states.set(line.thread, line.what === "start" ? "busy" : "over");
        break;
      case "block":
        this.#states.set(line.thread, "raw" in line && line.raw?.deadline !== undefined ? "busy" : "waiting");
        break;
      case "asleep":
      case "call":
      case "log":
        this.#states.set(line.thread, "busy");
        break;
      default:
    }
  }

  #module(thread: string, line: RawLine): void {
    if (line.ev === "thread" && line.what === "start") this.#states.set(thread, "busy");
    else if (line.ev === "idle") this.#states.set(thread, line.idle ? "waiting" : "busy");
  }

  /** The process of a node is gone. */
  gone(node: string): void {
    for (const label of this.#threadsOf.get(node) ?? []) this.#states.set(label, "over");
  }

  restarted(node: string): void {
    for (const label of this.#threadsOf.get(node) ?? []) this.#states.set(label, "absent");
  }

  /** Every thread waits without a timeout, or is over. */
  get settled(): boolean {
    for (const state of this.#states.values()) if (state === "absent" || state === "busy") return false;
    return true;
  }
}
