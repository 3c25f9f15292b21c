/**
 * The Plan: a checked scenario in plain data, ids resolved, times in nanoseconds.
 * `scenario/` produces it; `run/` (simulated) and `real/` (npm zeromq) execute it.
 */

import type { SocketTypeName } from "../ctx/options.ts";
import type { DistributionSpec } from "../kernel/distribution.ts";
import type { Duration, Instant } from "../kernel/time.ts";

export interface Plan {
  /** Scenario name: the file name without directory and extension, or "scenario". */
  readonly name: string;
  readonly about: string;
  /** Seed of every random stream; any string or integer, kept as text. */
  readonly seed: string;
  /** The run ends here at the latest, or earlier when nothing can happen any more. */
  readonly until: Instant;
  readonly limits: PlanLimits;
  readonly network: PlanNetwork;
  /** Instances, replicas expanded, in declaration order. */
  readonly nodes: readonly PlanNode[];
  /** Faults and link changes, ascending by time, declaration order among equals. */
  readonly timeline: readonly PlanFault[];
}

export interface PlanLimits {
  /** Most kernel events in a run. Default 50,000,000. */
  readonly events: number;
  /** Most kernel events without the clock moving. Default 1,000,000. */
  readonly eventsPerInstant: number;
}

export interface PlanNetwork {
  /** Name of a profile that ships with the simulator, or one given inline. */
  readonly profile: string | ProfileSpec;
  readonly links: readonly PlanLink[];
}

/** What a profile file may set; see network/profile.ts for the meaning and defaults. */
export type ProfileSpec = Readonly<Record<string, unknown>>;

/** A directed link between two hosts. Replaces what the profile says for the pair. */
export interface PlanLink {
  readonly from: string;
  readonly to: string;
  readonly latency?: DistributionSpec;
  /** Bits per second; absent = unlimited. */
  readonly bandwidth?: number;
}

/** A process with one context. */
export interface PlanNode {
  /** Instance name: "proxy", or "worker[2]" when the node has a `count`. */
  readonly name: string;
  /** Declared name without the index: "worker". */
  readonly group: string;
  /** Index among the replicas, 0 when there is one. */
  readonly index: number;
  /** How many replicas the group has. */
  readonly count: number;
  /** Host whose addresses the node has; the instance name unless declared. */
  readonly host: string;
  /** First instruction of every thread without a startAt of its own. */
  readonly startAt: Instant;
  /** Drawn once per instance (stream "node/NAME/start") and added to the start of all its threads. Absent = none. */
  readonly startJitter?: DistributionSpec;
  readonly ioThreads: number;
  readonly blocky: boolean;
  /** Which build and wrapper of libzmq the node stands for. */
  readonly binding: "libzmq" | "pyzmq" | "zeromq.js";
  /** The main thread first. */
  readonly threads: readonly PlanThread[];
  /** A program in JavaScript in the place of steps. */
  readonly module?: PlanModule;
}

export interface PlanModule {
  /** As seen from the scenario's file. */
  readonly path: string;
  /** What it finds in process.argv from the third on. */
  readonly args: readonly string[];
}

export interface PlanThread {
  /** "" for the main thread, else "worker" or "worker[2]". */
  readonly name: string;
  readonly group: string;
  readonly index: number;
  /** How many replicas the thread has within its node. */
  readonly count: number;
  /** Absolute: the node's start and the thread's own delay; the node's startJitter comes on top. */
  readonly startAt: Instant;
  /** The node's, overridden by the thread's; evaluated in this order before the first step. */
  readonly vars: Readonly<Record<string, ValueExpr>>;
  /** Sockets the thread owns, created in this order before the first step. */
  readonly sockets: readonly PlanSocket[];
  readonly program: readonly Step[];
}

export interface PlanSocket {
  readonly name: string;
  readonly type: SocketTypeName;
  /** In declaration order; set before subscribe, bind and connect. */
  readonly options: readonly PlanOption[];
  readonly subscribe: readonly Template[];
  /** Groups of a DISH; absent when there are none. */
  readonly join?: readonly Template[];
  readonly bind: readonly Template[];
  readonly connect: readonly Template[];
  /** false: the socket is created by an `open` step only. Default true. */
  readonly atStart: boolean;
}

