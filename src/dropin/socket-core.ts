/**
 * A socket of the engine as a program's promises see it: calls never block, a promise waits until the
 * socket's mailbox becomes active, looks at its events, and tries again. zeromq.js does the same with
 * the socket's descriptor and libuv.
 */

import type { Waiter } from "../ctx/mailbox.ts";
import type { Actor } from "../kernel/actor.ts";
import type { EventId } from "../kernel/kernel.ts";
import { ms } from "../kernel/time.ts";
import type { Frame } from "../pipe/frame.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import { addressError, type ErrorCode, errnoError } from "./errors.ts";
import type { Instance, Waiting } from "./instance.ts";
import type { Wake } from "./loop.ts";
import { cText, toFrames } from "./parts.ts";
import { recordBlock, recordCall } from "./record.ts";
import { currentStage } from "./stage.ts";
import { identityOf, type Received, readValues, writeFrames } from "./transfer.ts";

interface Deferred<T> extends Waiting {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

interface PendingSend extends Deferred<void> {
  readonly frames: readonly Frame[];
}

/** Calls that find the socket ready resolve at once so many times; then one waits for the next event. */
const SYNC_MAX = 512;

const OP_POLL = 0;
const OP_READ_EXPIRED = 1;
const OP_WRITE_EXPIRED = 2;
const OP_READ_LATER = 3;
const OP_WRITE_LATER = 4;
const OP_BIND = 5;
const OP_BOUND = 6;

interface BindCall extends Deferred<void> {
  readonly address: string;
  readonly unbind: boolean;
}

export class SocketCore implements Actor, Waiter {
  readonly instance: Instance;
  readonly base: SocketBase;
  private readonly describe: ((frame: Frame) => object) | null;
  state: "open" | "blocked" | "closed" = "open";
  /** Successful binds and connects, less their opposites, as zeromq.js counts them. */
  endpoints = 0;
  /** ms, -1: for ever, 0: never wait. */
  sendTimeout = -1;
  receiveTimeout = -1;
  private closeRequested = false;
  private syncOperations = 0;
  private reader: Deferred<Received> | null = null;
  private writer: PendingSend | null = null;
  /** Whether the pending call waits for the mailbox (or for the next event). */
  private readPolls = false;
  private writePolls = false;
  private readTimer: EventId = 0 as EventId;
  private writeTimer: EventId = 0 as EventId;
  private wakeEvent: EventId = 0 as EventId;
  private bindCall: BindCall | null = null;
  private readonly wakes: readonly Wake[];

  /** `describe` adds to what receive() gives. */
  constructor(instance: Instance, base: SocketBase, describe: ((frame: Frame) => object) | null) {
    this.instance = instance;
    this.describe = describe;
    this.base = base;
    base.addWaiter(this);
    this.wakes = [
      { runWake: () => this.polled() },
      { runWake: () => this.readPolls && this.finishRead() },
      { runWake: () => this.writePolls && this.finishWrite() },
      { runWake: () => this.readPolls && this.finishRead() && this.triggerWritable() },
      { runWake: () => this.writePolls && this.finishWrite() && this.triggerReadable() },
      { runWake: () => false },
      { runWake: () => this.bindDone() },
    ];
  }

  get label(): string {
    return this.base.name;
  }

  // --- what programs call ---

  /** Throws for a socket that cannot be used now. */
  checkOpen(): void {
    if (this.state === "blocked") throw errnoError("EBUSY", "Socket is blocked by a bind or unbind operation");
    if (this.state === "closed") throw errnoError("EBADF");
  }

  /** `prepare` may mark the frames (group, routing id). */
  send(value: unknown, prepare?: (frames: Frame[]) => Frame[]): Promise<void> {
    this.checkOpen();
    if (this.writer !== null)
      throw errnoError("EBUSY", "Socket is busy writing; only one send operation may be in progress at any time");
    const made = toFrames(value, identityOf(value, this.base));
    const frames = prepare === undefined ? made : prepare(made);
    this.touched();
    const instant = this.sendTimeout === 0;
    if (instant || this.ready("out")) {
      if (instant || this.syncOperations++ < SYNC_MAX) {
        const error = this.write(frames);
        const promise = error === null ? Promise.resolve() : Promise.reject<void>(errnoError(error));
        this.triggerReadable();
        return promise;
      }
      return this.startWrite(frames, OP_WRITE_LATER);
    }
    if (this.sendTimeout > 0) this.writeTimer = this.kernel.schedule(ms(this.sendTimeout), this, OP_WRITE_EXPIRED);
    return this.startWrite(frames, OP_POLL);
  }

