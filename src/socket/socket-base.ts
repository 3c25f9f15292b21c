/** What all socket types share: commands, pipes, endpoints, send and receive. libzmq: socket_base.cpp. */
import type { IoThread } from "../ctx/io-thread.ts";
import { Command, Mailbox, type MailboxReader, send, type Waiter } from "../ctx/mailbox.ts";
import { defaultOptions, effectiveHelloMsg, type SocketOptions, type SocketTypeName } from "../ctx/options.ts";
import { Own } from "../ctx/own.ts";
import type { Journal } from "../journal/journal.ts";
import type { Process } from "../network/process.ts";
import { type PipeEvents, sendDisconnectMsg } from "../pipe/ends.ts";
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { HelloSession } from "../session/hello-session.ts";
import { Session, type SessionParameters, type SessionSocket } from "../session/session.ts";
import type { Context } from "./context.ts";
import { Endpoints } from "./endpoints.ts";
import type { Errno } from "./errors.ts";
import { appended, erase, NO_PIPES } from "./lb.ts";
import { MessageNumbers } from "./message-numbers.ts";

/** recv looks at its mailbox only every so many calls while messages are there. libzmq: inbound_poll_rate. */
const INBOUND_POLL_RATE = 100;

/** Shared by the sockets for which nobody waits. */
const NO_WAITERS: readonly Waiter[] = [];

const setSocketIndex = (pipe: Pipe, index: number): void => {
  pipe.socketIndex = index;
};

export abstract class SocketBase extends Own implements SessionSocket, PipeEvents, MailboxReader {
  readonly context: Context;
  /** "node.socket". */
  readonly name: string;
  readonly process: Process;
  options: SocketOptions;
  readonly mailbox: Mailbox;
  pipes: Pipe[] = NO_PIPES;
  /** Error of the last call that failed. */
  errno: Errno = "EAGAIN";
  lastEndpoint = "";
  closed = false;
  /** Of the messages that programs send here. */
  readonly numbers: MessageNumbers;
  protected readonly journal: Journal;
  private readonly endpoints = new Endpoints(this);
  private waiters: readonly Waiter[] = NO_WAITERS;
  private reaper: MailboxReader | null = null;
  /** The context is going: every call fails with ETERM. libzmq: _ctx_terminated. */
  ctxTerminated = false;
  private monitorStopped = false;
  private destroyed = false;
  private ticks = 0;
  private lastThrottledDrain = -Infinity;

  constructor(context: Context, type: SocketTypeName, name: string) {
    super();
    this.context = context;
    this.process = context.process;
    this.journal = context.process.world.journal;
    this.name = name;
    this.numbers = new MessageNumbers(this.journal, name);
    this.options = defaultOptions(type, context.blocky);
    this.mailbox = new Mailbox(this);
  }

  /** What is bound and connected already keeps the options it began with. */
  changeOptions(change: Partial<SocketOptions>): void {
    this.options = { ...this.options, ...change };
  }

  get type(): SocketTypeName {
    return this.options.type;
  }

  // --- what each type defines ---

