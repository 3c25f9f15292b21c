/**
 * What of a run can be held against another run of the same scenario, in pieces that stand or fall
 * one by one: how many messages each flow delivered, which ones, in which turn a socket got them,
 * what the calls of a thread gave, what the monitors said. Times are compared elsewhere.
 */
import type { CallEvent, MonitorEvent, TraceEvent, TraceHeader } from "../journal/events.ts";
import { type Analysis, analyze } from "./fates.ts";
import type { Trace } from "./format.ts";
import { splitMessage, threadOf } from "./names.ts";
import { rangesText } from "./outcome.ts";

export const FACT_KINDS = {
  sent: "messages accepted by send calls, per socket",
  count: "messages delivered, per flow",
  messages: "which messages were delivered, per flow",
  order: "messages of a flow arrive in the order in which they were sent",
  turns: "in which turn a socket received messages of several senders",
  results: "results and error codes, per socket and call",
  calls: "the sequence of calls and results, per thread, or per socket of a thread that polls",
  codes: "which error codes calls gave, per socket and call",
  monitor: "monitor events, per connection of a connecting socket; their number on a binding one",
  end: "how threads ended",
} as const;

export type FactKind = keyof typeof FACT_KINDS;

export interface Fact {
  readonly kind: FactKind;
  /** What it is about: a flow, a socket, a thread. */
  readonly subject: string;
  readonly value: string;
  /** It depends on how much the kernel's buffers took. */
  readonly kernel?: boolean;
  /** For kinds that are sequences: what the value was made of, and the event of each part. */
  readonly parts: readonly Part[];
}

export interface Part {
  readonly text: string;
  /** Index into the events of the run. */
  readonly event: number;
}

/** A run reduced to what comparisons ask for, so that hundreds fit into memory. */
export interface Run {
  /** File or seed, for people. */
  readonly name: string;
  readonly header: TraceHeader;
  /** By "kind subject". Without parts. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** The facts that were others just before the run was cut off, as they were then; undefined: there was no such fact. */
  readonly early: ReadonlyMap<string, Fact | undefined>;
  /** "from > to" -> latencies in ns. */
  readonly latencies: ReadonlyMap<string, Float64Array>;
  /** "socket endpoint" -> instants at which a connector tried until it first succeeded, ns since the first. */
  readonly attempts: ReadonlyMap<string, readonly number[]>;
  /** Thread -> when it came to its first bind or connect, or else when it started, ns. */
  readonly starts: ReadonlyMap<string, number>;
  /** The events once more: read or simulated again. */
  readonly events: () => Events;
}

type Events = readonly TraceEvent[] | Promise<readonly TraceEvent[]>;

export interface RunSource {
  readonly name: string;
  readonly trace: Trace;
  /** ns; without it the time of the last event. */
  readonly endTime?: number;
  /** ns; when a run of the scenario is cut off if it is not over by then. */
  readonly until?: number | undefined;
  readonly events: () => Events;
}

/** What happens so shortly before a run is cut off, in another run happens after. Sleeps and retries add up to some ms. */
const CUT_NS = 20_000_000;

export function runOf({ name, trace, endTime, until = Number.POSITIVE_INFINITY, events }: RunSource): Run {
  const analysis = analyze(trace.header, trace.events, endTime);
  const facts = withoutParts(factsOf(trace.events, analysis));
  const last = trace.events.at(-1)?.t ?? 0;
  const latencies = new Map(
    analysis.flows.filter((flow) => flow.delivered > 0).map((flow) => [`${flow.from} > ${flow.to}`, flow.latencies]),
  );
  return {
    name,
    header: trace.header,
    facts,
    early: last > until - CUT_NS ? changed(facts, factsBefore(trace, until - CUT_NS)) : new Map(),
    latencies,
    attempts: attemptsIn(trace.events),
    starts: startsIn(trace.events),
    events,
  };
}

function withoutParts(all: Iterable<Fact>): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const fact of all) facts.set(`${fact.kind} ${fact.subject}`, { ...fact, parts: [] });
  return facts;
}

function factsBefore({ header, events }: Trace, end: number): Map<string, Fact> {
  const early = events.filter(({ t }) => t <= end);
  return withoutParts(factsOf(early, analyze(header, early, end)));
}

function changed(facts: ReadonlyMap<string, Fact>, early: ReadonlyMap<string, Fact>): Map<string, Fact | undefined> {
  return new Map(
    [...facts].flatMap(([key, { value }]) => {
      const before = early.get(key);
      return before?.value === value ? [] : [[key, before] as const];
    }),
  );
}

