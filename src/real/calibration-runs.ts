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
const BURST = 30;

const sends = (count: number, frame: unknown, pause: string): unknown => ({
  repeat: count,
  do: [{ send: "out", frames: [frame] }, { sleep: pause }],
});

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
    sends(BURST * 2, { size: "1B" }, "4ms"),
    sends(BURST, { size: "1KiB" }, "4ms"),
    sends(BURST, { size: "64KiB" }, "4ms"),
    sends(BURST, { size: "1MiB" }, "4ms"),
  ],
});

const PUSH = { type: "PUSH", open: false };

const scenario = (about: string, until: string, nodes: unknown): string =>
  JSON.stringify({ about, until, network: { profile: "loopback" }, nodes });

/** The first connection needs a fresh process each time. */
export const CALIBRATION_RUNS: readonly CalibrationRun[] = [
  {
    name: "start",
    runs: 20,
    text: scenario("First steps of a fresh process.", "500ms", {
      sink: sink("tcp://*:5555"),
      source: {
        startAt: "200ms",
        sockets: { out: { type: "PUSH", connect: ["tcp://sink:5555"] }, a: PUSH, b: PUSH, c: PUSH, d: PUSH },
        program: [
          { send: "out", frames: ["first"] },
          ...["a", "b", "c", "d"].flatMap((socket) => [
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
    runs: 8,
    text: scenario("One way over tcp.", "4s", { sink: sink("tcp://*:5555"), source: source("tcp://sink:5555") }),
  },
  {
    name: "ipc",
    runs: 8,
    text: scenario("One way over ipc.", "4s", {
      sink: { ...(sink("ipc:///tmp/calibration") as object), host: "here" },
      source: { ...(source("ipc:///tmp/calibration") as object), host: "here" },
    }),
  },
  {
    name: "round-trip",
    runs: 8,
    text: scenario("Requests and replies without a pause.", "4s", {
      server: {
        sockets: { service: { type: "REP", bind: ["tcp://*:5555"] } },
        program: [{ forever: [{ recv: "service" }, { send: "service", frames: ["r"] }] }],
      },
      client: {
        startAt: "200ms",
        sockets: { requester: { type: "REQ", connect: ["tcp://server:5555"] } },
        program: [{ repeat: 120, do: [{ send: "requester", frames: ["q"] }, { recv: "requester" }] }],
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
    runs: 20,
    text: scenario("A subscriber joins a publisher that never stops.", "700ms", {
      publisher: {
        sockets: { out: { type: "PUB", bind: ["tcp://*:5555"] } },
        program: [sends(500, "tick", "1ms")],
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

/** Adds what one run shows. */
export function measure(run: string, header: TraceHeader, events: readonly TraceEvent[], samples: Samples): void {
  const own = new Map<string, number[]>();
  const add = (quantity: string, value: number | undefined): void => {
    if (value === undefined || Number.isNaN(value) || value < 0) return;
    const list = own.get(quantity) ?? [];
    if (list.push(value) > 1) return;
    own.set(quantity, list);
    samples.set(quantity, [...(samples.get(quantity) ?? []), list]);
  };
  const { messages } = analyze(header, events);
  switch (run) {
    case "start": {
      const at = (wanted: (event: TraceEvent) => boolean): number => events.find(wanted)?.t ?? Number.NaN;
      const started = at((event) => event.ev === "thread" && event.thread === "source");
      const opened = at((event) => event.ev === "socket" && event.socket === "source.out");
      const connected = at((event) => event.ev === "call" && event.call === "connect");
      const shaken = at(
        (event) => event.ev === "monitor" && event.event === "HANDSHAKE_SUCCEEDED" && event.socket === "source.out",
      );
      add("open", opened - started);
      add("connect to handshake", shaken - connected);
      // The first connect of a step compiles it, so "a" is none to measure.
      for (const socket of ["out", "b", "c", "d"]) {
        const call = (name: string): number =>
          at((event) => event.ev === "call" && event.call === name && event.socket === `source.${socket}`);
        add(socket === "out" ? "first connect to send" : "connect to send", call("send") - call("connect"));
      }
      return;
    }
    case "round-trip": {
      const calls = events
        .filter((event) => event.ev === "call" && event.thread === "client" && event.call === "send")
        .map(({ t }) => t);
      for (let i = 20; i < calls.length; i++) add("round trip", (calls[i] ?? 0) - (calls[i - 1] ?? 0));
      return;
    }
    case "retry": {
      const attempts = events.filter((event) => event.ev === "monitor" && event.event === "CONNECT_DELAYED");
      const intervals = events.flatMap((event) =>
        event.ev === "monitor" && event.event === "CONNECT_RETRIED" ? [event.value * 1e6] : [],
      );
      for (let i = 1; i < attempts.length; i++)
        add(
          "retry after its time",
          (attempts[i]?.t ?? 0) - (attempts[i - 1]?.t ?? 0) - (intervals[i - 1] ?? Number.NaN),
        );
      return;
    }
    case "subscription": {
      const connected = events.find((event) => event.ev === "call" && event.call === "connect")?.t ?? Number.NaN;
      const first = events.find(
        (event) => event.ev === "call" && event.thread === "subscriber" && event.call === "recv",
      )?.t;
      add("connect to first message", (first ?? Number.NaN) - connected);
      return;
    }
    default:
      for (const { deliveries, sentAt, size = 0 } of messages) {
        for (const { fate, t } of deliveries) if (fate === "delivered") add(`${run} ${sizeName(size)}`, t - sentAt);
      }
  }
}

const sizeName = (size: number): string =>
  size < 1024 ? "1 B" : size < 65_536 ? "1 KiB" : size < 1_048_576 ? "64 KiB" : "1 MiB";
