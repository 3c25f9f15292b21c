/** A context: threads, sockets and the inproc name space of a process. libzmq: ctx.cpp. */
import { IoThread, type Task } from "../ctx/io-thread.ts";
import type { MailboxReader, Waiter } from "../ctx/mailbox.ts";
import { Command, send } from "../ctx/mailbox.ts";
import {
  defaultOptions,
  effectiveConflate,
  effectiveDisconnectMsg,
  effectiveHelloMsg,
  type SocketOptions,
  type SocketTypeName,
} from "../ctx/options.ts";
import { sendSequenced } from "../ctx/own.ts";
import type { Process } from "../network/process.ts";
import { Frame, routingIdFrame } from "../pipe/frame.ts";
import { Pipe } from "../pipe/pipe.ts";
import type { ZapHandler } from "../session/zap-pipe.ts";
import type { Errno } from "./errors.ts";
import { createSocketOfType } from "./factory.ts";
import type { Monitor } from "./monitor.ts";
import type { SocketBase } from "./socket-base.ts";

/** A socket and its options as they were at bind or connect. libzmq: endpoint_t. */
interface InprocEndpoint {
  readonly socket: SocketBase;
  readonly options: SocketOptions;
}

interface PendingConnection extends InprocEndpoint {
  readonly connectPipe: Pipe;
  readonly bindPipe: Pipe;
}

/** Options of a context by libzmq's names. */
interface ContextSettings {
  max_sockets: number;
  io_threads: number;
  ipv6: number;
  blocky: number;
}

/** libzmq: ZMQ_MAX_SOCKETS_DFLT, and what the poller can hold. */
const MAX_SOCKETS = 1023;
const SOCKET_LIMIT = 65_535;

export interface ContextOptions {
  readonly ioThreads: number;
  /** New sockets linger for ever (ZMQ_BLOCKY). */
  readonly blocky: boolean;
  /** A draft build of libzmq, as in npm zeromq. Default false. */
  readonly draft?: boolean;
}

export class Context {
  readonly process: Process;
  readonly draft: boolean;
  readonly ioThreads: readonly IoThread[];
  /** Open sockets and those that the reaper has not finished with, in creation order. */
  readonly sockets = new Set<SocketBase>();
  /** Hears all monitor events of the context's sockets. True: see Monitor.tell. */
  monitor: ((socket: SocketBase, event: string, value: number, endpoint: string) => boolean) | null = null;
  /** Of sockets whose events go to an inproc name. */
  readonly monitors = new Map<SocketBase, Monitor>();
  private readonly settings: ContextSettings;
  private readonly reaper: IoThread;
  private readonly endpoints = new Map<string, InprocEndpoint>();
  private readonly pending = new Map<string, PendingConnection[]>();
  private terminating = false;
  private readonly termWaiters = new Set<Waiter>();

  constructor(process: Process, options: ContextOptions) {
    this.process = process;
    this.draft = options.draft ?? false;
    this.settings = {
      max_sockets: MAX_SOCKETS,
      io_threads: options.ioThreads,
      ipv6: 0,
      blocky: Number(options.blocky),
    };
    const { kernel } = process.world;
    this.reaper = new IoThread(kernel, `${process.name}/reaper`, process.costs);
    this.ioThreads = Array.from(
      { length: options.ioThreads },
      (_, index) => new IoThread(kernel, `${process.name}/io${index}`, process.costs),
    );
  }

  /** No room for another socket: MAX_SOCKETS are open or with the reaper. */
  get full(): boolean {
    return this.sockets.size >= this.settings.max_sockets;
  }

  /** zmq_socket. null: the context is terminating (ETERM), or has no room for another (EMFILE). */
  createSocket(type: SocketTypeName, name: string): SocketBase | null {
    if (this.terminating) return null;
    if (this.full) return null;
    const socket = createSocketOfType(this, type, name);
    if (this.settings.ipv6 !== 0) socket.changeOptions({ ipv6: true });
    this.sockets.add(socket);
    const { journal } = this.process.world;
    if (journal.full) journal.record({ t: journal.now, ev: "socket", socket: name, what: "open", type });
    return socket;
  }

  /** Among the allowed threads the one with the least descriptors; the first of equals. */
  chooseIoThread(affinity: number): IoThread | null {
    let best: IoThread | null = null;
    for (const [index, thread] of this.ioThreads.entries()) {
      const allowed = affinity === 0 || (affinity & (1 << index)) !== 0;
      if (allowed && (best === null || thread.load < best.load)) best = thread;
    }
    return best;
  }

  // --- options ---

  /** zmq_ctx_set. IO_THREADS counts only before the first socket, and is fixed here. */
  setOption(name: string, value: number): Errno | null {
    if (!Object.hasOwn(this.settings, name) || !Number.isInteger(value) || value < (name === "max_sockets" ? 1 : 0))
      return "EINVAL";
    this.settings[name as keyof ContextSettings] = value;
    return null;
  }

