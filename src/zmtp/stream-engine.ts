/**
 * What the engines of byte streams share: encoding in batches, writing, reading, and stopping when a
 * side can take no more. libzmq: stream_engine_base.cpp.
 */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import type { SocketOptions } from "../ctx/options.ts";
import type { Actor } from "../kernel/actor.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Instant } from "../kernel/time.ts";
import type { Descriptor, Process } from "../network/process.ts";
import type { StreamEnd, StreamUser } from "../network/stream.ts";
import type { Frame } from "../pipe/frame.ts";
import type { HandshakeSession } from "./handshake.ts";
import { type Control, isControl, type WireItem, wireSize } from "./wire.ts";

/** Why an engine gives up. libzmq: i_engine::error_reason_t. */
export type EngineError = "connection" | "protocol" | "timeout";

/** What the engine needs from the session above it. libzmq: session_base_t. */
export interface EngineSession extends HandshakeSession {
  /** Next frame to send, or null. */
  pullMsg(): Frame | null;
  /** False: no room; the frame stays with the engine until restartInput. Throws nothing. */
  pushMsg(frame: Frame): boolean;
  /** True when the last pushMsg was refused for a violation of the type's protocol. */
  readonly protocolError: boolean;
  flush(): void;
  /** Takes back an incomplete message. */
  rollback(): void;
  /** The handshake is over: create the pipe if there is none. */
  engineReady(): void;
  engineError(handshaked: boolean, reason: EngineError): void;
  /** A frame that was read can not be handed over any more. */
  lost(frame: Frame): void;
}

export interface EngineParameters {
  readonly process: Process;
  readonly end: StreamEnd;
  readonly options: SocketOptions;
  /** Endpoint for monitor events. */
  readonly endpoint: string;
  readonly fd: number;
}

const OP_IN = 0;
const OP_OUT = 1;
const OP_DECODE = 2;
/** Timers of engines count from here. */
export const ENGINE_TIMERS = 3;

export abstract class StreamEngine implements StreamUser, Task, Actor, Descriptor {
  readonly endpoint: string;
  readonly fd: number;
  /** Does a handshake come before the first message? */
  abstract readonly hasHandshake: boolean;
  protected readonly end: StreamEnd;
  protected readonly options: SocketOptions;
  protected thread!: IoThread;
  protected kernel!: Kernel;
  protected session: EngineSession | null = null;
  /** Items may be encoded; before, only what `produce` puts into the buffer goes out. */
  protected encodes = false;
  /** Bytes encoded and not yet taken by the kernel. */
  protected outSize = 0;
  protected outputStopped = false;
  protected pollOut = false;
  protected readonly process: Process;
  /** Bytes of the message in the encoder that are not in the out buffer yet. */
  private encoding = 0;
  private encodingHeader = false;
  pollIn = true;
  private inputStopped = false;
  private ioError = false;
  private inPosted = false;
  private outPosted = false;
  /** Decoded, but the pipe is full. */
  protected parked: Frame | null = null;

  constructor({ process, end, options, endpoint, fd }: EngineParameters) {
    this.process = process;
    process.descriptors.add(this);
    this.end = end;
    this.options = options;
    this.endpoint = endpoint;
    this.fd = fd;
  }

  // --- what each engine defines ---

  /** First steps in the I/O thread. */
  protected abstract begin(): void;
  protected abstract nextItem(): WireItem | null;
  /** False when it could not be handed over. */
  protected abstract processItem(item: WireItem): boolean;
  protected abstract timerEvent(op: number): void;
  protected abstract cancelTimers(): void;
  protected abstract error(reason: EngineError): void;
  /** The kernel gave `bytes` more. */
  protected bytesRead(_bytes: number): void {}
  /** False when an item could not be handed over. */
  protected processItems(): boolean {
    for (;;) {
      const item = this.end.takeItem() as WireItem | undefined;
      if (item === undefined) return true;
      this.thread.charge(this.thread.costs.codec);
      if (!this.processItem(item)) return false;
      if (this.session === null) return true;
    }
  }

  /** The session's ZAP handler has written something. */
  zapMsgAvailable(): void {}

  get label(): string {
    return `engine of ${this.end.ownerName}`;
  }

  /** The socket on the other end. */
  get peerName(): string {
    return this.end.peerName;
  }

  /** Starts in the session's I/O thread. */
  plug(thread: IoThread, session: EngineSession): void {
    this.thread = thread;
    this.kernel = thread.kernel;
    this.session = session;
    thread.load++;
    this.end.user = this;
    this.begin();
    this.inEvent();
  }

