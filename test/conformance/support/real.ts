/** The real arm: npm zeromq in this process, raw option accessors for what it has no property for. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join as joined } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SocketTypeName } from "../../../src/ctx/options.ts";
import { SOCKET_TYPES } from "../../../src/socket/types.ts";
import {
  type Bench,
  type BenchContext,
  type BenchProxy,
  CallError,
  type Options,
  type Part,
  type Sock,
} from "./bench.ts";
import { KINDS, NUMBERS } from "./option-numbers.ts";

interface RawContext {
  getInt32Option(id: number): number;
  setInt32Option(id: number, value: number): void;
}

interface RawSocket {
  readonly closed: boolean;
  readonly events: { receive(): Promise<{ type: string; address?: string }>; close(): void };
  send(parts: unknown, options?: unknown): Promise<void>;
  receive(): Promise<unknown[]>;
  bindSync(address: string): void;
  unbind(address: string): Promise<void>;
  connect(address: string): void;
  disconnect(address: string): void;
  close(): void;
  join(group: string): void;
  leave(group: string): void;
  getInt32Option(id: number): number;
  setInt32Option(id: number, value: number): void;
  getInt64Option(id: number): number;
  setInt64Option(id: number, value: number): void;
  getStringOption(id: number): string | null;
  setStringOption(id: number, value: Buffer | string | null): void;
}

interface Zmq {
  readonly Context: new () => RawContext;
  readonly Socket: { new (type: number, options?: { context: RawContext }): RawSocket; prototype: RawSocket };
  readonly Proxy: new (front: RawSocket, back: RawSocket) => { run(): Promise<void>; terminate(): void };
  readonly Pair: { prototype: RawSocket };
}

const require = createRequire(import.meta.url);
const zmq = require("zeromq") as Zmq;
const draft = require("zeromq/draft") as Record<string, { prototype: RawSocket }>;
const { send, receive } = zmq.Pair.prototype;
const { send: sendServer } = (draft["Server"] as { prototype: RawSocket }).prototype;
const { join, leave } = (draft["Dish"] as { prototype: RawSocket }).prototype;

/** A call that waits longer than this without a timeout of its own hangs. */
const PATIENCE = 5000;
let addresses = 0;
let ipcFolder: string | undefined;

/** Files of sockets that are open at the end of the process go with it. */
function folderForIpc(): string {
  if (ipcFolder !== undefined) return ipcFolder;
  const folder = mkdtempSync(joined(tmpdir(), "zeromq-sim-ipc-"));
  process.once("exit", removeIpcFolder);
  ipcFolder = folder;
  return folder;
}

/** Once all benches are closed; a worker of the test runner is ended without an exit. */
export function removeIpcFolder(): void {
  if (ipcFolder !== undefined) rmSync(ipcFolder, { recursive: true, force: true });
  ipcFolder = undefined;
}

export class RealBench implements Bench {
  readonly arm = "real";
  private readonly sockets: RealSock[] = [];
  private readonly began = performance.now();
  private main: RealContext | null = null;
  private readonly settleMs: number;

  /** `settleMs`: the pause where upstream waits 300 ms. */
  constructor(settleMs: number) {
    this.settleMs = settleMs;
  }

  socket(type: SocketTypeName, options: Options = {}): Sock {
    this.main ??= new RealContext(this, new zmq.Context());
    return this.main.socket(type, options);
  }

  context(): BenchContext {
    return new RealContext(this, new zmq.Context());
  }

  proxy(frontend: Sock, backend: Sock): BenchProxy {
    const proxy = new zmq.Proxy((frontend as RealSock).raw, (backend as RealSock).raw);
    let over = false;
    const running = proxy
      .run()
      .catch(() => undefined)
      .then(() => {
        over = true;
      });
    const stop = async (): Promise<void> => {
      proxy.terminate();
      await running;
    };
    return { ended: () => over, stop };
  }

  async settle(ms = 300): Promise<void> {
    await sleep(ms === 300 ? this.settleMs : ms);
  }

  later(ms: number, action: () => void): void {
    setTimeout(action, ms).unref();
  }

  address(transport: "tcp" | "inproc" | "ipc"): string {
    if (transport === "tcp") return "tcp://127.0.0.1:*";
    const name = `address-${addresses++}`;
    return transport === "ipc" ? `ipc://${folderForIpc()}/${name}.sock` : `inproc://${name}`;
  }

