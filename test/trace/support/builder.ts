/** Builds small traces by hand. Times are given in milliseconds, because people write the tests. */
import type {
  CallEvent,
  FateEvent,
  NodeEvent,
  PipeEvent,
  TraceEvent,
  TraceHeader,
} from "../../../src/journal/events.ts";
import type { Fate } from "../../../src/journal/fates.ts";
import { type Analysis, analyze } from "../../../src/trace/fates.ts";

export const HEADER: TraceHeader = {
  format: "zeromq-sim-trace",
  version: 1,
  tool: "0.1.0",
  model: "libzmq 4.3.5",
  scenario: "test",
  scenarioHash: "0".repeat(64),
  seed: "1",
  profile: "loopback",
  arm: "simulated",
};

/** ms to ns. */
export const at = (milliseconds: number): number => Math.round(milliseconds * 1e6);

const threadOf = (socket: string): string => socket.slice(0, socket.lastIndexOf("."));

export class TraceBuilder {
  readonly events: TraceEvent[] = [];
  #pipes = new Map<string, number>();
  #depths = new Map<string, number>();

  open(t: number, socket: string, type: string): this {
    return this.#add({ t: at(t), ev: "socket", socket, what: "open", type });
  }

  close(t: number, socket: string): this {
    return this.#add({ t: at(t), ev: "socket", socket, what: "close" });
  }

  node(t: number, node: string, what: NodeEvent["what"]): this {
    return this.#add({ t: at(t), ev: "node", node, what });
  }

  /** bind, connect, subscribe, unsubscribe, setsockopt, ... */
  call(t: number, call: string, socket: string, arg?: string, more: Partial<CallEvent> = {}): this {
    return this.#add({
      t: at(t),
      ev: "call",
      thread: threadOf(socket),
      call,
      socket,
      ...(arg === undefined ? {} : { arg }),
      result: "ok",
      ...more,
    });
  }

  block(t: number, thread: string, call: string, socket?: string): this {
    return this.#add({ t: at(t), ev: "block", thread, call, ...(socket === undefined ? {} : { socket }) });
  }

  attach(t: number, socket: string, peer: string, what: PipeEvent["what"] = "attach"): this {
    return this.#add({ t: at(t), ev: "pipe", socket, peer, pipe: this.#pipe(socket, peer), what });
  }

  subscription(t: number, socket: string, peer: string, topic = "", add = true): this {
    return this.#add({ t: at(t), ev: "subscription", socket, peer, topic, add });
  }

  queue(t: number, message: string, socket: string, peer: string): this {
    const pipe = this.#pipe(socket, peer);
    return this.#add({ t: at(t), ev: "queue", message, socket, peer, pipe, depth: this.#deeper(`${socket} ${peer}`) });
  }

  arrive(t: number, message: string, socket: string, peer: string): this {
    this.#shallower(`${peer} ${socket}`);
    return this.#add({
      t: at(t),
      ev: "arrive",
      message,
      socket,
      peer,
      pipe: this.#pipe(socket, peer),
      depth: this.#deeper(`in ${peer} ${socket}`),
    });
  }

  /** The call event of a send, after its queue events. */
  sent(t: number, message: string, socket: string, frames: readonly string[] = ["Hello there"]): this {
    const sizes = frames.map((frame) => frame.length);
    return this.#add({
      t: at(t),
      ev: "call",
      thread: threadOf(socket),
      call: "send",
      socket,
      message,
      sizes,
      frames,
      result: "ok",
    });
  }

  /** queue events to every peer and the call. */
  send(t: number, message: string, socket: string, peers: readonly string[], frames?: readonly string[]): this {
    for (const peer of peers) this.queue(t, message, socket, peer);
    return this.sent(t, message, socket, frames);
  }

  recv(t: number, message: string, socket: string, frames: readonly string[] = ["Hello there"]): this {
    for (const key of this.#depths.keys())
      if (key.startsWith("in ") && key.endsWith(` ${socket}`)) this.#shallower(key);
    const sizes = frames.map((frame) => frame.length);
    return this.#add({
      t: at(t),
      ev: "call",
      thread: threadOf(socket),
      call: "recv",
      socket,
      message,
      sizes,
      frames,
      result: "ok",
    });
  }

  /** One leg over the network: queue (by `send`) is done; arrives and is read. */
  deliver(t: number, message: string, peer: string, socket: string, frames?: readonly string[]): this {
    return this.arrive(t, message, socket, peer).recv(t + 0.01, message, socket, frames);
  }

  fate(
    t: number,
    message: string,
    fate: Exclude<Fate, "delivered">,
    socket: string,
    peer?: string,
    where?: string,
  ): this {
    const event: FateEvent = {
      t: at(t),
      ev: "fate",
      message,
      fate,
      socket,
      ...(peer === undefined ? {} : { peer }),
      ...(where === undefined ? {} : { where }),
    };
    return this.#add(event);
  }

  skip(t: number, message: string, socket: string, peers: readonly string[]): this {
    return this.#add({ t: at(t), ev: "skip", message, socket, peers });
  }

  event(event: TraceEvent): this {
    return this.#add(event);
  }

  analyze(end?: number, header: TraceHeader = HEADER): Analysis {
    return analyze(header, this.events, end === undefined ? undefined : at(end));
  }

  #add(event: TraceEvent): this {
    this.events.push(event);
    return this;
  }

  #pipe(socket: string, peer: string): number {
    const key = `${socket} ${peer}`;
    if (!this.#pipes.has(key)) this.#pipes.set(key, this.#pipes.size + 1);
    return this.#pipes.get(key)!;
  }

  #deeper(key: string): number {
    const depth = (this.#depths.get(key) ?? 0) + 1;
    this.#depths.set(key, depth);
    return depth;
  }

  #shallower(key: string): void {
    const depth = this.#depths.get(key) ?? 0;
    if (depth > 0) this.#depths.set(key, depth - 1);
  }
}

/** "message > receiver: fate" for every intended receiver, in order. */
export function fateLines(analysis: Analysis): string[] {
  return analysis.messages.flatMap((message) =>
    message.deliveries.map(
      (delivery) =>
        `${message.name} > ${delivery.receiver}: ${delivery.fate}${delivery.copies > 1 ? ` x${delivery.copies}` : ""}`,
    ),
  );
}

/** "from > to: sent = delivered + lost + queued" for every flow. */
export function flowLines(analysis: Analysis): string[] {
  return analysis.flows.map(
    (flow) => `${flow.from} > ${flow.to}: ${flow.sent} = ${flow.delivered} + ${flow.lost} + ${flow.queued}`,
  );
}
