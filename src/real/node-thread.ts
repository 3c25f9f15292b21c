/** A thread of a node as an asynchronous machine: serves the requests of its program on real sockets, one at a time. */
import type { RandomStream } from "../kernel/random.ts";
import { compileTemplate, type Scope } from "../program/expression.ts";
import { Machine, type OutFrame, type Program, ProgramError, type Reply, type Request } from "../program/machine.ts";
import type { PlanSocket, PlanThread } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import { turn } from "./clock.ts";
import { type Mark, withMark } from "./mark.ts";
import { watchMonitor } from "./monitor.ts";
import type { NodeProcess } from "./node-process.ts";
import { pollSockets } from "./poll.ts";
import type { RawDetail } from "./protocol.ts";
import { runProxy } from "./proxy.ts";
import { builtins, setupOf } from "./setting.ts";
import { attempt, errorCode, RealSocket } from "./socket.ts";
import { isMereSize, prints, RealMessage, shown, toBuffer } from "./values.ts";

const OK: Reply = { error: null, value: null };
/** Calls in a row that did not wait, before the other threads of the process get their turn. */
const CALLS_PER_TURN = 32;

/** Frames of a message whose last part is yet to come. */
interface Partial {
  readonly buffers: Buffer[];
  /** The first part's `forwards`. */
  readonly receipt: number | undefined;
}

export class NodeThread {
  readonly plan: PlanThread;
  readonly label: string;
  readonly sockets = new Map<string, RealSocket>();
  failed = false;
  over = false;
  private readonly host: NodeProcess;
  private readonly machine: Machine;
  private readonly scope: Scope;
  private readonly setup: Request[] = [];
  private readonly partial = new Map<string, Partial>();
  private readonly sent = new Map<string, number>();
  private stopped = false;

  constructor(host: NodeProcess, plan: PlanThread, program: Program, random: RandomStream) {
    this.host = host;
    this.plan = plan;
    this.label = plan.name === "" ? host.plan.name : `${host.plan.name}.${plan.name}`;
    this.machine = new Machine(program, plan, { get: (name) => this.builtin(name), random });
    this.scope = this.machine.environment;
    for (const socket of plan.sockets) if (socket.atStart) this.setup.push({ kind: "open", socket: socket.name });
  }

  /** Runs to the end of the program. Closes its sockets, also when it fails. */
  async run(): Promise<void> {
    this.host.journal.write({ ev: "thread", thread: this.label, what: "start" });
    try {
      for (let calls = 1; !this.stopped; calls++) {
        const request = this.setup.shift() ?? this.machine.next();
        if (request === null) break;
        const reply = await this.serve(request);
        if (this.stopped) break;
        this.complete(request, reply);
        if (calls % CALLS_PER_TURN === 0) await turn();
      }
    } catch (error) {
      this.fail(error);
    }
    this.over = true;
    for (const socket of this.sockets.values()) this.close(socket);
    await this.host.threadEnded(this);
  }

  /** Another thread exits the process. */
  stop(): void {
    this.stopped = true;
    this.over = true;
    for (const socket of this.sockets.values()) this.close(socket);
  }

  private complete(request: Request, reply: Reply): void {
    if (this.machine.pointer !== "") this.machine.complete(reply);
    else if (reply.error !== null) throw new ProgramError(`${request.kind} failed with ${reply.error}`, "");
  }

  private fail(error: unknown): void {
    if (!(error instanceof ProgramError)) throw error;
    this.failed = true;
    this.host.journal.write({
      ev: "thread",
      thread: this.label,
      what: "fail",
      pointer: error.pointer,
      error: error.message,
    });
  }

  // --- requests ---

  private async serve(request: Request): Promise<Reply> {
    switch (request.kind) {
      case "send":
        return this.send(request);
      case "recv":
        return this.recv(request);
      case "poll":
        return this.poll(request);
      case "sleep":
        return this.sleep(request.duration);
      case "proxy":
        return this.proxy(request);
      case "bind":
        return this.onSocket(request, request.socket, request.text, (socket) => this.bind(socket, request.text));
      case "unbind":
        return this.onSocket(request, request.socket, request.text, (socket) => this.unbind(socket, request.text));
      case "term":
        this.host.journal.write({ ev: "call", thread: this.label, call: "term", result: "ok" });
        return OK;
      case "exit":
        this.stopped = true;
        await this.host.exit(this, request.code);
        return OK;
      default:
        return this.simple(request);
    }
  }

  private async simple(request: Request): Promise<Reply> {
    switch (request.kind) {
      case "open":
        this.open(request.socket);
        return OK;
      case "close":
        return this.onSocket(request, request.socket, undefined, (socket) => {
          this.sockets.delete(request.socket);
          return this.close(socket);
        });
      case "connect":
      case "disconnect":
        return this.onSocket(request, request.socket, request.text, async (socket) => {
          const address = await this.host.realEndpoint(request.text, false);
          return attempt(() => socket.raw[request.kind as "connect"](address));
        });
      case "subscribe":
      case "unsubscribe":
        return this.onSocket(request, request.socket, request.text, (socket) => socket.set(request.kind, request.text));
      case "join":
      case "leave": {
        const { kind } = request;
        return this.onSocket(request, request.socket, request.text, (socket) =>
          socket.group(kind as "join", request.text),
        );
      }
      case "setsockopt":
        return this.onSocket(request, request.socket, request.option, (socket) =>
          socket.set(request.option, request.value),
        );
      case "getsockopt":
        return this.getOption(request.socket, request.option);
      case "log":
        this.host.journal.write({ ev: "log", thread: this.label, text: request.text });
        return OK;
      case "crash":
      case "restart":
        this.host.fault(request.kind, request.node);
        return OK;
      default:
        return OK;
    }
  }

