/** What a run hands over: plain data for traces, verdicts and reports. */
import type { TraceEvent, TraceHeader } from "../journal/events.ts";
import type { Fate } from "../journal/fates.ts";
import type { Instant } from "../kernel/time.ts";

/** "off": nothing kept; "counts": totals per leg only; "full": every event. */
export type TraceLevel = "off" | "counts" | "full";

export interface SimulateOptions {
  /** Replaces the plan's seed. */
  readonly seed?: string;
  /** Seed of what the application draws (expressions, start jitter), when it is to stay while the rest varies. */
  readonly appSeed?: string;
  /** Default "full". */
  readonly level?: TraceLevel;
  /** Seeds the free choices (ties, greeting crossing) too; false keeps the fixed defaults. Default false. */
  readonly exploreChoices?: boolean;
  /** Replays the choices of an earlier run. */
  readonly choiceLog?: readonly number[];
}

export interface RunRecord {
  readonly header: TraceHeader;
  /** Empty unless the level is "full". */
  readonly events: readonly TraceEvent[];
  readonly endTime: Instant;
  /** "quiet": nothing could happen any more; "until": the time was up; "ended": every node exited. */
  readonly outcome: "quiet" | "until" | "ended";
  /** Kernel events executed. */
  readonly kernelEvents: number;
  readonly legs: LegCounts;
  /** State at the end, for reports on who waits for what. */
  readonly threads: readonly ThreadState[];
  readonly sockets: readonly SocketState[];
  /** Accepted but not modelled: stable id and text. */
  readonly warnings: readonly { readonly id: string; readonly text: string }[];
  readonly choiceLog: readonly number[];
}

/** Conservation: written = delivered + sum of fates; checked at the end of every run. */
export interface LegCounts {
  /** Messages handed to send calls that accepted them. */
  readonly sent: number;
  /** Legs: one per pipe written. */
  readonly written: number;
  readonly delivered: number;
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
}

export interface ThreadState {
  readonly thread: string;
  readonly state: "not-started" | "running" | "sleeping" | "blocked" | "ended" | "failed" | "crashed";
  /** blocked: the call and the socket. */
  readonly call?: string;
  readonly socket?: string;
  readonly since?: Instant;
  /** blocked without a timeout while nothing is under way that could end it. */
  readonly forever?: boolean;
  /** failed: error and JSON pointer of the step. */
  readonly error?: string;
  readonly pointer?: string;
}

export interface SocketState {
  readonly socket: string;
  readonly type: string;
  readonly pipes: readonly PipeState[];
}

export interface PipeState {
  readonly peer: string;
  /** Messages waiting to be read / to be sent, and the limits (0 = none). */
  readonly incoming: number;
  readonly outgoing: number;
  readonly incomingHwm: number;
  readonly outgoingHwm: number;
  readonly connected: boolean;
}
