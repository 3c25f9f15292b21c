/**
 * The vocabulary of everything observable in a run, simulated or real: one JSON object per event.
 * Keys appear in the order written here; times are whole nanoseconds since the start of the run.
 *
 * Names: a socket is "node.socket" or "node.thread.socket"; replicas carry their index
 * ("worker[2].receiver"). A thread is "node" (main) or "node.thread". A message is named after the
 * socket that first sent it and its number there, "publisher.sender#0", and keeps that name when a
 * proxy or a program forwards it. The numbers go on when the socket opens again, also after a restart.
 */
import type { Fate } from "./fates.ts";

export interface TraceHeader {
  readonly format: "zeromq-sim-trace";
  readonly version: 1;
  /** Version of this package. */
  readonly tool: string;
  /** What was modelled or run, "libzmq 4.3.5". */
  readonly model: string;
  readonly scenario: string;
  /** SHA-256 of the plan, hex. */
  readonly scenarioHash: string;
  readonly seed: string;
  readonly profile: string;
  readonly arm: "simulated" | "real";
  /** real: what carried out the calls, "zeromq.js 6.8.0". */
  readonly binding?: string;
  /** real: what of the run was not as the plan has it, one sentence each, "topic: text". */
  readonly notes?: readonly string[];
  /** Why the run broke off; absent when it is whole. */
  readonly incomplete?: string;
}

export interface NodeEvent {
  readonly t: number;
  readonly ev: "node";
  readonly node: string;
  readonly what: "start" | "exit" | "crash" | "restart";
  readonly code?: number;
}

export interface SocketEvent {
  readonly t: number;
  readonly ev: "socket";
  readonly socket: string;
  readonly what: "open" | "close";
  /** Present when opened. */
  readonly type?: string;
}

/** An API call that returned. Calls that had to wait are preceded by a "block" event. */
export interface CallEvent {
  readonly t: number;
  readonly ev: "call";
  readonly thread: string;
  /** "send", "recv", "poll", "bind", "connect", "unbind", "disconnect", "subscribe", "unsubscribe", "join", "leave", "setsockopt", "getsockopt", "close", "sleep", "proxy", "term". */
  readonly call: string;
  readonly socket?: string;
  /** Endpoint, topic or option name, or the sockets that a poll found ready ("a:in b:out"). */
  readonly arg?: string;
  /** send (of the last frame) and recv: the message. */
  readonly message?: string;
  /** Bytes per frame; only with `message`. */
  readonly sizes?: readonly number[];
  /** The frames as text; bytes outside printable ASCII as \xNN, long frames cut. Only with `message`. */
  readonly frames?: readonly string[];
  /** "ok" or libzmq's error name ("EAGAIN"). */
  readonly result: string;
  /** Nanoseconds spent blocked; absent when the call did not block. */
  readonly waited?: number;
}

/** A thread begins to wait inside a call. */
export interface BlockEvent {
  readonly t: number;
  readonly ev: "block";
  readonly thread: string;
  readonly call: string;
  /** Several sockets (poll, proxy) are joined by ", ". */
  readonly socket?: string;
}

/** A message was written into the outgoing pipe towards one peer: the begin of a leg. */
export interface QueueEvent {
  readonly t: number;
  readonly ev: "queue";
  readonly message: string;
  readonly socket: string;
  /** The peer socket when known, else the endpoint. */
  readonly peer: string;
  /** Identifies the pipe pair within the run. */
  readonly pipe: number;
  /** Messages in the pipe after the write. */
  readonly depth: number;
}

/** A message came in over a connection and entered the incoming pipe of a socket. */
export interface ArriveEvent {
  readonly t: number;
  readonly ev: "arrive";
  readonly message: string;
  readonly socket: string;
  readonly peer: string;
  readonly pipe: number;
  readonly depth: number;
}

/** A leg of a message ended other than by delivery, or the message never entered a pipe. */
export interface FateEvent {
  readonly t: number;
  readonly ev: "fate";
  readonly message: string;
  readonly fate: Exclude<Fate, "delivered">;
  /** The socket in whose hands (or on whose behalf) it ended; for a leg the sender of the leg. */
  readonly socket: string;
  /** Receiver of the leg when there was one. */
  readonly peer?: string;
  /** Where it was found: "pipe", "encoder", "wire", "decoder", ...; for "queued" and losses in transit. */
  readonly where?: string;
}

/**
 * A publisher had pipes to these peers but no matching subscription from them. Whether a
 * receiver behind them wanted the message is judged from its own subscriptions (trace/).
 */
export interface SkipEvent {
  readonly t: number;
  readonly ev: "skip";
  readonly message: string;
  readonly socket: string;
  readonly peers: readonly string[];
}

export interface PipeEvent {
  readonly t: number;
  readonly ev: "pipe";
  readonly socket: string;
  readonly peer: string;
  readonly pipe: number;
  /** "full": a write failed at the hwm; "room": credit made it writable again; "hiccup": queue replaced on reconnect. */
  readonly what: "attach" | "full" | "room" | "hiccup" | "end";
  /** attach: when the pipe was made, ns, if that was before the socket looked. */
  readonly made?: number;
}

/** A publisher processed a subscription or cancellation of a peer. */
export interface SubscriptionEvent {
  readonly t: number;
  readonly ev: "subscription";
  readonly socket: string;
  readonly peer: string;
  /** One character per byte. */
  readonly topic: string;
  readonly add: boolean;
  /** add: when it had come into the publisher's pipe, ns; the publisher looks only at its next call. */
  readonly arrived?: number;
}

/** A socket monitor event with libzmq's name: "CONNECT_DELAYED", "HANDSHAKE_SUCCEEDED", ... */
export interface MonitorEvent {
  readonly t: number;
  readonly ev: "monitor";
  readonly socket: string;
  readonly event: string;
  /** As libzmq reports it: interval in ms, errno, ...; descriptors are counters. */
  readonly value: number;
  readonly endpoint: string;
}

export interface NetEvent {
  readonly t: number;
  readonly ev: "net";
  readonly what: "partition" | "heal" | "link" | "send" | "reset" | "fin";
  readonly from: string;
  readonly to: string;
  readonly bytes?: number;
}

export interface LogEvent {
  readonly t: number;
  readonly ev: "log";
  readonly thread: string;
  readonly text: string;
}

/** A thread ended: by reaching its end, by an exit step, or by an error it did not handle. */
export interface ThreadEvent {
  readonly t: number;
  readonly ev: "thread";
  readonly thread: string;
  readonly what: "start" | "end" | "fail";
  /** JSON pointer of the failing step and the error, only for "fail". */
  readonly pointer?: string;
  readonly error?: string;
}

export type TraceEvent =
  | NodeEvent
  | SocketEvent
  | CallEvent
  | BlockEvent
  | QueueEvent
  | ArriveEvent
  | FateEvent
  | SkipEvent
  | PipeEvent
  | SubscriptionEvent
  | MonitorEvent
  | NetEvent
  | LogEvent
  | ThreadEvent;
