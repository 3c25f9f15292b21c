/** A session: one connection's place in its I/O thread, kept across reconnects. libzmq: session_base.cpp. */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import { Command, type Mailbox, send } from "../ctx/mailbox.ts";
import { effectiveConflate, effectiveDisconnectMsg, effectiveHiccupMsg, type SocketOptions } from "../ctx/options.ts";
import { Own, sendSequenced } from "../ctx/own.ts";
import type { Actor } from "../kernel/actor.ts";
import type { EventId } from "../kernel/kernel.ts";
import { ms } from "../kernel/time.ts";
import type { Endpoint } from "../network/address.ts";
import type { Descriptor, Process } from "../network/process.ts";
import type { PipeEvents } from "../pipe/ends.ts";
import { AddressedFrame, COMMAND, Frame } from "../pipe/frame.ts";
import { Pipe } from "../pipe/pipe.ts";
import type { EngineError, EngineSession, StreamEngine } from "../zmtp/stream-engine.ts";
import { UdpEngine } from "../zmtp/udp-engine.ts";
import { Connecter } from "./connecter.ts";
import { openZapPipe, writeFrames, type ZapHandler } from "./zap-pipe.ts";

/** The socket above sessions and listeners. libzmq: socket_base_t, as they see it. */
export interface SessionSocket extends Own {
  readonly name: string;
  readonly process: Process;
  /** The I/O thread with the least load among those that `affinity` allows. */
  chooseIoThread(affinity: number): IoThread | null;
  /** True: errno is EAGAIN after it. */
  monitor(event: string, value: number, endpoint: string): boolean;
  /** Knows who says whom to let in; null when nobody does. */
  readonly context: { zapHandler(): ZapHandler | null };
}

const TIMER_LINGER = 0;

export class Session extends Own implements PipeEvents, EngineSession, Actor, Task, Descriptor {
  readonly thread: IoThread;
  readonly mailbox: Mailbox;
  readonly socket: SessionSocket;
  readonly options: SocketOptions;
  /** As the user wrote it; monitor events carry it. */
  readonly endpointText: string;
  protected pipe: Pipe | null = null;
  /** Connecting sessions know where to; accepted ones do not. */
  private readonly target: Endpoint | null;
  private engine: Engine | null = null;
  /** Ended by a reconnect with IMMEDIATE and not yet acknowledged. */
  private terminatingPipes: Pipe[] = NO_PIPES;
  private zapPipe: Pipe | null = null;
  /** Waiting for the pipe to be emptied before going. */
  private pending = false;
  private incompleteIn = false;
  /** The connection ended and there will not be another. */
  private disconnected = false;
  private lingerTimer = 0 as EventId;

  constructor(options: SessionParameters) {
    super();
    this.thread = options.thread;
    this.mailbox = options.thread.mailbox;
    this.socket = options.socket;
    this.options = options.options;
    this.target = options.target;
    this.endpointText = options.endpoint;
    this.socket.process.descriptors.add(this);
  }

  get label(): string {
    return `session of ${this.socket.name}`;
  }

  /** A connecting session brings its pipe. libzmq: session_base_t::attach_pipe. */
  attachPipe(pipe: Pipe): void {
    this.pipe = pipe;
    pipe.setSink(this);
  }

  // --- for the engine ---

  readonly protocolError: boolean = false;

  pullMsg(): Frame | null {
    const frame = this.pipe?.read() ?? null;
    if (frame === null) return null;
    this.incompleteIn = frame.more;
    return frame.content instanceof Uint8Array ? copied(frame, frame.content) : frame;
  }

  pushMsg(frame: Frame): boolean {
    if ((frame.flags & COMMAND) !== 0) return true;
    return this.pipe?.write(frame) ?? false;
  }

  flush(): void {
    this.pipe?.flush();
  }

  rollback(): void {
    this.pipe?.rollback();
  }

  /** Accepted connections, and connecting ones with IMMEDIATE, get their pipe now. */
  engineReady(): void {
    const { socket, engine } = this;
    if (this.pipe === null && !this.terminating) {
      const conflate = effectiveConflate(this.options);
      const peerName = engine?.peerName ?? this.endpointText;
      const { world } = socket.process;
      const [mine, theirs] = Pipe.pair({
        id: world.pipeIds++,
        ends: [
          { mailbox: this.mailbox, role: "session", socketName: socket.name, peerName },
          { mailbox: socket.mailbox, role: "socket", socketName: socket.name, peerName },
        ],
        hwms: conflate ? [-1, -1] : [this.options.rcvhwm, this.options.sndhwm],
        conflate,
        journal: world.journal,
      });
      this.attachPipe(mine);
      sendSequenced(socket, Command.bind, 0, theirs);
    }
    this.nameEnds(true);
  }

