/** The blocking API calls as operations of an application thread. libzmq: zmq.cpp, socket_base.cpp. */
import type { AppThread, Operation } from "../ctx/app-thread.ts";
import { type Instant, ms } from "../kernel/time.ts";
import type { Frame } from "../pipe/frame.ts";
import type { Context } from "./context.ts";
import type { Errno } from "./errors.ts";
import type { SocketBase } from "./socket-base.ts";

/** When a call with a timeout in ms (-1: none) gives up. */
const deadlineIn = (thread: AppThread, timeoutMs: number): Instant | null =>
  timeoutMs < 0 ? null : ((thread.kernel.now + ms(timeoutMs)) as Instant);

/**
 * Sends all frames of a message, the last without MORE; waits where zmq_send would.
 * One object serves all sends of a thread, one at a time.
 */
export class SendOperation implements Operation {
  readonly name = "send";
  /** Set when the call is over: null for success. */
  error: Errno | null = null;
  /** Frames of the message that the socket took. */
  framesSent = 0;
  private readonly thread: AppThread;
  private socket!: SocketBase;
  private frames: readonly Frame[] = [];
  private dontwait = false;
  private next = 0;

  constructor(thread: AppThread) {
    this.thread = thread;
  }

  /** Prepares the next call. */
  begin(socket: SocketBase, frames: readonly Frame[], dontwait: boolean): this {
    this.socket = socket;
    this.frames = frames;
    this.dontwait = dontwait;
    this.next = 0;
    this.framesSent = 0;
    this.error = null;
    return this;
  }

  get deadline(): Instant | null {
    return deadlineIn(this.thread, this.socket.options.sndtimeo);
  }

  get subject(): string {
    return this.socket.name;
  }

  /** The message is made and copied before anybody can see it. */
  preparation(): number {
    const { costs, stream } = this.thread;
    let work = 0;
    for (const { size } of this.frames) work += costs.send.sample(stream) + size * costs.perByteSend;
    return work;
  }

  attempt(): boolean {
    while (this.next < this.frames.length) {
      const frame = this.frames[this.next] as Frame;
      if (!this.settled(this.socket.send(frame, this.dontwait))) return false;
      if (this.error !== null) return true;
    }
    return true;
  }

  retry(): boolean {
    return (
      this.settled(this.socket.retrySend(this.frames[this.next] as Frame)) && (this.error !== null || this.attempt())
    );
  }

  expire(): void {
    this.error = "EAGAIN";
  }

  watch(thread: AppThread | null): void {
    if (thread === null) this.socket.removeWaiter(this.thread);
    else this.socket.addWaiter(thread);
  }

  /** True when the present frame is dealt with, for good or ill. */
  private settled(result: Errno | null): boolean {
    let error = result;
    const mayWait = !this.dontwait && this.socket.options.sndtimeo !== 0;
    while (error === "EAGAIN" && mayWait) {
      if (this.socket.mailbox.empty) return false;
      error = this.socket.retrySend(this.frames[this.next] as Frame);
    }
    this.error = error;
    if (error === null) this.framesSent++;
    this.next++;
    return true;
  }
}

/** Receives all frames of a message. One object serves all receives of a thread, one at a time. */
export class RecvOperation implements Operation {
  readonly name = "recv";
  /** The frames, when the call is over without error. A new list for every message. */
  frames: Frame[] = NO_FRAMES;
  error: Errno | null = null;
  private readonly thread: AppThread;
  private socket!: SocketBase;
  private dontwait = false;

  constructor(thread: AppThread) {
    this.thread = thread;
  }

  /** Prepares the next call. */
  begin(socket: SocketBase, dontwait: boolean): this {
    this.socket = socket;
    this.dontwait = dontwait || socket.options.rcvtimeo === 0;
    this.frames = NO_FRAMES;
    this.error = null;
    return this;
  }

  get deadline(): Instant | null {
    return deadlineIn(this.thread, this.socket.options.rcvtimeo);
  }

  get subject(): string {
    return this.socket.name;
  }