/** One fact with its parts. */
export async function factOf(run: Run, key: string): Promise<Fact | undefined> {
  const events = await run.events();
  for (const fact of factsOf(events, analyze(run.header, events)))
    if (`${fact.kind} ${fact.subject}` === key) return fact;
  return undefined;
}

function* factsOf(events: readonly TraceEvent[], analysis: Analysis): Generator<Fact> {
  const limited = limitedByKernel(events);
  const ends = analysis.messages.flatMap(({ origin, deliveries }) =>
    limited.has(origin) ? deliveries.map(({ receiver }) => receiver) : [],
  );
  const subjects = new Set([...limited, ...ends].flatMap((socket) => [socket, threadOf(socket)]));
  const kernel = ({ kind, subject }: Fact): boolean =>
    KERNEL_KINDS.has(kind) && subject.split(/ > | /).some((name) => subjects.has(name));
  for (const fact of flowFacts(analysis)) yield kernel(fact) ? { ...fact, kernel: true } : fact;
  for (const fact of callFacts(events, analysis)) yield kernel(fact) ? { ...fact, kernel: true } : fact;
}

const KERNEL_KINDS: ReadonlySet<FactKind> = new Set<FactKind>([
  "sent",
  "count",
  "messages",
  "turns",
  "results",
  "calls",
]);

/** Sockets that came to the limit of a connection through the kernel: a send had to wait, failed or dropped there, or datagrams found no room. */
function limitedByKernel(events: readonly TraceEvent[]): Set<string> {
  const connected = new Set<string>();
  const limited = new Set<string>();
  for (const event of events) {
    if (event.ev === "monitor" && event.event === "HANDSHAKE_SUCCEEDED") connected.add(event.socket);
    const full =
      (event.ev === "block" && event.call === "send") ||
      (event.ev === "call" && event.call === "send" && event.result === "EAGAIN") ||
      (event.ev === "fate" && event.fate === "hwm");
    if (event.ev === "fate" && event.fate === "overflow" && event.where === "receive buffer") limited.add(event.socket);
    if (full && event.socket !== undefined && connected.has(event.socket)) limited.add(event.socket);
  }
  return limited;
}

/** As many as comparisons look at. */
const ATTEMPTS = 10;

