/** A thread of a node at work: serves the requests of its machine on simulated sockets. */
import type { AppThread, Operation, Party } from "../ctx/app-thread.ts";
import { connectCost } from "../ctx/costs.ts";
import { LimitError } from "../kernel/limits.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Instant } from "../kernel/time.ts";
import { Message } from "../journal/message.ts";
import type { Frame } from "../pipe/frame.ts";
import { compileTemplate, type Scope } from "../program/expression.ts";
import { Machine, type Program, ProgramError, type Reply, type Request } from "../program/machine.ts";
import type { PlanSocket, PlanThread, Template } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import { PollOperation, RecvOperation, SendOperation, SleepOperation, TermOperation } from "../socket/calls.ts";
import type { Errno } from "../socket/errors.ts";
import { getOption, isIgnored, setOption } from "../socket/options.ts";
import { ProxyOperation } from "../socket/proxy.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Node } from "./node.ts";
import { previews, ReceivedMessage, toFrames, utf8 } from "./values.ts";

/** A call under way: the operation, and what it gives when it is over. */
interface Call {
  readonly request: Request;
  readonly operation: Operation;
  readonly finish: () => Reply;
}

/** A call that is over at once and costs a fixed time. */
class Immediate implements Operation {
  readonly name: string;
  readonly subject = "";
  readonly deadline = null;
  private readonly thread: AppThread;
  private readonly work: () => number;

  /** `work` returns its cost in ns. */
  constructor(thread: AppThread, name: string, work: () => number) {
    this.thread = thread;
    this.name = name;
    this.work = work;
  }

  attempt(): boolean {
    this.thread.charge(this.work());
    return true;
  }

  retry(): boolean {
    return true;
  }

  expire(): void {}

  watch(): void {}
}

const OK: Reply = { error: null, value: null };

export class Runner implements Party {
  readonly thread: AppThread;
  readonly plan: PlanThread;
  readonly sockets = new Map<string, SocketBase>();
  /** Error and place, when it failed. */
  failure: ProgramError | null = null;
  private readonly node: Node;
  private readonly machine: Machine;
  private readonly scope: Scope;
  /** What creates the sockets, before the program. */
  private readonly setup: Request[] = [];
  private call: Call | null = null;
  private started = false;
  /** Identity of a message whose last frame is yet to be sent. */
  private readonly partial = new Map<string, Message | null>();
  private callsAtInstant = 0;
  private lastInstant = -1;
  private phase: "running" | "closing" | "terminated" = "running";

  constructor(node: Node, thread: AppThread, plan: PlanThread, program: Program, random: RandomStream) {
    this.node = node;
    this.thread = thread;
    this.plan = plan;
    const environment = { get: (name: string): Value | undefined => this.builtin(name), random };
    this.machine = new Machine(program, plan, environment);
    this.scope = this.machine.environment;
    for (const socket of plan.sockets) if (socket.atStart) this.setup.push({ kind: "open", socket: socket.name });
  }

  resume(): void {
    if (!this.started) this.begin();
    try {
      if (this.call !== null) this.finishCall(this.call);
      while (!this.thread.over) {
        this.watchInstant();
        const request = this.nextRequest();
        if (request === null) return this.end();
        this.call = this.start(request);
        if (!this.thread.perform(this.call.operation)) return;
        this.finishCall(this.call);
      }
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      this.fail(error);
    }
  }

  /** JSON pointer of the step that waits. */
  get pointer(): string {
    return this.machine.pointer;
  }

  private begin(): void {
    this.started = true;
    this.node.note(this.thread, "start");
  }

  private nextRequest(): Request | null {
    if (this.phase !== "running") return null;
    return this.setup.shift() ?? this.machine.next();
  }

  private finishCall(call: Call): void {
    this.call = null;
    const reply = call.finish();
    if (this.phase !== "running") return;
    if (this.machine.pointer !== "") this.machine.complete(reply);
    else if (reply.error !== null) throw new ProgramError(`${call.request.kind} failed with ${reply.error}`, "");
  }

  // --- the end of the thread ---

  private end(): void {
    if (this.phase === "running") this.beginClosing();
    if (this.phase === "closing" && this.node.lastThread(this)) {
      // The last thread ends the context, as the end of a program does.
      this.phase = "terminated";
      this.call = { request: { kind: "term" }, operation: new TermOperation(this.thread, this.node.context), finish: () => OK };
      if (!this.thread.perform(this.call.operation)) return;
    }
    this.call = null;
    this.thread.end(this.failure === null ? "ended" : "failed");
    this.node.threadEnded(this);
  }

  private beginClosing(): void {
    this.phase = "closing";
    this.closeSockets();
  }

  private fail(error: ProgramError): void {
    this.failure = error;
    this.call = null;
    this.node.note(this.thread, "fail", error);
    this.end();
  }

  closeSockets(): void {
    for (const socket of this.sockets.values()) if (!socket.closed) socket.close();
  }

  /** Another thread exits the process. */
  stop(): void {
    if (this.thread.over) return;
    this.closeSockets();
    this.thread.end("ended");
  }

