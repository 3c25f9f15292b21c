/**
 * Tests that read like C programs on zmq.h, on the engine's own classes: no scenario, no program, no
 * trace. Calls never wait (send and recv are DONTWAIT); `settle` lets the other threads work.
 *
 *   const lab = new Lab();
 *   const push = lab.socket("PUSH", { sndhwm: 2 });
 *   const pull = lab.socket("PULL", { rcvhwm: 3 });
 *   push.bind("inproc://a");
 *   pull.connect("inproc://a");
 *   push.sends(8); // 5
 */
import { expect, onTestFinished } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Journal } from "../../src/journal/journal.ts";
import { Message } from "../../src/journal/message.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { type Duration, type Instant, ms } from "../../src/kernel/time.ts";
import { Network } from "../../src/network/network.ts";
import { itemFate, Process, type World } from "../../src/network/process.ts";
import { resolveProfile } from "../../src/network/profile.ts";
import { AddressedFrame, Frame, MORE } from "../../src/pipe/frame.ts";
import { Context } from "../../src/socket/context.ts";
import type { Errno } from "../../src/socket/errors.ts";
import { getOption, setOption } from "../../src/socket/options.ts";
import type { SocketBase } from "../../src/socket/socket-base.ts";

export type Options = Readonly<Record<string, number | string>>;

/** All processes share one host, so that tcp endpoints are on 127.0.0.1. */
const HOST = "host";

export interface LabOptions {
  /** Default "ideal": no cost, no latency, fixed order. */
  readonly profile?: string | Readonly<Record<string, unknown>>;
  readonly seed?: string;
}

/** A world of its own; its books are checked when the test is over. */
export class Lab {
  readonly world: World;
  private readonly processes: LabProcess[] = [];
  private main: LabProcess | null = null;
  private settled = false;

  constructor({ profile = "ideal", seed = "1" }: LabOptions = {}) {
    const kernel = new Kernel({ seed });
    const journal = new Journal(kernel, true);
    const network = new Network({
      kernel,
      profile: resolveProfile(profile),
      hosts: new Set([HOST]),
      shapes: new Map(),
      itemLost: (item, sender, receiver, where) => {
        if (!(item instanceof Frame) || item.message === null || item.more) return;
        journal.lose(item.message, itemFate(this.world.losing, where), sender, receiver, where);
      },
    });
    this.world = { kernel, journal, network, pipeIds: 0, losing: "connection-lost" };
    onTestFinished(() => this.checkBooks());
  }

  /** The virtual clock in ms. */
  get now(): number {
    return this.world.kernel.now / 1e6;
  }

  /** Another process with a context of its own. */
  process(name: string, options: { readonly ioThreads?: number; readonly blocky?: boolean } = {}): LabProcess {
    const process = new LabProcess(this, name, { ioThreads: 1, blocky: true, ...options });
    this.processes.push(process);
    return process;
  }

  /** A socket in the process "main". */
  socket(type: SocketTypeName, options: Options = {}, name?: string): LabSocket {
    this.main ??= this.process("main");
    return this.main.socket(type, options, name);
  }

  /** A fresh socket in a process of its own, for tests of process-wide state. */
  lone(type: SocketTypeName, options: Options = {}): LabSocket {
    return this.process(`p${this.processes.length}`).socket(type, options);
  }

  /** Lets all threads of the library work for `time` ms; the default outlasts the send throttle. 0: just what is due. */
  settle(time = 5): void {
    const { kernel } = this.world;
    const until = (kernel.now + ms(time)) as Instant;
    kernel.schedule(ms(time) as Duration, MARK, 0);
    kernel.run(until);
  }

  /** What became of messages, by fate; messages not yet read count as nothing until the end. */
  get fates(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.world.journal.fates, ...this.world.journal.unsent]);
  }

  /** Conservation: every leg begun was delivered, lost, or is still somewhere. */
  checkBooks(): void {
    if (this.settled) return;
    this.settled = true;
    this.world.losing = "queued";
    for (const { context, process } of this.processes) {
      context.loseEverything("queued");
      for (const descriptor of process.descriptors) descriptor.loseItems();
    }
    this.world.network.datagrams.loseItems();
    expect(this.world.journal.open, "legs without a fate").toBe(0);
  }
}

/** Keeps the clock going through quiet times. */
const MARK = { label: "settle", fire(): void {} };

export class LabProcess {
  readonly lab: Lab;
  readonly process: Process;
  readonly context: Context;
  private sockets = 0;

  constructor(lab: Lab, name: string, options: { readonly ioThreads: number; readonly blocky: boolean }) {
    this.lab = lab;
    this.process = new Process(lab.world, name, HOST, lab.world.network.profile.costs);
    this.context = new Context(this.process, options);
  }

  /** zmq_socket and one zmq_setsockopt per option. */
  socket(
    type: SocketTypeName,
    options: Options = {},
    name = `${this.process.name}.${type.toLowerCase()}${this.sockets}`,
  ): LabSocket {
    this.sockets++;
    const socket = this.context.createSocket(type, name);
    if (socket === null) throw new Error(`no ${type}: the context is terminating`);
    const wrapped = new LabSocket(this, socket);
    for (const [option, value] of Object.entries(options)) expect(wrapped.set(option, value), option).toBe("ok");
    return wrapped;
  }

  /** zmq_ctx_term without waiting: true when it would return now. The first call stops the open sockets. */
  term(): boolean {
    return this.context.term();
  }

  /** ms from now until zmq_ctx_term returns; Infinity when it has not after `limit` ms. */
  termTime(limit = 10_000): number {
    const { kernel } = this.lab.world;
    const begin = kernel.now;
    while (!this.term()) {
      if (kernel.now - begin >= ms(limit)) return Infinity;
      this.lab.settle(1);
    }
    return (kernel.now - begin) / 1e6;
  }

