/** What a process observes, written line by line and at once, so that a SIGKILL loses nothing. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { RawLine } from "./protocol.ts";

/** An event without its time. */
export type Untimed<T> = T extends { readonly t: number } ? Omit<T, "t"> : never;

export class RawJournal {
  readonly #file: number;
  readonly #now: () => number;

  constructor(path: string, now: () => number) {
    this.#file = openSync(path, "a");
    this.#now = now;
  }

  /** `t` when it was taken earlier than now. */
  write(line: Untimed<RawLine>, t = this.#now()): void {
    writeSync(this.#file, `${JSON.stringify({ t: Math.max(0, t), ...line })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}
