/** The ZMTP engine: greeting, handshake, frames, heartbeats. libzmq: zmtp_engine.cpp, stream_engine_base.cpp. */

import type { EventId } from "../kernel/kernel.ts";
import { ms } from "../kernel/time.ts";
import { Frame, RAW, ROUTING_ID } from "../pipe/frame.ts";
import { asCommand, Decoder, identify } from "./codec.ts";
import { type Mechanism, ProtocolError, protocolFailure } from "./handshake.ts";
import { createMechanism } from "./mechanism.ts";
import { ENGINE_TIMERS, type EngineError, type EngineSession, StreamEngine } from "./stream-engine.ts";
import {
  bodySize,
  type Control,
  greetingRest,
  isControl,
  MAJOR,
  ping,
  pong,
  SIGNATURE,
  type WireItem,
} from "./wire.ts";

const TIMER_HANDSHAKE = ENGINE_TIMERS;
const TIMER_HEARTBEAT = ENGINE_TIMERS + 1;
const TIMER_TIMEOUT = ENGINE_TIMERS + 2;
const TIMER_TTL = ENGINE_TIMERS + 3;

const EPIPE = 32;
const ECONNRESET = 104;
const EAGAIN = 11;
/** Values of ROUTER_NOTIFY. libzmq: ZMQ_NOTIFY_CONNECT, ZMQ_NOTIFY_DISCONNECT. */
const NOTIFY_CONNECT = 1;
const NOTIFY_DISCONNECT = 2;
/** libzmq: ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED. */
const STOP_HANDSHAKE_FAILED = 2;
const NOTICE = Frame.of("");

export class ZmtpEngine extends StreamEngine {
  override readonly hasHandshake = true;
  /** From when the peer has greeted. */
  protected mechanism: Mechanism | null = null;
  /** Until the mechanism is done; then it goes. */
  private handshaking = true;
  /** Refused for its size: the connection ends. */
  protected tooBig: Frame | null = null;
  private nextControl: Control | null = null;
  /** Only for a peer that writes bytes: takes them apart. */
  private decoder: Decoder | null = null;
  private handshakeTimer = 0 as EventId;
  private heartbeatTimer = 0 as EventId;
  private timeoutTimer = 0 as EventId;
  private ttlTimer = 0 as EventId;

  protected override begin(): void {
    const { handshakeIvl } = this.options;
    if (handshakeIvl > 0) this.handshakeTimer = this.thread.startTimer(this, ms(handshakeIvl), TIMER_HANDSHAKE);
    this.produce(SIGNATURE);
  }

  protected override nextItem(): WireItem | null {
    const session = this.session as EngineSession;
    if (this.nextControl !== null) return this.takeControl(this.nextControl);
    if (!this.handshaking) return session.pullMsg();
    const mechanism = this.mechanism as Mechanism;
    if (mechanism.status === "handshaking") return mechanism.next();
    if (mechanism.status === "error") return null;
    this.mechanismReady();
    return session.pullMsg();
  }

  private takeControl(control: Control): Control {
    this.nextControl = null;
    const { heartbeatIvl, heartbeatTimeout } = this.options;
    const timeout = heartbeatTimeout === -1 ? heartbeatIvl : heartbeatTimeout;
    if (control.kind === "ping" && this.timeoutTimer === 0 && timeout > 0) {
      this.timeoutTimer = this.thread.startTimer(this, ms(timeout), TIMER_TIMEOUT);
    }
    return control;
  }

  // --- input ---

  protected override processItem(item: WireItem): boolean {
    if (isControl(item)) return this.processControl(item);
    return (item.flags & RAW) === 0 ? this.processFrame(item) : this.processBytes(item);
  }

  /** Bytes from a raw socket. */
  private processBytes(bytes: Frame): boolean {
    this.decoder ??= new Decoder();
    const { items, given } = identify(this.decoder.decode(bytes), bytes.message);
    // A message that is but a part of a frame, or a command, has come to its receiver.
    if (!given) this.process.world.journal.delivered++;
    for (const item of items) {
      if (item === "malformed") return false;
      if (!(this.handshaking ? this.processControl(this.asCommand(item)) : this.processItem(item))) return false;
      if (this.session === null) return true;
    }
    return true;
  }

  /** During the handshake frames of messages are taken for commands as well. */
  private asCommand(item: WireItem): Control {
    if (isControl(item)) return item;
    if (item.message !== null && !item.more) this.process.world.journal.delivered++;
    return asCommand(item);
  }

  protected processFrame(frame: Frame): boolean {
    this.sawTraffic();
    const { maxmsgsize } = this.options;
    if (maxmsgsize >= 0 && frame.size > maxmsgsize) {
      this.tooBig = frame;
      return false;
    }
    return this.handOver(frame);
  }

  private processControl(control: Control): boolean {
    switch (control.kind) {
      case "signature":
        this.produce(MAJOR);
        return true;
      case "major":
        this.produce(greetingRest(this.options.security.mechanism));
        return true;
      case "rest":
        return this.processGreeting(control);
      case "ping":
        this.sawTraffic();
        if (control.ttl > 0 && this.ttlTimer === 0) {
          this.ttlTimer = this.thread.startTimer(this, ms(wrapTtl(control.ttl)), TIMER_TTL);
        }
        this.nextControl = pong(control.text);
        this.restartOutput();
        return true;
      case "pong":
        this.sawTraffic();
        return true;
      default:
        return this.processHandshake(control);
    }
  }

