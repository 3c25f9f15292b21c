/**
 * zmq_poll, which zeromq.js does not have. A socket that can wait for input only by taking it: a
 * poll without anything ready begins to receive, and what comes is kept for the recv that follows.
 */
import type { Clock } from "./clock.ts";
import type { RealSocket } from "./socket.ts";

export interface Watched {
  readonly name: string;
  readonly socket: RealSocket;
  readonly in: boolean;
  readonly out: boolean;
}

export interface Ready {
  readonly name: string;
  readonly in: boolean;
  readonly out: boolean;
}

/** Nothing tells when a socket becomes writable. */
const LOOK_NS = 1_000_000;

/** `timeout` in ns, null for none; `block` is called before it waits. */
export async function pollSockets(
  watched: readonly Watched[],
  timeout: number | null,
  clock: Clock,
  block: () => void,
): Promise<readonly Ready[]> {
  const until = timeout === null ? Number.POSITIVE_INFINITY : clock.now() + timeout;
  for (let first = true; ; first = false) {
    const ready = watched.map(({ name, socket, ...asked }) => ({
      name,
      in: asked.in && socket.readable,
      out: asked.out && socket.writable,
    }));
    if (ready.some((one) => one.in || one.out) || clock.now() >= until) return ready;
    if (watched.some(({ socket }) => socket.raw.closed)) return ready;
    if (first) block();
    const waits = watched.flatMap((item) => (item.in ? [item.socket.arrival()] : []));
    const looks = waits.length === 0 || watched.some((item) => item.out);
    const next = looks ? Math.min(until, clock.now() + LOOK_NS) : until;
    if (next !== Number.POSITIVE_INFINITY) waits.push(clock.until(next, false));
    await Promise.race(waits);
  }
}
