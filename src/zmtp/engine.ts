/** The ZMTP engine: one per live connection; greeting, handshake, framing, heartbeats. libzmq: stream_engine_base.cpp, zmtp_engine.cpp. */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import type { SocketOptions } from "../ctx/options.ts";
import type { Actor } from "../kernel/actor.ts";
import type { EventId, Kernel } from "../kernel/kernel.ts";
import { type Instant, ms } from "../kernel/time.ts";
import type { Descriptor, Process } from "../network/process.ts";
import type { StreamEnd, StreamUser } from "../network/stream.ts";
import { Frame, ROUTING_ID } from "../pipe/frame.ts";
import { Control, compatible, MAJOR, PONG, ping, REST, ready, SIGNATURE, type WireItem, wireSize } from "./wire.ts";

/** Why an engine gives up. libzmq: i_engine::error_reason_t. */
export type EngineError = "connection" | "protocol" | "timeout";

/** What the engine needs from the session above it. libzmq: session_base_t. */
export interface EngineSession {
  /** Next frame to send, or null. */
  pullMsg(): Frame | null;
  /** False: no room; the frame stays with the engine until restartInput. Throws nothing. */
  pushMsg(frame: Frame): boolean;
  /** True when the last pushMsg was refused for a violation of the type's protocol. */
  readonly protocolError: boolean;
  flush(): void;
  /** The handshake is over: create the pipe if there is none. */
  engineReady(): void;
  engineError(handshaked: boolean, reason: EngineError): void;
  monitor(event: string, value: number): void;
  /** A frame that was read can not be handed over any more. */
  lost(frame: Frame): void;
}

const OP_IN = 0;
const OP_OUT = 1;
const TIMER_HANDSHAKE = 2;
const TIMER_HEARTBEAT = 3;
const TIMER_TIMEOUT = 4;
const TIMER_TTL = 5;
const OP_DECODE = 6;

/** Bytes per encoded batch and per read. libzmq: out_batch_size, in_batch_size. */
const BATCH = 8192;
const EPIPE = 32;
const ECONNRESET = 104;
const EAGAIN = 11;

export class ZmtpEngine implements StreamUser, Task, Actor, Descriptor {
  readonly label: string;
  /** Endpoint for monitor events. */
  readonly endpoint: string;
  readonly fd: number;
  private readonly end: StreamEnd;
  private readonly options: SocketOptions;
  private readonly process: Process;
  private thread!: IoThread;
  private session: EngineSession | null = null;
  private kernel!: Kernel;

  private greetingDone = false;
  /** Until the READY commands are exchanged. */
  private handshaking = true;
  private readySent = false;
  private peerReady: Control | null = null;
  /** Bytes encoded and not yet taken by the kernel. */
  private outSize = 0;
  /** Bytes of the message in the encoder that are not in the out buffer yet. */
  private encoding = 0;
  private encodingHeader = false;
  private outputStopped = false;
  private pollOut = false;
  private pollIn = true;
  private inputStopped = false;
  private ioError = false;
  private inPosted = false;
  private outPosted = false;
  /** Decoded, but the pipe is full. */
  private parked: Frame | null = null;
  /** Refused for its size: the connection ends. */
  private tooBig: Frame | null = null;
  private nextControl: Control | null = null;
  private heartbeatTimeout = 0;
  private handshakeTimer = 0 as EventId;
  private heartbeatTimer = 0 as EventId;
  private timeoutTimer = 0 as EventId;
  private ttlTimer = 0 as EventId;

  constructor(process: Process, end: StreamEnd, options: SocketOptions, endpoint: string, fd: number) {
    this.process = process;
    process.descriptors.add(this);
    this.end = end;
    this.options = options;
    this.endpoint = endpoint;
    this.fd = fd;
    this.label = `engine of ${end.ownerName}`;
  }

  /** The socket on the other end. */
  get peerName(): string {
    return this.end.peerName;
  }

