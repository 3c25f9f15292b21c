/** What the recorder and the process of a node say to each other, and the lines that a process writes. */
import type { TraceEvent } from "../journal/events.ts";
import type { Plan } from "../program/plan.ts";

/** All that a process needs to know before it is told to start. */
export interface Job {
  readonly kind: "job";
  readonly plan: Plan;
  readonly seed: string;
  /** Which of the plan's nodes it is. */
  readonly node: number;
  /** 0 for the first life of the node, 1 after the first restart. */
  readonly life: number;
  /** Where it writes its events. */
  readonly file: string;
  /** Folder for the sockets of ipc. */
  readonly folder: string;
  /** "host:port" -> port on this machine. */
  readonly ports: readonly (readonly [key: string, port: number])[];
  /** Every socket of the plan; the position of a socket is its number in marks. */
  readonly sockets: readonly string[];
  /** Sockets whose messages carry a mark. */
  readonly marked: readonly string[];
  /** Path of the program in JavaScript; "" for a node of steps. */
  readonly script: string;
  /** Free ports for addresses that nobody foresaw. */
  readonly spares: readonly number[];
}

export type Down =
  | Job
  /** `zero`: the start of the run on the monotonic clock, ns; `begin`: when this life begins, ns after that. */
  | { readonly kind: "start"; readonly zero: string; readonly begin: number }
  | { readonly kind: "port"; readonly key: string; readonly port: number };

export type Up =
  | { readonly kind: "ready"; readonly package: string; readonly library: string }
  | { readonly kind: "broken"; readonly reason: "missing" | "failed"; readonly message: string }
  | { readonly kind: "fault"; readonly what: "crash" | "restart"; readonly node: string }
  | { readonly kind: "port"; readonly key: string };

/** What a line adds to its event; none of it gets into the trace as it is. */
export interface RawDetail {
  /** send: when the call began, ns. */
  readonly begun?: number;
  /** send: number of the message on its socket, when it is a new one. See NUMBERS_PER_LIFE. */
  readonly number?: number;
  /** send: which receipt of this process it forwards. recv: which receipt it is. */
  readonly receipt?: number;
  /** recv: the mark that was found, as number of the socket and of the message. */
  readonly mark?: readonly [socket: number, message: number];
  /** Frames as size and checksum. */
  readonly prints?: readonly string[];
  /** block: when the call gives up, ns; absent when it never does. */
  readonly deadline?: number;
}

/** A line of a process: an event, a thread that sleeps, or the last word before the end. */
export type RawLine =
  | (TraceEvent & { readonly raw?: RawDetail })
  | { readonly t: number; readonly ev: "asleep"; readonly thread: string }
  /** The machine held a thread up: it woke so many ns after its time. */
  | { readonly t: number; readonly ev: "late"; readonly by: number }
  /** Whether a program in JavaScript waits for nothing but its sockets. */
  | { readonly t: number; readonly ev: "idle"; readonly thread: string; readonly idle: boolean }
  | { readonly t: number; readonly ev: "leaving"; readonly thread: string; readonly code: number };
