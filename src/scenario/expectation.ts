/**
 * What must hold at the end of a run, checked and with all quantities in nanoseconds.
 * `scenario/` produces these from the `expect` list; trace/expectation*.ts evaluates them.
 */
import type { Fate } from "../journal/fates.ts";
import type { Duration, Instant } from "../kernel/time.ts";

/** Inclusive bounds; a plain number n in the scenario became { min: n, max: n }. At least one is present. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

export type LatencyStatistic = "min" | "mean" | "p50" | "p95" | "p99" | "max";

/** What every expectation has. */
interface Expected {
  /** JSON pointer of the entry in the scenario file: "/expect/0". */
  readonly pointer: string;
  /** A readable sentence: "publisher.sender delivers 2 messages to subscriber.receiver". */
  readonly text: string;
  /** Judged over many seeds only: in which part of the runs it holds. */
  readonly probability?: Probability;
}

/** Bounds from 0 to 1, at least one of them; how sure the verdict has to be. */
export interface Probability {
  readonly min?: number;
  readonly max?: number;
  readonly confidence: number;
}

/**
 * A socket selector names a socket as in the trace ("node.socket", "node.thread.socket"); a part
 * without [i] stands for all replicas together. See `selects` in names.ts.
 */
export type SocketSelector = string;
/** "node" (its main thread) or "node.thread", replicas as in a SocketSelector. */
export type ThreadSelector = string;

/** Counts of the messages that `from` sent for `to`, at the end or at the instant `by`. */
export interface FlowExpectation extends Expected {
  readonly kind: "flow";
  readonly from: SocketSelector;
  readonly to: SocketSelector;
  readonly sent?: Range;
  readonly delivered?: Range;
  readonly lost?: Range;
  readonly queued?: Range;
  readonly by?: Instant;
}

/** The fate of one message, for one receiver or for every intended one. */
export interface MessageExpectation extends Expected {
  readonly kind: "message";
  /** Identity in the trace: "publisher.sender#0". */
  readonly message: string;
  readonly to?: SocketSelector;
  readonly fate: Fate;
}

/**
 * fifo: messages of each sender reach `to` in the order in which they were sent.
 * rotation: they are written to the sockets of `to` in turn, always in the same cycle; the first `after` do not count.
 */
export interface OrderExpectation extends Expected {
  readonly kind: "order";
  readonly from?: SocketSelector;
  readonly to: SocketSelector;
  readonly order: "fifo" | "rotation";
  readonly after?: number;
}

/** The exact sequence of messages that the program received; frames of a multipart joined by "|". */
export interface ReceivesExpectation extends Expected {
  readonly kind: "receives";
  readonly socket: SocketSelector;
  readonly receives: readonly string[];
}

/** From the send call to the delivery, over all delivered messages; bounds in ns. */
export interface LatencyExpectation extends Expected {
  readonly kind: "latency";
  readonly from: SocketSelector;
  readonly to: SocketSelector;
  readonly latency: Readonly<Partial<Record<LatencyStatistic, Range>>>;
}

/** No message (of that flow) ever has this fate. */
export interface NeverExpectation extends Expected {
  readonly kind: "never";
  readonly never: Fate;
  readonly from?: SocketSelector;
  readonly to?: SocketSelector;
}

/** Most messages at any time in the pipe from `from` to `to`. */
export interface QueueExpectation extends Expected {
  readonly kind: "queue";
  readonly from: SocketSelector;
  readonly to: SocketSelector;
  readonly depth: Range;
  /** Only between these instants. */
  readonly after?: Instant;
  readonly by?: Instant;
}

/** Whether the thread was ever blocked (in that call, on that socket, begun before `by`, for longer than `longerThan`). */
export interface BlockedExpectation extends Expected {
  readonly kind: "blocked";
  readonly thread: ThreadSelector;
  readonly blocked: boolean;
  /** "send", "recv", "poll", ... as in the trace. */
  readonly call?: string;
  readonly socket?: SocketSelector;
  readonly by?: Instant;
  readonly longerThan?: Duration;
}

/** The exact sequence of results of one kind of call on a socket: "ok" or libzmq's error names. */
export interface CallsExpectation extends Expected {
  readonly kind: "calls";
  readonly socket: SocketSelector;
  readonly call: string;
  readonly results: readonly string[];
}