  attempt(): boolean {
    return this.collect(this.socket.recv(this.dontwait));
  }

  retry(): boolean {
    return this.collect(this.socket.retryRecv());
  }

  expire(): void {
    this.error = "EAGAIN";
  }

  watch(thread: AppThread | null): void {
    if (thread === null) this.socket.removeWaiter(this.thread);
    else this.socket.addWaiter(thread);
  }

  private collect(first: Frame | null): boolean {
    const { costs } = this.thread;
    this.thread.chargeDrawn(costs.recv);
    for (let frame = first; ; frame = this.socket.recv(this.dontwait)) {
      if (frame === null) {
        if (this.socket.errno !== "EAGAIN" || this.dontwait) {
          this.error = this.socket.errno;
          return true;
        }
        return false;
      }
      // Most messages have one part: a list of just that size.
      if (this.frames === NO_FRAMES) this.frames = [frame];
      else this.frames.push(frame);
      if (!frame.more) return true;
      this.thread.chargeDrawn(costs.recv);
    }
  }
}

/** Shared by calls that got nothing; never written. */
const NO_FRAMES: Frame[] = [];

export interface PollItem {
  readonly socket: SocketBase;
  readonly in: boolean;
  readonly out: boolean;
}

/** zmq_poll over any number of sockets. */
export class PollOperation implements Operation {
  readonly name = "poll";
  /** Events per item, when the call is over. */
  readonly ready: { in: boolean; out: boolean }[];
  count = 0;
  error: Errno | null = null;
  readonly deadline: Instant | null;
  private readonly thread: AppThread;
  private readonly items: readonly PollItem[];
  private readonly instant: boolean;

  /** `timeoutMs`: -1 waits for ever. */
  constructor(thread: AppThread, items: readonly PollItem[], timeoutMs: number) {
    this.thread = thread;
    this.items = items;
    this.instant = timeoutMs === 0;
    this.deadline = deadlineIn(thread, timeoutMs);
    this.ready = items.map(() => ({ in: false, out: false }));
  }

  get subject(): string {
    return this.items.map(({ socket }) => socket.name).join(", ");
  }

  attempt(): boolean {
    this.thread.chargeDrawn(this.thread.costs.poll);
    return this.scan() || this.instant;
  }

  retry(): boolean {
    return this.scan();
  }

  expire(): void {}

  watch(thread: AppThread | null): void {
    for (const { socket } of this.items) {
      if (thread === null) socket.removeWaiter(this.thread);
      else socket.addWaiter(thread);
    }
  }

  private scan(): boolean {
    this.count = 0;
    for (const [index, item] of this.items.entries()) {
      this.thread.charge(this.thread.costs.pollItem);
      const events = item.socket.events();
      if (typeof events === "string") {
        this.error = events;
        return true;
      }
      const ready = this.ready[index] as { in: boolean; out: boolean };
      ready.in = item.in && events.in;
      ready.out = item.out && events.out;
      if (ready.in || ready.out) this.count++;
    }
    return this.count > 0;
  }
}

/** Passes time. */
export class SleepOperation implements Operation {
  readonly name = "sleep";
  readonly subject = "";
  readonly deadline: Instant;

  constructor(deadline: Instant) {
    this.deadline = deadline;
  }

  attempt(): boolean {
    return false;
  }

  retry(): boolean {
    return false;
  }

  expire(): void {}

  watch(): void {}
}

/** zmq_ctx_term: returns when every socket is closed and everything that lingers is gone. */
export class TermOperation implements Operation {
  readonly name = "term";
  readonly subject = "";
  readonly deadline = null;
  private readonly thread: AppThread;
  private readonly context: Context;

  constructor(thread: AppThread, context: Context) {
    this.thread = thread;
    this.context = context;
  }

  attempt(): boolean {
    return this.context.term();
  }

  retry(): boolean {
    return this.context.term();
  }

  expire(): void {}

  watch(thread: AppThread | null): void {
    this.context.watchTerm(this.thread, thread !== null);
  }
}