  now(): number {
    return performance.now() - this.began;
  }

  opened(socket: RealSock): void {
    this.sockets.push(socket);
  }

  /** Closes what the case left open. */
  close(): void {
    for (const socket of this.sockets) socket.end();
  }
}

class RealContext implements BenchContext {
  private readonly bench: RealBench;
  private readonly raw: RawContext;

  constructor(bench: RealBench, raw: RawContext) {
    this.bench = bench;
    this.raw = raw;
  }

  socket(type: SocketTypeName, options: Options = {}): Sock {
    const socket = new RealSock(type, new zmq.Socket(SOCKET_TYPES[type], { context: this.raw }));
    this.bench.opened(socket);
    for (const [option, value] of Object.entries(options)) socket.set(option, value);
    return socket;
  }

  set(option: string, value: number): void {
    this.raw.setInt32Option(CONTEXT_OPTIONS[option] ?? Number(option), value);
  }

  get(option: string): number {
    return this.raw.getInt32Option(CONTEXT_OPTIONS[option] ?? Number(option));
  }

  shutdown(): void {
    throw new Error("zeromq.js has no zmq_ctx_shutdown");
  }

  async terminates(): Promise<boolean> {
    throw new Error("zeromq.js has no zmq_ctx_term");
  }
}

const CONTEXT_OPTIONS: Readonly<Record<string, number>> = {
  io_threads: 1,
  max_sockets: 2,
  socket_limit: 3,
  ipv6: 42,
  blocky: 70,
};

const EVENTS: Readonly<Record<string, string>> = {
  connect: "CONNECTED",
  "connect:delay": "CONNECT_DELAYED",
  "connect:retry": "CONNECT_RETRIED",
  bind: "LISTENING",
  "bind:error": "BIND_FAILED",
  accept: "ACCEPTED",
  "accept:error": "ACCEPT_FAILED",
  close: "CLOSED",
  "close:error": "CLOSE_FAILED",
  disconnect: "DISCONNECTED",
  end: "MONITOR_STOPPED",
  handshake: "HANDSHAKE_SUCCEEDED",
  "handshake:error:other": "HANDSHAKE_FAILED_NO_DETAIL",
  "handshake:error:protocol": "HANDSHAKE_FAILED_PROTOCOL",
  "handshake:error:auth": "HANDSHAKE_FAILED_AUTH",
};

class RealSock implements Sock {
  readonly type: SocketTypeName;
  routingId = 0;
  group = "";
  readonly raw: RawSocket;
  private readonly seen: (readonly [string, string])[] = [];
  private unfinished: Part[] = [];
  private timeouts = { rcvtimeo: -1, sndtimeo: -1 };

  constructor(type: SocketTypeName, raw: RawSocket) {
    this.type = type;
    this.raw = raw;
    raw.setInt32Option(NUMBERS["rcvtimeo"] as number, PATIENCE);
    raw.setInt32Option(NUMBERS["sndtimeo"] as number, PATIENCE);
  }

  async bind(address: string): Promise<string> {
    this.raw.bindSync(address);
    return this.get("last_endpoint") as string;
  }

  connect(address: string): void {
    this.raw.connect(address);
  }

  /** unbindSync of npm zeromq 6.8.0 binds. */
  async unbind(address: string): Promise<void> {
    await this.raw.unbind(address);
  }

  disconnect(address: string): void {
    this.raw.disconnect(address);
  }

  close(): void {
    if (!this.raw.closed) this.raw.close();
  }

  /** When the case is over nothing may linger. */
  end(): void {
    if (this.raw.closed) return;
    this.raw.setInt32Option(NUMBERS["linger"] as number, 0);
    this.raw.close();
  }

  async send(...parts: readonly Part[]): Promise<void> {
    if (this.type === "SERVER") await sendServer.call(this.raw, parts.map(buffer), { routingId: 0 });
    else await send.call(this.raw, parts.map(buffer));
  }

  async sendNow(...parts: readonly Part[]): Promise<void> {
    await this.now("sndtimeo", () => send.call(this.raw, parts.map(buffer)));
  }

