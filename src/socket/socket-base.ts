/** What all socket types share: commands, pipes, endpoints, send and receive. libzmq: socket_base.cpp. */
import type { IoThread } from "../ctx/io-thread.ts";
import { Command, Mailbox, type MailboxReader, send, type Waiter } from "../ctx/mailbox.ts";
import { defaultOptions, effectiveConflate, type SocketOptions, type SocketTypeName } from "../ctx/options.ts";
import { Own } from "../ctx/own.ts";
import type { Journal } from "../journal/journal.ts";
import { type Endpoint, parseEndpoint } from "../network/address.ts";
import type { Process } from "../network/process.ts";
import { type Frame, ROUTING_ID } from "../pipe/frame.ts";
import { Frame as FrameClass } from "../pipe/frame.ts";
import { Pipe, type PipeEvents } from "../pipe/pipe.ts";
import { Listener } from "../session/listener.ts";
import { Session, type SessionParameters, type SessionSocket } from "../session/session.ts";
import type { Context } from "./context.ts";
import { type Errno, errnoNumber } from "./errors.ts";

/** recv looks at its mailbox only every so many calls while messages are there. libzmq: inbound_poll_rate. */
const INBOUND_POLL_RATE = 100;

interface EndpointEntry {
  readonly child: Own;
  pipe: Pipe | null;
}

export abstract class SocketBase extends Own implements SessionSocket, PipeEvents, MailboxReader {
  readonly context: Context;
  /** "node.socket". */
  readonly name: string;
  readonly process: Process;
  readonly options: SocketOptions;
  readonly mailbox: Mailbox;
  readonly pipes: Pipe[] = [];
  /** Error of the last call that failed. */
  errno: Errno = "EAGAIN";
  lastEndpoint = "";
  closed = false;
  protected readonly journal: Journal;
  private readonly endpoints = new Map<string, EndpointEntry[]>();
  private readonly inprocs = new Map<string, Pipe[]>();
  private readonly waiters = new Set<Waiter>();
  private reaper: MailboxReader | null = null;
  /** The context is going: every call fails with ETERM. libzmq: _ctx_terminated. */
  ctxTerminated = false;
  private monitorStopped = false;
  private destroyed = false;
  private ticks = 0;
  private lastThrottledDrain = -Infinity;
  private messagesStarted = 0;

  constructor(context: Context, type: SocketTypeName, name: string) {
    super();
    this.context = context;
    this.process = context.process;
    this.journal = context.process.world.journal;
    this.name = name;
    this.options = defaultOptions(type, context.blocky);
    this.mailbox = new Mailbox(this);
  }

  get type(): SocketTypeName {
    return this.options.type;
  }

  // --- what each type defines ---

  protected abstract xattachPipe(pipe: Pipe, locallyInitiated: boolean): void;
  protected abstract xpipeTerminated(pipe: Pipe): void;
  /** null: sent. */
  protected xsend(_frame: Frame): Errno | "broken" | null {
    return "ENOTSUP";
  }
  /** null: nothing, with errno set. */
  protected xrecv(): Frame | null {
    this.errno = "ENOTSUP";
    return null;
  }
  protected xhasIn(): boolean {
    return false;
  }
  protected xhasOut(): boolean {
    return false;
  }
  protected xreadActivated(_pipe: Pipe): void {}
  protected xwriteActivated(_pipe: Pipe): void {}
  protected xhiccuped(_pipe: Pipe): void {}
  /** Frames that were taken from a pipe and not given to the program: hand them to `lose` when the socket ends. */
  xprefetched(): readonly Frame[] {
    return [];
  }
  /** Type-specific options; false: not one of this type's. */
  xsetOption(_name: string, _value: number | string): Errno | null | false {
    return false;
  }
  xgetOption(_name: string): number | string | null {
    return null;
  }
  /** zmq_join and zmq_leave: DISH only. */
  xgroup(_what: "join" | "leave", _group: string): Errno | null {
    return "EINVAL";
  }

  // --- send and receive ---

  /** Number of the next message that a program sends here. */
  nextMessageNumber(): number {
    return this.messagesStarted++;
  }

