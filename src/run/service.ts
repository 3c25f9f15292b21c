/** Serves the requests of a program on simulated sockets: one call at a time, each with its cost. */
import type { AppThread, Operation } from "../ctx/app-thread.ts";
import { connectCost } from "../ctx/costs.ts";
import type { Journal } from "../journal/journal.ts";
import { Message } from "../journal/message.ts";
import type { Instant } from "../kernel/time.ts";
import type { Frame } from "../pipe/frame.ts";
import { compileTemplate, type Scope } from "../program/expression.ts";
import { ProgramError, type Reply, type Request } from "../program/machine.ts";
import type { PlanSocket, PlanThread, Template } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import { PollOperation, RecvOperation, SendOperation, SleepOperation, TermOperation } from "../socket/calls.ts";
import type { Errno } from "../socket/errors.ts";
import { eventMask, startMonitor } from "../socket/monitor.ts";
import { getOption, isIgnored, setOption } from "../socket/options.ts";
import { ProxyOperation } from "../socket/proxy.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import { type CallAbout, callEvent } from "./call-events.ts";
import { Immediate } from "./immediate.ts";
import type { Node } from "./node.ts";
import { addressed, ReceivedMessage, toFrames, utf8 } from "./values.ts";

const OK: Reply = { error: null, value: null };

export class Service {
  readonly sockets = new Map<string, SocketBase>();
  private readonly node: Node;
  private readonly thread: AppThread;
  private readonly plan: PlanThread;
  private readonly scope: Scope;
  private readonly journal: Journal;
  /** JSON pointer of the step that is served, for errors. */
  private readonly pointer: () => string;
  private readonly sendOperation: SendOperation;
  private readonly recvOperation: RecvOperation;
  private readonly immediate: Immediate;
  private pollOperation: PollOperation | null = null;
  private proxyOperation: ProxyOperation | null = null;
  /** The frames of the send under way. */
  private sending: readonly Frame[] = [];
  /** Outcome of an immediate call. */
  private reply: Reply = OK;
  /** Identity of a message whose last frame is yet to be sent. */
  private readonly partial = new Map<string, Message | null>();

  constructor(node: Node, thread: AppThread, plan: PlanThread, scope: Scope, pointer: () => string) {
    this.node = node;
    this.thread = thread;
    this.plan = plan;
    this.scope = scope;
    this.pointer = pointer;
    this.journal = node.process.world.journal;
    this.sendOperation = new SendOperation(thread);
    this.recvOperation = new RecvOperation(thread);
    this.immediate = new Immediate(thread);
  }

  /** Begins to serve a request; finish gives the reply when the operation is over. */
  start(request: Request): Operation {
    switch (request.kind) {
      case "send":
        return this.send(request);
      case "recv":
        return this.recvOperation.begin(this.socket(request.socket), request.dontwait);
      case "poll":
        return this.poll(request);
      case "proxy":
        return this.proxy(request);
      case "sleep":
        return this.sleep(request.duration);
      case "term":
        return new TermOperation(this.thread, this.node.context);
      default:
        return this.begin(request);
    }
  }

  finish(request: Request): Reply {
    switch (request.kind) {
      case "send":
        return this.sendDone(request);
      case "recv":
        return this.recvDone(request);
      case "poll":
        return this.pollDone(request, this.pollOperation as PollOperation);
      case "proxy":
        return this.failed("proxy", (this.proxyOperation as ProxyOperation).error);
      case "term":
        return this.failed("term", null);
      case "sleep":
        return OK;
      default:
        return this.reply;
    }
  }

  closeSockets(): void {
    for (const socket of this.sockets.values()) if (!socket.closed) socket.close();
  }

  /**
   * zmq_socket. Gives the declared options, subscriptions and endpoints, in that order, as requests
   * to serve next.
   */
  open(name: string): Request[] {
    const plan = this.plan.sockets.find((socket) => socket.name === name) as PlanSocket;
    const existing = this.sockets.get(name);
    if (existing !== undefined && !existing.closed)
      throw new ProgramError(`socket "${name}" is open already`, this.pointer());
    const socket = this.node.context.createSocket(plan.type, this.node.socketName(this.plan, name));
    if (socket === null)
      throw new ProgramError(`open failed with ${this.node.context.full ? "EMFILE" : "ETERM"}`, this.pointer());
    this.sockets.set(name, socket);
    return [
      ...plan.options.map(
        (option): Request => ({
          kind: "setsockopt",
          socket: name,
          option: option.name,
          value: typeof option.value === "number" ? option.value : this.text(option.value),
        }),
      ),
      ...plan.subscribe.map((topic): Request => ({ kind: "subscribe", socket: name, text: this.text(topic) })),
      ...(plan.join ?? []).map((group): Request => ({ kind: "join", socket: name, text: this.text(group) })),
      ...plan.bind.map((endpoint): Request => ({ kind: "bind", socket: name, text: this.text(endpoint) })),
      ...plan.connect.map((endpoint): Request => ({ kind: "connect", socket: name, text: this.text(endpoint) })),
    ];
  }