  /** Starts the greeting in the session's I/O thread. */
  plug(thread: IoThread, session: EngineSession): void {
    this.thread = thread;
    this.kernel = thread.kernel;
    this.session = session;
    const { heartbeatIvl, heartbeatTimeout, handshakeIvl } = this.options;
    this.heartbeatTimeout = heartbeatTimeout === -1 ? heartbeatIvl : heartbeatTimeout;
    thread.load++;
    if (handshakeIvl > 0) this.handshakeTimer = thread.startTimer(this, ms(handshakeIvl), TIMER_HANDSHAKE);
    this.end.user = this;
    this.produce(SIGNATURE);
    this.inEvent();
  }

  /** The session is going: no event, no error. libzmq: stream_engine_base_t::terminate. */
  terminate(): void {
    this.unplug();
  }

  // --- descriptor and timers: post work to the thread ---

  streamReadable(): void {
    if (this.pollIn || this.end.incoming === "reset") this.postIn();
  }

  streamWritable(): void {
    if (this.pollOut) this.postOut();
  }

  fire(op: number): void {
    this.thread.post(this, op);
  }

  runTask(op: number): void {
    if (this.session === null) return;
    if (op === OP_IN) {
      this.inPosted = false;
      this.inEvent();
    } else if (op === OP_OUT) {
      this.outPosted = false;
      if (this.pollOut) this.outEvent();
    } else if (op === OP_DECODE) this.decode();
    else this.timerEvent(op);
  }

  // --- output ---

  /** New messages wait in the pipe: write at once. libzmq: restart_output. */
  restartOutput(): void {
    if (this.outputStopped) {
      this.outputStopped = false;
      this.pollOut = true;
    }
    this.outEvent();
  }

  private outEvent(): void {
    if (this.outSize === 0) {
      if (!this.greetingDone) {
        this.pollOut = false;
        return;
      }
      this.encodeBatch();
      if (this.session === null) return;
      if (this.outSize === 0) {
        this.outputStopped = true;
        this.pollOut = false;
        return;
      }
    }
    const { costs } = this.thread;
    this.thread.charge(costs.syscall);
    this.thread.chargeCopy(this.outSize * costs.perByteWrite);
    const written = this.end.write(this.outSize, this.thread.localNow);
    this.outSize -= written;
    if (!this.greetingDone && this.outSize === 0) this.pollOut = false;
    // The descriptor is polled again: at once when the kernel took everything, else when it has room.
    if (this.pollOut && this.outSize === 0) this.postOut();
  }

  /** Fills the out buffer from the pipe. A body that starts a batch and fills it goes out in one write. */
  private encodeBatch(): void {
    while (this.outSize < BATCH) {
      if (this.encoding === 0) {
        const item = this.nextItem();
        if (item === null) return;
        this.encoding = item instanceof Control ? item.size : wireSize(item);
        this.encodingHeader = true;
        this.end.announce(item, this.encoding);
        this.thread.charge(this.thread.costs.codec);
      }
      const direct = this.outSize === 0 && !this.encodingHeader && this.encoding >= BATCH;
      const taken = direct ? this.encoding : Math.min(BATCH - this.outSize, this.encoding);
      this.outSize += taken;
      this.encoding -= taken;
      this.encodingHeader = false;
      if (direct) return;
    }
  }

  private nextItem(): WireItem | null {
    const session = this.session as EngineSession;
    if (this.nextControl !== null) {
      const control = this.nextControl;
      this.nextControl = null;
      if (control.kind === "ping" && this.timeoutTimer === 0 && this.heartbeatTimeout > 0) {
        this.timeoutTimer = this.thread.startTimer(this, ms(this.heartbeatTimeout), TIMER_TIMEOUT);
      }
      return control;
    }
    if (!this.handshaking) return session.pullMsg();
    if (!this.readySent) {
      this.readySent = true;
      return ready(this.options);
    }
    if (this.peerReady === null) return null;
    this.mechanismReady();
    return session.pullMsg();
  }

