/**
 * The latency experiments on real ZeroMQ, done again in the simulator: the same programs, spacing and
 * processes. Each gives its samples in microseconds. Programs mark their instants by log steps, which
 * take no time, as the real ones read the clock.
 */
import type { TraceEvent } from "../../src/journal/events.ts";
import { run } from "./scenario.ts";

export type Transport = "tcp" | "ipc" | "inproc";
export type Samples = Readonly<Record<string, readonly number[]>>;
type Json = Readonly<Record<string, unknown>>;

const LOOPBACK = { profile: "loopback" };
const BIND = { tcp: "tcp://*:5555", ipc: "ipc:///tmp/latency", inproc: "inproc://latency" };
const CONNECT = { tcp: "tcp://peer:5555", ipc: "ipc:///tmp/latency", inproc: "inproc://latency" };

/** Nearest rank, as the real runs were summed up. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

/** Instants (us) at which the program of a thread logged `text`. */
const marks = (events: readonly TraceEvent[], text: string): number[] =>
  events.flatMap((event) => (event.ev === "log" && event.text === text ? [event.t / 1e3] : []));

const differences = (from: readonly number[], to: readonly number[]): number[] =>
  to.map((at, index) => at - (from[index] as number));

const messages = (size: number): number => (size < 1_000_000 ? 400 : 150);

/** Two programs: separate processes on one host for tcp and ipc, two threads for inproc. */
function pair(transport: Transport, binder: Json, connecter: Json): Json {
  if (transport !== "inproc") return { peer: { host: "peer", ...binder }, other: { host: "peer", ...connecter } };
  return { both: { threads: { peer: binder, other: connecter } } };
}

/** PUSH to PULL, a message every millisecond: from just before send() to just after recv(). */
export function pushPull(transport: Transport, size: number, seed: string): Samples {
  const pull = {
    sockets: { in: { type: "PULL", bind: BIND[transport] } },
    program: [{ forever: [{ recv: "in" }, { log: "received" }] }],
  };
  const send = [{ log: "send" }, { send: "out", frames: [{ size: `${size}B` }] }, { sleep: "1ms" }];
  const push = {
    sockets: { out: { type: "PUSH", connect: CONNECT[transport] } },
    program: [{ sleep: "100ms" }, { repeat: messages(size), do: send }],
  };
  const { events } = run({ network: LOOPBACK, until: "5s", nodes: pair(transport, pull, push) }, { seed });
  return { oneWay: differences(marks(events, "send"), marks(events, "received")) };
}

/** REQ and REP in lock step with half a millisecond between two requests. */
export function reqRep(transport: Transport, size: number, seed: string): Samples {
  const rep = {
    sockets: { service: { type: "REP", bind: BIND[transport] } },
    program: [
      { forever: [{ recv: "service" }, { log: "request" }, { send: "service", frames: [{ size: `${size}B` }] }] },
    ],
  };
  const ask = [
    { log: "send" },
    { send: "client", frames: [{ size: `${size}B` }] },
    { recv: "client" },
    { log: "reply" },
  ];
  const req = {
    sockets: { client: { type: "REQ", connect: CONNECT[transport] } },
    program: [{ sleep: "100ms" }, { repeat: messages(size), do: [...ask, { sleep: "500us" }] }],
  };
  const { events } = run({ network: LOOPBACK, until: "5s", nodes: pair(transport, rep, req) }, { seed });
  const sent = marks(events, "send");
  return { request: differences(sent, marks(events, "request")), roundTrip: differences(sent, marks(events, "reply")) };
}

/**
 * What the real measurement adds to an event: its reader is a Python thread that has to wake up and
 * to get the interpreter lock, which connect() holds while it runs. From the runs in which the events
 * had been waiting when connect() returned: 64 us to the first, some 28 us for each further one.
 */
const READER_WAKE = 64;
const READER_EVENT = 28;

/** When the reader has each of these events, if it may not run before `from`. */
function readTimes(events: readonly number[], from: number): number[] {
  let idleSince = -Infinity;
  return events.map((at) => {
    const begin = Math.max(at, from);
    idleSince = begin > idleSince ? begin + READER_WAKE : idleSince + READER_EVENT;
    return idleSince;
  });
}

/** PUSH connects to a PULL bound in the same process, again and again: until the monitor's reader has the event. */
export function connecting(seed: string): Samples {
  const attempt = [
    { open: "push" },
    { log: "call" },
    { connect: "push", endpoint: CONNECT.tcp },
    { log: "returned" },
    { sleep: "5ms" },
    { close: "push" },
    { sleep: "5ms" },
  ];
  const pull = { type: "PULL", bind: BIND.tcp };
  const peer = { sockets: { pull, push: { type: "PUSH", open: false } }, program: [{ repeat: 101, do: attempt }] };
  const { events } = run({ network: LOOPBACK, until: "5s", nodes: { peer } }, { seed });
  const called = marks(events, "call");
  const returned = marks(events, "returned");
  const monitored = events.filter((event) => event.ev === "monitor").filter(({ socket }) => socket === "peer.push");
  const samples = { CONNECTED: [] as number[], HANDSHAKE_SUCCEEDED: [] as number[] };
  // The first attempt of a process is another matter.
  for (let round = 1; round < called.length; round++) {
    const from = called[round] as number;
    const own = monitored.filter(({ t }) => t / 1e3 >= from && t / 1e3 < (called[round + 1] ?? Infinity));
    const read = readTimes(
      own.map(({ t }) => t / 1e3),
      returned[round] as number,
    );
    for (const [index, { event }] of own.entries()) {
      if (event === "CONNECTED" || event === "HANDSHAKE_SUCCEEDED") samples[event].push((read[index] as number) - from);
    }
  }
  return samples;
}

