/**
 * Whole-model workloads through the engine's own API, in the shape of the peers' programs: one context,
 * a sending thread, and one thread that receives from every socket in turn.
 */
import { AppThread, type Operation, type Party } from "../../src/ctx/app-thread.ts";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Journal } from "../../src/journal/journal.ts";
import { Message } from "../../src/journal/message.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { type Instant, seconds } from "../../src/kernel/time.ts";
import { Network } from "../../src/network/network.ts";
import { Process, type World } from "../../src/network/process.ts";
import { resolveProfile } from "../../src/network/profile.ts";
import { Frame } from "../../src/pipe/frame.ts";
import { RecvOperation, SendOperation } from "../../src/socket/calls.ts";
import { Context } from "../../src/socket/context.ts";
import { setOption } from "../../src/socket/options.ts";
import { ProxyOperation } from "../../src/socket/proxy.ts";
import type { SocketBase } from "../../src/socket/socket-base.ts";

const limits = { events: Number.MAX_SAFE_INTEGER, eventsPerInstant: Number.MAX_SAFE_INTEGER };
const FOREVER = seconds(1e6) as unknown as Instant;
const SIZE = 100;

export type Transport = "tcp" | "inproc";

/** What a workload did. */
export interface Done {
  /** Deliveries, requests answered, timers fired. */
  readonly count: number;
  /** Kernel events it took. */
  readonly events: number;
}

/** A world with one process. Counts on, trace off. */
export class Bench {
  readonly kernel = new Kernel({ seed: "bench", limits, choices: { mode: "default", record: false } });
  readonly journal = new Journal(this.kernel, false);
  readonly process: Process;
  readonly context: Context;

  constructor(profileName = "loopback") {
    const profile = resolveProfile(profileName);
    const network = new Network({
      kernel: this.kernel,
      profile,
      hosts: new Set(["host"]),
      shapes: new Map(),
      itemLost: () => undefined,
    });
    const world: World = { kernel: this.kernel, journal: this.journal, network, pipeIds: 0, losing: "connection-lost" };
    this.process = new Process(world, "bench", "host", profile.costs);
    this.context = new Context(this.process, { ioThreads: 1, blocky: true });
    this.context.setOption("max_sockets", 2 ** 31 - 1);
  }

  socket(type: SocketTypeName, options: Readonly<Record<string, number | string>> = {}): SocketBase {
    const socket = this.context.createSocket(type, `bench.${type}`) as SocketBase;
    for (const [name, value] of Object.entries(options)) setOption(socket, name, value);
    return socket;
  }

  thread(label: string, party: (thread: AppThread) => Party, at = 0): void {
    const thread = new AppThread(this.kernel, label, this.process.costs, { blocked: () => undefined });
    thread.start(party(thread), at as Instant);
  }

  run(): void {
    this.kernel.run(FOREVER);
  }

  done(count: number): Done {
    return { count, events: this.kernel.executed };
  }
}

/** Sends `count` messages of 100 bytes. */
class Sender implements Party {
  private readonly thread: AppThread;
  private readonly socket: SocketBase;
  private readonly operation: SendOperation;
  private left: number;

  constructor(thread: AppThread, socket: SocketBase, count: number) {
    this.thread = thread;
    this.socket = socket;
    this.operation = new SendOperation(thread);
    this.left = count;
  }

  resume(): void {
    while (this.left > 0) {
      this.left--;
      const message = new Message(this.socket.name, this.socket.numbers.next());
      if (!this.thread.perform(this.operation.begin(this.socket, [new Frame(null, SIZE, 0, message)], false))) return;
    }
    this.thread.end("ended");
  }
}

/** Receives from each socket in turn, `count` messages in all. */
class Receiver implements Party {
  private readonly thread: AppThread;
  private readonly sockets: readonly SocketBase[];
  private readonly operation: RecvOperation;
  private left: number;
  private next = 0;

  constructor(thread: AppThread, sockets: readonly SocketBase[], count: number) {
    this.thread = thread;
    this.sockets = sockets;
    this.operation = new RecvOperation(thread);
    this.left = count;
  }

