/** The simulated arm: the engine's classes, an ideal network, virtual time. */
import { AppThread } from "../../../src/ctx/app-thread.ts";
import type { SocketTypeName } from "../../../src/ctx/options.ts";
import { Journal } from "../../../src/journal/journal.ts";
import { Message } from "../../../src/journal/message.ts";
import { Kernel } from "../../../src/kernel/kernel.ts";
import { type Duration, type Instant, ms } from "../../../src/kernel/time.ts";
import { Network } from "../../../src/network/network.ts";
import { itemFate, Process, type World } from "../../../src/network/process.ts";
import { resolveProfile } from "../../../src/network/profile.ts";
import { AddressedFrame, Frame, groupOf, MORE } from "../../../src/pipe/frame.ts";
import type { PeerSocket } from "../../../src/socket/client-server.ts";
import { Context } from "../../../src/socket/context.ts";
import type { Errno } from "../../../src/socket/errors.ts";
import { eventName, startMonitor } from "../../../src/socket/monitor.ts";
import { getOption, setOption } from "../../../src/socket/options.ts";
import { ProxyOperation } from "../../../src/socket/proxy.ts";
import type { SocketBase } from "../../../src/socket/socket-base.ts";
import {
  type Bench,
  type BenchContext,
  type BenchProxy,
  CallError,
  type Options,
  type Part,
  type Sock,
} from "./bench.ts";

const HOST = "host";
/** A call that waits longer than this without a timeout of its own hangs. */
const PATIENCE = 20_000;

export class VirtualBench implements Bench {
  readonly arm = "simulated";
  readonly world: World;
  readonly process: Process;
  /** Whatever sockets bound or connected. */
  readonly transports = new Set<string>();
  private readonly contexts: VirtualContext[] = [];
  private addresses = 0;

  constructor() {
    const kernel = new Kernel({ seed: "1" });
    const journal = new Journal(kernel, true);
    const network = new Network({
      kernel,
      profile: resolveProfile("ideal"),
      hosts: new Set([HOST]),
      shapes: new Map(),
      itemLost: (item, sender, receiver, where) => {
        if (!(item instanceof Frame) || item.message === null || item.more) return;
        journal.lose(item.message, itemFate(this.world.losing, where), sender, receiver, where);
      },
    });
    this.world = { kernel, journal, network, pipeIds: 0, losing: "connection-lost" };
    this.process = new Process(this.world, "main", HOST, network.profile.costs);
  }

  socket(type: SocketTypeName, options: Options = {}): Sock {
    return (this.contexts[0] ?? this.context()).socket(type, options);
  }

  context(): VirtualContext {
    const context = new VirtualContext(this, this.contexts.length);
    this.contexts.push(context);
    return context;
  }

  proxy(frontend: Sock, backend: Sock, control?: Sock): BenchProxy {
    const { kernel, network } = this.world;
    const thread = new AppThread(kernel, "proxy", network.profile.costs, { blocked: () => undefined });
    const base = (socket: Sock): SocketBase => (socket as VirtualSock).base;
    const sockets = { frontend: base(frontend), backend: base(backend), capture: null };
    const operation = new ProxyOperation(
      thread,
      control === undefined ? sockets : { ...sockets, control: base(control) },
      { received: () => undefined, forwarded: () => undefined },
    );
    let begun = false;
    let over = false;
    const resume = (): void => {
      over = begun || thread.perform(operation);
      begun = true;
    };
    thread.start({ resume }, kernel.now);
    const stop = async (): Promise<void> => {
      operation.control("TERMINATE");
      thread.wake();
      this.run(1);
    };
    return { ended: () => over, stop };
  }

  async settle(time = 300): Promise<void> {
    this.run(time);
  }

  run(time: number): void {
    const { kernel } = this.world;
    const until = (kernel.now + ms(time)) as Instant;
    kernel.schedule(ms(time) as Duration, MARK, 0);
    kernel.run(until);
  }

  later(time: number, action: () => void): void {
    this.world.kernel.schedule(ms(time) as Duration, { label: "later", fire: action }, 0);
  }

  address(transport: "tcp" | "inproc" | "ipc"): string {
    return transport === "tcp" ? "tcp://127.0.0.1:*" : `${transport}://case${this.addresses++}`;
  }

  now(): number {
    return this.world.kernel.now / 1e6;
  }

