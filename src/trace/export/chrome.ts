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

/** One JSON document. */
export function chromeTrace(analysis: Analysis, events: readonly TraceEvent[]): string {
  const tracks = new Tracks(analysis, events);
  const records = [
    ...tracks.metadata(),
    ...callSlices(events, tracks),
    ...blockedSpans(events, analysis.endTime).map(({ thread, call, socket, from, to }) =>
      record(
        "X",
        `${call} (blocked)`,
        from,
        tracks.of(thread),
        `,"cat":"blocked","dur":${micros(to - from)}${socket === undefined ? "" : `,"args":{"socket":${quote(socket)}}`}`,
      ),
    ),
    ...messageRecords(analysis, tracks),
    ...depthCounters(analysis, tracks),
    ...instants(events, tracks),
  ];
  const { scenario, seed, tool, model } = analysis.header;
  const about = `{"scenario":${quote(scenario)},"seed":${quote(seed)},"tool":${quote(tool)},"model":${quote(model)}}`;
  return `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[\n${records.join(",\n")}\n]}\n`;
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

function callSlices(events: readonly TraceEvent[], tracks: Tracks): string[] {
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
  return calls.map((event, i) => {
    const name =
      event.message === undefined
        ? `${event.call}${event.arg === undefined ? "" : ` ${event.arg}`}`
        : `${event.call} ${event.message}`;
    const args = `"result":${quote(event.result)}${event.frames === undefined ? "" : `,"frames":${quote(event.frames.join("|"))}`}`;
    return record(
      "X",
      name,
      event.t,
      tracks.of(event.socket),
      `,"cat":"call","dur":${micros(durations[i]!)},"args":{${args}}`,
    );
  });
}

/** Per leg an async slice while it is under way, and an arrow when it was read. */
function messageRecords(analysis: Analysis, tracks: Tracks): string[] {
  const records: string[] = [];
  let id = 0;
  for (const message of analysis.messages) {
    for (const leg of legsOf(message.root)) {
      id++;
      const end = leg.end ?? "queued";
      const [from, to] = [tracks.of(leg.from.socket), tracks.of(leg.to)];
      const mark = `,"cat":"message","id":${id}`;
      records.push(
        record("b", message.name, leg.queuedAt, from, `${mark},"args":{"to":${quote(leg.to)},"end":${quote(end)}}`),
      );
      records.push(record("e", message.name, endOf(leg, analysis), from, mark));
      if (end !== "delivered") continue;
      records.push(record("s", "message", leg.from.calledAt ?? leg.queuedAt, from, mark));
      records.push(record("f", "message", leg.endAt, to, `${mark},"bp":"e"`));
    }
    for (const { fate, at, t, receiver } of message.deliveries) {
      if (fate === "delivered" || fate === "queued") continue;
      records.push(
        record(
          "i",
          `${message.name} lost: ${fate}`,
          t,
          tracks.of(at),
          `,"cat":"loss","s":"t","args":{"receiver":${quote(receiver)}}`,
        ),
      );
    }
  }
  return records;
}

/** Messages on their way per pair of sockets: not yet arrived, and arrived but unread. */
function depthCounters(analysis: Analysis, tracks: Tracks): string[] {
  const changes = new Map<
    string,
    { readonly from: string; readonly steps: (readonly [t: number, sending: number, waiting: number])[] }
  >();
  for (const message of analysis.messages) {
    for (const leg of legsOf(message.root)) {
      const name = `${leg.from.socket} > ${leg.to}`;
      if (!changes.has(name)) changes.set(name, { from: leg.from.socket, steps: [] });
      const steps = changes.get(name)!.steps;
      steps.push([leg.queuedAt, 1, 0]);
      if (leg.arrivedAt !== undefined) steps.push([leg.arrivedAt, -1, 1]);
      if (leg.end !== undefined && leg.end !== "queued")
        steps.push(leg.arrivedAt === undefined ? [leg.endAt, -1, 0] : [leg.endAt, 0, -1]);
    }
  }
  return [...changes].flatMap(([name, { from, steps }]) => {
    let [sending, waiting] = [0, 0];
    return steps
      .sort((a, b) => a[0] - b[0])
      .map(([t, s, w]) => {
        sending += s;
        waiting += w;
        return record("C", `pipe ${name}`, t, tracks.of(from), `,"args":{"sending":${sending},"waiting":${waiting}}`);
      });
  });
}

const INSTANTS: ReadonlySet<TraceEvent["ev"]> = new Set(["node", "subscription", "monitor", "log", "thread", "pipe"]);

function instants(events: readonly TraceEvent[], tracks: Tracks): string[] {
  return events
    .filter((event) => INSTANTS.has(event.ev))
    .map((event) =>
      record(
        "i",
        describeEvent(event),
        event.t,
        tracks.of(actorOf(event)),
        `,"cat":${quote(event.ev)},"s":"${event.ev === "node" ? "p" : "t"}"`,
      ),
    );
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