  private processGreeting(greeting: Control): boolean {
    const { options, end } = this;
    const session = this.session as EngineSession;
    if (greeting.text !== options.security.mechanism)
      return protocolFailure(session, ProtocolError.ZMTP_MECHANISM_MISMATCH);
    this.mechanism = createMechanism({ options, session, peerAddress: end.peerAddress });
    this.encodes = true;
    this.pollOut = true;
    if (this.outSize === 0) this.postOut();
    return true;
  }

  /** libzmq: stream_engine_base_t::process_handshake_command. */
  private processHandshake(command: Control): boolean {
    const { maxmsgsize } = this.options;
    if (maxmsgsize >= 0 && bodySize(command) > maxmsgsize) return false;
    if (!this.handshaking) {
      // Nobody knows it any more.
      this.sawTraffic();
      return true;
    }
    const mechanism = this.mechanism as Mechanism;
    if (!mechanism.process(command)) return false;
    if (mechanism.status === "ready") this.mechanismReady();
    else if (mechanism.status === "error") return false;
    if (this.session !== null && this.outputStopped) this.restartOutput();
    return true;
  }

  protected override get again(): boolean {
    return super.again || this.mechanism?.again === true;
  }

  override zapMsgAvailable(): void {
    if (this.mechanism?.zapAvailable() !== true) this.error("protocol");
    else if (this.outputStopped) this.restartOutput();
  }

  /** libzmq: stream_engine_base_t::mechanism_ready. */
  private mechanismReady(): void {
    const session = this.session as EngineSession;
    const { heartbeatIvl, recvRoutingId, routerNotify } = this.options;
    const mechanism = this.mechanism as Mechanism;
    this.handshaking = false;
    this.mechanism = null;
    this.keep(mechanism);
    if (heartbeatIvl > 0) this.heartbeatTimer = this.thread.startTimer(this, ms(heartbeatIvl), TIMER_HEARTBEAT);
    session.engineReady();
    let pushed = false;
    if (recvRoutingId) pushed = session.pushMsg(Frame.of(mechanism.peerRoutingId, ROUTING_ID));
    if ((routerNotify & NOTIFY_CONNECT) !== 0) pushed = session.pushMsg(NOTICE) || pushed;
    if (pushed) session.flush();
    this.kernel.cancel(this.handshakeTimer);
    this.handshakeTimer = 0 as EventId;
    session.monitor("HANDSHAKE_SUCCEEDED", 0);
  }

  /** The mechanism goes: what of it is needed later? */
  protected keep(_mechanism: Mechanism): void {}

  // --- timers ---

  /** Any decoded frame shows that the peer lives. */
  private sawTraffic(): void {
    if (this.timeoutTimer === 0 && this.ttlTimer === 0) return;
    this.kernel.cancel(this.timeoutTimer);
    this.kernel.cancel(this.ttlTimer);
    this.timeoutTimer = 0 as EventId;
    this.ttlTimer = 0 as EventId;
  }

  protected override timerEvent(op: number): void {
    if (op === TIMER_HEARTBEAT) {
      this.nextControl = ping(this.options.heartbeatTtl);
      this.restartOutput();
      if (this.session !== null) {
        this.heartbeatTimer = this.thread.startTimer(this, ms(this.options.heartbeatIvl), TIMER_HEARTBEAT);
      }
      return;
    }
    // A timer that was cancelled after it had become due no longer counts.
    if (op === TIMER_TIMEOUT && this.timeoutTimer === 0) return;
    if (op === TIMER_TTL && this.ttlTimer === 0) return;
    if (op === TIMER_HANDSHAKE && this.handshakeTimer === 0) return;
    this.error("timeout");
  }

  protected override cancelTimers(): void {
    for (const timer of [this.handshakeTimer, this.heartbeatTimer, this.timeoutTimer, this.ttlTimer]) {
      this.kernel.cancel(timer);
    }
  }

  // --- the end ---

  /** libzmq: stream_engine_base_t::error. */
  protected override error(reason: EngineError): void {
    const session = this.session as EngineSession;
    const { routerNotify, reconnectStop } = this.options;
    // To have refused each other counts as a handshake, too.
    const handshaked = !this.handshaking || this.mechanism?.status === "error";
    if (this.tooBig !== null) session.lost(this.tooBig);
    if ((routerNotify & NOTIFY_DISCONNECT) !== 0 && !this.handshaking) {
      session.rollback();
      session.pushMsg(NOTICE);
    }
    let outcome = reason;
    if (reason !== "protocol" && !handshaked) {
      session.monitor("HANDSHAKE_FAILED_NO_DETAIL", this.errno(reason));
      if ((reconnectStop & STOP_HANDSHAKE_FAILED) !== 0) outcome = "protocol";
    }
    session.monitor("DISCONNECTED", this.fd);
    session.flush();
    this.unplug();
    session.engineError(handshaked, outcome);
  }

  /** What the last read left in errno. */
  private errno(reason: EngineError): number {
    if (reason === "timeout") return EAGAIN;
    return this.end.incoming === "reset" ? ECONNRESET : EPIPE;
  }
}

/** libzmq keeps ttl * 100 in 16 bits, so times above 65.5 s wrap. */
const wrapTtl = (ttlMs: number): number => ttlMs % 65_536;