function attemptsIn(events: readonly TraceEvent[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  const connected = new Set<string>();
  for (const event of events) {
    if (event.ev !== "monitor") continue;
    const key = `${event.socket} ${event.endpoint}`;
    if (event.event === "CONNECTED") connected.add(key);
    if (event.event !== "CONNECT_DELAYED" || connected.has(key)) continue;
    const list = times.get(key) ?? [];
    if (list.length < ATTEMPTS) list.push(event.t);
    times.set(key, list);
  }
  return new Map([...times].map(([key, list]) => [key, list.map((t) => t - (list[0] ?? 0))]));
}

/** What a simulated thread takes from its start to the return of its first bind or connect. */
const SETUP_NS = 65_000;

function startsIn(events: readonly TraceEvent[]): Map<string, number> {
  const starts = new Map<string, number>();
  const met = new Set<string>();
  for (const event of events) {
    if (event.ev === "thread" && event.what === "start" && !starts.has(event.thread)) starts.set(event.thread, event.t);
    if (event.ev !== "call" || (event.call !== "bind" && event.call !== "connect") || met.has(event.thread)) continue;
    met.add(event.thread);
    const begun = starts.get(event.thread);
    // A first call much later is a step of the program and no part of the start.
    if (begun !== undefined && event.t - begun < LATE_NS) starts.set(event.thread, Math.max(0, event.t - SETUP_NS));
  }
  return starts;
}

/** A process that takes longer over its first call does so because its program waits. */
const LATE_NS = 50_000_000;

function* flowFacts({ messages }: Analysis): Generator<Fact> {
  const sent = new Map<string, number>();
  const flows = new Map<string, number[]>();
  for (const { origin, number, deliveries } of messages) {
    sent.set(origin, (sent.get(origin) ?? 0) + 1);
    for (const { receiver, fate } of deliveries)
      if (fate === "delivered") push(flows, `${origin} > ${receiver}`, number);
  }
  for (const [subject, count] of sent) yield { kind: "sent", subject, value: `${count}`, parts: [] };
  for (const [subject, numbers] of flows) {
    yield { kind: "count", subject, value: `${numbers.length}`, parts: [] };
    yield { kind: "messages", subject, value: rangesText(numbers), parts: [] };
  }
}

/** A request of ZAP without its route, and without the peer's address, which every network has its own way to write. */
const requestOf = (frames: readonly string[]): readonly string[] => {
  const version = frames.indexOf("1.0");
  return [...frames.slice(version, version + 3), ...frames.slice(version + 4)];
};

function* callFacts(events: readonly TraceEvent[], { topology }: Analysis): Generator<Fact> {
  const receipts = new Map<string, Part[]>();
  const calls = new Map<string, Part[]>();
  const results = new Map<string, Map<string, number>>();
  // Which of its sockets a polling thread serves first depends on what came first.
  const pollers = new Set(
    events.flatMap((event) => (event.ev === "call" && event.call === "poll" ? [event.thread] : [])),
  );
  const monitors = new Monitors();
  for (const [index, event] of events.entries()) {
    if (event.ev === "call" && !topology.proxies.has(event.thread)) {
      if (event.call === "bind" && event.socket !== undefined) monitors.binders.add(event.socket);
      if (!UNCOMPARED.has(event.call))
        push(calls, pollers.has(event.thread) ? (event.socket ?? event.thread) : event.thread, {
          text: callText(event),
          event: index,
        });
      if (event.socket !== undefined && event.call !== "poll")
        tally(results, `${event.socket} ${event.call}`, event.result);
      if (event.call === "recv" && event.result === "ok" && event.socket !== undefined) {
        const shown = topology.isZapHandler(event.socket) ? requestOf(event.frames ?? []) : event.frames;
        push(receipts, event.socket, { text: event.message ?? shown?.join("|") ?? "?", event: index });
      }
    } else if (event.ev === "monitor" && event.event !== "MONITOR_STOPPED") {
      monitors.add(event, index);
    } else if (event.ev === "thread" && event.what === "fail")
      yield { kind: "end", subject: event.thread, value: `failed: ${event.error}`, parts: [] };
  }
  for (const [subject, parts] of receipts) yield* receiptFacts(subject, parts);
  for (const [subject, parts] of calls) yield sequence("calls", subject, parts);
  for (const [subject, counts] of results) {
    yield { kind: "results", subject, value: countsText(counts), parts: [] };
    yield { kind: "codes", subject, value: [...counts.keys()].sort().join(", "), parts: [] };
  }
  yield* monitors.facts();
}

/** A binding socket hears of its peers in any order; a connecting one makes every connection step by step. */
class Monitors {
  readonly binders = new Set<string>();
  readonly #connections = new Map<string, Part[]>();
  readonly #counts = new Map<string, Map<string, number>>();

  add({ socket, event, value, endpoint }: MonitorEvent, index: number): void {
    if (this.binders.has(socket) || event === "LISTENING") {
      this.binders.add(socket);
      // Whether a listener still tells that it closed is a race with the end of its context.
      if (event !== "CLOSED") tally(this.#counts, socket, event);
    } else
      push(this.#connections, `${socket} ${endpoint}`, {
        text: event === "CONNECT_RETRIED" ? `${event} ${value}` : event,
        event: index,
      });
  }

  *facts(): Generator<Fact> {
    for (const [subject, parts] of this.#connections) yield sequence("monitor", subject, parts);
    for (const [subject, counts] of this.#counts)
      yield { kind: "monitor", subject, value: countsText(counts), parts: [] };
  }
}

const countsText = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(byName)
    .map(([name, count]) => `${name} x${count}`)
    .join(", ");

/** Their number or their return depends on the machine: how often a poll comes back, when a context lets go. */
const UNCOMPARED: ReadonlySet<string> = new Set(["poll", "getsockopt", "term", "sleep", "proxy"]);

const callText = ({ call, socket, result }: CallEvent): string =>
  `${call} ${socket?.slice(threadOf(socket).length + 1) ?? ""} ${result}`;

function* receiptFacts(socket: string, parts: readonly Part[]): Generator<Fact> {
  const origins = new Set(parts.map(({ text }) => splitMessage(text)[0]));
  if (origins.size > 1) yield sequence("turns", socket, parts);
  for (const origin of origins) {
    let latest = -1;
    const late = parts.find(({ text }) => {
      const [from, number] = splitMessage(text);
      if (from !== origin) return false;
      if (number < latest) return true;
      latest = number;
      return false;
    });
    yield {
      kind: "order",
      subject: `${origin} > ${socket}`,
      value: late === undefined ? "in order" : `${late.text} after #${latest}`,
      parts: late === undefined ? [] : [late],
    };
  }
}

const sequence = (kind: FactKind, subject: string, parts: readonly Part[]): Fact => ({
  kind,
  subject,
  value: parts.map(({ text }) => text).join(", "),
  parts,
});

const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1);

function tally(map: Map<string, Map<string, number>>, key: string, value: string): void {
  let counts = map.get(key);
  if (counts === undefined) map.set(key, (counts = new Map()));
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