  resume(): void {
    while (this.left > 0) {
      this.left--;
      const socket = this.sockets[this.next] as SocketBase;
      this.next = (this.next + 1) % this.sockets.length;
      if (!this.thread.perform(this.operation.begin(socket, false))) return;
    }
    this.thread.end("ended");
  }
}

/** Repeats one operation after the other for ever. */
class Loop implements Party {
  private readonly thread: AppThread;
  private readonly steps: readonly (() => Operation)[];
  private at = 0;
  private left: number;

  constructor(thread: AppThread, steps: readonly (() => Operation)[], rounds: number) {
    this.thread = thread;
    this.steps = steps;
    this.left = rounds * steps.length;
  }

  resume(): void {
    while (this.left > 0) {
      this.left--;
      const step = this.steps[this.at] as () => Operation;
      this.at = (this.at + 1) % this.steps.length;
      if (!this.thread.perform(step())) return;
    }
    this.thread.end("ended");
  }
}

const endpoint = (transport: Transport, port = 1): string =>
  transport === "tcp" ? `tcp://host:${port}` : `inproc://${port}`;
const settleTime = seconds(0.5);

/** PUSH to PULL, HWM 1000, as fast as they can. Deliveries. */
export function pushPull(transport: Transport, messages: number): Done {
  const bench = new Bench();
  const push = bench.socket("PUSH");
  const pull = bench.socket("PULL");
  push.bind(endpoint(transport));
  pull.connect(endpoint(transport));
  bench.thread("sender", (thread) => new Sender(thread, push, messages));
  bench.thread("receiver", (thread) => new Receiver(thread, [pull], messages));
  bench.run();
  return bench.done(bench.journal.delivered);
}

/**
 * PUB to `subscribers` SUBs, limits off as in the peer, so that every message counts. Connects them; what it
 * returns sends and receives. Deliveries.
 */
export function connectedPubSub(transport: Transport, subscribers: number, deliveries: number): () => Done {
  const bench = new Bench();
  const pub = bench.socket("PUB", { sndhwm: 0, backlog: 1e9 });
  pub.bind(endpoint(transport));
  const subs = Array.from({ length: subscribers }, () => {
    const sub = bench.socket("SUB", { subscribe: "", rcvhwm: 0 });
    sub.connect(endpoint(transport));
    return sub;
  });
  const messages = Math.ceil(deliveries / subscribers);
  const start = (settleTime + subscribers * 500_000) as Instant;
  bench.thread("sender", (thread) => new Sender(thread, pub, messages), start);
  bench.thread("receiver", (thread) => new Receiver(thread, subs, messages * subscribers), start);
  bench.kernel.run((start - 1) as Instant);
  return () => {
    bench.run();
    return bench.done(bench.journal.delivered);
  };
}

export const pubSub = (transport: Transport, subscribers: number, deliveries: number): Done =>
  connectedPubSub(transport, subscribers, deliveries)();

/** PUB -> XSUB/XPUB proxy -> SUB. Messages end to end. */
export function proxied(transport: Transport, messages: number): Done {
  const bench = new Bench();
  const frontend = bench.socket("XSUB", { rcvhwm: 0, sndhwm: 0 });
  const backend = bench.socket("XPUB", { rcvhwm: 0, sndhwm: 0 });
  frontend.bind(endpoint(transport, 1));
  backend.bind(endpoint(transport, 2));
  const pub = bench.socket("PUB", { sndhwm: 0 });
  const sub = bench.socket("SUB", { subscribe: "", rcvhwm: 0 });
  pub.connect(endpoint(transport, 1));
  sub.connect(endpoint(transport, 2));
  const observer = { received: () => undefined, forwarded: () => undefined };
  bench.thread(
    "proxy",
    (thread) => new Loop(thread, [() => new ProxyOperation(thread, { frontend, backend, capture: null }, observer)], 1),
  );
  bench.thread("sender", (thread) => new Sender(thread, pub, messages), settleTime);
  bench.thread("receiver", (thread) => new Receiver(thread, [sub], messages));
  bench.run();
  return bench.done(messages);
}

