/** A node of the scenario: a process with one context and its threads, started, crashed and restarted. */
import { AppThread, type BlockObserver, type Operation } from "../ctx/app-thread.ts";
import type { Actor } from "../kernel/actor.ts";
import { compileDistribution } from "../kernel/distribution.ts";
import type { RandomStreams } from "../kernel/random.ts";
import type { Instant } from "../kernel/time.ts";
import { Process, type World } from "../network/process.ts";
import type { Program, ProgramError } from "../program/machine.ts";
import type { PlanNode, PlanThread } from "../program/plan.ts";
import { Context } from "../socket/context.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Member } from "./member.ts";
import type { ThreadState } from "./record.ts";
import { Runner } from "./runner.ts";
import { threadsOf } from "./snapshot.ts";

/** What a node needs from the simulation around it. */
export interface NodeHost {
  readonly world: World;
  readonly seed: string;
  /** What the application draws from. */
  readonly appRandom: RandomStreams;
  readonly callsPerInstant: number;
  program(thread: PlanThread): Program;
  fault(kind: "crash" | "restart", node: string): void;
  warn(id: string, text: string): void;
  nodeEnded(): void;
}

export type NodeState = "not-started" | "running" | "exited" | "crashed";

const OP_START = 0;

export class Node implements BlockObserver, Actor, Member {
  readonly plan: PlanNode;
  readonly label: string;
  state: NodeState = "not-started";
  /** When it starts for the first time. */
  readonly startsAt: Instant;
  runners: Runner[] = [];
  process!: Process;
  context!: Context;
  private readonly host: NodeHost;
  private exitCode = 0;
  private starts = 0;

  constructor(host: NodeHost, plan: PlanNode) {
    this.host = host;
    this.plan = plan;
    this.label = plan.name;
    const jitter =
      plan.startJitter === undefined
        ? 0
        : compileDistribution(plan.startJitter).sample(host.appRandom.stream(`node/${plan.name}/start`));
    this.startsAt = (plan.startAt + jitter) as Instant;
  }

  /** To be called once; among equal instants the order of the calls is the order of the starts. */
  scheduleStart(): void {
    this.host.world.kernel.scheduleAt(this.startsAt, this, OP_START, 0);
  }

  get seed(): string {
    return this.host.seed;
  }

  get callsPerInstant(): number {
    return this.host.callsPerInstant;
  }

  /** The process starts for the first time. */
  fire(): void {
    if (this.state === "not-started") this.start("start");
  }

  socketName(thread: PlanThread, socket: string): string {
    return thread.name === "" ? `${this.plan.name}.${socket}` : `${this.plan.name}.${thread.name}.${socket}`;
  }

  // --- for its threads ---

  blocked(thread: AppThread, operation: Operation): void {
    const { journal } = this.host.world;
    if (!journal.full || operation.name === "sleep") return;
    const { name: call, subject: socket } = operation;
    const event = { t: journal.now, ev: "block", thread: thread.label, call } as const;
    journal.record(socket === "" ? event : { ...event, socket });
  }

  note(thread: AppThread, what: "start" | "end" | "fail", error?: ProgramError): void {
    const { journal } = this.host.world;
    if (!journal.full) return;
    const event = { t: journal.now, ev: "thread", thread: thread.label, what } as const;
    journal.record(error === undefined ? event : { ...event, pointer: error.pointer, error: error.message });
  }

  warn(id: string, text: string): void {
    this.host.warn(id, text);
  }

  fault(kind: "crash" | "restart", node: string): void {
    this.host.fault(kind, node);
  }

  lastThread(runner: Runner): boolean {
    return this.runners.every((other) => other === runner || other.thread.over);
  }

  threadEnded(runner: Runner): void {
    this.note(runner.thread, "end");
    if (!this.runners.every(({ thread }) => thread.over)) return;
    const failed = this.runners.some(({ failure }) => failure !== null);
    this.end("exited", this.exitCode !== 0 ? this.exitCode : failed ? 1 : 0);
  }

  /** A thread leaves the process: the other threads go at once. */
  exit(by: Runner, code: number): void {
    this.exitCode = code;
    for (const runner of this.runners) if (runner !== by) runner.stop();
  }

  // --- life ---

  start(what: "start" | "restart"): void {
    const { world } = this.host;
    this.state = "running";
    this.exitCode = 0;
    const run = this.starts++;
    const { plan } = this;
    this.process = new Process(
      world,
      run === 0 ? plan.name : `${plan.name}'${run}`,
      plan.host,
      world.network.profile.costs,
    );
    this.context = new Context(this.process, {
      ioThreads: plan.ioThreads,
      blocky: plan.blocky,
      draft: plan.binding === "zeromq.js",
    });
    this.record(what);
    this.runners = plan.threads.map((thread) => this.createRunner(thread, run));
    const { now } = world.kernel;
    for (const runner of this.runners)
      runner.thread.start(runner, (now + runner.plan.startAt - plan.startAt) as Instant);
  }

  /** SIGKILL: the kernel closes the descriptors, everything in the process is gone. */
  crash(): void {
    if (this.state !== "running") return;
    const { world } = this.host;
    world.losing = "crashed";
    for (const runner of this.runners) if (!runner.thread.over) runner.thread.end("crashed");
    this.process.alive = false;
    this.context.loseEverything("crashed");
    for (const descriptor of this.process.descriptors) descriptor.processDied(world.kernel.now);
    this.context.kill();
    world.losing = "connection-lost";
    this.end("crashed", undefined);
  }

  /** The run is over: messages in connections to this process will not arrive. */
  loseItems(): void {
    this.context.loseEverything("queued");
    for (const descriptor of this.process.descriptors) descriptor.loseItems();
  }

  threadStates(quiet: boolean): ThreadState[] {
    return threadsOf(this, quiet);
  }

  sockets(): Iterable<SocketBase> {
    return this.context.sockets;
  }

  private createRunner(plan: PlanThread, run: number): Runner {
    const { world } = this.host;
    const label = plan.name === "" ? this.plan.name : `${this.plan.name}.${plan.name}`;
    const thread = new AppThread(world.kernel, label, this.process.costs, this);
    const random = this.host.appRandom.stream(run === 0 ? `app/${label}` : `app/${label}'${run}`);
    return new Runner(this, thread, plan, this.host.program(plan), random);
  }

  private end(state: "exited" | "crashed", code: number | undefined): void {
    this.state = state;
    this.process.alive = false;
    this.record(state === "crashed" ? "crash" : "exit", code);
    this.host.nodeEnded();
  }

  private record(what: "start" | "exit" | "crash" | "restart", code?: number): void {
    const { journal } = this.host.world;
    if (!journal.full) return;
    const event = { t: journal.now, ev: "node", node: this.plan.name, what } as const;
    journal.record(code === undefined ? event : { ...event, code });
  }
}