  /** `subscribeToAll`: over udp, where nobody tells what it wants. */
  protected abstract xattachPipe(pipe: Pipe, locallyInitiated: boolean, subscribeToAll: boolean): void;
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
    return "ENOTSUP";
  }

  // --- send and receive ---

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

  /** Processes the mailbox, or not: a throttled call skips that within commandDelay of the last throttled one. */
  processCommands(throttle: boolean): boolean {
    if (throttle) {
      const { now } = this.process.world.kernel;
      if (now - this.lastThrottledDrain <= this.process.costs.commandDelay) return false;
      this.lastThrottledDrain = now;
    }
    this.mailbox.drain();
    return true;
  }

  /** Who waits for commands to this socket. */
  addWaiter(thread: Waiter): void {
    if (!this.waiters.includes(thread)) this.waiters = [...this.waiters, thread];
    // A command may have come between the last look and the wait.
    if (!this.mailbox.empty) thread.wake();
  }

  removeWaiter(thread: Waiter): void {
    this.waiters =
      this.waiters.length === 1 && this.waiters[0] === thread
        ? NO_WAITERS
        : this.waiters.filter((other) => other !== thread);
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
    return this.endpoints.bind(text);
  }

  connect(text: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    return this.endpoints.connect(text);
  }

  /** zmq_disconnect and zmq_unbind are one function. libzmq: term_endpoint. */
  termEndpoint(text: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    this.processCommands(false);
    return this.endpoints.terminate(text);
  }

  /** Attaches the local half of an inproc pipe. */
  attachInproc(text: string, pipe: Pipe): void {
    this.attachPipe(pipe, true);
    this.endpoints.addInproc(text, pipe);
  }

  chooseIoThread(affinity: number): IoThread | null {
    return this.context.chooseIoThread(affinity);
  }

  /** True: see Monitor.tell. */
  monitor(event: string, value: number, endpoint: string): boolean {
    if (this.monitorStopped) return false;
    const looked = this.context.tell(this, event, value, endpoint);
    if (this.journal.full)
      this.journal.record({ t: this.journal.now, ev: "monitor", socket: this.name, event, value, endpoint });
    return looked;
  }

  // --- the end ---

  /** zmq_close: the reaper takes over. */
  close(): void {
    this.closed = true;
    this.numbers.end();
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
    erase(this.pipes, pipe.socketIndex, setSocketIndex);
    this.endpoints.pipeTerminated(pipe);
    if (this.terminating) this.unregisterTermAck();
  }

  protected override processTerm(linger: number): void {
    this.context.unregisterEndpoints(this);
    for (const pipe of this.pipes) {
      sendDisconnectMsg(pipe);
      pipe.terminate(false);
    }
    this.registerTermAcks(this.pipes.length);
    super.processTerm(linger);
  }

  protected override lingerMs(): number {
    return this.options.linger;
  }

  protected override processDestroy(): void {
    this.destroyed = true;
  }

  /** Sessions of this type. REQ, DISH have their own. libzmq: session_base_t::create. */
  createSession(parameters: SessionParameters): Session {
    return effectiveHelloMsg(parameters.options) === "" ? new Session(parameters) : new HelloSession(parameters);
  }

  /** The rest of a message whose pipe is gone. */
  dropIncomplete(frame: Frame): void {
    const { message } = frame;
    if (frame.more || message === null) return;
    this.journal.drop(message, "incomplete", this.name);
    if (message.origin === this.name) this.numbers.took(message);
  }

  /** The last frame of a message that this type has no use for. */
  protected loseMalformed(frame: Frame): void {
    if (frame.message === null || frame.more) return;
    this.journal.lose(frame.message, "malformed", frame.message.origin, this.name, "socket");
  }

  protected fail(errno: Errno): null {
    this.errno = errno;
    return null;
  }

  private sent(frame: Frame, result: Errno | null): Errno | null {
    const { message } = frame;
    if (result !== null || frame.more || message?.origin !== this.name) return result;
    this.journal.sent++;
    this.numbers.took(message);
    return null;
  }

  private take(): Frame | null {
    this.errno = "EAGAIN";
    const frame = this.xrecv();
    if (frame !== null && !frame.more && frame.message !== null) this.journal.delivered++;
    return frame;
  }

  attachPipe(pipe: Pipe, locallyInitiated: boolean, subscribeToAll = false): void {
    pipe.setSink(this);
    pipe.socketIndex = this.pipes.length;
    this.pipes = appended(this.pipes, pipe);
    this.notePipe(pipe, "attach");
    this.xattachPipe(pipe, locallyInitiated, subscribeToAll);
    if (!this.terminating) return;
    this.registerTermAcks(1);
    pipe.terminate(false);
  }

  private checkDestroy(): void {
    if (!this.destroyed || this.reaper === null) return;
    this.reaper = null;
    this.stopMonitor();
    for (const frame of this.xprefetched()) {
      if (frame.message !== null && !frame.more)
        this.journal.lose(frame.message, "receiver-closed", frame.message.origin, this.name, "prefetched");
    }
    this.context.destroySocket(this);
  }

  /** The last event: the socket or its context is going. */
  private stopMonitor(): void {
    this.monitor("MONITOR_STOPPED", 0, "");
    this.monitorStopped = true;
  }

  private notePipe(pipe: Pipe, what: "attach" | "end"): void {
    if (!this.journal.full) return;
    const t = this.journal.now;
    const event = { t, ev: "pipe", socket: this.name, peer: pipe.peerName, pipe: pipe.id, what } as const;
    this.journal.record(what === "attach" && pipe.madeAt < t ? { ...event, made: pipe.madeAt } : event);
  }
}
