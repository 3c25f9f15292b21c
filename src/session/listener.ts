/** Accepts connections and owns their sessions. libzmq: stream_listener_base.cpp. */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import { Command, type Mailbox } from "../ctx/mailbox.ts";
import type { SocketOptions } from "../ctx/options.ts";
import { Own, sendSequenced } from "../ctx/own.ts";
import type { Instant } from "../kernel/time.ts";
import type { Endpoint } from "../network/address.ts";
import type { BindError, ListenSocket, ListenUser } from "../network/network.ts";
import type { Descriptor } from "../network/process.ts";
import { createEngine } from "../zmtp/raw-engine.ts";
import type { Session, SessionParameters, SessionSocket } from "./session.ts";

const OP_ACCEPT = 0;

export class Listener extends Own implements ListenUser, Task, Descriptor {
  readonly mailbox: Mailbox;
  /** The endpoint with the real port. Set by open. */
  endpointText = "";
  private readonly thread: IoThread;
  private readonly socket: SessionSocket;
  private readonly options: SocketOptions;
  private readonly createSession: (parameters: SessionParameters) => Session;
  private listening: ListenSocket | null = null;
  private fd = -1;
  private plugged = false;
  private posted = false;

  constructor(
    thread: IoThread,
    socket: SessionSocket,
    options: SocketOptions,
    createSession: (parameters: SessionParameters) => Session,
  ) {
    super();
    this.thread = thread;
    this.mailbox = thread.mailbox;
    this.socket = socket;
    this.options = options;
    this.createSession = createSession;
  }

  /** Binds and listens, in the thread that calls zmq_bind. */
  open(endpoint: Endpoint, errorValue: (error: BindError) => number): BindError | null {
    const { process } = this.socket;
    const { network } = process.world;
    this.fd = process.nextFd();
    const text = `${endpoint.transport}://${endpoint.address}`;
    const outcome = network.listen(endpoint, {
      host: process.host,
      ownerName: this.socket.name,
      backlog: this.options.backlog,
      buffers: this.options,
      ipv6: this.options.ipv6,
      user: this,
    });
    if (typeof outcome === "string") {
      this.socket.monitor("CLOSED", this.fd, text);
      // This one event carries the address without its transport. libzmq: socket_base_t::bind.
      this.socket.monitor("BIND_FAILED", errorValue(outcome), endpoint.address);
      return outcome;
    }
    this.listening = outcome.socket;
    process.descriptors.add(this);
    this.endpointText = outcome.endpoint;
    this.socket.monitor("LISTENING", this.fd, this.endpointText);
    return null;
  }

  processDied(at: Instant): void {
    if (this.listening !== null) this.socket.process.world.network.unlisten(this.listening, at);
  }

  loseItems(): void {}

  acceptable(): void {
    if (this.plugged) this.post();
  }

  runTask(): void {
    this.posted = false;
    const { listening, thread } = this;
    const end = listening?.waiting.shift();
    if (listening === null || end === undefined) return;
    const { costs, kernel } = thread;
    thread.charge(costs.open.sample(kernel.random.stream(`${thread.label}/open`)));
    const fd = this.socket.process.nextFd();
    const { process } = this.socket;
    const { options } = this;
    const engine = createEngine({ process, end, options, endpoint: this.endpointText, fd });
    const sessionThread = this.socket.chooseIoThread(this.options.affinity) ?? thread;
    const session = this.createSession({
      thread: sessionThread,
      socket: this.socket,
      options: this.options,
      target: null,
      endpoint: this.endpointText,
    });
    this.launchChild(session);
    sendSequenced(session, Command.attach, 0, engine);
    this.socket.monitor("ACCEPTED", fd, this.endpointText);
    if (listening.waiting.length > 0) this.post();
  }

  protected override processPlug(): void {
    this.plugged = true;
    this.thread.load++;
    if (this.listening !== null && this.listening.waiting.length > 0) this.post();
  }

  protected override processTerm(linger: number): void {
    if (this.listening !== null) {
      this.thread.load--;
      this.socket.process.world.network.unlisten(this.listening, this.thread.localNow);
      this.socket.process.descriptors.delete(this);
      this.listening = null;
      this.socket.monitor("CLOSED", this.fd, this.endpointText);
    }
    super.processTerm(linger);
  }

  protected override lingerMs(): number {
    return this.options.linger;
  }

  protected override processDestroy(): void {}

  private post(): void {
    if (this.posted) return;
    this.posted = true;
    this.thread.post(this, OP_ACCEPT);
  }
}