  // --- requests ---

  private start(request: Request): Call {
    switch (request.kind) {
      case "send":
        return this.send(request);
      case "recv":
        return this.recv(request);
      case "poll":
        return this.poll(request);
      case "proxy":
        return this.proxy(request);
      case "sleep":
        return this.sleep(request);
      case "term":
        return { request, operation: new TermOperation(this.thread, this.node.context), finish: () => this.done("term", null) };
      case "exit":
        this.node.exit(this, request.code);
        this.beginClosing();
        return this.immediate(request, () => 0, () => OK);
      default:
        return this.simple(request);
    }
  }

  private send(request: Request & { kind: "send" }): Call {
    const socket = this.socket(request.socket);
    const message = this.identity(socket, request);
    const frames = toFrames(request.frames, message, request.more);
    const operation = new SendOperation(this.thread, socket, frames, request.dontwait);
    const finish = (): Reply => {
      this.done("send", operation.error, { socket, frames, ...(request.more ? {} : { message }) });
      if (operation.error !== null) this.partial.delete(socket.name);
      return { error: operation.error, value: null };
    };
    return { request, operation, finish };
  }

  /** Forwarded messages keep theirs; parts of one message share it; subscriptions have none. */
  private identity(socket: SocketBase, request: Request & { kind: "send" }): Message | null {
    const begun = this.partial.get(socket.name);
    const message = begun !== undefined ? begun : this.newIdentity(socket, request);
    if (request.more) this.partial.set(socket.name, message);
    else this.partial.delete(socket.name);
    return message;
  }

  private newIdentity(socket: SocketBase, { forwards, frames }: Request & { kind: "send" }): Message | null {
    if (forwards instanceof ReceivedMessage) return forwards.identity;
    if (socket.type === "XSUB" && isSubscription(toFrames(frames, null, false)[0])) return null;
    return new Message(socket.name, socket.nextMessageNumber());
  }

  private recv(request: Request & { kind: "recv" }): Call {
    const socket = this.socket(request.socket);
    const operation = new RecvOperation(this.thread, socket, request.dontwait);
    const finish = (): Reply => {
      const { error, frames } = operation;
      if (error !== null) return this.done("recv", error, { socket });
      this.done("recv", null, { socket, frames, message: frames[frames.length - 1]?.message ?? null });
      return { error: null, value: new ReceivedMessage(frames) as unknown as Value };
    };
    return { request, operation, finish };
  }

  private poll(request: Request & { kind: "poll" }): Call {
    const items = request.items.map((item) => ({ ...item, socket: this.socket(item.socket) }));
    const operation = new PollOperation(this.thread, items, request.timeout === null ? -1 : request.timeout / 1e6);
    const finish = (): Reply => {
      const ready = request.items.map((item, index) => [item.socket, operation.ready[index]] as const);
      const names = ready.flatMap(([name, state]) => [...(state?.in ? [`${name}:in`] : []), ...(state?.out ? [`${name}:out`] : [])]);
      this.done("poll", operation.error, { arg: names.join(" ") });
      const value = Object.fromEntries(ready.map(([name, state]) => [name, (state?.in ?? false) || (state?.out ?? false)]));
      return { error: operation.error, value };
    };
    return { request, operation, finish };
  }

  private proxy(request: Request & { kind: "proxy" }): Call {
    const sockets = {
      frontend: this.socket(request.frontend),
      backend: this.socket(request.backend),
      capture: request.capture === null ? null : this.socket(request.capture),
    };
    const passed = (call: "recv" | "send") => (socket: SocketBase, frames: readonly Frame[]) =>
      void this.done(call, null, { socket, frames, message: frames[frames.length - 1]?.message ?? null });
    const operation = new ProxyOperation(this.thread, sockets, { received: passed("recv"), forwarded: passed("send") });
    return { request, operation, finish: () => this.done("proxy", operation.error) };
  }

  private sleep(request: Request & { kind: "sleep" }): Call {
    const { kernel, costs, stream } = this.thread;
    const slack = request.duration > 0 ? costs.timerSlack.sample(stream) : 0;
    const operation = new SleepOperation((kernel.now + request.duration + slack) as Instant);
    return { request, operation, finish: () => OK };
  }

  private simple(request: Exclude<Request, { kind: "send" | "recv" | "poll" | "proxy" | "sleep" | "term" | "exit" }>): Call {
    const { costs, stream } = this.thread;
    switch (request.kind) {
      case "open":
        return this.immediate(request, () => costs.socket, () => this.open(request.socket));
      case "close":
        return this.onSocket(request, request.socket, "", costs.call, (socket) => {
          socket.close();
          this.sockets.delete(request.socket);
          return null;
        });
      case "connect":
        return this.onSocket(request, request.socket, request.text, connectCost(costs, stream), (socket) => socket.connect(request.text));
      case "bind":
        return this.onSocket(request, request.socket, request.text, costs.call, (socket) => socket.bind(request.text));
      case "unbind":
      case "disconnect":
        return this.onSocket(request, request.socket, request.text, costs.call, (socket) => socket.termEndpoint(request.text));
      case "subscribe":
      case "unsubscribe":
        return this.onSocket(request, request.socket, request.text, costs.call, (socket) => setOption(socket, request.kind, utf8(request.text)));
      case "setsockopt":
        return this.onSocket(request, request.socket, request.option, costs.call, (socket) => this.setOption(socket, request.option, request.value));
      case "getsockopt":
        return this.immediate(request, () => costs.call, () => this.getOption(request.socket, request.option));
      case "log":
        return this.immediate(request, () => 0, () => this.log(request.text));
      case "crash":
      case "restart":
        return this.immediate(request, () => 0, () => this.fault(request.kind, request.node));
    }
  }