  // --- send and receive ---

  private send(request: Request & { kind: "send" }): Operation {
    const socket = this.socket(request.socket);
    this.sending = addressed(toFrames(request.frames, this.identity(socket, request), request.more), request);
    return this.sendOperation.begin(socket, this.sending, request.dontwait);
  }

  private sendDone(request: Request & { kind: "send" }): Reply {
    const { error } = this.sendOperation;
    if (error !== null) this.refused(request);
    if (this.journal.full)
      this.recordFrames("send", error, this.sockets.get(request.socket), this.sending, !request.more);
    return error === null ? OK : { error, value: null };
  }

  /** A message that was refused whole never was one: its number goes to the next. */
  private refused({ socket, forwards }: Request & { kind: "send" }): void {
    const begun = this.partial.get(socket) !== undefined || this.sendOperation.framesSent > 0;
    this.partial.delete(socket);
    if (!begun && forwards === null && this.sending[0]?.message) this.sockets.get(socket)?.numbers.takeBack();
  }

  /** Forwarded messages keep theirs; parts of one message share it; subscriptions have none. */
  private identity(socket: SocketBase, request: Request & { kind: "send" }): Message | null {
    const begun = this.partial.size > 0 ? this.partial.get(request.socket) : undefined;
    const message = begun !== undefined ? begun : newIdentity(socket, request);
    if (request.more) this.partial.set(request.socket, message);
    else if (begun !== undefined) this.partial.delete(request.socket);
    return message;
  }

  private recvDone(request: Request & { kind: "recv" }): Reply {
    const { error, frames } = this.recvOperation;
    if (this.journal.full)
      this.recordFrames("recv", error, this.sockets.get(request.socket), error === null ? frames : null, true);
    if (error !== null) return { error, value: null };
    return request.keep ? { error: null, value: new ReceivedMessage(frames) as unknown as Value } : OK;
  }

  private poll(request: Request & { kind: "poll" }): Operation {
    const items = request.items.map((item) => ({ ...item, socket: this.socket(item.socket) }));
    this.pollOperation = new PollOperation(this.thread, items, request.timeout === null ? -1 : request.timeout / 1e6);
    return this.pollOperation;
  }

  private pollDone(request: Request & { kind: "poll" }, { ready, error }: PollOperation): Reply {
    const states = request.items.map((item, index) => [item.socket, ready[index]] as const);
    if (this.journal.full) {
      const names = states.flatMap(([name, state]) => [
        ...(state?.in ? [`${name}:in`] : []),
        ...(state?.out ? [`${name}:out`] : []),
      ]);
      this.record("poll", error, { arg: names.join(" ") });
    }
    return {
      error,
      value: Object.fromEntries(states.map(([name, state]) => [name, (state?.in ?? false) || (state?.out ?? false)])),
    };
  }

  private proxy(request: Request & { kind: "proxy" }): Operation {
    const sockets = {
      frontend: this.socket(request.frontend),
      backend: this.socket(request.backend),
      capture: request.capture === null ? null : this.socket(request.capture),
    };
    const passed = (call: "recv" | "send") => (socket: SocketBase, frames: readonly Frame[]) => {
      if (this.journal.full) this.recordFrames(call, null, socket, frames, true);
    };
    this.proxyOperation = new ProxyOperation(this.thread, sockets, {
      received: passed("recv"),
      forwarded: passed("send"),
    });
    return this.proxyOperation;
  }

  private sleep(duration: number): Operation {
    const { kernel, costs, stream } = this.thread;
    const slack = duration > 0 ? costs.sleepSlack.sample(stream) : 0;
    return new SleepOperation((kernel.now + duration + slack) as Instant);
  }

  // --- calls that never wait ---

  private begin(request: Request): Operation {
    return this.immediate.begin(request.kind, () => this.perform(request));
  }