  /** As upstream's tests do at their end: closes all sockets, and zmq_ctx_term has to return. */
  async finish(): Promise<string | null> {
    for (const context of this.contexts) context.shutdown();
    this.run(1);
    for (const context of this.contexts) {
      context.closeAll();
      if (!(await context.terminates(PATIENCE))) return `zmq_ctx_term hangs: ${context.waitingFor()}`;
    }
    return null;
  }

  /** Conservation: legs without a fate when everything is over. */
  get unaccounted(): number {
    this.world.losing = "queued";
    for (const { context } of this.contexts) context.loseEverything("queued");
    for (const descriptor of this.process.descriptors) descriptor.loseItems();
    this.world.network.datagrams.loseItems();
    return this.world.journal.open;
  }
}

const transportOf = (address: string): string => address.slice(0, address.indexOf(":"));

const MARK = { label: "settle", fire(): void {} };

class VirtualContext implements BenchContext {
  readonly context: Context;
  private readonly bench: VirtualBench;
  private readonly number: number;
  private sockets = 0;

  constructor(bench: VirtualBench, number: number) {
    this.bench = bench;
    this.number = number;
    this.context = new Context(bench.process, { ioThreads: 1, blocky: true, draft: true });
  }

  socket(type: SocketTypeName, options: Options = {}): Sock {
    const socket = this.context.createSocket(type, `context${this.number}.${type.toLowerCase()}${this.sockets++}`);
    if (socket === null) throw new CallError(this.context.full ? "EMFILE" : "ETERM", "zmq_socket");
    const wrapped = new VirtualSock(this.bench, socket);
    for (const [option, value] of Object.entries(options)) wrapped.set(option, value);
    return wrapped;
  }

  set(option: string, value: number): void {
    check("zmq_ctx_set", this.context.setOption(option, value));
  }

  get(option: string): number {
    const value = this.context.getOption(option);
    if (typeof value === "string") throw new CallError(value, "zmq_ctx_get");
    return value;
  }

  shutdown(): void {
    this.context.shutdown();
  }

  closeAll(): void {
    for (const socket of this.context.sockets) if (!socket.closed) socket.close();
  }

  /** Sockets that are not gone yet. */
  waitingFor(): string {
    return [...this.context.sockets].map(({ name }) => name).join(", ");
  }

  async terminates(limit: number): Promise<boolean> {
    for (let waited = 0; !this.context.term(); waited++) {
      if (waited >= limit) return false;
      this.bench.run(1);
    }
    return true;
  }
}

class VirtualSock implements Sock {
  routingId = 0;
  group = "";
  private readonly bench: VirtualBench;
  readonly base: SocketBase;
  /** Of monitor events: the PAIR, and what it has read. */
  private reader: SocketBase | null = null;
  private readonly seen: (readonly [string, string])[] = [];
  private unfinished: Message | null = null;

  constructor(bench: VirtualBench, base: SocketBase) {
    this.bench = bench;
    this.base = base;
  }

  get type(): SocketTypeName {
    return this.base.type;
  }

  async bind(address: string): Promise<string> {
    check("bind", this.base.bind(address));
    this.bench.transports.add(transportOf(address));
    return this.base.lastEndpoint;
  }

  connect(address: string): void {
    check("connect", this.base.connect(address));
    this.bench.transports.add(transportOf(address));
  }

  async unbind(address: string): Promise<void> {
    check("unbind", this.base.termEndpoint(address));
  }

  disconnect(address: string): void {
    check("disconnect", this.base.termEndpoint(address));
  }

  close(): void {
    if (!this.base.closed) this.base.close();
  }

  async send(...parts: readonly Part[]): Promise<void> {
    this.sendFrames(parts, false);
  }

  async sendNow(...parts: readonly Part[]): Promise<void> {
    this.sendFrames(parts, true);
  }

  async sendTo(routingId: number, part: Part, dontwait = false): Promise<void> {
    // zmq_msg_set_routing_id.
    if (routingId === 0) throw new CallError("EINVAL", "send");
    this.sendFrames([part], dontwait, { routingId });
  }

  connectPeer(address: string): number {
    const id = (this.base as PeerSocket).connectPeer(address);
    if (typeof id === "string") throw new CallError(id, "connectPeer");
    return id;
  }

  disconnectPeer(routingId: number): void {
    check("disconnectPeer", (this.base as PeerSocket).disconnectPeer(routingId));
  }