const PROXY = {
  sockets: { frontend: { type: "XSUB", bind: "tcp://*:5559" }, backend: { type: "XPUB", bind: "tcp://*:5560" } },
  program: [{ proxy: ["frontend", "backend"] }],
};

const SUBSCRIBER = { type: "SUB", subscribe: "", connect: "tcp://proxy:5560" };

/** A publisher (XPUB, to see it) joins a proxy with a subscriber: from before connect() until it has the subscription. */
export function publisherJoins(seed: string): Samples {
  const publisher = {
    startAt: "600ms",
    sockets: { sender: { type: "XPUB" } },
    program: [
      { log: "call" },
      { connect: "sender", endpoint: "tcp://proxy:5559" },
      { recv: "sender" },
      { log: "here" },
    ],
  };
  const subscriber = { startAt: "300ms", sockets: { receiver: SUBSCRIBER }, program: [{ recv: "receiver" }] };
  const { events } = run({ network: LOOPBACK, until: "1s", nodes: { proxy: PROXY, subscriber, publisher } }, { seed });
  return { us: differences(marks(events, "call"), marks(events, "here")) };
}

/** A subscriber joins an XPUB that was bound a little earlier: from before connect() until the XPUB's program has it. */
export function subscriberJoins(seed: string): Samples {
  const publisher = {
    sockets: { sender: { type: "XPUB", bind: "tcp://*:5560" } },
    program: [{ recv: "sender" }, { log: "here" }],
  };
  const subscriber = {
    startAt: "100ms",
    sockets: { receiver: { type: "SUB", subscribe: "" } },
    program: [{ log: "call" }, { connect: "receiver", endpoint: "tcp://publisher:5560" }, { recv: "receiver" }],
  };
  const { events } = run({ network: LOOPBACK, until: "1s", nodes: { publisher, subscriber } }, { seed });
  return { us: differences(marks(events, "call"), marks(events, "here")) };
}

/** A subscriber joins while a publisher sends all the time, through so many proxies: from before connect() to its first message. */
export function firstMessage(proxies: number, seed: string): Samples {
  const nodes: Record<string, Json> = {
    hop0: {
      sockets: { sender: { type: "PUB", bind: "tcp://*:5560" } },
      program: [{ sleep: "400ms" }, { forever: [{ send: "sender", frames: ["12345678"] }, { sleep: "100us" }] }],
    },
  };
  for (let hop = 1; hop <= proxies; hop++) {
    const frontend = { type: "XSUB", connect: `tcp://hop${hop - 1}:5560` };
    nodes[`hop${hop}`] = {
      startAt: "50ms",
      sockets: { frontend, backend: { type: "XPUB", bind: "tcp://*:5560" } },
      program: [{ proxy: ["frontend", "backend"] }],
    };
  }
  nodes["subscriber"] = {
    startAt: "500ms",
    sockets: { receiver: { type: "SUB", subscribe: "" } },
    program: [
      { log: "call" },
      { connect: "receiver", endpoint: `tcp://hop${proxies}:5560` },
      { recv: "receiver" },
      { log: "here" },
      { exit: 0 },
    ],
  };
  const { events } = run({ network: LOOPBACK, until: "520ms", nodes }, { seed });
  return { us: differences(marks(events, "call"), marks(events, "here")) };
}

/** Connects where nobody listens, for a second: by how much each retry comes later than the interval says. */
export function retries(seed: string): Samples {
  const nodes = {
    lonely: { sockets: { out: { type: "SUB", connect: "tcp://silent:5555" } }, program: [{ recv: "out" }] },
    silent: { program: [{ sleep: "2s" }] },
  };
  const { events } = run({ network: LOOPBACK, until: "1100ms", nodes }, { seed });
  const late: number[] = [];
  let before = 0;
  let interval = 0;
  for (const event of events) {
    if (event.ev !== "monitor") continue;
    if (event.event === "CONNECT_RETRIED") interval = event.value * 1e3;
    if (event.event !== "CONNECT_DELAYED") continue;
    if (interval > 0) late.push(event.t / 1e3 - before - interval);
    before = event.t / 1e3;
  }
  return { late };
}

/** All samples of an experiment over seeds 1 to n. */
export function overSeeds(seeds: number, experiment: (seed: string) => Samples): Samples {
  const all: Record<string, number[]> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [name, samples] of Object.entries(experiment(String(seed)))) {
      all[name] ??= [];
      all[name].push(...samples);
    }
  }
  return all;
}