  /** The session is going: no event, no error. libzmq: stream_engine_base_t::terminate. */
  terminate(): void {
    this.unplug();
  }

  // --- descriptor and timers: post work to the thread ---

  streamReadable(): void {
    if (this.pollIn || this.end.hungUp) this.postIn();
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
    if (this.ioError) return;
    if (this.outputStopped) {
      this.outputStopped = false;
      this.pollOut = true;
    }
    this.outEvent();
  }

  private outEvent(): void {
    if (this.outSize === 0) {
      if (!this.encodes) {
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
    this.thread.chargeCopy(this.end.copied(this.outSize) * costs.perByteWrite);
    const written = this.end.write(this.outSize, this.thread.localNow);
    this.outSize -= written;
    if (!this.encodes && this.outSize === 0) this.pollOut = false;
    // The descriptor is polled again: at once when it is still writable, else when it has room.
    if (this.pollOut && !this.end.writerBlocked) this.postOut();
  }

  /** Fills the out buffer from the pipe. A body that starts a batch and fills it goes out in one write. */
  private encodeBatch(): void {
    const outBatch = this.options.outBatchSize;
    while (this.outSize < outBatch) {
      if (this.encoding === 0) {
        const item = this.nextItem();
        if (item === null) return;
        this.encoding = isControl(item) ? item.size : wireSize(item);
        this.encodingHeader = true;
        this.end.announce(item, this.encoding);
        this.thread.charge(this.thread.costs.codec);
      }
      const direct = this.outSize === 0 && !this.encodingHeader && this.encoding >= outBatch;
      const taken = direct ? this.encoding : Math.min(outBatch - this.outSize, this.encoding);
      this.outSize += taken;
      this.encoding -= taken;
      this.encodingHeader = false;
      if (direct) return;
    }
  }

  /** Puts a part of the greeting into the out buffer. */
  protected produce(part: Control): void {
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
      if (end.hungUp) this.ioError = true;
      return;
    }
    const batch = this.options.inBatchSize;
    const bytes = end.read(this.readSize(batch));
    const { costs } = this.thread;
    if (bytes === 0) {
      if (end.incoming !== "open") this.error("connection");
      return;
    }
    this.bytesRead(bytes);
    this.thread.charge(costs.syscall);
    this.thread.chargeCopy(bytes * costs.perByteRead);
    // A long read into the body of a message: the message is there when the copy is done.
    if (bytes > batch) this.thread.post(this, OP_DECODE);
    else this.decode();
  }

  /** Bytes to ask the kernel for: the rest of a long body goes straight into its message. */
  protected readSize(batch: number): number {
    return Math.max(this.end.missing, batch);
  }

  private decode(): void {
    const { session, end } = this;
    if (session === null || this.inputStopped) return;
    if (!this.processItems()) return this.afterRefusal();
    if (this.session === null) return;
    session.flush();
    if (end.readable > 0 || end.incoming !== "open") this.postIn();
  }

  /** An item was refused for now, not for good. In libzmq: errno is EAGAIN. */
  protected get again(): boolean {
    return this.parked !== null;
  }

  /** An item was refused: a protocol error ends the connection, a full pipe stops the input. */
  private afterRefusal(): void {
    const { session } = this;
    if (session === null) return;
    if (!this.again) return this.error("protocol");
    this.inputStopped = true;
    this.pollIn = false;
    session.flush();
  }

  protected handOver(frame: Frame): boolean {
    const session = this.session as EngineSession;
    if (session.pushMsg(frame)) return true;
    if (!session.protocolError) this.parked = frame;
    else session.lost(frame);
    return false;
  }

  // --- the end ---

  processDied(at: Instant): void {
    if (this.parked !== null) this.session?.lost(this.parked);
    this.session = null;
    this.end.close(at);
  }

  loseItems(): void {
    if (this.parked !== null) this.session?.lost(this.parked);
    this.end.loseItems();
  }

  protected unplug(): void {
    const { session } = this;
    if (session === null) return;
    this.session = null;
    this.process.descriptors.delete(this);
    this.thread.load--;
    this.cancelTimers();
    if (this.parked !== null) session.lost(this.parked);
    this.parked = null;
    this.end.close(this.thread.localNow);
  }

  private postIn(): void {
    if (this.inPosted) return;
    this.inPosted = true;
    this.thread.post(this, OP_IN);
  }

  protected postOut(): void {
    if (this.outPosted) return;
    this.outPosted = true;
    this.thread.post(this, OP_OUT);
  }
}
