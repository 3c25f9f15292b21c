/** What a process knows of marks: which of its messages get one, and which came with one. */
import { type Mark, NUMBERS_PER_LIFE, readMark } from "./mark.ts";
import type { Job, RawDetail } from "./protocol.ts";

export class Marks {
  /** Number of the first message that a socket sends in this life of the node. */
  readonly firstNumber: number;
  readonly #sockets: readonly string[];
  readonly #marked: ReadonlySet<number>;
  /** By receipt, for forwarding. */
  readonly #received: (Mark | undefined)[] = [];

  constructor({ sockets, marked, life }: Pick<Job, "sockets" | "marked" | "life">) {
    this.firstNumber = life * NUMBERS_PER_LIFE;
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