export interface PlanOption {
  /** libzmq's name in lower case without ZMQ_: "sndhwm", "routing_id". */
  readonly name: string;
  /** A time option (linger, rcvtimeo, ...) in ms, as libzmq takes it; texts are bytes in UTF-8, or the decimal text of an integer option. */
  readonly value: number | Template;
}

export type PlanFault =
  | { readonly at: Instant; readonly kind: "crash" | "restart"; readonly node: string }
  | {
      readonly at: Instant;
      readonly kind: "partition" | "heal";
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly oneWay: boolean;
    }
  | { readonly at: Instant; readonly kind: "link"; readonly link: PlanLink };

/** Text with expressions in it; adjacent literals are merged. "" is an empty array. */
export type Template = readonly (string | { readonly expr: string })[];

/** A literal or an expression. */
export type ValueExpr = { readonly literal: Json } | { readonly expr: string };

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Nanoseconds, or a template that evaluates to a quantity with unit ("${x}ms"). */
export type DurationExpr = Duration | { readonly template: Template };

export type FrameExpr =
  | { readonly text: Template }
  /** Payload without bytes. */
  | { readonly size: number }
  | { readonly hex: string }
  /** An expression that gives a frame, a text or a number, or a list or message of them (spliced in). */
  | { readonly expr: string };

/** Where a step stands in the scenario file, for reports: a JSON pointer. */
interface At {
  readonly pointer: string;
}

/**
 * A call that may fail: with `error` the code ("EAGAIN") or null goes into that variable and the
 * program continues; without it a failure ends the thread, as an uncaught exception would.
 */
interface Fallible extends At {
  readonly error?: string;
}

export type Step =
  | (Fallible & {
      readonly kind: "send";
      readonly socket: string;
      readonly frames: readonly FrameExpr[];
      readonly forwards?: string;
      /** RADIO. */
      readonly group?: Template;
      /** SERVER, PEER. */
      readonly routingId?: Template;
      readonly dontwait: boolean;
      readonly sndmore: boolean;
    })
  | (Fallible & { readonly kind: "recv"; readonly socket: string; readonly as?: string; readonly dontwait: boolean })
  | (Fallible & {
      readonly kind: "poll";
      readonly items: readonly PollItem[];
      readonly timeout: DurationExpr | null;
      readonly as?: string;
    })
  | (At & { readonly kind: "sleep"; readonly duration: DurationExpr })
  | (At & { readonly kind: "repeat"; readonly count: ValueExpr; readonly as?: string; readonly do: readonly Step[] })
  | (At & { readonly kind: "forever"; readonly do: readonly Step[] })
  | (At & { readonly kind: "while"; readonly condition: string; readonly do: readonly Step[] })
  | (At & { readonly kind: "for"; readonly as: string; readonly in: string; readonly do: readonly Step[] })
  | (At & {
      readonly kind: "if";
      readonly condition: string;
      readonly then: readonly Step[];
      readonly else: readonly Step[];
    })
  | (At & { readonly kind: "break" })
  | (At & { readonly kind: "set"; readonly values: readonly (readonly [name: string, value: ValueExpr])[] })
  | (At & { readonly kind: "log"; readonly text: Template })
  | (At & { readonly kind: "exit"; readonly code: number })
  | (Fallible & {
      readonly kind: "bind" | "connect" | "unbind" | "disconnect";
      readonly socket: string;
      readonly endpoint: Template;
    })
  | (Fallible & { readonly kind: "subscribe" | "unsubscribe"; readonly socket: string; readonly topic: Template })
  | (Fallible & { readonly kind: "join" | "leave"; readonly socket: string; readonly group: Template })
  | (Fallible & {
      readonly kind: "monitor";
      readonly socket: string;
      readonly endpoint: Template;
      /** Absent: all. */
      readonly events?: readonly string[];
    })
  | (Fallible & {
      readonly kind: "setsockopt";
      readonly socket: string;
      readonly option: string;
      readonly value: number | Template;
    })
  | (Fallible & { readonly kind: "getsockopt"; readonly socket: string; readonly option: string; readonly as: string })
  | (Fallible & { readonly kind: "open" | "close"; readonly socket: string })
  | (Fallible & {
      readonly kind: "proxy";
      readonly frontend: string;
      readonly backend: string;
      readonly capture?: string;
    })
  | (At & { readonly kind: "term" })
  | (At & { readonly kind: "crash" | "restart"; readonly node: string });

export interface PollItem {
  readonly socket: string;
  readonly in: boolean;
  readonly out: boolean;
}
