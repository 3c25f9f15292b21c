/**
 * The run as a Chrome trace ("Trace Event Format"), to open in Perfetto or chrome://tracing: a
 * process per node, a track per thread and per socket, slices for blocked calls, flow arrows from
 * send to recv, counters for the messages in every pipe.
 */
import type { CallEvent, TraceEvent } from "../../journal/events.ts";
import type { Analysis } from "../fates.ts";
import { quote } from "../format.ts";
import { type Leg, legsOf } from "../legs.ts";
import { isEndpoint, nodeOf, threadOf } from "../names.ts";
import { blockedSpans } from "./blocked-spans.ts";
import { actorOf, describeEvent } from "./describe.ts";

/** Sends and reads take no time in the trace; a slice this long (ns) can be seen and clicked. */
const SLICE = 1000;

/** One JSON document, in pieces. */
export function* chromeChunks(analysis: Analysis, events: readonly TraceEvent[]): Generator<string, void, undefined> {
  const { scenario, seed, tool, model } = analysis.header;
  const about = `{"scenario":${quote(scenario)},"seed":${quote(seed)},"tool":${quote(tool)},"model":${quote(model)}}`;
  yield `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[`;
  let separator = "\n";
  let batch: string[] = [];
  for (const one of records(analysis, events)) {
    batch.push(one);
    if (batch.length < CHUNK_RECORDS) continue;
    yield separator + batch.join(",\n");
    separator = ",\n";
    batch = [];
  }
  if (batch.length > 0) yield separator + batch.join(",\n");
  yield "\n]}\n";
}

const CHUNK_RECORDS = 256;

export function chromeTrace(analysis: Analysis, events: readonly TraceEvent[]): string {
  return [...chromeChunks(analysis, events)].join("");
}

type Records = Generator<string, void, undefined>;

function* records(analysis: Analysis, events: readonly TraceEvent[]): Records {
  const tracks = new Tracks(analysis, events);
  yield* callSlices(events, tracks);
  yield* blockedSlices(events, analysis, tracks);
  yield* messageRecords(analysis, tracks);
  yield* depthCounters(analysis, tracks);
  yield* instants(events, tracks);
  // Last, when all tracks are known; viewers read the whole file first.
  yield* tracks.metadata();
}

interface Track {
  readonly pid: number;
  readonly tid: number;
}

/** Numbers of processes and tracks, in order of appearance. */
class Tracks {
  readonly #pids = new Map<string, number>();
  readonly #tracks = new Map<string, Track & { readonly kind: string }>();

  constructor(analysis: Analysis, events: readonly TraceEvent[]) {
    for (const event of events) {
      if (event.ev === "node") this.#pid(event.node);
      else if ("thread" in event) this.#add(event.thread, "thread");
    }
    for (const socket of analysis.topology.sockets.values()) this.#add(threadOf(socket.name), "thread");
    for (const socket of analysis.topology.sockets.values()) this.#add(socket.name, socket.type);
  }

  /** Names that only occur as peers get a track of their own. */
  of(name: string): Track {
    return this.#tracks.get(name) ?? this.#add(name, isEndpoint(name) ? "endpoint" : "socket");
  }

  *metadata(): Generator<string> {
    for (const [node, pid] of this.#pids) {
      yield meta("process_name", pid, 0, `"name":${quote(node)}`);
      yield meta("process_sort_index", pid, 0, `"sort_index":${pid}`);
    }
    for (const [name, { pid, tid, kind }] of this.#tracks) {
      yield meta(
        "thread_name",
        pid,
        tid,
        `"name":${quote(kind === "thread" ? `thread ${name}` : `${name} (${kind})`)}`,
      );
      yield meta("thread_sort_index", pid, tid, `"sort_index":${tid}`);
    }
  }

  #pid(node: string): number {
    let pid = this.#pids.get(node);
    if (pid === undefined) this.#pids.set(node, (pid = this.#pids.size + 1));
    return pid;
  }

  #add(name: string, kind: string): Track {
    const known = this.#tracks.get(name);
    if (known !== undefined) return known;
    const track = { pid: this.#pid(isEndpoint(name) ? name : nodeOf(name)), tid: this.#tracks.size + 1, kind };
    this.#tracks.set(name, track);
    return track;
  }
}

function* callSlices(events: readonly TraceEvent[], tracks: Tracks): Records {
  const calls = events.filter(
    (event): event is CallEvent & { readonly socket: string } => event.ev === "call" && event.socket !== undefined,
  );
  // Slices of one track must not overlap: each ends where the next begins at the latest.
  const next = new Map<string, number>();
  const durations = new Array<number>(calls.length).fill(0);
  for (let i = calls.length - 1; i >= 0; i--) {
    const { socket, t } = calls[i]!;
    durations[i] = Math.min(SLICE, (next.get(socket) ?? Infinity) - t);
    next.set(socket, t);
  }
  for (const [i, event] of calls.entries()) {
    const name =
      event.message === undefined
        ? `${event.call}${event.arg === undefined ? "" : ` ${event.arg}`}`
        : `${event.call} ${event.message}`;
    const args = `"result":${quote(event.result)}${event.frames === undefined ? "" : `,"frames":${quote(event.frames.join("|"))}`}`;
    const rest = `,"cat":"call","dur":${micros(durations[i]!)},"args":{${args}}`;
    yield record("X", name, event.t, tracks.of(event.socket), rest);
  }
}

