/**
 * A zeromq.js socket with libzmq's calls. zeromq.js waits before it tries: a receive in the wrong
 * state pends for ever, and every send looks at new commands first. Here a call tries first, as
 * libzmq does, and waits only on EAGAIN. Nodes with the binding "zeromq.js" get the original.
 */
import type { SocketTypeName } from "../ctx/options.ts";
import { delay, turn } from "./clock.ts";
import { RCVTIMEO, REAL_OPTIONS, SNDTIMEO } from "./options.ts";
import type { RawSocket } from "./zeromq.ts";

/** How long a poll takes a socket into its hands; after that it looks at all sockets again. */
const POLL_SLICE_MS = 10;

export interface Received {
  readonly buffers: readonly Buffer[];
  /** DISH. */
  readonly group?: string;
  /** SERVER. */
  readonly routingId?: number;
}

/** How a message is sent. */
export interface SendMode {
  readonly dontwait: boolean;
  /** RADIO. */
  readonly group?: string | undefined;
  /** SERVER. */
  readonly routingId?: number | undefined;
}

export class RealSocket {
  readonly name: string;
  readonly type: SocketTypeName;
  readonly raw: RawSocket;
  readonly #waitsFirst: boolean;
  #sndtimeo = -1;
  #rcvtimeo = -1;
  /** A receive that a poll began. It ends by itself. */
  #early: Promise<void> | null = null;
  /** What it brought. */
  #ready: Received | null = null;

  constructor(name: string, type: SocketTypeName, raw: RawSocket, waitsFirst: boolean) {
    this.name = name;
    this.type = type;
    this.raw = raw;
    this.#waitsFirst = waitsFirst;
    raw.setInt32Option(SNDTIMEO, 0);
    raw.setInt32Option(RCVTIMEO, 0);
  }

