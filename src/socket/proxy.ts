/**
 * zmq_proxy: forwards both ways until an error. libzmq: proxy.cpp (both loops of 4.3.5 forward alike).
 * DIFFERS(proxy-spin): where the stable build spins because a target is full, this waits for a command.
 */
import type { AppThread, Operation } from "../ctx/app-thread.ts";
import type { Frame } from "../pipe/frame.ts";
import type { Errno } from "./errors.ts";
import { ProxyTraffic, steer } from "./proxy-steering.ts";
import type { SocketBase } from "./socket-base.ts";

/** Messages forwarded in one direction before the other gets its turn. libzmq: proxy_burst_size. */
const BURST = 1000;

export interface ProxySockets {
  readonly frontend: SocketBase;
  readonly backend: SocketBase;
  readonly capture: SocketBase | null;
  /** zmq_proxy_steerable. */
  readonly control?: SocketBase | null;
}

/** Hears what passes through: frames of one message read from one socket and sent to the other. */
export interface ProxyObserver {
  received(socket: SocketBase, frames: readonly Frame[]): void;
  forwarded(socket: SocketBase, frames: readonly Frame[]): void;
}

export class ProxyOperation implements Operation {
  readonly name = "proxy";
  readonly subject: string;
  readonly deadline = null;
  /** Set when the proxy ends, which only an error makes it do. */
  error: Errno | null = null;
  continues = false;
  private paused = false;
  private terminated = false;
  private readonly thread: AppThread;
  private readonly sockets: ProxySockets;
  private readonly observer: ProxyObserver;
  private readonly traffic = [new ProxyTraffic(), new ProxyTraffic()] as const;
  /** The burst under way: direction, messages so far; null between bursts. */
  private source: SocketBase | null = null;
  private target: SocketBase | null = null;
  private burst = 0;
  private replyTurn = false;
  private backendIn = false;
  private frontendOut = false;
  /** Frames of the message in hand; those before `next` are sent to the target, those before `captured` to the capture. */
  private frames: Frame[] = [];
  private next = 0;
  private captured = 0;

  constructor(thread: AppThread, sockets: ProxySockets, observer: ProxyObserver) {
    this.thread = thread;
    this.sockets = sockets;
    this.observer = observer;
    this.subject = `${sockets.frontend.name}, ${sockets.backend.name}`;
  }

  attempt(): boolean {
    return this.advance(false);
  }

  retry(): boolean {
    return this.advance(true);
  }

  expire(): void {}

  /**
   * A command on the control socket of zmq_proxy_steerable, for the next turn of the loop; wake the thread.
   * As 4.3.5 has it: "RESUME" pauses, and "PAUSE" makes it go on. libzmq: proxy.cpp:handle_control.
   */
  control(command: "PAUSE" | "RESUME" | "TERMINATE"): void {
    if (command === "TERMINATE") this.terminated = true;
    else this.paused = command === "RESUME";
  }

  watch(thread: AppThread | null): void {
    const { frontend, backend, capture, control } = this.sockets;
    for (const socket of [frontend, backend, capture, control]) {
      if (socket === null || socket === undefined) continue;
      if (thread === null) socket.removeWaiter(this.thread);
      else socket.addWaiter(thread);
    }
  }

  /** Goes on until a message has been forwarded or nothing can be done. True: the proxy is over. */
  private advance(retrying: boolean): boolean {
    this.continues = false;
    for (;;) {
      if (this.frames.length > 0) {
        const done = this.deliver(retrying);
        if (this.error !== null) return true;
        if (done) this.continues = true;
        return false;
      }
      if (this.source === null) {
        if (!this.obey()) return true;
        if (this.terminated) return true;
        if (this.paused) return false;
        const found = this.choose();
        if (this.error !== null) return true;
        if (!found) return false;
      }
      this.take();
      if (this.error !== null) return true;
    }
  }

  /** Does what the control socket says. False: that failed, and the proxy ends. */
  private obey(): boolean {
    const { control } = this.sockets;
    if (control === undefined || control === null) return true;
    for (;;) {
      const state = steer(control, this.terminated ? "terminated" : this.paused ? "paused" : "active", this.traffic);
      if (state === null) return true;
      if (state !== "active" && state !== "paused" && state !== "terminated") {
        this.error = state;
        return false;
      }
      this.terminated = state === "terminated";
      this.paused = state === "paused";
    }
  }

  /** Polls, and begins a burst in a direction that can go. */
  private choose(): boolean {
    const { frontend, backend } = this.sockets;
    const same = frontend === backend;
    if (this.replyTurn) {
      this.replyTurn = false;
      if (!same && this.backendIn && this.frontendOut) return this.begin(backend, frontend);
    }
    this.thread.chargeDrawn(this.thread.costs.poll);
    const front = frontend.events();
    const back = backend.events();
    if (typeof front === "string" || typeof back === "string") {
      this.error = typeof front === "string" ? front : (back as Errno);
      return false;
    }
    this.backendIn = back.in;
    this.frontendOut = front.out;
    if (front.in && (same || back.out)) {
      this.replyTurn = true;
      return this.begin(frontend, backend);
    }
    return !same && back.in && front.out && this.begin(backend, frontend);
  }

  private begin(source: SocketBase, target: SocketBase): boolean {
    this.source = source;
    this.target = target;
    this.burst = 0;
    return true;
  }

  /** Reads the next message of the burst; the burst ends when there is none. */
  private take(): void {
    const source = this.source as SocketBase;
    const { costs } = this.thread;
    if (this.burst === BURST) {
      this.source = null;
      return;
    }
    for (;;) {
      this.thread.chargeDrawn(costs.recv);
      const frame = source.recv(true);
      if (frame === null) {
        if (source.errno !== "EAGAIN") this.error = source.errno;
        this.source = null;
        return;
      }
      this.frames.push(frame);
      if (!frame.more) break;
    }
    this.burst++;
    this.traffic[source === this.sockets.frontend ? 0 : 1].receive(this.frames);
    this.observer.received(source, this.frames);
  }

  /** Sends the message in hand: each frame first to the capture, then to the target. False: has to wait. */
  private deliver(retrying: boolean): boolean {
    const { capture } = this.sockets;
    const target = this.target as SocketBase;
    let again = retrying;
    while (this.next < this.frames.length) {
      const frame = this.frames[this.next] as Frame;
      if (capture !== null && this.captured === this.next) {
        // A copy for onlookers: it is not the message itself.
        if (!this.push(capture, frame.as(frame.flags, null), again)) return false;
        this.captured++;
        again = false;
      }
      if (!this.push(target, frame, again)) return false;
      this.next++;
      again = false;
    }
    this.traffic[target === this.sockets.backend ? 1 : 0].send(this.frames);
    this.observer.forwarded(target, this.frames);
    this.frames = [];
    this.next = 0;
    this.captured = 0;
    return true;
  }

  private push(socket: SocketBase, frame: Frame, retrying: boolean): boolean {
    // A proxy moves messages, it does not copy them.
    if (!retrying) this.thread.chargeDrawn(this.thread.costs.send);
    let error = retrying ? socket.retrySend(frame) : socket.send(frame, false);
    while (error === "EAGAIN" && !socket.mailbox.empty) error = socket.retrySend(frame);
    if (error === null) return true;
    if (error !== "EAGAIN") this.error = error;
    return false;
  }
}
