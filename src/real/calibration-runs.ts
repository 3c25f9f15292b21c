/** The small runs by which a machine is measured, as scenarios, and the quantities that are read off their traces. */
import type { TraceEvent, TraceHeader } from "../journal/events.ts";
import { analyze } from "../trace/fates.ts";

export interface CalibrationRun {
  readonly name: string;
  readonly text: string;
  /** How often it is recorded. */
  readonly runs: number;
}

/** Short runs and many of them: how fast two processes talk depends on where they were put. */
const ROUNDS = 30;
const SMALL = ["1B", "1KiB", "1B"];
/** In turns: a machine that is disturbed for a while would make one size slow and spare the others. */
const SIZES = [...SMALL, "64KiB", "1MiB"];
const PAUSE_MS = 4;
/** Of either kind; both together stay below the high-water marks. */
const BURST_CALLS = 600;
/** The first ones compile the step, and the compiler comes back for better code after some 150 and some 220. */
const BURST_COLD = 250;
const ROUND_TRIPS = 400;

const sink = (endpoint: string): unknown => ({
  sockets: { in: { type: "PULL", bind: [endpoint] } },
  program: [{ forever: [{ recv: "in" }] }],
});

const source = (endpoint: string): unknown => ({
  startAt: "200ms",
  sockets: { out: { type: "PUSH", connect: [endpoint] } },
  program: [
    { sleep: "20ms" },
    // The longer a thread sleeps, the longer it takes to wake: the same pause for all.
    { repeat: ROUNDS, do: SIZES.flatMap((size) => [{ send: "out", frames: [{ size }] }, { sleep: `${PAUSE_MS}ms` }]) },
  ],
});

/** Opened one after the other in a process that has made its first connect. */
const LATER = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

const scenario = (about: string, until: string, nodes: unknown): string =>
  JSON.stringify({ about, until, network: { profile: "loopback" }, nodes });

/** The first connection needs a fresh process each time. */
export const CALIBRATION_RUNS: readonly CalibrationRun[] = [
  {
    name: "start",
    runs: 40,
    text: scenario("First steps of a fresh process.", "800ms", {
      sink: sink("tcp://*:5555"),
      source: {
        startAt: "200ms",
        sockets: {
          out: { type: "PUSH", connect: ["tcp://sink:5555"] },
          ...Object.fromEntries(LATER.map((name) => [name, { type: "PUSH", open: false }])),
        },
        program: [
          { send: "out", frames: ["first"] },
          ...LATER.flatMap((socket) => [
            { sleep: "30ms" },
            { open: socket },
            { connect: socket, endpoint: "tcp://sink:5555" },
            { send: socket, frames: ["later"] },
          ]),
          { sleep: "50ms" },
        ],
      },
    }),
  },
  {
    name: "tcp",
    runs: 24,
    text: scenario("One way over tcp.", "2s", { sink: sink("tcp://*:5555"), source: source("tcp://sink:5555") }),
  },
  {
    name: "ipc",
    runs: 24,
    text: scenario("One way over ipc.", "2s", {
      sink: { ...(sink("ipc:///tmp/calibration") as object), host: "here" },
      source: { ...(source("ipc:///tmp/calibration") as object), host: "here" },
    }),
  },
  {
    name: "round-trip",
    runs: 12,
    text: scenario("Requests and replies without a pause.", "2s", {
      server: {
        sockets: { service: { type: "REP", bind: ["tcp://*:5555"] } },
        program: [{ forever: [{ recv: "service" }, { send: "service", frames: ["r"] }] }],
      },
      client: {
        startAt: "200ms",
        sockets: { requester: { type: "REQ", connect: ["tcp://server:5555"] } },
        program: [{ repeat: ROUND_TRIPS, do: [{ send: "requester", frames: ["q"] }, { recv: "requester" }] }],
      },
    }),
  },
  {
    name: "burst",
    runs: 11,
    text: scenario("Calls that never wait.", "1s", {
      sink: {
        sockets: { in: { type: "PULL", bind: ["tcp://*:5555"] } },
        program: [
          { sleep: "500ms" },
          { repeat: BURST_CALLS, do: [{ recv: "in" }] },
          { repeat: BURST_CALLS, do: [{ poll: ["in"] }, { recv: "in" }] },
        ],
      },
      source: {
        startAt: "200ms",
        sockets: { out: { type: "PUSH", connect: ["tcp://sink:5555"] } },
        program: [{ sleep: "50ms" }, { repeat: 2 * BURST_CALLS, do: [{ send: "out", frames: ["x"] }] }],
      },
    }),
  },
  {
    name: "retry",
    runs: 4,
    text: scenario("Nobody listens.", "1300ms", {
      lonely: {
        sockets: { out: { type: "PUSH", options: { linger: 0 }, connect: ["tcp://nobody:5555"] } },
        program: [{ sleep: "2s" }],
      },
      nobody: { startAt: "1250ms", sockets: { in: { type: "PULL", bind: ["tcp://*:5555"] } }, program: [] },
    }),
  },
  {
    name: "subscription",
    // One value each, and two sets of 20 had medians of 1.9 and 3.2 ms.
    runs: 60,
    text: scenario("A subscriber joins a publisher that never stops.", "700ms", {
      publisher: {
        sockets: { out: { type: "PUB", bind: ["tcp://*:5555"] } },
        program: [{ repeat: 500, do: [{ send: "out", frames: ["tick"] }, { sleep: "1ms" }] }],
      },
      subscriber: {
        startAt: "200ms",
        sockets: { in: { type: "SUB", subscribe: [""], connect: ["tcp://publisher:5555"] } },
        program: [{ repeat: 3, do: [{ recv: "in" }] }],
      },
    }),
  },
];

