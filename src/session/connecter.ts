/** Opens a connection for a session, again and again until it stands. libzmq: stream_connecter_base.cpp, tcp_connecter.cpp, ipc_connecter.cpp. */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import { Command, type Mailbox, send } from "../ctx/mailbox.ts";
import type { SocketOptions } from "../ctx/options.ts";
import { Own, sendSequenced } from "../ctx/own.ts";
import type { Actor } from "../kernel/actor.ts";
import type { EventId } from "../kernel/kernel.ts";
import { type Instant, ms } from "../kernel/time.ts";
import type { Endpoint } from "../network/address.ts";
import type { ConnectAttempt, ConnectError, ConnectUser } from "../network/network.ts";
import type { Descriptor } from "../network/process.ts";
import type { StreamEnd } from "../network/stream.ts";
import { createEngine } from "../zmtp/raw-engine.ts";
import type { Session, SessionSocket } from "./session.ts";

const TIMER_RECONNECT = 0;
const TIMER_CONNECT = 1;
const OP_CONNECTED = 2;
const OP_FAILED = 3;

const EINPROGRESS = 115;
/** libzmq: ZMQ_RECONNECT_STOP_CONN_REFUSED. */
const STOP_REFUSED = 1;
const INT_MAX = 2_147_483_647;

export class Connecter extends Own implements ConnectUser, Actor, Task, Descriptor {
  readonly mailbox: Mailbox;
  readonly label: string;
  private readonly thread: IoThread;
  private readonly session: Session;
  private readonly socket: SessionSocket;
  private readonly options: SocketOptions;
  private readonly target: Endpoint;
  /** First wait one interval: the connection was lost before. */
  private readonly wait: boolean;
  /** Current base interval in ms; -1 before the first. It starts anew with every connecter. */
  private currentIvl = -1;
  private fd = -1;
  private refused = false;
  private attempt: ConnectAttempt | null = null;
  private end: StreamEnd | null = null;
  private reconnectTimer = 0 as EventId;
  private connectTimer = 0 as EventId;

  constructor(parameters: { thread: IoThread; session: Session; target: Endpoint; wait: boolean }) {
    super();
    this.thread = parameters.thread;
    this.mailbox = parameters.thread.mailbox;
    this.session = parameters.session;
    this.socket = parameters.session.socket;
    this.options = parameters.session.options;
    this.target = parameters.target;
    this.wait = parameters.wait;
    this.label = `connecter of ${this.socket.name}`;
  }

  protected override processPlug(): void {
    if (this.wait) this.addReconnectTimer();
    else this.startConnecting();
  }

  protected override processTerm(linger: number): void {
    const { kernel } = this.thread;
    kernel.cancel(this.reconnectTimer);
    kernel.cancel(this.connectTimer);
    this.reconnectTimer = 0 as EventId;
    if (this.attempt !== null) {
      this.attempt.cancel(this.thread.localNow);
      this.leaveAttempt();
      this.close();
    }
    super.processTerm(linger);
  }

  protected override lingerMs(): number {
    return this.options.linger;
  }

  protected override processDestroy(): void {}

  connected(end: StreamEnd): void {
    this.end = end;
    this.thread.post(this, OP_CONNECTED);
  }

  failed(error: ConnectError): void {
    this.refused = error === "ECONNREFUSED";
    this.thread.post(this, OP_FAILED);
  }

  fire(op: number): void {
    this.thread.post(this, op);
  }

  runTask(op: number): void {
    if (this.terminating) return;
    if (op === TIMER_RECONNECT) {
      if (this.reconnectTimer === 0) return;
      this.reconnectTimer = 0 as EventId;
      this.startConnecting();
    } else if (op === OP_CONNECTED) {
      if (this.attempt !== null) this.established(this.end as StreamEnd);
    } else if (this.attempt !== null) {
      if (op === OP_FAILED && this.refused && (this.options.reconnectStop & STOP_REFUSED) !== 0) this.stop();
      else this.giveUp();
    }
  }

  processDied(at: Instant): void {
    this.attempt?.cancel(at);
  }

  loseItems(): void {}

  private startConnecting(): void {
    const { costs, kernel } = this.thread;
    const { process } = this.socket;
    const { network } = process.world;
    this.thread.charge(costs.open.sample(kernel.random.stream(`${this.thread.label}/open`)));
    const options = { fromHost: process.host, ownerName: this.socket.name, buffers: this.options, user: this };
    if (this.target.transport === "ipc") {
      this.fd = process.nextFd();
      const outcome = network.connectIpc(this.target.address, options);
      if (typeof outcome !== "string") return this.established(outcome);
      this.close();
      return this.addReconnectTimer();
    }
    const host = network.resolve(this.target.host, process.host);
    // The resolver failed: no descriptor, no events but the retry.
    if (host === null) return this.addReconnectTimer();
    this.fd = process.nextFd();
    this.thread.load++;
    process.descriptors.add(this);
    this.attempt = network.connectTcp(host, this.target.port, options, this.thread.localNow);
    this.monitor("CONNECT_DELAYED", EINPROGRESS);
    if (this.options.connectTimeout > 0)
      this.connectTimer = this.thread.startTimer(this, ms(this.options.connectTimeout), TIMER_CONNECT);
  }

  private established(end: StreamEnd): void {
    this.leaveAttempt();
    const { process } = this.socket;
    const { options, fd } = this;
    const engine = createEngine({ process, end, options, endpoint: this.session.endpointText, fd });
    sendSequenced(this.session, Command.attach, 0, engine);
    this.terminate();
    this.monitor("CONNECTED", this.fd);
  }

  /** Refused, or CONNECT_TIMEOUT ran out. */
  private giveUp(): void {
    this.attempt?.cancel(this.thread.localNow);
    this.leaveAttempt();
    this.close();
    this.addReconnectTimer();
  }

  /** RECONNECT_STOP: refused once, refused for ever. */
  private stop(): void {
    this.leaveAttempt();
    send(this.session, Command.connFailed);
    this.close();
    this.terminate();
  }

  private leaveAttempt(): void {
    if (this.attempt === null) return;
    this.attempt = null;
    this.socket.process.descriptors.delete(this);
    this.thread.load--;
    this.thread.kernel.cancel(this.connectTimer);
    this.connectTimer = 0 as EventId;
  }

  private close(): void {
    this.monitor("CLOSED", this.fd);
    this.fd = -1;
  }

  private addReconnectTimer(): void {
    if (this.options.reconnectIvl <= 0) return;
    const interval = this.nextInterval();
    this.reconnectTimer = this.thread.startTimer(this, ms(interval), TIMER_RECONNECT);
    this.monitor("CONNECT_RETRIED", interval);
  }

  /** In ms. With RECONNECT_IVL_MAX it doubles without jitter, else it is IVL + random mod IVL. */
  private nextInterval(): number {
    const { reconnectIvl, reconnectIvlMax } = this.options;
    if (reconnectIvlMax > 0) {
      const candidate = this.currentIvl === -1 ? reconnectIvl : Math.min(this.currentIvl * 2, INT_MAX);
      this.currentIvl = Math.min(candidate, reconnectIvlMax);
      return this.currentIvl;
    }
    this.currentIvl = reconnectIvl;
    const jitter = this.socket.process.rand.generateRandom() % reconnectIvl;
    return Math.min(this.currentIvl + jitter, INT_MAX);
  }

  private monitor(event: string, value: number): void {
    this.socket.monitor(event, value, this.session.endpointText);
  }
}
