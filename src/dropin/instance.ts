/** One life of a simulated process that runs JavaScript: from its start to its exit or crash. */
import type { AppThread } from "../ctx/app-thread.ts";
import { wakeDelay } from "../ctx/costs.ts";
import type { Actor } from "../kernel/actor.ts";
import type { Distribution } from "../kernel/distribution.ts";
import type { RandomStream, RandomStreams } from "../kernel/random.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import type { Process } from "../network/process.ts";
import { Context } from "../socket/context.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Loop, Wake } from "./loop.ts";

/** A promise that a program waits for, for reports on who waits for what. */
export interface Waiting {
  readonly call: string;
  /** "" when it waits for no socket. */
  readonly socket: string;
  readonly since: Instant;
}

/** Hears the monitor events of one socket. */
export interface MonitorListener {
  /** `at`: when the thread that it happens in gets there. */
  monitored(event: string, value: number, endpoint: string, at: Instant): boolean;
}

/** A context of libzmq as this process configured it. */
export interface ContextSettings {
  ioThreads: number;
  maxSockets: number;
  maxMessageSize: number;
  ipv6: boolean;
  blocky: boolean;
}

export class Instance implements Actor {
  readonly label: string;
  readonly process: Process;
  readonly loop: Loop;
  /** What the program draws its Math.random from. */
  readonly random: RandomStream;
  readonly startedAt: Instant;
  alive = true;
  /** Handles that keep a process alive: timers, calls under way. */
  refs = 0;
  readonly contexts: Context[] = [];
  /** What its promises wait for. */
  readonly waiting = new Set<Waiting>();
  /** Threads of the library that work for it: proxies. */
  readonly threads = new Set<AppThread>();
  readonly monitors = new Map<SocketBase, MonitorListener>();
  /** Told when the last reference goes. */
  unreferenced: (() => void) | null = null;
  /** Its process.argv; null: Node's own. */
  argv: string[] | null = null;
  /** Ids of timers by number, for clearTimeout(7). */
  nextTimerId = 1;
  private readonly wakeStream: RandomStream;
  private busyUntil = 0;
  private charged = 0;
  private idleSince: Instant;
  private queue: Wake[] = [];
  private scheduled = false;
  private readonly socketCounts = new Map<string, number>();

  constructor(label: string, process: Process, loop: Loop, { run, random }: { run: number; random: RandomStreams }) {
    this.label = label;
    this.process = process;
    this.loop = loop;
    const { kernel } = process.world;
    this.random = random.stream(run === 0 ? `app/${label}` : `app/${label}'${run}`);
    this.wakeStream = kernel.random.stream(`${label}/thread`);
    this.startedAt = kernel.now;
    this.idleSince = kernel.now;
  }

  get now(): Instant {
    return this.process.world.kernel.now;
  }

  /** The name of a new socket: "broker.router", "broker.router2". */
  socketName(type: string): string {
    const name = type.toLowerCase();
    const count = (this.socketCounts.get(name) ?? 0) + 1;
    this.socketCounts.set(name, count);
    return `${this.label}.${name}${count === 1 ? "" : count}`;
  }

  /** zmq_ctx_new. */
  createContext({ ioThreads, blocky }: ContextSettings): Context {
    const context = new Context(this.process, { ioThreads: Math.max(1, ioThreads), blocky });
    context.monitor = (socket, event, value, endpoint) => {
      const listener = this.monitors.get(socket);
      if (listener === undefined) return false;
      let at = this.now;
      for (const { localNow } of context.ioThreads) if (localNow > at) at = localNow;
      return listener.monitored(event, value, endpoint, at);
    };
    this.contexts.push(context);
    return context;
  }

  // --- its one JavaScript thread ---

  /**
   * DIFFERS(one-instant-turns): the calls that a program makes until it waits happen at one instant;
   * the time they cost passes afterwards, before the program is woken again.
   */
  charge(cost: number): void {
    if (cost > 0) this.charged += cost;
  }

  /** What a call costs whose costs vary. */
  chargeDrawn(cost: Distribution): void {
    this.charge(cost.sample(this.wakeStream));
  }

  /** Lets the program continue now, or when it is done with its present work. */
  post(wake: Wake): void {
    if (!this.alive) return;
    if (this.queue.length === 0 && !this.busy()) {
      this.loop.ready(this, wake);
      return;
    }
    this.queue.push(wake);
    this.schedule();
  }

  /** Whether it can run `wake` now; else it comes again when the present work is done. */
  takesTurn(wake: Wake): boolean {
    if (!this.alive) return false;
    if (!this.busy()) {
      this.idleSince = this.now;
      return true;
    }
    this.queue.unshift(wake);
    this.schedule();
    return false;
  }

  /** Lets it continue as a sleeping thread is woken by a descriptor: after a wake-up delay. */
  wakeDelay(): Duration {
    const { costs } = this.process;
    return wakeDelay(costs, costs.appWake, this.wakeStream, this.now - this.idleSince);
  }

  /** From a call that the program makes now, the calls before it in this turn having taken their time, until another thread goes on with it. */
  handOver(): Duration {
    return (this.wakeDelay() + Math.round(this.charged)) as Duration;
  }

  /** When its thread is done with what it does: where Node runs immediates, after the timers that are due by then. */
  freeAt(): Instant {
    return this.busy() ? (this.busyUntil as Instant) : this.now;
  }

  sleepSlack(): number {
    return this.process.costs.sleepSlack.sample(this.wakeStream);
  }

  fire(): void {
    this.scheduled = false;
    const next = this.alive ? this.queue.shift() : undefined;
    if (next === undefined) return;
    this.loop.ready(this, next);
    if (this.queue.length > 0) this.schedule();
  }

  // --- references ---

  ref(): void {
    if (this.refs++ === 0) this.loop.loose.delete(this);
  }

  unref(): void {
    if (--this.refs === 0) this.unreferenced?.();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const at = Math.max(this.busyUntil, this.now) as Instant;
    this.process.world.kernel.scheduleAt(at, this, 0);
  }

  private busy(): boolean {
    const cost = Math.round(this.charged);
    this.charged = 0;
    if (cost > 0) this.busyUntil = Math.max(this.busyUntil, this.now) + cost;
    return this.busyUntil > this.now;
  }
}