  /** zmq_ctx_get. */
  getOption(name: string): number | Errno {
    if (name === "socket_limit") return SOCKET_LIMIT;
    return Object.hasOwn(this.settings, name) ? this.settings[name as keyof ContextSettings] : "EINVAL";
  }

  get blocky(): boolean {
    return this.settings.blocky !== 0;
  }

  // --- inproc ---

  registerEndpoint(name: string, socket: SocketBase): boolean {
    if (this.endpoints.has(name)) return false;
    this.endpoints.set(name, { socket, options: socket.options });
    return true;
  }

  unregisterEndpoint(name: string, socket: SocketBase): boolean {
    return this.endpoints.get(name)?.socket === socket && this.endpoints.delete(name);
  }

  unregisterEndpoints(socket: SocketBase): void {
    for (const [name, owner] of this.endpoints) if (owner.socket === socket) this.endpoints.delete(name);
  }

  /** libzmq: find_endpoint("inproc://zeromq.zap.01"). */
  zapHandler(): ZapHandler | null {
    const endpoint = this.endpoints.get("inproc://zeromq.zap.01");
    return endpoint === undefined ? null : { socket: endpoint.socket, recvRoutingId: endpoint.options.recvRoutingId };
  }

  /** zmq_connect to an inproc name, bound already or not. libzmq: connect_internal, pend_connection. */
  connectInproc(name: string, socket: SocketBase): void {
    const peer = this.endpoints.get(name) ?? null;
    const { world } = this.process;
    const { options } = socket;
    const conflate = effectiveConflate(options);
    const sum = (mine: number, theirs: number): number => (mine !== 0 && theirs !== 0 ? mine + theirs : 0);
    const sndhwm = peer === null ? options.sndhwm : sum(options.sndhwm, peer.options.rcvhwm);
    const rcvhwm = peer === null ? options.rcvhwm : sum(options.rcvhwm, peer.options.sndhwm);
    const peerName = peer?.socket.name ?? name;
    const [connectPipe, bindPipe] = Pipe.pair({
      id: world.pipeIds++,
      ends: [
        { mailbox: socket.mailbox, role: "socket", socketName: socket.name, peerName },
        { mailbox: (peer?.socket ?? socket).mailbox, role: "socket", socketName: peerName, peerName: socket.name },
      ],
      hwms: conflate ? [-1, -1] : [sndhwm, rcvhwm],
      conflate,
      journal: world.journal,
    });
    if (!conflate) {
      // Without a binder its limits count as the defaults until it comes, should ours change meanwhile.
      const { sndhwm: inBoost, rcvhwm: outBoost } = peer?.options ?? defaultOptions(options.type, true);
      connectPipe.setHwmsBoost(inBoost, outBoost);
      bindPipe.setHwmsBoost(options.sndhwm, options.rcvhwm);
    }
    if (peer === null) {
      connectPipe.writeUnchecked(routingIdFrame(options.routingId));
      connectPipe.flush();
      sendHello(connectPipe, options);
      socket.incSeqnum();
      const waiting = this.pending.get(name);
      const connection = { socket, options, connectPipe, bindPipe };
      if (waiting === undefined) this.pending.set(name, [connection]);
      else waiting.push(connection);
    } else {
      connectPipe.connected = true;
      bindPipe.connected = true;
      if (peer.options.recvRoutingId) writeRoutingId(connectPipe, options);
      if (options.recvRoutingId) writeRoutingId(bindPipe, peer.options);
      sendHello(connectPipe, options);
      sendHello(bindPipe, peer.options);
      connectPipe.disconnectMsg = effectiveDisconnectMsg(peer.options);
      sendSequenced(peer.socket, Command.bind, 0, bindPipe);
    }
    socket.attachInproc(name, connectPipe);
  }

  /** A bind gives the waiting connections their peer, in connect order. libzmq: connect_inproc_sockets. */
  connectPending(name: string, binder: SocketBase): void {
    const waiting = this.pending.get(name);
    if (waiting === undefined) return;
    this.pending.delete(name);
    for (const { socket, options, connectPipe, bindPipe } of waiting) {
      binder.incSeqnum();
      bindPipe.adopt(binder.mailbox, binder.name);
      connectPipe.peerName = binder.name;
      if (!binder.options.recvRoutingId) dropRoutingId(bindPipe);
      if (effectiveConflate(options)) {
        connectPipe.setHwms(-1, -1);
        bindPipe.setHwms(-1, -1);
      } else {
        connectPipe.setHwmsBoost(binder.options.sndhwm, binder.options.rcvhwm);
        bindPipe.setHwmsBoost(options.sndhwm, options.rcvhwm);
        connectPipe.setHwms(options.rcvhwm, options.sndhwm);
        bindPipe.setHwms(binder.options.rcvhwm, binder.options.sndhwm);
      }
      connectPipe.connected = true;
      bindPipe.connected = true;
      connectPipe.disconnectMsg = effectiveDisconnectMsg(binder.options);
      binder.processCommand(Command.bind, 0, bindPipe);
      send(socket, Command.inprocConnected);
      if (options.recvRoutingId && !socket.closed) writeRoutingId(bindPipe, binder.options);
      sendHello(bindPipe, binder.options);
    }
  }

