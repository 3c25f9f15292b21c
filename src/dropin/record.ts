/** Calls of programs in the trace, as the calls of a scenario's steps are written there. */
import type { Frame } from "../pipe/frame.ts";
import { callEvent } from "../run/call-events.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { Instance } from "./instance.ts";

export function recordCall(
  instance: Instance,
  call: string,
  socket: SocketBase,
  error: string | null,
  arg?: string,
): void {
  const { journal } = instance.process.world;
  if (!journal.full) return;
  const about = { socket: socket.name, arg };
  journal.record(callEvent(journal.now, instance.label, call, about, error ?? "ok", 0));
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
  const about = { socket: socket.name, message, frames: message === null ? null : frames };
  journal.record(callEvent(journal.now, instance.label, call, about, error ?? "ok", waited));
}
