/** Calls of programs in the trace, as the calls of a scenario's steps are written there. */
import type { Frame } from "../pipe/frame.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Instance } from "./instance.ts";
import { previews } from "./parts.ts";

export function recordCall(
  instance: Instance,
  call: string,
  socket: SocketBase,
  error: string | null,
  arg?: string,
): void {
  const { journal } = instance.process.world;
  if (!journal.full) return;
  const event = { t: journal.now, ev: "call", thread: instance.label, call, socket: socket.name } as const;
  journal.record({ ...event, ...(arg === undefined ? {} : { arg }), result: error ?? "ok" });
}

/** A program begins to wait. */
export function recordBlock(instance: Instance, call: string, socket: SocketBase): void {
  const { journal } = instance.process.world;
  if (journal.full) journal.record({ t: journal.now, ev: "block", thread: instance.label, call, socket: socket.name });
}

/** A send or receive that is over; `waited` in ns. */
export function recordFrames(
  instance: Instance,
  call: "send" | "recv",
  socket: SocketBase,
  error: string | null,
  frames: readonly Frame[],
  waited: number,
): void {
  const { journal } = instance.process.world;
  if (!journal.full) return;
  const message = frames[frames.length - 1]?.message ?? null;
  journal.record({
    t: journal.now,
    ev: "call",
    thread: instance.label,
    call,
    socket: socket.name,
    ...(message === null
      ? {}
      : { message: message.name, sizes: frames.map(({ size }) => size), frames: previews(frames) }),
    result: error ?? "ok",
    ...(waited > 0 ? { waited } : {}),
  });
}
