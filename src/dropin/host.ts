/** A simulated process that runs a function of the user's: started, ended, crashed and restarted. */
import type { Waiter } from "../ctx/mailbox.ts";
import type { Actor } from "../kernel/actor.ts";
import type { RandomStreams } from "../kernel/random.ts";
import type { Instant } from "../kernel/time.ts";
import { Process, type World } from "../network/process.ts";
import { Instance } from "./instance.ts";
import type { Loop, Wake } from "./loop.ts";

export type HostState = "not-started" | "running" | "exiting" | "exited" | "crashed";

/** What runs on a host. Its result ends in Host.done. */
export type HostProgram<T> = () => T | Promise<T>;

/** What a host needs of the simulation around it. */
export interface HostOwner {
  readonly world: World;
  readonly loop: Loop;
  /** What programs draw from. */
  readonly appRandom: RandomStreams;
  /** Calls `program` so that Node's asynchronous context knows the host, where that is wanted. */
  inContext<T>(instance: Instance, program: () => T): T;
  hostFailed(host: Host<unknown>, error: unknown): void;
  hostEnded(host: Host<unknown>): void;
}

/** Thrown by process.exit() in a program, to unwind it. */
export class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

const OP_START = 0;
const OP_CHECK = 1;

export class Host<T = unknown> implements Actor, Wake, Waiter {
  readonly label: string;
  state: HostState = "not-started";
  exitCode: number | null = null;
  instance: Instance | null = null;
  /** What the program returned; rejects with what it threw, or when the host crashes. */
  readonly done: Promise<T>;
  /** The program returned, although sockets or timers may keep the process alive. */
  returned = false;
  /** Why it failed. */
  failure: unknown = undefined;
  private readonly owner: HostOwner;
  private readonly program: HostProgram<T>;
  private runs = 0;
  private resolve!: (value: T) => void;
  private reject!: (error: unknown) => void;

  /** Host whose addresses it has. */
  private readonly address: string;

  constructor(owner: HostOwner, name: string, program: HostProgram<T>, address = name) {
    this.owner = owner;
    this.address = address;
    this.label = name;
    this.program = program;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever does not wait for it hears of a failure from the simulation.
    this.done.catch(() => {});
  }

  get name(): string {
    return this.label;
  }

  get alive(): boolean {
    return this.state === "running";
  }

  startAt(at: Instant): void {
    this.owner.world.kernel.scheduleAt(at, this, OP_START);
  }

  /** Kills the process as SIGKILL does: connections break, everything in it is gone. */
  crash(): void {
    if (this.state !== "running" && this.state !== "exiting") return;
    const instance = this.instance as Instance;
    const { world } = this.owner;
    this.state = "crashed";
    instance.alive = false;
    world.losing = "crashed";
    for (const thread of instance.threads) thread.end("crashed");
    instance.process.alive = false;
    for (const context of instance.contexts) context.loseEverything("crashed");
    for (const descriptor of instance.process.descriptors) descriptor.processDied(world.kernel.now);
    for (const context of instance.contexts) context.kill();
    world.losing = "connection-lost";
    this.record("crash");
    this.reject(new Error(`host "${this.label}" crashed`));
    this.owner.hostEnded(this as Host<unknown>);
  }

  /** Starts the program again, in a process of its own; `done` stays that of the first run. */
  restart(): void {
    this.crash();
    this.start();
  }

  /** The process leaves at once: sockets are closed, what lingers goes on. */
  exit(code: number): void {
    if (this.state !== "running") return;
    const instance = this.instance as Instance;
    this.state = "exiting";
    this.exitCode = code;
    instance.alive = false;
    for (const thread of instance.threads) thread.end("ended");
    for (const context of instance.contexts) {
      for (const socket of context.sockets) if (!socket.closed) socket.close();
      context.watchTerm(this, true);
      context.term();
    }
    this.wake();
  }

  /** A context has no socket left. */
  wake(): void {
    if (this.state !== "exiting") return;
    const instance = this.instance as Instance;
    if (!instance.contexts.every((context) => context.term())) return;
    this.state = "exited";
    instance.process.alive = false;
    this.record("exit", this.exitCode ?? 0);
    this.owner.hostEnded(this as Host<unknown>);
  }

  fail(error: unknown): void {
    if (this.state !== "running") return;
    if (error instanceof Exit) return;
    this.failure = error;
    this.reject(error);
    this.thread("fail", error);
    this.exit(1);
    this.owner.hostFailed(this as Host<unknown>, error);
  }

  fire(op: number): void {
    if (op === OP_START) {
      if (this.state !== "running" && this.state !== "exiting") this.start();
    } else if (this.state === "running" && this.returned && this.instance?.refs === 0) this.exit(0);
  }

  /** First wake: the program begins. */
  runWake(): boolean {
    const instance = this.instance as Instance;
    this.thread("start");
    let result: T | Promise<T>;
    try {
      result = this.owner.inContext(instance, this.program);
    } catch (error) {
      this.fail(error);
      return true;
    }
    Promise.resolve(result).then(
      (value) => this.finished(instance, value),
      (error: unknown) => {
        if (instance === this.instance) this.fail(error);
      },
    );
    return true;
  }

  private start(): void {
    this.begin().post(this);
  }

  /** The process begins to exist. */
  begin(): Instance {
    const { world, loop, appRandom } = this.owner;
    const run = this.runs++;
    const process = new Process(
      world,
      run === 0 ? this.label : `${this.label}'${run}`,
      this.address,
      world.network.profile.costs,
    );
    this.instance = new Instance(this.label, process, loop, { run, random: appRandom });
    this.instance.unreferenced = () => this.checkSoon();
    this.state = "running";
    this.returned = false;
    this.exitCode = null;
    this.record(run === 0 ? "start" : "restart");
    return this.instance;
  }

  private finished(instance: Instance, value: T): void {
    if (instance !== this.instance || this.state !== "running") return;
    this.returned = true;
    this.thread("end");
    this.resolve(value);
    this.checkSoon();
  }

  /** The process ends when nothing keeps it alive, which what is under way may change. */
  private checkSoon(): void {
    if (!this.returned || this.state !== "running" || this.instance?.refs !== 0) return;
    const { kernel } = this.owner.world;
    kernel.scheduleAt(kernel.now, this, OP_CHECK);
  }

  private record(what: "start" | "exit" | "crash" | "restart", code?: number): void {
    const { journal } = this.owner.world;
    if (!journal.full) return;
    const event = { t: journal.now, ev: "node", node: this.label, what } as const;
    journal.record(code === undefined ? event : { ...event, code });
  }

  private thread(what: "start" | "end" | "fail", error?: unknown): void {
    const { journal } = this.owner.world;
    if (!journal.full) return;
    const event = { t: journal.now, ev: "thread", thread: this.label, what } as const;
    journal.record(what === "fail" ? { ...event, pointer: "", error: messageOf(error) } : event);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