/** Values in ns by quantity, "tcp 1 B", and by run. */
export type Samples = Map<string, number[][]>;

type Add = (quantity: string, value: number | undefined) => void;
type Reader = (events: readonly TraceEvent[], add: Add) => void;

/** Adds what one run shows. */
export function measure(run: string, header: TraceHeader, events: readonly TraceEvent[], samples: Samples): void {
  const own = new Map<string, number[]>();
  const add: Add = (quantity, value) => {
    if (value === undefined || Number.isNaN(value) || value < 0) return;
    const list = own.get(quantity) ?? [];
    if (list.push(value) > 1) return;
    own.set(quantity, list);
    samples.set(quantity, [...(samples.get(quantity) ?? []), list]);
  };
  const reader = READERS[run];
  if (reader !== undefined) return reader(events, add);
  pauses(events, add);
  for (const { deliveries, sentAt, size = 0 } of analyze(header, events).messages) {
    for (const { fate, t } of deliveries) if (fate === "delivered") add(`${run} ${sizeName(size)}`, t - sentAt);
  }
}

const firstOf = (events: readonly TraceEvent[], wanted: (event: TraceEvent) => boolean): number =>
  events.find(wanted)?.t ?? Number.NaN;

const callsOf = (events: readonly TraceEvent[], call: string, thread?: string): number[] =>
  events.flatMap((event) =>
    event.ev === "call" && event.call === call && (thread === undefined || event.thread === thread) ? [event.t] : [],
  );

function steps(events: readonly TraceEvent[], add: Add): void {
  const at = (wanted: (event: TraceEvent) => boolean): number => firstOf(events, wanted);
  const started = at((event) => event.ev === "thread" && event.thread === "source");
  const opened = at((event) => event.ev === "socket" && event.socket === "source.out");
  const connected = at((event) => event.ev === "call" && event.call === "connect");
  const shaken = at(
    (event) => event.ev === "monitor" && event.event === "HANDSHAKE_SUCCEEDED" && event.socket === "source.out",
  );
  add("open", opened - started);
  add("connect to handshake", shaken - connected);
  // The first connect of a step compiles it, so "a" is none to measure.
  for (const socket of ["out", ...LATER.slice(1)]) {
    const call = (name: string): number =>
      at((event) => event.ev === "call" && event.call === name && event.socket === `source.${socket}`);
    add(socket === "out" ? "first connect to send" : "connect to send", call("send") - call("connect"));
  }
}

function roundTrips(events: readonly TraceEvent[], add: Add): void {
  const calls = callsOf(events, "send", "client");
  for (let i = BURST_COLD; i < calls.length; i++) add("round trip", (calls[i] ?? 0) - (calls[i - 1] ?? 0));
}

/** What one call takes: from one to the next. */
function burst(events: readonly TraceEvent[], add: Add): void {
  const each = (quantity: string, times: readonly number[]): void => {
    for (let i = BURST_COLD; i < times.length; i++) add(quantity, (times[i] ?? 0) - (times[i - 1] ?? 0));
  };
  const received = callsOf(events, "recv");
  each("send", callsOf(events, "send"));
  each("recv", received.slice(0, BURST_CALLS));
  each("poll and recv", received.slice(BURST_CALLS));
}

function retries(events: readonly TraceEvent[], add: Add): void {
  const attempts = events.filter((event) => event.ev === "monitor" && event.event === "CONNECT_DELAYED");
  const intervals = events.flatMap((event) =>
    event.ev === "monitor" && event.event === "CONNECT_RETRIED" ? [event.value * 1e6] : [],
  );
  for (let i = 1; i < attempts.length; i++)
    add("retry after its time", (attempts[i]?.t ?? 0) - (attempts[i - 1]?.t ?? 0) - (intervals[i - 1] ?? Number.NaN));
}

function subscriptions(events: readonly TraceEvent[], add: Add): void {
  const [connected] = callsOf(events, "connect");
  const [first] = callsOf(events, "recv", "subscriber");
  add("connect to first message", (first ?? Number.NaN) - (connected ?? Number.NaN));
  const opened = firstOf(events, (event) => event.ev === "socket" && event.socket === "publisher.out");
  const [sent] = callsOf(events, "send");
  add("bind to send", (sent ?? Number.NaN) - opened);
}

/** Between small ones: to make and send 1 MiB takes longer than a send. */
function pauses(events: readonly TraceEvent[], add: Add): void {
  const times = callsOf(events, "send");
  for (let i = 1; i < times.length; i++) {
    const place = i % SIZES.length;
    if (place === 0 || place >= SMALL.length) continue;
    add("sleep", (times[i] ?? 0) - (times[i - 1] ?? 0) - PAUSE_MS * 1e6);
  }
}

/** By run; all others are messages one way with pauses. */
const READERS: Readonly<Record<string, Reader>> = {
  start: steps,
  "round-trip": roundTrips,
  burst,
  retry: retries,
  subscription: subscriptions,
};

const sizeName = (size: number): string =>
  size < 1024 ? "1 B" : size < 65_536 ? "1 KiB" : size < 1_048_576 ? "64 KiB" : "1 MiB";
