/**
 * Runs the recorder's own code a few hundred times before the clock starts. A node should spend its
 * first milliseconds as a program in C does, not in the compiler. Only PAIR over inproc is used: it
 * opens no connection and draws none of libzmq's random numbers, so that the sequence of reconnect
 * delays begins where it does in a fresh process.
 */
import { devNull } from "node:os";
import type { Duration, Instant } from "../kernel/time.ts";
import type { Plan, PlanSocket, PlanThread, Step } from "../program/plan.ts";
import { NodeProcess } from "./node-process.ts";
import type { Job } from "./protocol.ts";
import type { ZeroMQ } from "./zeromq.ts";

const ROUNDS = 60;
const START = 0 as Instant;
const PLACE = "inproc://zeromq-sim-warm-up";

export async function warmUp(job: Job, library: ZeroMQ): Promise<void> {
  const own = job.plan.nodes[job.node];
  if (own === undefined) return;
  const node = { ...own, name: "warm-up", startAt: START, threads: [THREAD] };
  const plan: Plan = { ...job.plan, nodes: [node], timeline: [] };
  const host = new NodeProcess(
    { ...job, plan, node: 0, file: devNull, sockets: [], marked: [], script: "", spares: [] },
    library,
    () => {},
    () => {},
  );
  await host.rehearse();
}

const pair = (name: string, bind: boolean): PlanSocket => ({
  name,
  type: "PAIR",
  options: [{ name: "linger", value: 0 }],
  subscribe: [],
  bind: bind ? [[PLACE]] : [],
  connect: bind ? [] : [[PLACE]],
  atStart: false,
});

const at = { pointer: "" };
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

const THREAD: PlanThread = {
  name: "",
  group: "",
  index: 0,
  count: 1,
  startAt: START,
  vars: {},
  sockets: [pair("a", true), pair("b", false)],
  program: [
    {
      ...at,
      kind: "repeat",
      count: { literal: 4 },
      do: [
        { ...at, kind: "open", socket: "a" },
        { ...at, kind: "open", socket: "b" },
        { ...at, kind: "repeat", count: { literal: ROUNDS }, as: "i", do: exchange },
        { ...at, kind: "sleep", duration: NOW },
        { ...at, kind: "close", socket: "b" },
        { ...at, kind: "close", socket: "a" },
      ],
    },
  ],
};