/** 100 REQ clients through ROUTER/DEALER to 10 REP workers over tcp. Requests answered. */
export function sharedQueue(requests: number): Done {
  const bench = new Bench();
  const frontend = bench.socket("ROUTER");
  const backend = bench.socket("DEALER");
  frontend.bind(endpoint("tcp", 1));
  backend.bind(endpoint("tcp", 2));
  const observer = { received: () => undefined, forwarded: () => undefined };
  bench.thread(
    "proxy",
    (thread) => new Loop(thread, [() => new ProxyOperation(thread, { frontend, backend, capture: null }, observer)], 1),
  );
  const talk = (type: "REQ" | "REP", port: number, rounds: number): void => {
    const socket = bench.socket(type);
    socket.connect(endpoint("tcp", port));
    bench.thread(type, (thread) => {
      const send = new SendOperation(thread);
      const recv = new RecvOperation(thread);
      const sending = (): Operation =>
        send.begin(socket, [new Frame(null, SIZE, 0, new Message(socket.name, socket.numbers.next()))], false);
      const receiving = (): Operation => recv.begin(socket, false);
      return new Loop(thread, type === "REQ" ? [sending, receiving] : [receiving, sending], rounds);
    });
  };
  for (let worker = 0; worker < 10; worker++) talk("REP", 2, Number.MAX_SAFE_INTEGER);
  const rounds = Math.ceil(requests / 100);
  for (let client = 0; client < 100; client++) talk("REQ", 1, rounds);
  bench.run();
  return bench.done(rounds * 100);
}

/** Idle subscribers connected over tcp, both ends in this process. Gives the bench, to be kept alive while memory is read. */
export function idleSubscribers(count: number): Bench {
  const bench = new Bench("ideal");
  const pub = bench.socket("PUB", { backlog: 1e9 });
  pub.bind(endpoint("tcp"));
  for (let index = 0; index < count; index++) {
    bench.socket("SUB", { subscribe: "" }).connect(endpoint("tcp"));
    if (index % 1000 === 999) bench.kernel.run((bench.kernel.now + 1) as Instant);
  }
  bench.kernel.run((bench.kernel.now + seconds(1)) as Instant);
  pub.processCommands(false);
  bench.kernel.run((bench.kernel.now + seconds(1)) as Instant);
  if (pub.pipes.length !== count) throw new Error(`${pub.pipes.length} of ${count} subscribers connected`);
  return bench;
}

/** Subscribers that wait for a publisher that is not there: reconnect timers fire and are armed again. Timers fired. */
export function reconnecting(count: number): Done {
  const bench = new Bench("ideal");
  for (let index = 0; index < count; index++) {
    bench.socket("SUB", { reconnect_ivl: 10_000 }).connect(endpoint("tcp"));
    if (index % 1000 === 999) bench.kernel.run((bench.kernel.now + 1) as Instant);
  }
  bench.kernel.run((bench.kernel.now + seconds(30)) as Instant);
  return bench.done(count * 2);
}

/** One publisher, one subscriber with `topics` distinct prefixes, messages spread over them. Deliveries. */
export function manyTopics(topics: number, messages: number): Done {
  const bench = new Bench("ideal");
  const pub = bench.socket("PUB", { sndhwm: 0, rcvhwm: 0 });
  const sub = bench.socket("SUB", { sndhwm: 0, rcvhwm: 0 });
  for (let topic = 0; topic < topics; topic++) setOption(sub, "subscribe", `topic-${topic}.`);
  pub.bind(endpoint("tcp"));
  sub.connect(endpoint("tcp"));
  bench.kernel.run(seconds(1) as unknown as Instant);
  for (let index = 0; index < messages; index++) {
    const text = `topic-${index % topics}.x`;
    pub.send(new Frame(text, text.length, 0, new Message(pub.name, index)), true);
    if (index % 64 !== 63) continue;
    bench.kernel.run((bench.kernel.now + 2_000_000) as Instant);
    while (sub.recv(true) !== null);
  }
  bench.kernel.run((bench.kernel.now + seconds(1)) as Instant);
  while (sub.recv(true) !== null);
  return bench.done(bench.journal.delivered);
}
