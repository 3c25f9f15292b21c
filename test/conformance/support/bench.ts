/**
 * What a conformance case is written against: a handful of calls of zmq.h. Two arms provide it, one on
 * the simulator's own classes in virtual time, one on npm zeromq in real time.
 */
import { strictEqual } from "node:assert/strict";
import type { SocketTypeName } from "../../../src/ctx/options.ts";

/** A byte string (one character per byte), or a number of zero bytes. */
export type Part = string | number;
export type Options = Readonly<Record<string, number | string>>;

export interface Bench {
  readonly arm: "simulated" | "real";
  /** A socket in the case's context. */
  socket(type: SocketTypeName, options?: Options): Sock;
  /** zmq_proxy or zmq_proxy_steerable in a thread of its own. */
  proxy(frontend: Sock, backend: Sock, control?: Sock): BenchProxy;
  /** Another context of the same process. */
  context(): BenchContext;
  /** Lets everybody else work: 300 ms where upstream settles. */
  settle(ms?: number): Promise<void>;
  /** Another thread does something so many ms from now, even while a call waits. */
  later(ms: number, action: () => void): void;
  /** A fresh address to bind: "tcp" with an ephemeral port, "inproc", "ipc". */
  address(transport: "tcp" | "inproc" | "ipc"): string;
  /** Milliseconds since the case began. */
  now(): number;
}

export interface BenchProxy {
  ended(): boolean;
  stop(): Promise<void>;
}

export interface BenchContext {
  socket(type: SocketTypeName, options?: Options): Sock;
  set(option: string, value: number): void;
  get(option: string): number;
  /** zmq_ctx_shutdown: calls on its sockets fail from now on. */
  shutdown(): void;
  /** zmq_ctx_term has returned within this many ms. */
  terminates(ms: number): Promise<boolean>;
}

/** Calls fail by throwing an error whose `code` is libzmq's. */
export interface Sock {
  readonly type: SocketTypeName;
  /** Binds and gives LAST_ENDPOINT. */
  bind(address: string): Promise<string>;
  connect(address: string): void;
  unbind(address: string): Promise<void>;
  disconnect(address: string): void;
  close(): void;
  /** Sends a message; waits as SNDTIMEO says. */
  send(...parts: readonly Part[]): Promise<void>;
  /** The same with DONTWAIT. */
  sendNow(...parts: readonly Part[]): Promise<void>;
  /** Receives a message; waits as RCVTIMEO says, or fails after a time in which it must have come. */
  recv(): Promise<string[]>;
  /** One frame of a message. The real arm can send messages only whole, with their last frame. */
  sendFrame(part: Part, more: boolean, dontwait?: boolean): Promise<void>;
  recvNow(): Promise<string[]>;
  /** SERVER: the routing id of the message received last, for sendTo. */
  readonly routingId: number;
  sendTo(routingId: number, part: Part, dontwait?: boolean): Promise<void>;
  /** PEER. */
  connectPeer(address: string): number;
  disconnectPeer(routingId: number): void;
  /** RADIO and DISH. */
  sendGroup(group: string, part: Part, dontwait?: boolean): Promise<void>;
  readonly group: string;
  join(group: string): void;
  leave(group: string): void;
  set(option: string, value: number | string): void;
  get(option: string): number | string;
  /** ZMQ_EVENTS; drains the mailbox. */
  events(): { in: boolean; out: boolean };
  /** Starts to collect monitor events. */
  monitor(): void;
  /** Names of monitor events so far. */
  monitored(): string[];
  /** The same with their endpoints. */
  monitoredAt(): (readonly [event: string, endpoint: string])[];
}

export interface Case {
  readonly file: string;
  readonly name: string;
  readonly body: (bench: Bench) => Promise<void>;
  /** Why the real arm cannot run it. */
  readonly simulatedOnly?: string;
  /** Takes long in real time: left out of the short form. */
  readonly slow: boolean;
  /** Not one of upstream's: counted apart. */
  readonly own: boolean;
}

export interface CaseOptions {
  readonly simulatedOnly?: string;
  readonly slow?: boolean;
  readonly own?: boolean;
}

export const CASES: Case[] = [];

/** Declares the cases of one of upstream's files under upstream's names, or cases of our own. */
export function file(
  name: string,
  declare: (test: (name: string, body: Case["body"], options?: CaseOptions) => void) => void,
): void {
  declare((test, body, { simulatedOnly, slow = false, own = false } = {}) => {
    CASES.push({ file: name, name: test, body, slow, own, ...(simulatedOnly === undefined ? {} : { simulatedOnly }) });
  });
}

export class CallError extends Error {
  readonly code: string;

  constructor(code: string, call: string) {
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** The code with which a call fails, "ok" when it does not. */
export async function outcome(call: () => unknown): Promise<string> {
  try {
    await call();
    return "ok";
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code === "string") return code;
    throw error;
  }
}

export async function fails(code: string, call: () => unknown): Promise<void> {
  strictEqual(await outcome(call), code);
}

/** Sends DONTWAIT until one is refused; how many were not. */
export async function fill(socket: Sock, max: number, part: Part = "x"): Promise<number> {
  for (let count = 0; count < max; count++) if ((await outcome(() => socket.sendNow(part))) !== "ok") return count;
  return max;
}

/** Receives DONTWAIT until there is nothing. */
export async function drain(socket: Sock, max = Infinity): Promise<string[][]> {
  const messages: string[][] = [];
  while (messages.length < max) {
    const got: string[][] = [];
    if ((await outcome(async () => got.push(await socket.recvNow()))) !== "ok") break;
    messages.push(...got);
  }
  return messages;
}

export async function nothing(socket: Sock): Promise<void> {
  await fails("EAGAIN", () => socket.recvNow());
}

const BOUNCE = "12345678ABCDEFGH12345678abcdefgh";

/** Two frames to the server and back. */
export async function bounce(server: Sock, client: Sock): Promise<void> {
  await client.send(BOUNCE, BOUNCE);
  strictEqual((await server.recv()).join(), `${BOUNCE},${BOUNCE}`);
  await server.send(BOUNCE, BOUNCE);
  strictEqual((await client.recv()).join(), `${BOUNCE},${BOUNCE}`);
}

/** The same goes neither way within 250 ms. */
export async function bounceFails(bench: Bench, server: Sock, client: Sock): Promise<void> {
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    await outcome(() => from.sendNow(BOUNCE, BOUNCE));
    await bench.settle(250);
    await nothing(to);
  }
}
