/** A thread of a node: runs its machine, one request after the other, until the end of the program. */
import type { AppThread, Party } from "../ctx/app-thread.ts";
import { LimitError } from "../kernel/limits.ts";
import type { RandomStream } from "../kernel/random.ts";
import { Machine, type Program, ProgramError, type Reply, type Request } from "../program/machine.ts";
import type { PlanThread } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import type { Node } from "./node.ts";
import { Service } from "./service.ts";

export class Runner implements Party {
  readonly thread: AppThread;
  readonly plan: PlanThread;
  /** Error and place, when it failed. */
  failure: ProgramError | null = null;
  private readonly node: Node;
  private readonly machine: Machine;
  private readonly service: Service;
  /** What to do before the program goes on: the sockets of the thread, the settings of a new socket. */
  private readonly setup: Request[] = [];
  /** Served at present. */
  private request: Request | null = null;
  private started = false;
  private phase: "running" | "closing" | "terminated" = "running";
  private callsAtInstant = 0;
  private lastInstant = -1;

  constructor(node: Node, thread: AppThread, plan: PlanThread, program: Program, random: RandomStream) {
    this.node = node;
    this.thread = thread;
    this.plan = plan;
    this.machine = new Machine(program, plan, { get: (name): Value | undefined => this.builtin(name), random });
    this.service = new Service(node, thread, plan, this.machine.environment, () => this.machine.pointer);
    for (const socket of plan.sockets) if (socket.atStart) this.setup.push({ kind: "open", socket: socket.name });
  }

  resume(): void {
    if (!this.started) {
      this.started = true;
      this.node.note(this.thread, "start");
    }
    try {
      if (this.request !== null) this.finish(this.request);
      this.advance();
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      this.fail(error);
    }
  }

  /** JSON pointer of the step that waits. */
  get pointer(): string {
    return this.machine.pointer;
  }

  /** Another thread exits the process. */
  stop(): void {
    if (this.thread.over) return;
    this.service.closeSockets();
    this.thread.end("ended");
  }

  private advance(): void {
    while (!this.thread.over) {
      this.watchInstant();
      const request = this.nextRequest();
      if (request === null) return this.end();
      this.request = request;
      if (!this.thread.perform(this.service.start(request))) return;
      this.finish(request);
    }
  }

  private nextRequest(): Request | null {
    if (this.phase !== "running") return null;
    return this.setup.length > 0 ? (this.setup.shift() as Request) : this.machine.next();
  }

  private finish(request: Request): void {
    this.request = null;
    const reply = this.service.finish(request);
    if (this.phase !== "running") return;
    if (request.kind === "open") this.setup.unshift(...this.service.open(request.socket));
    else if (request.kind === "exit") return this.exit(request.code);
    this.complete(request, reply);
  }

  /** The machine hears the results of its own requests; setup has nobody who could handle an error. */
  private complete(request: Request, reply: Reply): void {
    if (this.machine.pointer !== "") this.machine.complete(reply);
    else if (reply.error !== null) throw new ProgramError(`${request.kind} failed with ${reply.error}`, "");
  }

  // --- the end of the thread ---

  private exit(code: number): void {
    this.node.exit(this, code);
    this.close();
  }

  private close(): void {
    this.phase = "closing";
    this.service.closeSockets();
  }

  private end(): void {
    if (this.phase === "running") this.close();
    if (this.phase === "closing" && this.node.lastThread(this)) {
      // The last thread ends the context, as the end of a program does.
      this.phase = "terminated";
      this.request = { kind: "term" };
      if (!this.thread.perform(this.service.start(this.request))) return;
    }
    this.request = null;
    this.thread.end(this.failure === null ? "ended" : "failed");
    this.node.threadEnded(this);
  }

  private fail(error: ProgramError): void {
    this.failure = error;
    this.request = null;
    this.node.note(this.thread, "fail", error);
    this.end();
  }

  private builtin(name: string): Value | undefined {
    const { plan } = this.node;
    switch (name) {
      case "node":
        return plan.name;
      case "group":
        return plan.group;
      case "index":
        return this.plan.name === "" ? plan.index : this.plan.index;
      case "count":
        return this.plan.name === "" ? plan.count : this.plan.count;
      case "nodeIndex":
        return plan.index;
      case "nodeCount":
        return plan.count;
      case "thread":
        return this.plan.name;
      case "now":
        return this.thread.kernel.now / 1e6;
      case "seed":
        return this.node.seed;
      default:
        return undefined;
    }
  }

  /** Calls that cost nothing never let the clock move; a loop of them is a runaway. */
  private watchInstant(): void {
    const { now } = this.thread.kernel;
    if (now !== this.lastInstant) {
      this.lastInstant = now;
      this.callsAtInstant = 0;
    } else if (++this.callsAtInstant > this.node.callsPerInstant) {
      throw new LimitError("eventsPerInstant", this.node.callsPerInstant, this.thread.label, now);
    }
  }
}