  private immediate(request: Request, cost: () => number, work: () => Reply): Call {
    let reply = OK;
    const operation = new Immediate(this.thread, request.kind, () => {
      reply = work();
      return cost();
    });
    return { request, operation, finish: () => reply };
  }

  private onSocket(request: Request, name: string, arg: string, cost: number, work: (socket: SocketBase) => Errno | null): Call {
    let error: Errno | null = null;
    const socket = this.sockets.get(name);
    const operation = new Immediate(this.thread, request.kind, () => {
      error = socket === undefined ? "ENOTSOCK" : work(socket);
      return cost;
    });
    const finish = (): Reply => this.done(request.kind, error, socket === undefined ? { arg } : { socket, arg });
    return { request, operation, finish };
  }

  // --- what the requests do ---

  /** zmq_socket, then the declared options, subscriptions and endpoints as calls of their own. */
  private open(name: string): Reply {
    const plan = this.plan.sockets.find((socket) => socket.name === name) as PlanSocket;
    const existing = this.sockets.get(name);
    if (existing !== undefined && !existing.closed) throw new ProgramError(`socket "${name}" is open already`, this.machine.pointer);
    const socket = this.node.context.createSocket(plan.type, this.node.socketName(this.plan, name));
    if (socket === null) return { error: "ETERM", value: null };
    this.sockets.set(name, socket);
    const calls: Request[] = [
      ...plan.options.map((option): Request => ({ kind: "setsockopt", socket: name, option: option.name, value: typeof option.value === "number" ? option.value : this.text(option.value) })),
      ...plan.subscribe.map((topic): Request => ({ kind: "subscribe", socket: name, text: this.text(topic) })),
      ...plan.bind.map((endpoint): Request => ({ kind: "bind", socket: name, text: this.text(endpoint) })),
      ...plan.connect.map((endpoint): Request => ({ kind: "connect", socket: name, text: this.text(endpoint) })),
    ];
    this.setup.unshift(...calls);
    return OK;
  }

  private setOption(socket: SocketBase, name: string, value: number | string): Errno | null {
    if (isIgnored(name)) this.node.warn(`option-${name}`, `${socket.name}: ${name} is accepted but not modelled`);
    return setOption(socket, name, typeof value === "string" ? utf8(value) : value);
  }

  private getOption(name: string, option: string): Reply {
    const result = getOption(this.socket(name), option);
    const error = typeof result === "string" ? result : null;
    this.done("getsockopt", error, { socket: this.socket(name), arg: option });
    return { error, value: typeof result === "string" ? null : result.value };
  }

  private log(text: string): Reply {
    const { journal } = this.node.process.world;
    if (journal.full) journal.record({ t: journal.now, ev: "log", thread: this.thread.label, text });
    return OK;
  }

  private fault(kind: "crash" | "restart", node: string): Reply {
    this.node.fault(kind, node);
    return OK;
  }

  private text(template: Template): string {
    return compileTemplate(template).evaluate(this.scope);
  }

  private socket(name: string): SocketBase {
    const socket = this.sockets.get(name);
    if (socket === undefined || socket.closed) throw new ProgramError(`socket "${name}" is not open`, this.machine.pointer);
    return socket;
  }

  /** Records a call that is over. */
  private done(call: string, error: Errno | null, about: { socket?: SocketBase; arg?: string; frames?: readonly Frame[]; message?: Message | null } = {}): Reply {
    const { journal } = this.node.process.world;
    if (journal.full) {
      const { socket, arg, frames, message } = about;
      journal.record({
        t: journal.now,
        ev: "call",
        thread: this.thread.label,
        call,
        ...(socket === undefined ? {} : { socket: socket.name }),
        ...(arg === undefined ? {} : { arg }),
        ...(message === undefined || message === null ? {} : { message: message.name }),
        ...(frames === undefined ? {} : { sizes: frames.map((frame) => frame.size), frames: previews(frames) }),
        result: error ?? "ok",
        ...(this.thread.waited > 0 && call !== "proxy" ? { waited: this.thread.waited } : {}),
      });
    }
    return { error, value: null };
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
    } else if (++this.callsAtInstant > this.node.callsPerInstant) throw new LimitError("eventsPerInstant", this.node.callsPerInstant, this.thread.label, now);
  }
}

const isSubscription = (frame: Frame | undefined): boolean => frame !== undefined && frame.size > 0 && frame.byteAt(0) <= 1;