function* blockedSlices(events: readonly TraceEvent[], { endTime }: Analysis, tracks: Tracks): Records {
  for (const { thread, call, socket, from, to } of blockedSpans(events, endTime)) {
    const args = socket === undefined ? "" : `,"args":{"socket":${quote(socket)}}`;
    yield record(
      "X",
      `${call} (blocked)`,
      from,
      tracks.of(thread),
      `,"cat":"blocked","dur":${micros(to - from)}${args}`,
    );
  }
}

/** Per leg an async slice while it is under way, and an arrow when it was read. */
function* messageRecords(analysis: Analysis, tracks: Tracks): Records {
  let id = 0;
  for (const message of analysis.messages) {
    for (const leg of legsOf(message.root)) {
      id++;
      const end = leg.end ?? "queued";
      const [from, to] = [tracks.of(leg.from.socket), tracks.of(leg.to)];
      const mark = `,"cat":"message","id":${id}`;
      const args = `"args":{"to":${quote(leg.to)},"end":${quote(end)}}`;
      yield record("b", message.name, leg.queuedAt, from, `${mark},${args}`);
      yield record("e", message.name, endOf(leg, analysis), from, mark);
      if (end !== "delivered") continue;
      yield record("s", "message", leg.from.calledAt ?? leg.queuedAt, from, mark);
      yield record("f", "message", leg.endAt, to, `${mark},"bp":"e"`);
    }
    for (const { fate, at, t, receiver } of message.deliveries) {
      if (fate === "delivered" || fate === "queued") continue;
      const rest = `,"cat":"loss","s":"t","args":{"receiver":${quote(receiver)}}`;
      yield record("i", `${message.name} lost: ${fate}`, t, tracks.of(at), rest);
    }
  }
}

/** At `t`, so many more messages that have not arrived, and so many more that wait to be read. */
type Step = readonly [t: number, sending: number, waiting: number];

/** Messages on their way per pair of sockets. */
function* depthCounters(analysis: Analysis, tracks: Tracks): Records {
  for (const [name, { from, steps }] of depthSteps(analysis)) {
    let [sending, waiting] = [0, 0];
    for (const [t, sendingMore, waitingMore] of steps.sort((a, b) => a[0] - b[0])) {
      sending += sendingMore;
      waiting += waitingMore;
      yield record("C", `pipe ${name}`, t, tracks.of(from), `,"args":{"sending":${sending},"waiting":${waiting}}`);
    }
  }
}

function depthSteps(analysis: Analysis): Map<string, { readonly from: string; readonly steps: Step[] }> {
  const pairs = new Map<string, { readonly from: string; readonly steps: Step[] }>();
  for (const message of analysis.messages) {
    for (const { from, to, queuedAt, arrivedAt, end, endAt } of legsOf(message.root)) {
      const name = `${from.socket} > ${to}`;
      let pair = pairs.get(name);
      if (pair === undefined) pairs.set(name, (pair = { from: from.socket, steps: [] }));
      pair.steps.push([queuedAt, 1, 0]);
      if (arrivedAt !== undefined) pair.steps.push([arrivedAt, -1, 1]);
      if (end === undefined || end === "queued") continue;
      pair.steps.push(arrivedAt === undefined ? [endAt, -1, 0] : [endAt, 0, -1]);
    }
  }
  return pairs;
}

const INSTANTS: ReadonlySet<TraceEvent["ev"]> = new Set(["node", "subscription", "monitor", "log", "thread", "pipe"]);

function* instants(events: readonly TraceEvent[], tracks: Tracks): Records {
  for (const event of events) {
    if (!INSTANTS.has(event.ev)) continue;
    const rest = `,"cat":"${event.ev}","s":"${event.ev === "node" ? "p" : "t"}"`;
    yield record("i", describeEvent(event), event.t, tracks.of(actorOf(event)), rest);
  }
}

function endOf(leg: Leg, analysis: Analysis): number {
  return leg.end === undefined ? analysis.endTime : leg.endAt;
}

function record(phase: string, name: string, t: number, track: Track, rest: string): string {
  return `{"ph":"${phase}","name":${quote(name)},"ts":${micros(t)},"pid":${track.pid},"tid":${track.tid}${rest}}`;
}

function meta(name: string, pid: number, tid: number, args: string): string {
  return `{"ph":"M","name":"${name}","pid":${pid},"tid":${tid},"args":{${args}}}`;
}

/** Nanoseconds as microseconds, exact. */
function micros(t: number): string {
  const whole = Math.floor(t / 1000);
  const rest = t - 1000 * whole;
  return rest === 0 ? `${whole}` : `${whole}.${String(rest).padStart(3, "0").replace(/0+$/, "")}`;
}