  receive(): Promise<Received> {
    this.checkOpen();
    if (this.reader !== null)
      throw errnoError("EBUSY", "Socket is busy reading; only one receive operation may be in progress at any time");
    this.touched();
    const instant = this.receiveTimeout === 0;
    if (instant || this.ready("in")) {
      if (instant || this.syncOperations++ < SYNC_MAX) {
        const list = this.read(0);
        const promise = typeof list === "string" ? Promise.reject<Received>(errnoError(list)) : Promise.resolve(list);
        this.triggerWritable();
        return promise;
      }
      return this.startRead(OP_READ_LATER);
    }
    if (this.receiveTimeout > 0) this.readTimer = this.kernel.schedule(ms(this.receiveTimeout), this, OP_READ_EXPIRED);
    return this.startRead(OP_POLL);
  }

  /** Warns of a host that nobody is. */
  private check(address: string): void {
    currentStage()?.checkEndpoint(this.instance, address);
  }

  /** ZMQ_POLLIN or ZMQ_POLLOUT; drains the mailbox. */
  ready(what: "in" | "out"): boolean {
    if (this.state === "closed") return false;
    const { costs } = this.instance.process;
    this.instance.charge(costs.pollItem);
    const events = this.base.events();
    return typeof events !== "string" && events[what];
  }

  /**
   * In another thread, as zeromq.js does, which has to wake first; of two binds at a time either may be
   * the first. The socket cannot be used until the promise settles.
   */
  bind(address: string, unbind: boolean): Promise<void> {
    this.checkOpen();
    this.check(address);
    this.touched();
    this.state = "blocked";
    this.instance.ref();
    return new Promise((resolve, reject) => {
      const call = {
        call: unbind ? "unbind" : "bind",
        socket: this.base.name,
        since: this.kernel.now,
        resolve,
        reject,
        address,
        unbind,
      };
      this.bindCall = call;
      this.instance.waiting.add(call);
      this.kernel.schedule(this.instance.handOver(), this, OP_BIND);
    });
  }

  bindSync(address: string): void {
    this.checkOpen();
    this.check(address);
    this.touched();
    const error = this.base.bind(address);
    this.endpoints++;
    this.instance.chargeDrawn(this.instance.process.costs.bind);
    this.record("bind", error, address);
    if (error !== null) throw addressError(error, address);
  }

  connect(address: string): void {
    this.checkOpen();
    this.check(address);
    this.touched();
    const error = this.base.connect(address);
    const { costs } = this.instance.process;
    this.instance.charge(
      address.startsWith("inproc:")
        ? costs.call
        : costs.connect.sample(this.kernel.random.stream(`${this.instance.label}/connect`)),
    );
    this.record("connect", error, address);
    if (error !== null) throw addressError(error, address);
    this.endpoints++;
  }

  disconnect(address: string): void {
    this.checkOpen();
    this.check(address);
    this.touched();
    const error = this.base.termEndpoint(address);
    this.instance.charge(this.instance.process.costs.call);
    this.record("disconnect", error, address);
    if (error !== null) throw addressError(error, address);
    this.endpoints--;
  }

  /** zmq_join, zmq_leave. */
  group(what: "join" | "leave", value: unknown): void {
    const text = cText(value);
    this.touched();
    const error = this.base.xgroup(what, text);
    this.record(what, error, text);
    if (error !== null) throw errnoError(error);
  }

  /** Put off while a bind is under way. */
  close(): void {
    if (this.state === "blocked") this.closeRequested = true;
    else this.closeNow();
  }

  closeNow(): void {
    if (this.state === "closed") return;
    this.touched();
    this.endpoints = 0;
    this.record("close", null);
    // What waits ends at once, as it can.
    if (this.readPolls) this.finishRead();
    if (this.writePolls) this.finishWrite();
    this.state = "closed";
    this.base.removeWaiter(this);
    this.kernel.cancel(this.wakeEvent);
    this.base.close();
    this.instance.charge(this.instance.process.costs.call);
  }

  // --- waiting ---

  /** The mailbox became active. */
  wake(): void {
    if (this.wakeEvent !== 0 || !(this.readPolls || this.writePolls)) return;
    this.wakeEvent = this.kernel.schedule(this.instance.wakeDelay(), this, OP_POLL);
  }