  async sendTo(routingId: number, part: Part, dontwait = false): Promise<void> {
    const call = (): Promise<void> => sendServer.call(this.raw, buffer(part), { routingId });
    await (dontwait ? this.now("sndtimeo", call) : call());
  }

  connectPeer(): number {
    throw new Error("zeromq.js has no zmq_connect_peer");
  }

  disconnectPeer(): void {
    throw new Error("zeromq.js has no zmq_disconnect_peer");
  }

  async sendGroup(group: string, part: Part, dontwait = false): Promise<void> {
    const call = (): Promise<void> => sendServer.call(this.raw, buffer(part), { group });
    await (dontwait ? this.now("sndtimeo", call) : call());
  }

  async sendFrame(part: Part, more: boolean): Promise<void> {
    this.unfinished.push(part);
    if (more) return;
    const parts = this.unfinished;
    this.unfinished = [];
    await this.send(...parts);
  }

  /**
   * zeromq.js fails at once when what made the socket readable is a reply that REQ_CORRELATE drops:
   * libzmq goes on waiting, and so does this.
   */
  async recv(): Promise<string[]> {
    const limit = this.timeouts.rcvtimeo < 0 ? PATIENCE : this.timeouts.rcvtimeo;
    const until = performance.now() + limit;
    for (;;) {
      try {
        return this.received(await receive.call(this.raw));
      } catch (error) {
        if ((error as CallError).code !== "EAGAIN" || performance.now() > until - 2) throw error;
      }
    }
  }

  async recvNow(): Promise<string[]> {
    return this.received(await this.now("rcvtimeo", () => receive.call(this.raw)));
  }

  join(group: string): void {
    join.call(this.raw, group);
  }

  leave(group: string): void {
    leave.call(this.raw, group);
  }

  set(option: string, value: number | string): void {
    if (option === "rcvtimeo" || option === "sndtimeo") {
      this.timeouts = { ...this.timeouts, [option]: Number(value) };
      this.raw.setInt32Option(number(option), Number(value) < 0 ? PATIENCE : Number(value));
    } else if (KINDS[option] === "int64") this.raw.setInt64Option(number(option), Number(value));
    else if (typeof value === "number") this.raw.setInt32Option(number(option), value);
    else this.raw.setStringOption(number(option), Buffer.from(value, "latin1"));
  }

  get(option: string): number | string {
    if (option === "rcvtimeo" || option === "sndtimeo") return this.timeouts[option];
    if (KINDS[option] === "text") return this.raw.getStringOption(number(option)) ?? "";
    if (KINDS[option] === "int64") return this.raw.getInt64Option(number(option));
    return this.raw.getInt32Option(number(option));
  }

  events(): { in: boolean; out: boolean } {
    const bits = this.raw.getInt32Option(15);
    return { in: (bits & 1) !== 0, out: (bits & 2) !== 0 };
  }

  monitor(): void {
    const { events } = this.raw;
    void (async () => {
      for (;;) {
        const { type, address = "" } = await events.receive();
        this.seen.push([EVENTS[type] ?? type, address]);
        if (type === "end") return;
      }
    })().catch(() => {});
  }

  monitored(): string[] {
    return this.seen.map(([event]) => event);
  }

  monitoredAt(): (readonly [string, string])[] {
    return [...this.seen];
  }

  private async now<T>(option: "rcvtimeo" | "sndtimeo", call: () => Promise<T>): Promise<T> {
    const kept = this.raw.getInt32Option(number(option));
    this.raw.setInt32Option(number(option), 0);
    try {
      return await call();
    } finally {
      if (!this.raw.closed) this.raw.setInt32Option(number(option), kept);
    }
  }

  private received(parts: unknown[]): string[] {
    const last = parts.at(-1);
    if (last !== undefined && !Buffer.isBuffer(last)) {
      const { routingId, group } = last as { routingId?: number; group?: Buffer | string };
      this.routingId = routingId ?? 0;
      this.group = group === undefined ? "" : group.toString();
    }
    return parts.filter((part) => Buffer.isBuffer(part)).map((part) => (part as Buffer).toString("latin1"));
  }
}

const buffer = (part: Part): Buffer => (typeof part === "number" ? Buffer.alloc(part) : Buffer.from(part, "latin1"));

function number(option: string): number {
  const id = NUMBERS[option];
  if (id === undefined) throw new CallError("EINVAL", option);
  return id;
}
