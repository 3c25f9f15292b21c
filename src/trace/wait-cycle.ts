/** Threads that wait for each other: a mistake of the scenario, unlike a server that waits for requests. */
import type { RunRecord, ThreadState } from "../run/record.ts";
import { threadOf } from "./names.ts";

export interface CycleMember {
  readonly thread: string;
  /** The call it waits in, and on which socket ("" for several). */
  readonly call: string;
  readonly socket: string;
  /** JSON pointer of the step. */
  readonly pointer: string;
  /** The threads that alone could end the wait, all of them in the cycle. */
  readonly waitsFor: readonly string[];
}

/**
 * The threads that are blocked for ever although their programs would go on, and wait only for threads
 * of which the same is true. A step inside `forever` is how a server waits, so it is no part of a cycle.
 */
export function waitCycle(record: Pick<RunRecord, "threads" | "sockets">): CycleMember[] {
  const members = new Map(record.threads.filter(isStuck).map((thread) => [thread.thread, memberOf(thread, record)]));
  // Whoever waits also for somebody outside may yet be woken, and then so may those who wait for it.
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, { waitsFor }] of members) {
      if (waitsFor.length > 0 && waitsFor.every((other) => other !== name && members.has(other))) continue;
      members.delete(name);
      changed = true;
    }
  }
  return [...members.values()];
}

const isStuck = ({ state, forever, call, pointer }: ThreadState): boolean =>
  state === "blocked" &&
  forever === true &&
  call !== "term" &&
  call !== "proxy" &&
  pointer !== undefined &&
  !pointer.includes("/forever/");

function memberOf(thread: ThreadState, { sockets }: Pick<RunRecord, "sockets">): CycleMember {
  const names = (thread.socket ?? "").split(", ").filter((name) => name !== "");
  const peers = sockets
    .filter(({ socket }) => names.includes(socket))
    .flatMap(({ pipes }) => pipes.map(({ peer }) => threadOf(peer)));
  return {
    thread: thread.thread,
    call: thread.call ?? "",
    socket: names.length === 1 ? (names[0] as string) : "",
    pointer: thread.pointer ?? "",
    waitsFor: [...new Set(peers)],
  };
}