/** The exact sequence of monitor events; a last element "..." allows any that follow. */
export interface MonitorExpectation extends Expected {
  readonly kind: "monitor";
  readonly socket: SocketSelector;
  readonly events: readonly string[];
}

/** The exact sequence of waits before further connection attempts, as monitor events announce them. */
export interface RetriesExpectation extends Expected {
  readonly kind: "retries";
  readonly socket: SocketSelector;
  readonly retries: readonly Duration[];
}

/** A log line with exactly this text was written; how often, when `count` is given (else at least once). */
export interface LogExpectation extends Expected {
  readonly kind: "log";
  readonly thread?: ThreadSelector;
  readonly log: string;
  readonly count?: Range;
}

/** Every message of the flow is delivered, each within this time of its sending. */
export interface WithinExpectation extends Expected {
  readonly kind: "within";
  readonly from: SocketSelector;
  readonly to: SocketSelector;
  readonly within: Duration;
}

/** Every receiver has got `messages` messages by the deadline, counted from the start of the run or of a node. */
export interface DeadlineExpectation extends Expected {
  readonly kind: "deadline";
  readonly from?: SocketSelector;
  readonly to: SocketSelector;
  readonly deadline: Duration;
  /** Node name. */
  readonly after?: string;
  readonly messages: number;
}

/** The first time that something happens. */
export type Moment =
  | { readonly kind: "sent" | "received"; readonly message: string; readonly socket?: SocketSelector }
  | { readonly kind: "log"; readonly log: string; readonly thread?: ThreadSelector }
  | { readonly kind: "event"; readonly event: string; readonly socket?: SocketSelector }
  | { readonly kind: "call"; readonly call: string; readonly result?: string; readonly socket?: SocketSelector }
  | { readonly kind: "subscribed"; readonly socket: SocketSelector };

/** Both happen, `first` first; at one instant the order of the trace decides. */
export interface BeforeExpectation extends Expected {
  readonly kind: "before";
  readonly first: Moment;
  readonly then: Moment;
}

/** The n-th message received on the socket answers the n-th sent; every one sent has its answer. */
export interface AnsweredExpectation extends Expected {
  readonly kind: "answered";
  readonly socket: SocketSelector;
  readonly within?: Duration;
}

/** The thread comes to its end without a failure. */
export interface EndsExpectation extends Expected {
  readonly kind: "ends";
  readonly thread: ThreadSelector;
  readonly ends: boolean;
  readonly by?: Instant;
}

/** Whether a thread is left waiting for something that may never come. */
export interface StuckExpectation extends Expected {
  readonly kind: "stuck";
  readonly stuck: boolean;
  readonly thread?: ThreadSelector;
}

export type RelationCount = "sent" | "delivered" | "lost" | "queued";
export type Relation = "at-most" | "at-least" | "less" | "more" | "equal";

/** Another run with the same seed: of another scenario, or of this one with other values. */
export interface OtherRun {
  /** File, as the scenario names it; absent = the same scenario. */
  readonly scenario?: string;
  /** "path=value" texts. */
  readonly set: readonly string[];
  readonly from: SocketSelector;
  readonly to: SocketSelector;
}

/** A number of the flow stands in this relation to the same number of the other run. */
export interface RelationExpectation extends Expected {
  readonly kind: "relation";
  readonly from: SocketSelector;
  readonly to: SocketSelector;
  readonly compare: RelationCount | LatencyStatistic;
  readonly is: Relation;
  readonly with: OtherRun;
}

export type Expectation =
  | WithinExpectation
  | DeadlineExpectation
  | BeforeExpectation
  | AnsweredExpectation
  | EndsExpectation
  | StuckExpectation
  | RelationExpectation
  | FlowExpectation
  | MessageExpectation
  | OrderExpectation
  | ReceivesExpectation
  | LatencyExpectation
  | NeverExpectation
  | QueueExpectation
  | BlockedExpectation
  | CallsExpectation
  | MonitorExpectation
  | RetriesExpectation
  | LogExpectation;

export type ExpectationKind = Expectation["kind"];