  private async send(request: Request & { kind: "send" }): Promise<Reply> {
    const { socket: name, frames, forwards, dontwait, more, group, routingId } = request;
    const socket = this.socket(name);
    const partial = this.partial.get(name) ?? {
      buffers: [],
      receipt: forwards instanceof RealMessage ? forwards.receipt : undefined,
    };
    const buffers = [...partial.buffers, ...frames.map(toBuffer)];
    const fresh = { ...this.about("send", socket), sizes: buffers.map(({ length }) => length), frames: shown(buffers) };
    if (more) {
      // zeromq.js takes whole messages only.
      this.partial.set(name, { ...partial, buffers });
      this.host.journal.write({ ...fresh, result: "ok" });
      return OK;
    }
    this.partial.delete(name);
    const detail = this.identity(socket, buffers, partial.receipt);
    const parts = this.marked(socket, buffers, frames.at(-1), detail);
    let waited = false;
    const begun = this.host.clock.now();
    const error = await socket.send(parts, { dontwait, group, routingId }, (timeout) => {
      waited = true;
      this.block("send", socket.name, timeout);
    });
    if (this.stopped) return OK;
    const t = this.host.clock.now();
    // A message that was refused was none.
    if (error !== null && detail.number !== undefined) this.sent.set(socket.name, detail.number);
    this.host.journal.write(
      {
        ...fresh,
        result: error ?? "ok",
        ...(waited ? { waited: t - begun } : {}),
        raw: { ...detail, begun, prints: prints(buffers) },
      },
      t,
    );
    return { error, value: null };
  }

  /** Forwarded messages keep theirs; subscriptions have none. */
  private identity(socket: RealSocket, buffers: readonly Buffer[], receipt: number | undefined): RawDetail {
    if (receipt !== undefined) return { receipt };
    if (socket.type === "XSUB" && (buffers[0]?.[0] ?? 2) <= 1) return {};
    const number = this.sent.get(socket.name) ?? this.host.marks.firstNumber;
    this.sent.set(socket.name, number + 1);
    return { number };
  }

  private marked(
    socket: RealSocket,
    buffers: readonly Buffer[],
    last: OutFrame | undefined,
    detail: RawDetail,
  ): readonly Buffer[] {
    // A lone frame of a ROUTER is an address and nothing else.
    if (socket.type === "ROUTER" && buffers.length < 2) return buffers;
    const mark = this.host.marks.toSend(socket.name, detail);
    if (mark === undefined) return buffers;
    return [...buffers.slice(0, -1), withMark(buffers.at(-1) as Buffer, mark, last !== undefined && isMereSize(last))];
  }

  private async recv({ socket: name, dontwait }: Request & { kind: "recv" }): Promise<Reply> {
    const socket = this.socket(name);
    const begun = this.host.clock.now();
    let waited = false;
    const found = await socket.receive(dontwait, (timeout) => {
      waited = true;
      this.block("recv", socket.name, timeout);
    });
    if (this.stopped) return OK;
    const t = this.host.clock.now();
    const wait = waited ? { waited: t - begun } : {};
    if (typeof found === "string") {
      this.host.journal.write({ ...this.about("recv", socket), result: found, ...wait }, t);
      return { error: found, value: null };
    }
    const { buffers, mark } = this.unmarked(found.buffers);
    const receipt = this.host.marks.received(mark);
    const detail: RawDetail = { receipt, prints: prints(buffers), ...(mark === undefined ? {} : { mark }) };
    const sizes = buffers.map(({ length }) => length);
    this.host.journal.write(
      { ...this.about("recv", socket), sizes, frames: shown(buffers), result: "ok", ...wait, raw: detail },
      t,
    );
    return { error: null, value: new RealMessage(buffers, receipt, found) as unknown as Value };
  }

  private unmarked(buffers: readonly Buffer[]): { readonly buffers: readonly Buffer[]; readonly mark?: Mark } {
    const found = this.host.marks.read(buffers.at(-1) as Buffer);
    return found === undefined ? { buffers } : { buffers: [...buffers.slice(0, -1), found.frame], mark: found.mark };
  }