  /** Puts a greeting part into the out buffer. */
  private produce(part: Control): void {
    this.end.announce(part, part.size);
    this.outSize += part.size;
    this.pollOut = true;
    this.postOut();
  }

  // --- input ---

  /** There is room in the pipe again. libzmq: restart_input. */
  restartInput(): void {
    const parked = this.parked;
    if (parked === null) return;
    this.parked = null;
    if (!this.handOver(parked)) return this.afterRefusal();
    if (!this.processItems()) return this.afterRefusal();
    if (this.session === null) return;
    if (this.ioError) return this.error("connection");
    this.inputStopped = false;
    this.pollIn = true;
    this.session.flush();
    this.inEvent();
  }

  private inEvent(): void {
    const { session, end } = this;
    if (session === null) return;
    if (this.inputStopped) {
      if (end.incoming === "reset") this.ioError = true;
      return;
    }
    const missing = end.missing;
    const bytes = end.read(missing >= BATCH ? missing : BATCH);
    const { costs } = this.thread;
    if (bytes === 0) {
      if (end.incoming !== "open") this.error("connection");
      return;
    }
    this.thread.charge(costs.syscall);
    this.thread.chargeCopy(bytes * costs.perByteRead);
    // A long read into the body of a message: the message is there when the copy is done.
    if (bytes > BATCH) this.thread.post(this, OP_DECODE);
    else this.decode();
  }

  private decode(): void {
    const { session, end } = this;
    if (session === null || this.inputStopped) return;
    if (!this.processItems()) return this.afterRefusal();
    if (this.session === null) return;
    session.flush();
    if (end.readable > 0 || end.incoming !== "open") this.postIn();
  }

  /** An item was refused: a protocol error ends the connection, a full pipe stops the input. */
  private afterRefusal(): void {
    const { session } = this;
    if (session === null) return;
    if (this.parked === null) return this.error("protocol");
    this.inputStopped = true;
    this.pollIn = false;
    session.flush();
  }

  /** Decodes what has been read. False when an item could not be handed over. */
  private processItems(): boolean {
    for (;;) {
      const item = this.end.takeItem() as WireItem | undefined;
      if (item === undefined) return true;
      this.thread.charge(this.thread.costs.codec);
      if (!(item instanceof Control ? this.processControl(item) : this.processFrame(item))) return false;
      if (this.session === null) return true;
    }
  }

  private processFrame(frame: Frame): boolean {
    this.sawTraffic();
    const { maxmsgsize } = this.options;
    if (maxmsgsize >= 0 && frame.size > maxmsgsize) {
      this.tooBig = frame;
      return false;
    }
    return this.handOver(frame);
  }

  private handOver(frame: Frame): boolean {
    const session = this.session as EngineSession;
    if (session.pushMsg(frame)) return true;
    if (!session.protocolError) this.parked = frame;
    else session.lost(frame);
    return false;
  }

  private processControl(control: Control): boolean {
    switch (control.kind) {
      case "signature":
        this.produce(MAJOR);
        return true;
      case "major":
        this.produce(REST);
        return true;
      case "rest":
        this.greetingDone = true;
        this.pollOut = true;
        if (this.outSize === 0) this.postOut();
        return true;
      case "ready":
        return this.processReady(control);
      case "ping":
        this.sawTraffic();
        if (control.ttl > 0 && this.ttlTimer === 0) this.ttlTimer = this.thread.startTimer(this, ms(wrapTtl(control.ttl)), TIMER_TTL);
        this.nextControl = PONG;
        this.restartOutput();
        return true;
      case "pong":
        this.sawTraffic();
        return true;
    }
  }