  engineError(handshaked: boolean, reason: EngineError): void {
    this.engine = null;
    if (this.pipe !== null) {
      this.cleanPipes(this.pipe);
      if (handshaked) this.tellEnd(this.pipe);
    }
    this.nameEnds(false);
    if (reason !== "protocol" && this.target !== null) this.reconnect();
    else {
      this.disconnected = true;
      if (this.pipe !== null) this.pipe.discardFate = "pipe-closed";
      if (this.pending) {
        this.pipe?.terminate(false);
        this.zapPipe?.terminate(false);
      } else this.terminate();
    }
    // Perhaps only a delimiter is left in the pipe.
    this.pipe?.canRead();
    this.zapPipe?.canRead();
  }

  zapConnect(): boolean {
    if (this.zapPipe !== null) return true;
    const { socket } = this;
    const handler = socket.context.zapHandler();
    if (handler === null) return false;
    this.zapPipe = openZapPipe(handler, socket.process.world, this.mailbox, socket.name);
    this.zapPipe.setSink(this);
    return true;
  }

  zapSend(frames: readonly string[]): void {
    writeFrames(this.zapPipe as Pipe, frames);
  }

  zapReceive(): Frame | null {
    return this.zapPipe?.read() ?? null;
  }

  monitor(event: string, value: number): boolean {
    return this.socket.monitor(event, value, this.endpointText);
  }

  /** Datagrams: who sent what is pushed next. The outgoing side of a DGRAM is named after whom it sends to. */
  receivedFrom(name: string): void {
    const { pipe } = this;
    if (pipe === null) return;
    pipe.peerName = name;
    if (!this.options.rawSocket) pipe.otherHalf.peerName = name;
  }

  lost(frame: Frame): void {
    if (frame.message === null || frame.more) return;
    const sender = this.engine?.peerName ?? this.pipe?.peerName ?? this.endpointText;
    const { world } = this.socket.process;
    const { maxmsgsize } = this.options;
    const tooBig = maxmsgsize >= 0 && frame.size > maxmsgsize;
    world.journal.lose(frame.message, tooBig ? "too-big" : world.losing, sender, this.socket.name, "decoder");
  }

  processDied(): void {
    this.loseItems();
  }

  /** The socket may not have heard of the pipe yet, so the session answers for it. */
  loseItems(): void {
    const { losing } = this.socket.process.world;
    for (const pipe of [...this.terminatingPipes, this.pipe, this.zapPipe]) {
      if (pipe === null) continue;
      pipe.discardIncoming(losing);
      pipe.otherHalf.discardIncoming(losing);
    }
  }

  // --- commands ---

  override processCommand(command: number, arg: number, ref: unknown): void {
    if (command === Command.attach) {
      this.processAttach(ref as Engine);
      this.seqnumProcessed();
    } else if (command === Command.connFailed) send(this.socket, Command.termEndpoint, 0, this.endpointText);
    else super.processCommand(command, arg, ref);
  }

  protected override processPlug(): void {
    if (this.target !== null) this.startConnecting(false);
  }

  private processAttach(engine: Engine): void {
    this.engine = engine;
    if (!engine.hasHandshake) this.engineReady();
    engine.plug(this.thread, this);
  }

  protected override processTerm(linger: number): void {
    const { pipe, zapPipe } = this;
    if (pipe === null && zapPipe === null && this.terminatingPipes.length === 0) {
      super.processTerm(0);
      return;
    }
    this.pending = true;
    zapPipe?.terminate(false);
    if (pipe === null) return;
    if (!this.disconnected) pipe.discardFate = "linger";
    if (linger > 0) this.lingerTimer = this.thread.startTimer(this, ms(linger), TIMER_LINGER);
    pipe.terminate(linger !== 0);
    // Without an engine nobody else would find a lone delimiter.
    if (this.engine === null) pipe.canRead();
  }

  protected override lingerMs(): number {
    return this.options.linger;
  }

  protected override processDestroy(): void {
    this.socket.process.descriptors.delete(this);
    this.engine?.terminate();
    this.engine = null;
  }

  // --- the pipe ---