  /** SIGKILL. */
  kill(): void {
    const { world } = this.lab;
    world.losing = "crashed";
    this.process.alive = false;
    this.context.loseEverything("crashed");
    for (const descriptor of this.process.descriptors) descriptor.processDied(world.kernel.now);
    this.context.kill();
    world.losing = "connection-lost";
  }
}

/** "ok" or the name of an error. */
export type Result = "ok" | Errno;

const result = (errno: Errno | null): Result => errno ?? "ok";

export class LabSocket {
  readonly base: SocketBase;
  private readonly lab: Lab;
  private numbers = 0;
  private partial: Message | null = null;

  constructor({ lab }: LabProcess, base: SocketBase) {
    this.lab = lab;
    this.base = base;
  }

  bind(endpoint: string): Result {
    return result(this.base.bind(endpoint));
  }

  connect(endpoint: string): Result {
    return result(this.base.connect(endpoint));
  }

  unbind(endpoint: string): Result {
    return result(this.base.termEndpoint(endpoint));
  }

  disconnect(endpoint: string): Result {
    return result(this.base.termEndpoint(endpoint));
  }

  close(): void {
    this.base.close();
  }

  set(option: string, value: number | string): Result {
    return result(setOption(this.base, option, value));
  }

  get(option: string): number | string {
    const got = getOption(this.base, option);
    return typeof got === "string" ? got : got.value;
  }

  subscribe(...prefixes: readonly string[]): this {
    for (const prefix of prefixes) this.set("subscribe", prefix);
    return this;
  }

  unsubscribe(...prefixes: readonly string[]): this {
    for (const prefix of prefixes) this.set("unsubscribe", prefix);
    return this;
  }

  /** Sends a message of these frames, each a byte string or a size in bytes; stops at the first error. */
  send(...frames: readonly (string | number)[]): Result {
    return this.sendFrames(frames, false);
  }

  /** RADIO: sends a message of one frame to a group. */
  sendGroup(group: string, body: string | number): Result {
    return this.sendFrames([body], false, group);
  }

  /** DISH. */
  join(...groups: readonly string[]): this {
    for (const group of groups) expect(this.base.xgroup("join", group), group).toBe(null);
    return this;
  }

  /** Sends frames that all have MORE. */
  sendMore(...frames: readonly (string | number)[]): Result {
    return this.sendFrames(frames, true);
  }

  /** Sends up to `count` messages "0", "1", ... (numbered on from call to call) until one is refused; how many were not. */
  sends(count: number, body: (number: number) => readonly (string | number)[] = (number) => [String(number)]): number {
    for (let accepted = 0; accepted < count; accepted++) {
      if (this.send(...body(this.numbers)) !== "ok") return accepted;
      this.numbers++;
    }
    return count;
  }

  /** The next message, its frames joined by "|"; null when there is none, for the reason in `errno`. */
  recv(): string | null {
    const frames: string[] = [];
    for (;;) {
      const frame = this.base.recv(true);
      if (frame === null) return null;
      frames.push(frame.bytes);
      if (!frame.more) return frames.join("|");
    }
  }

  get errno(): Errno {
    return this.base.errno;
  }

  /** All messages that can be read now, at most `max`. */
  recvs(max = Infinity): string[] {
    const messages: string[] = [];
    while (messages.length < max) {
      const message = this.recv();
      if (message === null) break;
      messages.push(message);
    }
    return messages;
  }

  /** ZMQ_EVENTS as "in", "out", "in out" or "". Drains the mailbox. */
  events(): string {
    const events = this.base.events();
    return typeof events === "string" ? events : [events.in ? "in" : "", events.out ? "out" : ""].join(" ").trim();
  }

  /** Monitor events so far: "CONNECT_RETRIED(183)"; values that are descriptors are left out. */
  get monitored(): string[] {
    const events = this.lab.world.journal.events.filter((event) => event.ev === "monitor");
    const own = events.filter(({ socket }) => socket === this.base.name);
    return own.map(({ event, value }) => (WITH_VALUE.test(event) ? `${event}(${value})` : event));
  }

  /** When each of its monitor events of this name came, in ms. */
  times(event: string): number[] {
    const { events } = this.lab.world.journal;
    return events.flatMap((e) =>
      e.ev === "monitor" && e.socket === this.base.name && e.event === event ? [e.t / 1e6] : [],
    );
  }

  /** Values of its monitor events of this name. */
  values(event: string): number[] {
    const { events } = this.lab.world.journal;
    return events.flatMap((e) =>
      e.ev === "monitor" && e.socket === this.base.name && e.event === event ? [e.value] : [],
    );
  }

  private sendFrames(frames: readonly (string | number)[], more: boolean, group?: string): Result {
    const subscription = this.base.type === "XSUB" && typeof frames[0] === "string" && /^[\0\x01]/.test(frames[0]);
    const message = this.partial ?? (subscription ? null : new Message(this.base.name, this.base.numbers.next()));
    this.partial = more ? message : null;
    for (const [index, content] of frames.entries()) {
      const flags = more || index < frames.length - 1 ? MORE : 0;
      const size = typeof content === "number" ? content : content.length;
      const plain = new Frame(typeof content === "number" ? null : content, size, flags, message);
      const frame = group === undefined ? plain : new AddressedFrame(plain, { group });
      const error = this.base.send(frame, true);
      if (error !== null) {
        this.partial = null;
        return error;
      }
    }
    return "ok";
  }
}

const WITH_VALUE = /DELAYED|RETRIED|FAILED/;