  fire(op: number): void {
    if (op === OP_POLL) this.wakeEvent = 0 as EventId;
    if (!this.instance.alive) return;
    if (op === OP_BIND) return this.performBind();
    this.instance.post(this.wakes[op] as Wake);
  }

  /** The mailbox was active: whoever can go on does, one per wake. */
  private polled(): boolean {
    if (this.readPolls && this.ready("in")) {
      this.finishRead();
      if (this.writePolls) this.instance.post(this.wakes[OP_POLL] as Wake);
      return true;
    }
    if (this.writePolls && this.ready("out")) return this.finishWrite();
    if (!this.base.mailbox.empty) this.wake();
    return false;
  }

  private startRead(op: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      this.reader = this.waits("receive", resolve, reject);
      this.readPolls = true;
      this.await(op);
    });
  }

  private startWrite(frames: readonly Frame[], op: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.writer = { ...this.waits("send", resolve, reject), frames };
      this.instance.waiting.add(this.writer);
      this.writePolls = true;
      this.await(op);
    });
  }

  private waits<T>(call: string, resolve: (value: T) => void, reject: (error: Error) => void): Deferred<T> {
    const waiting = { call, socket: this.base.name, since: this.kernel.now, resolve, reject };
    if (call === "receive") this.instance.waiting.add(waiting);
    recordBlock(this.instance, call === "send" ? "send" : "recv", this.base);
    return waiting;
  }

  private await(op: number): void {
    this.instance.ref();
    if (op !== OP_POLL) this.kernel.scheduleAt(this.instance.freeAt(), this, op);
    else if (!this.base.mailbox.empty) this.wake();
  }

  /** A send may have changed what can be received, and the other way round. */
  private triggerReadable(): true {
    if (this.readPolls && this.ready("in")) this.instance.post(this.wakes[OP_POLL] as Wake);
    return true;
  }

  private triggerWritable(): true {
    if (this.writePolls && this.ready("out")) this.instance.post(this.wakes[OP_POLL] as Wake);
    return true;
  }

  private finishRead(): boolean {
    const reader = this.reader as Deferred<Received>;
    this.reader = null;
    this.readPolls = false;
    this.syncOperations = 0;
    this.kernel.cancel(this.readTimer);
    this.over(reader);
    const list = this.read(this.kernel.now - reader.since);
    if (typeof list === "string") reader.reject(errnoError(list));
    else reader.resolve(list);
    return true;
  }

  private finishWrite(): boolean {
    const writer = this.writer as PendingSend;
    this.writer = null;
    this.writePolls = false;
    this.syncOperations = 0;
    this.kernel.cancel(this.writeTimer);
    this.over(writer);
    const error = this.write(writer.frames, this.kernel.now - writer.since);
    if (error === null) writer.resolve();
    else writer.reject(errnoError(error));
    return true;
  }

  private over(waiting: Waiting): void {
    this.instance.waiting.delete(waiting);
    this.instance.unref();
  }

  // --- bind ---

  private performBind(): void {
    const call = this.bindCall as BindCall;
    const error = call.unbind ? this.base.termEndpoint(call.address) : this.base.bind(call.address);
    this.instance.charge(this.instance.process.costs.call);
    this.record(call.call, error, call.address);
    this.bindError = error;
    this.kernel.schedule(this.instance.wakeDelay(), this, OP_BOUND);
  }

  private bindError: ErrorCode | null = null;

  private bindDone(): boolean {
    const call = this.bindCall as BindCall;
    this.bindCall = null;
    this.state = "open";
    this.endpoints += call.unbind ? -1 : 1;
    this.over(call);
    if (this.closeRequested) this.closeNow();
    if (this.bindError === null) call.resolve();
    else call.reject(addressError(this.bindError, call.address));
    return true;
  }

  private write(frames: readonly Frame[], waited = 0): ErrorCode | null {
    return writeFrames(this.instance, this.base, frames, waited);
  }

  private read(waited: number): Received | ErrorCode {
    return readValues(this.instance, this.base, waited, this.describe);
  }

  private get kernel() {
    return this.instance.process.world.kernel;
  }

  private touched(): void {
    currentStage()?.touched();
  }

  record(call: string, error: ErrorCode | null, arg?: string): void {
    recordCall(this.instance, call, this.base, error, arg);
  }
}