  /** Executes an immediate request, leaves its outcome in `reply` and returns its cost in ns. */
  private perform(request: Request): number {
    const { costs } = this.thread;
    this.reply = OK;
    switch (request.kind) {
      case "connect":
        this.onSocket(request.kind, request.socket, request.text, (socket) => socket.connect(request.text));
        return this.connectCost(request.text);
      case "bind":
        this.onSocket(request.kind, request.socket, request.text, (socket) => socket.bind(request.text));
        return costs.bind.sample(this.thread.stream);
      case "unbind":
      case "disconnect":
        this.onSocket(request.kind, request.socket, request.text, (socket) => socket.termEndpoint(request.text));
        return costs.call;
      case "subscribe":
      case "unsubscribe":
        this.onSocket(request.kind, request.socket, request.text, (socket) =>
          setOption(socket, request.kind, utf8(request.text)),
        );
        return costs.call;
      case "join":
      case "leave":
        this.onSocket(request.kind, request.socket, request.text, (socket) =>
          socket.xgroup(request.kind as "join" | "leave", utf8(request.text)),
        );
        return costs.call;
      case "monitor":
        this.onSocket(request.kind, request.socket, request.text, (socket) =>
          startMonitor(socket, request.text, eventMask(request.events)),
        );
        return costs.call;
      case "setsockopt":
        this.onSocket(request.kind, request.socket, request.option, (socket) =>
          this.setOption(socket, request.option, request.value),
        );
        return costs.call;
      case "getsockopt":
        this.getOption(request.socket, request.option);
        return costs.call;
      case "close":
        this.onSocket(request.kind, request.socket, undefined, (socket) => this.close(request.socket, socket));
        return costs.call;
      case "open":
        return costs.socket.sample(this.thread.stream);
      case "log":
        if (this.journal.full)
          this.journal.record({ t: this.journal.now, ev: "log", thread: this.thread.label, text: request.text });
        return 0;
      case "crash":
      case "restart":
        this.node.fault(request.kind, request.node);
        return 0;
      default:
        return 0;
    }
  }

  private connectCost(endpoint: string): number {
    const { costs, stream } = this.thread;
    if (endpoint.startsWith("inproc:")) return costs.call;
    const { process } = this.node;
    const first = !process.connectedBefore;
    process.connectedBefore = true;
    return connectCost(costs, stream, first);
  }

  private onSocket(
    call: string,
    name: string,
    arg: string | undefined,
    work: (socket: SocketBase) => Errno | null,
  ): void {
    const socket = this.sockets.get(name);
    const error = socket === undefined ? "ENOTSOCK" : work(socket);
    this.reply = { error, value: null };
    this.record(call, error, { socket: socket?.name, arg });
  }

  private close(name: string, socket: SocketBase): null {
    socket.close();
    this.sockets.delete(name);
    return null;
  }

  private setOption(socket: SocketBase, name: string, value: number | string): Errno | null {
    if (isIgnored(name)) this.node.warn(`option-${name}`, `${socket.name}: ${name} is accepted but not modelled`);
    return setOption(socket, name, typeof value === "string" ? utf8(value) : value);
  }

  private getOption(name: string, option: string): void {
    const socket = this.socket(name);
    const result = getOption(socket, option);
    const error = typeof result === "string" ? result : null;
    this.record("getsockopt", error, { socket: socket.name, arg: option });
    this.reply = { error, value: typeof result === "string" ? null : result.value };
  }

  private text(template: Template): string {
    return compileTemplate(template).evaluate(this.scope);
  }

  private socket(name: string): SocketBase {
    const socket = this.sockets.get(name);
    if (socket === undefined || socket.closed) throw new ProgramError(`socket "${name}" is not open`, this.pointer());
    return socket;
  }

  // --- the journal ---

  private failed(call: string, error: Errno | null): Reply {
    this.record(call, error, {});
    return { error, value: null };
  }

  private recordFrames(
    call: string,
    error: Errno | null,
    socket: SocketBase | undefined,
    frames: readonly Frame[] | null,
    whole: boolean,
  ): void {
    const message = whole && error === null ? frames?.[frames.length - 1]?.message : null;
    this.record(call, error, { socket: socket?.name, message, frames });
  }

  /** Records a call that is over. */
  private record(call: string, error: Errno | null, about: CallAbout): void {
    const { journal, thread } = this;
    if (!journal.full) return;
    const waited = this.proxyOperation === null ? thread.waited : 0;
    journal.record(callEvent(journal.now, thread.label, call, about, error ?? "ok", waited));
  }
}

function newIdentity(socket: SocketBase, { forwards, frames }: Request & { kind: "send" }): Message | null {
  if (forwards instanceof ReceivedMessage) return forwards.identity;
  if (socket.type === "XSUB" && isSubscription(toFrames(frames, null, false)[0])) return null;
  return new Message(socket.name, socket.numbers.next());
}

const isSubscription = (frame: Frame | undefined): boolean =>
  frame !== undefined && frame.size > 0 && frame.byteAt(0) <= 1;
