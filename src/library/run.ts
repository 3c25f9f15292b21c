/** A finished run to ask questions of: flows, fates, latencies, sequences, expectations. */
import type { Fate } from "../journal/fates.ts";
import { invariant } from "../kernel/invariant.ts";
import type { RunRecord } from "../run/record.ts";
import { Directory } from "../scenario/directory.ts";
import type { OtherRun } from "../scenario/expectation.ts";
import { compileExpectations } from "../scenario/expectations.ts";
import { formatIssues } from "../scenario/issue.ts";
import { selects } from "../scenario/names.ts";
import { Report } from "../scenario/report.ts";
import type * as schema from "../scenario/schema.generated.ts";
import { checkShape } from "../scenario/shape.ts";
import { Source } from "../scenario/source.ts";
import { traceDigest } from "../trace/digest.ts";
import { checkExpectation, type ExpectationResult } from "../trace/expectation.ts";
import { countBy, flowItems } from "../trace/expectation-flow.ts";
import { passes, type TimelineFilter, timelineLines } from "../trace/export/timeline.ts";
import { type Analysis, analyze, type MessageFates } from "../trace/fates.ts";
import { type Flow, quantile } from "../trace/flows.ts";

/** The scenario, the call or the expectation is wrong; the message says what and where. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

export interface FlowCounts {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly queued: number;
}

/** What a Run knows beside its record. */
export interface RunContext {
  readonly seed: string;
  /** The scenario, for the names in expectations; absent for a plan. */
  readonly text?: string;
  /** What the scenario itself expects. */
  readonly expectations: readonly ExpectationResult[];
  readonly other?: (run: OtherRun) => Analysis;
  /** The command or call that repeats the run. */
  readonly reproduce: string;
}

/** Everything of a RunRecord, and answers. Socket names may leave out indices: "worker.in" means all replicas. */
export interface Run extends RunRecord, RunAnswers {}

export interface RunAnswers {
  readonly seed: string;
  readonly reproduce: string;
  readonly analysis: Analysis;
  readonly flows: readonly Flow[];
  readonly messages: readonly MessageFates[];
  /** Results of the scenario's own `expect` list. */
  readonly expectations: readonly ExpectationResult[];
  /** SHA-256 of the trace, hex. */
  readonly digest: string;
  /** Counts of the messages from one socket to another. */
  flow(from: string, to: string): FlowCounts;
  /** From send to delivery in ns, ascending. */
  latencies(from: string, to: string): Float64Array;
  /** 0.95 for the 95th percentile; undefined when nothing was delivered. */
  latency(from: string, to: string, p: number): number | undefined;
  /** What became of "publisher.sender#0", for one receiver or for the first. */
  fate(message: string, to?: string): Fate | "unknown" | undefined;
  /** The messages that programs received on a socket, frames joined by "|". */
  received(socket: string): readonly string[];
  /** The timeline as text. */
  timeline(filter?: TimelineFilter): readonly string[];
  /** Judges an expectation as a scenario would have it in its `expect` list. */
  check(expectation: schema.Expectation): ExpectationResult;
}

export function runFrom(record: RunRecord, context: RunContext): Run {
  return Object.assign(Object.create(new Answers(record, context)) as RunAnswers, record);
}

class Answers implements RunAnswers {
  readonly seed: string;
  readonly reproduce: string;
  readonly expectations: readonly ExpectationResult[];
  readonly #record: RunRecord;
  readonly #context: RunContext;
  #analysis: Analysis | undefined;

  constructor(record: RunRecord, context: RunContext) {
    this.#record = record;
    this.#context = context;
    this.seed = context.seed;
    this.reproduce = context.reproduce;
    this.expectations = context.expectations;
    // A Run has this object as its prototype, where private members are not to be reached through `this`.
    for (const name of ["flow", "latencies", "latency", "fate", "received", "timeline", "check"] as const)
      Object.defineProperty(this, name, { value: (this[name] as (...args: never[]) => unknown).bind(this) });
    for (const name of ["analysis", "flows", "messages", "digest"] as const)
      Object.defineProperty(this, name, { get: () => this.#get(name) });
  }

  // Replaced in the constructor; here for their types.
  declare readonly analysis: Analysis;
  declare readonly flows: readonly Flow[];
  declare readonly messages: readonly MessageFates[];
  declare readonly digest: string;

  #get(name: "analysis" | "flows" | "messages" | "digest"): unknown {
    if (name === "digest") return traceDigest(this.#record);
    const { header, events, endTime } = this.#record;
    this.#analysis ??= analyze(header, events, endTime);
    return name === "analysis" ? this.#analysis : this.#analysis[name];
  }

  flow(from: string, to: string): FlowCounts {
    return countBy(flowItems(this.analysis, from, to), Infinity);
  }

  latencies(from: string, to: string): Float64Array {
    const delivered = flowItems(this.analysis, from, to).filter(({ delivery }) => delivery.fate === "delivered");
    return Float64Array.from(delivered, ({ message, delivery }) => delivery.t - message.sentAt).sort();
  }

  latency(from: string, to: string, p: number): number | undefined {
    return quantile(this.latencies(from, to), p);
  }

  fate(message: string, to?: string): Fate | "unknown" | undefined {
    const found = this.messages.find(({ name }) => name === message);
    return found?.deliveries.find(({ receiver }) => to === undefined || selects(to, receiver))?.fate;
  }

  received(socket: string): readonly string[] {
    return this.#record.events.flatMap((event) =>
      event.ev === "call" &&
      event.call === "recv" &&
      event.result === "ok" &&
      event.frames !== undefined &&
      event.socket !== undefined &&
      selects(socket, event.socket)
        ? [event.frames.join("|")]
        : [],
    );
  }

  timeline(filter: TimelineFilter = {}): readonly string[] {
    return [...timelineLines(this.#record.events.filter((event) => passes(event, filter)))];
  }

  check(entry: schema.Expectation): ExpectationResult {
    const { text, other } = this.#context;
    const document = text === undefined ? undefined : new Source(text).value;
    const expectText = JSON.stringify({ expect: [entry] }, null, 2);
    const source = new Source(expectText);
    const report = new Report(source, "expectation", new Map());
    checkShape({ about: "x", nodes: { x: {} }, expect: [entry] as never }, report);
    const directory = document === undefined ? undefined : new Directory(document);
    const [expectation] = compileExpectations([entry], directory, report);
    if (report.hasErrors) throw new ScenarioError(`\n${formatIssues(report.issues(), expectText)}`);
    invariant(expectation !== undefined, "an expectation without errors is compiled");
    const { events } = this.#record;
    return checkExpectation(expectation, {
      analysis: this.analysis,
      events,
      ...(other === undefined ? {} : { other }),
    });
  }
}
