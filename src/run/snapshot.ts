/** State at the end of a run as plain data: who waits for what, and the books. */
import type { Journal } from "../journal/journal.ts";
import type { Instant } from "../kernel/time.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Member } from "./member.ts";
import type { Node } from "./node.ts";
import type { LegCounts, SocketState, ThreadState } from "./record.ts";
import type { Runner } from "./runner.ts";

/** `quiet`: nothing can happen any more, so whoever waits without a timeout waits for ever. */
export const threadStates = (nodes: readonly Member[], quiet: boolean): ThreadState[] =>
  nodes.flatMap((node) => node.threadStates(quiet));

export function threadsOf(node: Node, quiet: boolean): ThreadState[] {
  if (node.state !== "not-started") return node.runners.map((runner) => threadState(runner, quiet));
  return node.plan.threads.map(({ name }) => ({
    thread: name === "" ? node.plan.name : `${node.plan.name}.${name}`,
    state: "not-started",
  }));
}

function threadState({ thread, failure, pointer }: Runner, quiet: boolean): ThreadState {
  const { label, operation, state } = thread;
  if (failure !== null) return { thread: label, state: "failed", error: failure.message, pointer: failure.pointer };
  if (state !== "blocked" || operation === null) return { thread: label, state };
  if (operation.name === "sleep") return { thread: label, state: "sleeping", since: thread.blockedSince, pointer };
  const waiting = { thread: label, state, call: operation.name, since: thread.blockedSince as Instant, pointer };
  const subject = operation.subject === "" ? {} : { socket: operation.subject };
  return { ...waiting, ...subject, ...(quiet && operation.deadline === null ? { forever: true } : {}) };
}

export function socketStates(nodes: readonly Member[]): SocketState[] {
  const running = nodes.filter(({ state }) => state === "running");
  return running.flatMap((node) => [...node.sockets()].map(socketStateOf));
}

export const socketStateOf = (socket: SocketBase): SocketState => ({
  socket: socket.name,
  type: socket.type,
  pipes: socket.pipes.map((pipe) => ({
    peer: pipe.peerName,
    incoming: pipe.incoming,
    outgoing: pipe.outgoing,
    incomingHwm: pipe.otherHalf.outgoingHwm,
    outgoingHwm: pipe.outgoingHwm,
    connected: pipe.connected,
  })),
});

export const legCounts = (journal: Journal): LegCounts => ({
  sent: journal.sent,
  written: journal.written,
  delivered: journal.delivered,
  fates: Object.fromEntries([...journal.fates, ...journal.unsent].sort(([a], [b]) => (a < b ? -1 : 1))),
});