  private processReady(control: Control): boolean {
    const { maxmsgsize, type } = this.options;
    if (maxmsgsize >= 0 && control.size - 2 > maxmsgsize) return false;
    if (!compatible(type, control.socketType as NonNullable<Control["socketType"]>)) return false;
    this.peerReady = control;
    if (this.readySent && this.handshaking) this.mechanismReady();
    if (this.session !== null && this.outputStopped) this.restartOutput();
    return true;
  }

  /** Both READYs are exchanged. libzmq: stream_engine_base_t::mechanism_ready. */
  private mechanismReady(): void {
    const session = this.session as EngineSession;
    this.handshaking = false;
    const { heartbeatIvl } = this.options;
    if (heartbeatIvl > 0) this.heartbeatTimer = this.thread.startTimer(this, ms(heartbeatIvl), TIMER_HEARTBEAT);
    session.engineReady();
    if (this.options.recvRoutingId) {
      const id = (this.peerReady as Control).routingId;
      if (session.pushMsg(Frame.of(id, ROUTING_ID))) session.flush();
    }
    this.kernel.cancel(this.handshakeTimer);
    this.handshakeTimer = 0 as EventId;
    session.monitor("HANDSHAKE_SUCCEEDED", 0);
  }

  /** Any decoded frame shows that the peer lives. */
  private sawTraffic(): void {
    this.kernel.cancel(this.timeoutTimer);
    this.kernel.cancel(this.ttlTimer);
    this.timeoutTimer = 0 as EventId;
    this.ttlTimer = 0 as EventId;
  }

  private timerEvent(op: number): void {
    if (op === TIMER_HEARTBEAT) {
      this.nextControl = ping(this.options.heartbeatTtl);
      this.restartOutput();
      if (this.session !== null) this.heartbeatTimer = this.thread.startTimer(this, ms(this.options.heartbeatIvl), TIMER_HEARTBEAT);
      return;
    }
    // A timer that was cancelled after it had become due no longer counts.
    if (op === TIMER_TIMEOUT && this.timeoutTimer === 0) return;
    if (op === TIMER_TTL && this.ttlTimer === 0) return;
    if (op === TIMER_HANDSHAKE && this.handshakeTimer === 0) return;
    this.error("timeout");
  }

  private error(reason: EngineError): void {
    const session = this.session as EngineSession;
    if (this.tooBig !== null) session.lost(this.tooBig);
    if (reason !== "protocol" && this.handshaking) session.monitor("HANDSHAKE_FAILED_NO_DETAIL", this.errno(reason));
    session.monitor("DISCONNECTED", this.fd);
    session.flush();
    const handshaked = !this.handshaking;
    this.unplug();
    session.engineError(handshaked, reason);
  }

  /** What the last read left in errno. */
  private errno(reason: EngineError): number {
    if (reason === "timeout") return EAGAIN;
    return this.end.incoming === "reset" ? ECONNRESET : EPIPE;
  }

  processDied(at: Instant): void {
    if (this.parked !== null) this.session?.lost(this.parked);
    this.session = null;
    this.end.close(at);
  }

  loseItems(): void {
    if (this.parked !== null) this.session?.lost(this.parked);
    this.end.loseItems();
  }

  private unplug(): void {
    const { session } = this;
    if (session === null) return;
    this.session = null;
    this.process.descriptors.delete(this);
    this.thread.load--;
    for (const timer of [this.handshakeTimer, this.heartbeatTimer, this.timeoutTimer, this.ttlTimer]) this.kernel.cancel(timer);
    if (this.parked !== null) session.lost(this.parked);
    this.parked = null;
    this.end.close(this.thread.localNow);
  }

  private postIn(): void {
    if (this.inPosted) return;
    this.inPosted = true;
    this.thread.post(this, OP_IN);
  }

  private postOut(): void {
    if (this.outPosted) return;
    this.outPosted = true;
    this.thread.post(this, OP_OUT);
  }
}

/** libzmq keeps ttl * 100 in 16 bits, so times above 65.5 s wrap. */
const wrapTtl = (ttlMs: number): number => ttlMs % 65_536;

