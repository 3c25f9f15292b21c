/**
 * Runs the recorder's own code a few hundred times before the clock starts. A node should spend its
 * first milliseconds as a program in C does, not in the compiler. Only PAIR over inproc is used: it
 * opens no connection and draws none of libzmq's random numbers, so that the sequence of reconnect
 * delays begins where it does in a fresh process.
 */
import { devNull } from "node:os";
import type { Duration, Instant } from "../kernel/time.ts";
import type { Plan, PlanNode, PlanSocket, PlanThread, Step } from "../program/plan.ts";
import { NodeProcess } from "./node-process.ts";
import type { Job } from "./protocol.ts";
import type { ZeroMQ } from "./zeromq.ts";

const ROUNDS = 60;
const START = 0 as Instant;
/** One inside of a payload, passed on, and one on top of it; the messages of "c" have none. */
const MARKED = ["warm-up.a", "warm-up.answering.d"];
/** A name is free again some time after its socket was closed, so each is bound once. */
const PLACE = "inproc://zeromq-sim-warm-up";

export async function warmUp(job: Job, library: ZeroMQ): Promise<void> {
  await rehearse(job, library, [THREAD]);
  await rehearse(job, library, [ASKING, ANSWERING]);
}

async function rehearse(job: Job, library: ZeroMQ, threads: readonly PlanThread[]): Promise<void> {
  const own = job.plan.nodes[job.node] as PlanNode;
  const node = { ...own, name: "warm-up", startAt: START, threads };
  const plan: Plan = { ...job.plan, nodes: [node], timeline: [] };
  const host = new NodeProcess(
    { ...job, plan, node: 0, file: devNull, sockets: MARKED, marked: MARKED, script: "", spares: [] },
    library,
    () => {},
    () => {},
  );
  await host.rehearse();
}

const pair = (name: string, place: string, bind: boolean): PlanSocket => ({
  name,
  type: "PAIR",
  options: [{ name: "linger", value: 0 }],
  subscribe: [],
  bind: bind ? [[place]] : [],
  connect: bind ? [] : [[place]],
  atStart: false,
});

/** Not empty: that is where a thread stands before its first step. */
const at = { pointer: "/warm-up" };
const NOW = 0 as Duration;
const exchange: readonly Step[] = [
  {
    ...at,
    kind: "send",
    socket: "a",
    frames: [{ text: ["warm ", { expr: "i" }] }, { size: 10 }],
    dontwait: false,
    sndmore: false,
  },
  { ...at, kind: "poll", items: [{ socket: "b", in: true, out: false }], timeout: NOW },
  { ...at, kind: "recv", socket: "b", as: "msg", dontwait: false },
  { ...at, kind: "send", socket: "b", frames: [{ expr: "msg" }], forwards: "msg", dontwait: true, sndmore: false },
  { ...at, kind: "recv", socket: "a", as: "msg", dontwait: false },
  { ...at, kind: "recv", socket: "a", error: "nothing", dontwait: true },
];

const thread = { name: "", group: "", index: 0, count: 1, startAt: START, vars: {} };

const THREAD: PlanThread = {
  ...thread,
  sockets: [pair("a", `${PLACE}-1`, true), pair("b", `${PLACE}-1`, false)],
  program: [
    { ...at, kind: "open", socket: "a" },
    { ...at, kind: "open", socket: "b" },
    { ...at, kind: "repeat", count: { literal: 2 * ROUNDS }, as: "i", do: exchange },
    { ...at, kind: "sleep", duration: NOW },
    { ...at, kind: "close", socket: "b" },
    { ...at, kind: "close", socket: "a" },
  ],
};

/** Two threads that wait for each other: what a call does that finds nothing at first is another path. */
const waiting = (socket: string, first: readonly Step[], last: readonly Step[]): readonly Step[] => [
  {
    ...at,
    kind: "repeat",
    count: { literal: ROUNDS },
    as: "i",
    do: [
      ...first,
      { ...at, kind: "poll", items: [{ socket, in: true, out: false }], timeout: null, as: "ready" },
      {
        ...at,
        kind: "if",
        condition: `ready.${socket}`,
        then: [{ ...at, kind: "recv", socket, as: "msg", dontwait: false }],
        else: [],
      },
      ...last,
    ],
  },
  {
    ...at,
    kind: "repeat",
    count: { literal: ROUNDS },
    as: "i",
    do: [...first, { ...at, kind: "recv", socket, as: "msg", dontwait: false }, ...last],
  },
];

const ASKING: PlanThread = {
  ...thread,
  name: "asking",
  group: "asking",
  sockets: [{ ...pair("c", `${PLACE}-2`, true), atStart: true }],
  program: waiting(
    "c",
    [
      {
        ...at,
        kind: "send",
        socket: "c",
        frames: [{ text: ["who"] }, { text: [""] }, { text: ["warm ", { expr: "i" }] }],
        dontwait: false,
        sndmore: false,
      },
    ],
    [],
  ),
};

const ANSWERING: PlanThread = {
  ...thread,
  name: "answering",
  group: "answering",
  sockets: [{ ...pair("d", `${PLACE}-2`, false), atStart: true }],
  program: waiting(
    "d",
    [],
    [
      {
        ...at,
        kind: "send",
        socket: "d",
        frames: [{ expr: "msg[0]" }, { expr: "msg[1]" }, { text: ["back"] }],
        dontwait: false,
        sndmore: false,
      },
    ],
  ),
};
