/** What a process knows of marks: which of its messages get one, and which came with one. */
import { type Mark, readMark } from "./mark.ts";
import type { Job, RawDetail } from "./protocol.ts";

export class Marks {
  readonly #sockets: readonly string[];
  readonly #marked: ReadonlySet<number>;
  /** By receipt, for forwarding. */
  readonly #received: (Mark | undefined)[] = [];

  constructor({ sockets, marked }: Pick<Job, "sockets" | "marked">) {
    this.#sockets = sockets;
    this.#marked = new Set(marked.map((name) => sockets.indexOf(name)));
  }

  /** A message that is passed on keeps the one it came with. */
  toSend(socket: string, { number, receipt }: RawDetail): Mark | undefined {
    if (receipt !== undefined) return this.#received[receipt];
    const at = this.#sockets.indexOf(socket);
    return number !== undefined && this.#marked.has(at) ? [at, number] : undefined;
  }

  read(frame: Buffer): ReturnType<typeof readMark> {
    return readMark(frame, (socket) => this.#marked.has(socket));
  }

  /** A receipt, by which the message is known when it is passed on. */
  received(mark: Mark | undefined): number {
    return this.#received.push(mark) - 1;
  }
}