  // --- the end ---

  /** Hands a closed socket to the reaper. */
  reap(socket: SocketBase): void {
    const { journal } = this.process.world;
    if (journal.full) journal.record({ t: journal.now, ev: "socket", socket: socket.name, what: "close" });
    const entry = new ReapedSocket(socket, this.reaper);
    entry.begin();
  }

  /** An event for whoever monitors the socket; the last one ends that. True: see Monitor.tell. */
  tell(socket: SocketBase, event: string, value: number, endpoint: string): boolean {
    const looked = this.monitor?.(socket, event, value, endpoint) ?? false;
    const monitor = this.monitors.get(socket);
    if (monitor === undefined) return looked;
    if (event !== "MONITOR_STOPPED") return monitor.tell(event, value, endpoint);
    this.monitors.delete(socket);
    monitor.stop();
    return false;
  }

  destroySocket(socket: SocketBase): void {
    this.sockets.delete(socket);
    if (this.sockets.size > 0) return;
    for (const thread of this.termWaiters) thread.wake();
  }

  /** zmq_ctx_term: true once every socket is gone. The first call tells all sockets to fail. */
  term(): boolean {
    if (!this.terminating) {
      this.terminating = true;
      this.bindOrphans();
      for (const socket of this.sockets) socket.stop();
    }
    return this.sockets.size === 0;
  }

  /** zmq_ctx_shutdown: calls on open sockets fail, nothing is waited for. */
  shutdown(): void {
    this.term();
  }

  watchTerm(thread: Waiter, on: boolean): void {
    if (on) this.termWaiters.add(thread);
    else this.termWaiters.delete(thread);
  }

  /** The process died. */
  kill(): void {
    this.reaper.kill();
    for (const thread of this.ioThreads) thread.kill();
    for (const socket of this.sockets) {
      if (!socket.closed) socket.numbers.end();
      socket.mailbox.clear();
    }
  }

  /** Ends the legs of all messages in the hands of this process, for the books. */
  loseEverything(fate: "crashed" | "queued"): void {
    const { journal } = this.process.world;
    for (const socket of this.sockets) {
      for (const pipe of socket.pipes) {
        pipe.discardIncoming(fate);
        pipe.otherHalf.discardIncoming(fate);
      }
      for (const frame of socket.xprefetched()) {
        if (frame.message !== null && !frame.more)
          journal.lose(frame.message, fate, frame.message.origin, socket.name, "prefetched");
      }
    }
  }

  /** Connections to inproc names that nobody bound get a peer that goes at once, so that they can end. */
  private bindOrphans(): void {
    for (const name of [...this.pending.keys()]) {
      const peer = createSocketOfType(this, "PAIR", name);
      this.sockets.add(peer);
      peer.bind(name);
      peer.close();
    }
  }
}

const writeRoutingId = (pipe: Pipe, options: SocketBase["options"]): void => {
  pipe.writeUnchecked(routingIdFrame(options.routingId));
  pipe.flush();
};

/** HELLO_MSG comes before everything that the program sends. libzmq: send_hello_msg. */
function sendHello(pipe: Pipe, options: SocketOptions): void {
  const text = effectiveHelloMsg(options);
  if (text === "") return;
  pipe.write(Frame.of(text));
  pipe.flush();
}

/** The binder has no use for it. In a conflating pipe a message may stand in its place. */
function dropRoutingId(pipe: Pipe): void {
  const frame = pipe.read();
  if (frame !== null) pipe.discard(frame, "conflated", "pipe");
}

const OP_BEGIN = 0;
const OP_COMMANDS = 1;

/** A closed socket in the hands of the reaper thread. libzmq: reaper.cpp. */
class ReapedSocket implements MailboxReader, Task {
  private readonly socket: SocketBase;
  private readonly reaper: IoThread;
  private posted = false;

  constructor(socket: SocketBase, reaper: IoThread) {
    this.socket = socket;
    this.reaper = reaper;
  }

  begin(): void {
    this.reaper.post(this, OP_BEGIN);
  }

  mailboxActive(): void {
    if (this.posted) return;
    this.posted = true;
    this.reaper.post(this, OP_COMMANDS);
  }

  runTask(op: number): void {
    this.posted = false;
    if (op === OP_BEGIN) {
      this.socket.startReaping(this);
      if (!this.socket.mailbox.empty) this.mailboxActive();
      return;
    }
    this.reaper.charge(this.socket.reapCommands() * this.reaper.costs.command);
  }
}