  /** The message that got the last number was refused whole. */
  takeBackMessageNumber(): void {
    this.messagesStarted--;
  }

  /** zmq_msg_send without waiting. "EAGAIN" may be waited out with retrySend. */
  send(frame: Frame, dontwait: boolean): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(true);
    if (this.ctxTerminated) return "ETERM";
    const result = this.xsend(frame);
    if (result !== "broken") return this.sent(frame, result);
    // The pipe died in the middle of a message: a blocking call drops the rest in silence.
    if (dontwait || this.options.sndtimeo === 0) return "EAGAIN";
    this.dropIncomplete(frame);
    return null;
  }

  retrySend(frame: Frame): Errno | null {
    this.processCommands(false);
    if (this.ctxTerminated) return "ETERM";
    const result = this.xsend(frame);
    return this.sent(frame, result === "broken" ? "EAGAIN" : result);
  }

  /** zmq_msg_recv without waiting: a frame, or null with errno set. */
  recv(dontwait: boolean): Frame | null {
    if (this.ctxTerminated) return this.fail("ETERM");
    if (++this.ticks === INBOUND_POLL_RATE) {
      this.processCommands(false);
      this.ticks = 0;
      if (this.ctxTerminated) return this.fail("ETERM");
    }
    const frame = this.take();
    if (frame !== null || this.errno !== "EAGAIN") return frame;
    return dontwait || !this.mailbox.empty ? this.retryRecv() : null;
  }

  retryRecv(): Frame | null {
    this.processCommands(false);
    if (this.ctxTerminated) return this.fail("ETERM");
    this.ticks = 0;
    return this.take();
  }

  /** ZMQ_EVENTS. Drains the mailbox. */
  events(): { in: boolean; out: boolean } | Errno {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    if (this.ctxTerminated) return "ETERM";
    return { in: this.xhasIn(), out: this.xhasOut() };
  }

  /** Processes the mailbox; a throttled call skips that within commandDelay of the last throttled one. */
  processCommands(throttle: boolean): void {
    if (throttle) {
      const { now } = this.process.world.kernel;
      if (now - this.lastThrottledDrain <= this.process.costs.commandDelay) return;
      this.lastThrottledDrain = now;
    }
    this.mailbox.drain();
  }

  /** Who waits for commands to this socket. */
  addWaiter(thread: Waiter): void {
    this.waiters.add(thread);
    // A command may have come between the last look and the wait.
    if (!this.mailbox.empty) thread.wake();
  }

  removeWaiter(thread: Waiter): void {
    this.waiters.delete(thread);
  }

  mailboxActive(): void {
    if (this.reaper !== null) {
      this.reaper.mailboxActive();
      return;
    }
    for (const thread of this.waiters) thread.wake();
  }

  // --- endpoints ---

  bind(text: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    const endpoint = parseEndpoint(text, true);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") {
      if (!this.context.registerEndpoint(text, this)) return "EADDRINUSE";
      this.lastEndpoint = text;
      this.context.connectPending(text, this);
      return null;
    }
    const thread = this.chooseIoThread(this.options.affinity);
    if (thread === null) return "EMTHREAD";
    const listener = new Listener(thread, this, { ...this.options }, (parameters) => this.createSession(parameters));
    const error = listener.open(endpoint, errnoNumber);
    if (error !== null) return error;
    this.lastEndpoint = listener.endpointText;
    this.addEndpoint(listener.endpointText, listener, null);
    return null;
  }

  connect(text: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    const endpoint = parseEndpoint(text, false);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") {
      this.context.connectInproc(text, this);
      this.lastEndpoint = text;
      return null;
    }
    // A second connection to the same place makes no sense for these types.
    const { type } = this.options;
    if ((type === "DEALER" || type === "SUB" || type === "PUB" || type === "REQ") && this.endpoints.has(text)) return null;
    return this.connectNetwork(text, endpoint);
  }

  /** zmq_disconnect and zmq_unbind are one function. libzmq: term_endpoint. */
  termEndpoint(text: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    const endpoint = parseEndpoint(text, true);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") return this.termInproc(text);
    const key = this.endpoints.has(text) ? text : resolvedBind(endpoint);
    const entries = this.endpoints.get(key);
    if (entries === undefined) return "ENOENT";
    for (const { child, pipe } of entries) {
      pipe?.terminate(false);
      this.termChild(child);
    }
    this.endpoints.delete(key);
    return null;
  }

  /** Attaches the local half of an inproc pipe. */
  attachInproc(text: string, pipe: Pipe): void {
    this.attachPipe(pipe, true);
    const pipes = this.inprocs.get(text);
    if (pipes === undefined) this.inprocs.set(text, [pipe]);
    else pipes.push(pipe);
  }

  chooseIoThread(affinity: number): IoThread | null {
    return this.context.chooseIoThread(affinity);
  }

  monitor(event: string, value: number, endpoint: string): void {
    if (this.monitorStopped) return;
    this.context.monitor?.(this, event, value, endpoint);
    if (this.journal.full) this.journal.record({ t: this.journal.now, ev: "monitor", socket: this.name, event, value, endpoint });
  }

  // --- the end ---

  /** zmq_close: the reaper takes over. */
  close(): void {
    this.closed = true;
    this.context.reap(this);
  }

  /** In the reaper's thread. libzmq: socket_base_t::start_reaping. */
  startReaping(reader: MailboxReader): void {
    this.reaper = reader;
    this.terminate();
    this.checkDestroy();
  }

  /** In the reaper's thread, when commands wait. */
  reapCommands(): number {
    const count = this.mailbox.drain();
    this.checkDestroy();
    return count;
  }

  /** The context is going: calls fail with ETERM from when this command is processed. */
  stop(): void {
    send(this, Command.stop);
  }

  // --- commands and pipe events ---

  override processCommand(command: number, arg: number, ref: unknown): void {
    switch (command) {
      case Command.bind:
        this.attachPipe(ref as Pipe, false);
        this.seqnumProcessed();
        break;
      case Command.inprocConnected:
        this.seqnumProcessed();
        break;
      case Command.stop:
        this.stopMonitor();
        this.ctxTerminated = true;
        break;
      case Command.termEndpoint:
        this.termEndpoint(ref as string);
        break;
      default:
        super.processCommand(command, arg, ref);
    }
  }

  readActivated(pipe: Pipe): void {
    this.xreadActivated(pipe);
  }

  writeActivated(pipe: Pipe): void {
    this.xwriteActivated(pipe);
  }

  hiccuped(pipe: Pipe): void {
    if (this.options.immediate) pipe.terminate(false);
    else this.xhiccuped(pipe);
  }

  pipeTerminated(pipe: Pipe): void {
    this.xpipeTerminated(pipe);
    this.notePipe(pipe, "end");
    this.pipes.splice(this.pipes.indexOf(pipe), 1);
    for (const entries of this.endpoints.values()) for (const entry of entries) if (entry.pipe === pipe) entry.pipe = null;
    for (const pipes of this.inprocs.values()) if (pipes.includes(pipe)) pipes.splice(pipes.indexOf(pipe), 1);
    if (this.terminating) this.unregisterTermAck();
  }

  protected override processTerm(linger: number): void {
    this.context.unregisterEndpoints(this);
    for (const pipe of this.pipes) pipe.terminate(false);
    this.registerTermAcks(this.pipes.length);
    super.processTerm(linger);
  }

  protected override lingerMs(): number {
    return this.options.linger;
  }

  protected override processDestroy(): void {
    this.destroyed = true;
  }

  /** Sessions of this type. REQ has its own. */
  protected createSession(parameters: SessionParameters): Session {
    return new Session(parameters);
  }

  /** A setsockopt of SNDHWM or RCVHWM reaches the live pipes. libzmq: update_pipe_options. */
  updatePipeHwms(): void {
    const { rcvhwm, sndhwm } = this.options;
    for (const pipe of this.pipes) {
      pipe.setHwms(rcvhwm, sndhwm);
      pipe.sendHwmsToPeer(sndhwm, rcvhwm);
    }
  }

  /** The rest of a message whose pipe is gone. */
  protected dropIncomplete(frame: Frame): void {
    if (!frame.more && frame.message !== null) this.journal.drop(frame.message, "incomplete", this.name);
  }

  protected fail(errno: Errno): null {
    this.errno = errno;
    return null;
  }

  private sent(frame: Frame, result: Errno | null): Errno | null {
    if (result === null && !frame.more && frame.message?.origin === this.name) this.journal.sent++;
    return result;
  }

  private take(): Frame | null {
    this.errno = "EAGAIN";
    const frame = this.xrecv();
    if (frame !== null && !frame.more && frame.message !== null) this.journal.delivered++;
    return frame;
  }

  private attachPipe(pipe: Pipe, locallyInitiated: boolean): void {
    pipe.setSink(this);
    this.pipes.push(pipe);
    this.notePipe(pipe, "attach");
    this.xattachPipe(pipe, locallyInitiated);
    if (!this.terminating) return;
    this.registerTermAcks(1);
    pipe.terminate(false);
  }

  private connectNetwork(text: string, target: Endpoint): Errno | null {
    const thread = this.chooseIoThread(this.options.affinity);
    if (thread === null) return "EMTHREAD";
    const options = { ...this.options };
    const session = this.createSession({ thread, socket: this, options, target, endpoint: text });
    let pipe: Pipe | null = null;
    if (!options.immediate) {
      const conflate = effectiveConflate(options);
      const { world } = this.process;
      const [mine, theirs] = Pipe.pair({
        id: world.pipeIds++,
        ends: [
          { mailbox: this.mailbox, role: "socket", socketName: this.name, peerName: text },
          { mailbox: thread.mailbox, role: "session", socketName: this.name, peerName: text },
        ],
        hwms: conflate ? [-1, -1] : [options.sndhwm, options.rcvhwm],
        conflate,
        journal: this.journal,
      });
      this.attachPipe(mine, true);
      session.attachPipe(theirs);
      pipe = mine;
    }
    this.lastEndpoint = text;
    this.addEndpoint(text, session, pipe);
    return null;
  }

  private addEndpoint(text: string, child: Own, pipe: Pipe | null): void {
    this.launchChild(child);
    const entries = this.endpoints.get(text);
    if (entries === undefined) this.endpoints.set(text, [{ child, pipe }]);
    else entries.push({ child, pipe });
  }

  private termInproc(text: string): Errno | null {
    if (this.context.unregisterEndpoint(text, this)) return null;
    const pipes = this.inprocs.get(text);
    if (pipes === undefined) return "ENOENT";
    this.inprocs.delete(text);
    for (const pipe of pipes) pipe.terminate(true);
    return null;
  }

  private checkDestroy(): void {
    if (!this.destroyed || this.reaper === null) return;
    this.reaper = null;
    this.stopMonitor();
    for (const frame of this.xprefetched()) {
      if (frame.message !== null && !frame.more) this.journal.lose(frame.message, "receiver-closed", frame.message.origin, this.name, "prefetched");
    }
    this.context.destroySocket(this);
  }

  /** The last event: the socket or its context is going. */
  private stopMonitor(): void {
    this.monitor("MONITOR_STOPPED", 0, "");
    this.monitorStopped = true;
  }

  private notePipe(pipe: Pipe, what: "attach" | "end"): void {
    if (this.journal.full) this.journal.record({ t: this.journal.now, ev: "pipe", socket: this.name, peer: pipe.peerName, pipe: pipe.id, what });
  }
}

/** A bind is known by the address it resolved to; of "*" no address comes, so that unbind does not find it. libzmq: resolve_tcp_addr. */
const resolvedBind = (endpoint: Endpoint): string => (endpoint.transport === "tcp" ? `tcp://${endpoint.host === "localhost" ? "127.0.0.1" : endpoint.host}:${endpoint.port}` : `ipc://${endpoint.address}`);

/** The routing-id frame that precedes everything in a pipe to a type that wants it. */
export const routingIdFrame = (options: SocketOptions): Frame => FrameClass.of(options.routingId, ROUTING_ID);