  private async poll({ items, timeout }: Request & { kind: "poll" }): Promise<Reply> {
    const watched = items.map((item) => ({ ...item, name: item.socket, socket: this.socket(item.socket) }));
    const { clock, journal } = this.host;
    const begun = clock.now();
    let waited = false;
    const ready = await pollSockets(watched, timeout, clock, () => {
      waited = true;
      this.block("poll", watched.map(({ socket }) => socket.name).join(", "), timeout === null ? -1 : timeout / 1e6);
    });
    if (this.stopped) return OK;
    const arg = ready.flatMap((one) => [
      ...(one.in ? [`${one.name}:in`] : []),
      ...(one.out ? [`${one.name}:out`] : []),
    ]);
    const wait = waited ? { waited: clock.now() - begun } : {};
    journal.write({ ev: "call", thread: this.label, call: "poll", arg: arg.join(" "), result: "ok", ...wait });
    return { error: null, value: Object.fromEntries(ready.map((one) => [one.name, one.in || one.out])) };
  }

  private async sleep(duration: number): Promise<Reply> {
    const until = this.host.clock.now() + duration;
    this.host.journal.write({ ev: "asleep", thread: this.label });
    if (duration === 0) await turn();
    else await this.host.wait(until);
    return OK;
  }

  private async proxy({ frontend, backend, capture }: Request & { kind: "proxy" }): Promise<Reply> {
    const front = this.socket(frontend);
    const back = this.socket(backend);
    this.host.journal.write({ ev: "block", thread: this.label, call: "proxy", socket: `${front.name}, ${back.name}` });
    const error = await runProxy(this.host, front, back, capture === null ? null : this.socket(capture));
    if (!this.stopped)
      this.host.journal.write({ ev: "call", thread: this.label, call: "proxy", result: error ?? "ok" });
    return { error, value: null };
  }

  private async bind(socket: RealSocket, text: string): Promise<string | null> {
    const address = await this.host.realEndpoint(text, true);
    const error = attempt(() => socket.raw.bindSync(address));
    const last = error === null ? socket.get("last_endpoint") : null;
    if (last !== null && typeof last !== "string") this.host.endpoints.bound(String(last.value));
    return error;
  }

  /** Not unbindSync, which binds: zeromq.js 6.8.0 registers the wrong function under that name. */
  private async unbind(socket: RealSocket, text: string): Promise<string | null> {
    try {
      await this.host.realEndpoint(text, true);
      await socket.raw.unbind(this.host.endpoints.realForUnbind(text));
      return null;
    } catch (error) {
      return errorCode(error);
    }
  }

  private async onSocket(
    request: Request,
    name: string,
    arg: string | undefined,
    work: (socket: RealSocket) => string | null | Promise<string | null>,
  ): Promise<Reply> {
    const socket = this.sockets.get(name);
    const error = socket === undefined ? "ENOTSOCK" : await work(socket);
    const about =
      socket === undefined
        ? { ev: "call" as const, thread: this.label, call: request.kind }
        : this.about(request.kind, socket);
    this.host.journal.write({ ...about, ...(arg === undefined ? {} : { arg }), result: error ?? "ok" });
    return { error, value: null };
  }

  private getOption(name: string, option: string): Reply {
    const socket = this.socket(name);
    const found = socket.get(option);
    const error = typeof found === "string" ? found : null;
    this.host.journal.write({ ...this.about("getsockopt", socket), arg: option, result: error ?? "ok" });
    if (typeof found === "string") return { error, value: null };
    return {
      error,
      value: option === "last_endpoint" ? this.host.endpoints.declared(String(found.value)) : found.value,
    };
  }

  private open(name: string): void {
    const plan = this.plan.sockets.find((socket) => socket.name === name) as PlanSocket;
    if (this.sockets.has(name)) throw new ProgramError(`socket "${name}" is open already`, this.machine.pointer);
    const full = `${this.label}.${name}`;
    const socket = new RealSocket(
      full,
      plan.type,
      this.host.library.open(plan.type),
      this.host.plan.binding === "zeromq.js",
    );
    this.sockets.set(name, socket);
    this.host.journal.write({ ev: "socket", socket: full, what: "open", type: plan.type });
    watchMonitor(this.host, socket);
    this.setup.unshift(...setupOf(plan, (template) => compileTemplate(template).evaluate(this.scope)));
  }

  private close(socket: RealSocket): null {
    if (socket.raw.closed) return null;
    socket.close();
    this.host.journal.write({ ev: "socket", socket: socket.name, what: "close" });
    return null;
  }

  // --- for all of them ---

  private socket(name: string): RealSocket {
    const socket = this.sockets.get(name);
    if (socket === undefined || socket.raw.closed)
      throw new ProgramError(`socket "${name}" is not open`, this.machine.pointer);
    return socket;
  }

  private about(call: string, socket: RealSocket) {
    return { ev: "call", thread: this.label, call, socket: socket.name } as const;
  }

  private block(call: string, socket: string, timeoutMs: number): void {
    const t = this.host.clock.now();
    const raw = timeoutMs < 0 ? {} : { raw: { deadline: t + timeoutMs * 1e6 } };
    this.host.journal.write({ ev: "block", thread: this.label, call, socket, ...raw }, t);
  }

  private builtin(name: string): Value | undefined {
    const { plan } = this.host;
    const values = builtins(plan, this.plan, this.host);
    return Object.hasOwn(values, name) ? values[name]?.() : undefined;
  }
}