  readActivated(pipe: Pipe): void {
    if (pipe !== this.pipe) {
      if (pipe === this.zapPipe) this.engine?.zapMsgAvailable();
      return;
    }
    if (this.engine === null) pipe.canRead();
    else this.engine.restartOutput();
  }

  writeActivated(pipe: Pipe): void {
    if (pipe === this.pipe) this.engine?.restartInput();
  }

  hiccuped(): void {}

  pipeTerminated(pipe: Pipe): void {
    if (pipe === this.pipe) {
      this.pipe = null;
      this.thread.kernel.cancel(this.lingerTimer);
    } else if (pipe === this.zapPipe) this.zapPipe = null;
    else this.terminatingPipes = this.terminatingPipes.filter((other) => other !== pipe);
    if (!this.terminating && this.options.rawSocket) {
      this.engine?.terminate();
      this.engine = null;
      this.terminate();
    }
    if (this.pending && this.pipe === null && this.zapPipe === null && this.terminatingPipes.length === 0) {
      this.pending = false;
      super.processTerm(0);
    }
  }

  /** The linger period is over. */
  fire(op: number): void {
    this.thread.post(this, op);
  }

  runTask(): void {
    this.pipe?.terminate(false);
  }

  // --- connecting ---

  private startConnecting(wait: boolean): void {
    const target = this.target as Endpoint;
    if (target.transport === "udp") return this.openUdp(target);
    const thread = this.socket.chooseIoThread(this.options.affinity) ?? this.thread;
    this.launchChild(new Connecter({ thread, session: this, target, wait }));
  }

  /** There is nothing to wait for, neither the first time nor after an error. */
  private openUdp(target: Endpoint): void {
    const { process, name } = this.socket;
    const engine = new UdpEngine({
      process,
      ownerName: name,
      options: this.options,
      target,
      endpoint: this.endpointText,
    });
    sendSequenced(this, Command.attach, 0, engine);
  }

  private reconnect(): void {
    const { pipe, options } = this;
    if (pipe !== null && options.immediate && this.target?.transport !== "udp") {
      pipe.hiccup();
      pipe.terminate(false);
      this.terminatingPipes = [...this.terminatingPipes, pipe];
      this.pipe = null;
      this.thread.kernel.cancel(this.lingerTimer);
    }
    this.reset();
    if (options.reconnectIvl > 0) this.startConnecting(true);
    else send(this.socket, Command.termEndpoint, 0, this.endpointText);
    if (this.pipe !== null && (options.type === "SUB" || options.type === "XSUB" || options.type === "DISH"))
      this.pipe.hiccup();
  }

  /** A new connection is to come. libzmq: session_base_t::reset. */
  protected reset(): void {}

  /** Removes half-sent and half-received messages. libzmq: session_base_t::clean_pipes. */
  private cleanPipes(pipe: Pipe): void {
    pipe.rollback();
    pipe.flush();
    while (this.incompleteIn) {
      const frame = this.pullMsg();
      if (frame === null) break;
      pipe.discard(frame, "connection-lost", "pipe");
    }
  }

  /** The accepting side may have a message for its own program, the connecting side another. */
  private tellEnd(pipe: Pipe): void {
    const text = this.target === null ? effectiveDisconnectMsg(this.options) : effectiveHiccupMsg(this.options);
    if (text !== "") pipe.writeNotice(text);
  }

  /** Reports name the peer socket while there is a connection. */
  private nameEnds(connected: boolean): void {
    const { pipe, engine } = this;
    if (pipe === null) return;
    pipe.connected = connected;
    pipe.otherHalf.connected = connected;
    if (engine === null) return;
    pipe.peerName = engine.peerName;
    pipe.otherHalf.peerName = engine.peerName;
  }
}

type Engine = StreamEngine | UdpEngine;

/** Shared by the sessions without any: nearly all. */
const NO_PIPES: Pipe[] = [];

export interface SessionParameters {
  readonly thread: IoThread;
  readonly socket: SessionSocket;
  readonly options: SocketOptions;
  /** null for accepted connections. */
  readonly target: Endpoint | null;
  readonly endpoint: string;
}

/** On the wire goes a copy of bytes that a program may go on writing to. */
function copied(frame: Frame, content: Uint8Array): Frame {
  const copy = new Frame(new Uint8Array(content), frame.size, frame.flags, frame.message);
  return frame instanceof AddressedFrame ? new AddressedFrame(copy, frame) : copy;
}