  async sendGroup(group: string, part: Part, dontwait = false): Promise<void> {
    this.sendFrames([part], dontwait, { group });
  }

  async sendFrame(part: Part, more: boolean, dontwait = false): Promise<void> {
    const message = this.unfinished ?? new Message(this.base.name, this.base.numbers.next());
    this.unfinished = more ? message : null;
    this.sendParts(message, [part], more, dontwait);
  }

  async recv(): Promise<string[]> {
    return this.recvFrames(false);
  }

  async recvNow(): Promise<string[]> {
    return this.recvFrames(true);
  }

  join(group: string): void {
    check("join", this.base.xgroup("join", group));
  }

  leave(group: string): void {
    check("leave", this.base.xgroup("leave", group));
  }

  set(option: string, value: number | string): void {
    check(`set ${option}`, setOption(this.base, option, value));
  }

  get(option: string): number | string {
    const got = getOption(this.base, option);
    if (typeof got === "string") throw new CallError(got, `get ${option}`);
    return got.value;
  }

  events(): { in: boolean; out: boolean } {
    const events = this.base.events();
    if (typeof events === "string") throw new CallError(events, "events");
    return events;
  }

  monitor(): void {
    const { context } = this.base;
    const endpoint = `inproc://monitor-${this.base.name}`;
    check("zmq_socket_monitor", startMonitor(this.base, endpoint));
    this.reader = context.createSocket("PAIR", `${this.base.name}.reader`);
    check("connect", this.reader?.connect(endpoint) ?? null);
  }

  monitored(): string[] {
    for (;;) {
      const [number, endpoint] = [this.reader?.recv(true), this.reader?.recv(true)];
      if (!number || !endpoint) return this.seen.map(([event]) => event);
      this.seen.push([eventName(number.byteAt(0) + 256 * number.byteAt(1)), endpoint.bytes]);
    }
  }

  monitoredAt(): (readonly [string, string])[] {
    this.monitored();
    return [...this.seen];
  }

  private sendFrames(
    parts: readonly Part[],
    dontwait: boolean,
    address?: { readonly routingId?: number; readonly group?: string },
  ): void {
    const [first] = parts;
    const subscription = this.type === "XSUB" && typeof first === "string" && /^[\0\x01]/.test(first);
    const message = subscription ? null : new Message(this.base.name, this.base.numbers.next());
    this.unfinished = null;
    this.sendParts(message, parts, false, dontwait, address);
  }

  private sendParts(
    message: Message | null,
    parts: readonly Part[],
    more: boolean,
    dontwait: boolean,
    address?: { readonly routingId?: number; readonly group?: string },
  ): void {
    for (const [index, content] of parts.entries()) {
      const flags = more || index < parts.length - 1 ? MORE : 0;
      const size = typeof content === "number" ? content : content.length;
      const plain = new Frame(typeof content === "number" ? null : content, size, flags, message);
      const frame = address === undefined ? plain : new AddressedFrame(plain, address);
      const waits = dontwait ? 0 : (this.get("sndtimeo") as number);
      this.until(waits, "send", (again) => (again ? this.base.retrySend(frame) : this.base.send(frame, waits === 0)));
    }
  }

  private recvFrames(dontwait: boolean): string[] {
    const waits = dontwait ? 0 : (this.get("rcvtimeo") as number);
    const frames: string[] = [];
    for (;;) {
      let frame: Frame | null = null;
      this.until(waits, "recv", (again) => {
        frame = again ? this.base.retryRecv() : this.base.recv(waits === 0);
        return frame === null ? this.base.errno : null;
      });
      const got = frame as unknown as Frame;
      if (got instanceof AddressedFrame) this.routingId = got.routingId;
      this.group = groupOf(got);
      frames.push(got.bytes);
      if (!got.more) return frames;
    }
  }

  /** Tries until it is no EAGAIN any more, or the time is over. */
  private until(timeout: number, call: string, attempt: (again: boolean) => Errno | null): void {
    const limit = timeout < 0 ? PATIENCE : timeout;
    let error = attempt(false);
    for (let waited = 0; error === "EAGAIN" && waited < limit; waited++) {
      this.bench.run(1);
      error = attempt(true);
    }
    check(error === "EAGAIN" && timeout < 0 ? "hangs" : call, error);
  }
}

function check(call: string, error: Errno | null): void {
  if (error !== null) throw new CallError(error, call);
}