  /** Gives an error name or null. `block` is called before it waits, with the timeout in ms, -1 for none. */
  async send(
    parts: readonly Buffer[],
    { dontwait, ...address }: SendMode,
    block: (timeout: number) => void,
  ): Promise<string | null> {
    if (typeof this.raw.send !== "function") return "ENOTSUP";
    const send = (): Promise<void> => this.#sendNow(parts, address);
    if (dontwait || !this.#waitsFirst || this.#sndtimeo === 0) {
      const error = await codeOf(send);
      if (error !== "EAGAIN" || dontwait || this.#sndtimeo === 0) return error;
      block(this.#sndtimeo);
    }
    const until = deadline(this.#sndtimeo);
    for (;;) {
      const error = await codeOf(() => this.#timed(SNDTIMEO, left(until), send));
      if (error !== "EAGAIN" || left(until) === 0) return error;
      // Writable in name only, as an XPUB with xpub_nodrop is.
      await delay(1);
    }
  }

  async receive(dontwait: boolean, block: (timeout: number) => void): Promise<Received | string> {
    if (typeof this.raw.receive !== "function") return "ENOTSUP";
    if (this.#early !== null) await turn();
    const taken = this.#take();
    if (taken !== null) return taken;
    const nowait = dontwait || this.#rcvtimeo === 0;
    if (this.#early === null && (nowait || !this.#waitsFirst)) {
      const found = await result(() => this.raw.receive());
      if (found !== "EAGAIN" || nowait) return found;
    }
    if (nowait) return "EAGAIN";
    block(this.#rcvtimeo);
    const until = deadline(this.#rcvtimeo);
    for (;;) {
      if (this.#early !== null) await this.#early;
      const early = this.#take();
      if (early !== null) return early;
      const found = await result(() => this.#timed(RCVTIMEO, left(until), () => this.raw.receive()));
      if (found !== "EAGAIN" || left(until) === 0) return found;
      await delay(1);
    }
  }

  get readable(): boolean {
    // While a receive is under way nobody else may ask: the answer would eat its wake-up call.
    return this.#ready !== null || (this.#early === null && this.raw.readable);
  }

  get writable(): boolean {
    return this.raw.writable;
  }

  /** Resolves when there may be something to read, or a little later. */
  async arrival(): Promise<void> {
    if (this.#ready !== null) return;
    this.#early ??= result(() => this.#timed(RCVTIMEO, POLL_SLICE_MS, () => this.raw.receive())).then((found) => {
      this.#early = null;
      if (typeof found !== "string") this.#ready = found;
    });
    return this.#early;
  }

  set(name: string, value: number | string): string | null {
    const option = REAL_OPTIONS.get(name);
    if (option === undefined) return "EINVAL";
    if (option.kind === "text")
      return attempt(() =>
        this.raw.setStringOption(
          option.id,
          typeof value === "string" && value !== "" ? Buffer.from(value, "utf8") : String(value),
        ),
      );
    const number = Number(value);
    if (!Number.isInteger(number)) return "EINVAL";
    if (option.id === SNDTIMEO || option.id === RCVTIMEO) {
      if (number < -1) return "EINVAL";
      if (option.id === SNDTIMEO) this.#sndtimeo = number;
      else this.#rcvtimeo = number;
      return null;
    }
    const { id } = option;
    if (option.kind === "int64") return attempt(() => this.raw.setInt64Option(id, number));
    if (option.kind === "uint64") return attempt(() => this.raw.setUint64Option(id, number));
    return attempt(() => this.raw.setInt32Option(id, number));
  }

  get(name: string): { readonly value: number | string } | string {
    const option = REAL_OPTIONS.get(name);
    if (option === undefined) return "EINVAL";
    if (option.id === SNDTIMEO) return { value: this.#sndtimeo };
    if (option.id === RCVTIMEO) return { value: this.#rcvtimeo };
    let value: number | string = 0;
    const { id, kind } = option;
    const error = attempt(() => {
      if (kind === "text") value = this.raw.getStringOption(id) ?? "";
      else if (kind === "int64") value = this.raw.getInt64Option(id);
      else if (kind === "uint64") value = this.raw.getUint64Option(id);
      else value = this.raw.getInt32Option(id);
    });
    return error ?? { value };
  }

  /** DISH. */
  group(what: "join" | "leave", group: string): string | null {
    return typeof this.raw[what] === "function" ? attempt(() => this.raw[what](group)) : "ENOTSUP";
  }

  close(): void {
    if (!this.raw.closed) this.raw.close();
  }

  #take(): Received | null {
    if (this.#ready === null) return null;
    const ready = this.#ready;
    this.#ready = null;
    return ready;
  }

  /** RADIO and SERVER take one part, and always for somebody. */
  #sendNow(parts: readonly Buffer[], { group = "", routingId }: Omit<SendMode, "dontwait">): Promise<void> {
    if (this.type !== "RADIO" && this.type !== "SERVER") return this.raw.send(parts);
    const lone = parts.length === 1 ? (parts[0] as Buffer) : parts;
    if (this.type === "RADIO") return this.raw.send(lone, { group });
    // Without a number libzmq finds nobody; zeromq.js would not let it try.
    if (routingId === undefined) return Promise.reject(Object.assign(new Error("no peer"), { code: "EHOSTUNREACH" }));
    return this.raw.send(lone, { routingId });
  }

  /** Between calls both timeouts are 0, which makes a call try at once; a call that waits gets its own. */
  #timed<T>(id: number, timeout: number, call: () => Promise<T>): Promise<T> {
    this.raw.setInt32Option(id, timeout);
    try {
      return call();
    } finally {
      if (!this.raw.closed) this.raw.setInt32Option(id, 0);
    }
  }
}

const deadline = (timeout: number): number => (timeout < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeout);
const left = (until: number): number =>
  until === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(until - performance.now()));

export const errorCode = (error: unknown): string => (error as { code?: string }).code ?? String(error);

export function attempt(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

async function codeOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

async function result(work: () => ReturnType<RawSocket["receive"]>): Promise<Received | string> {
  try {
    const parts = await work();
    const last = parts.at(-1);
    if (last === undefined || Buffer.isBuffer(last)) return { buffers: parts as Buffer[] };
    const buffers = parts.slice(0, -1) as Buffer[];
    const { group, routingId } = last;
    return {
      buffers,
      ...(group === undefined ? {} : { group: group.toString() }),
      ...(routingId === undefined ? {} : { routingId }),
    };
  } catch (error) {
    return errorCode(error);
  }
}
