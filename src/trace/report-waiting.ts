/** Who still waits when nothing can happen any more, and for what. */
import type { Duration } from "../kernel/time.ts";
import { formatTime } from "../kernel/time.ts";
import type { PipeState, RunRecord, SocketState, ThreadState } from "../run/record.ts";
import { threadOf } from "./names.ts";
import { cut, plural, type Style, wrap } from "./text.ts";

/** Most threads shown one by one, and most pipes of each. */
const THREADS_MAX = 8;
const PIPES_MAX = 4;

/** Lines, empty when no thread is blocked for ever, or in a send when the time was up. */
export function waitingLines(record: Pick<RunRecord, "threads" | "sockets">, style: Style): string[] {
  const blocked = record.threads.filter(
    (thread) => thread.state === "blocked" && (thread.forever === true || thread.call === "send"),
  );
  const notable = blocked.filter((thread) => isNotable(thread, record.sockets));
  const idle = blocked.filter((thread) => !notable.includes(thread));
  const lines = notable.slice(0, THREADS_MAX).flatMap((thread) => threadLines(thread, record.sockets, style));
  if (notable.length > THREADS_MAX)
    lines.push(style.dim(`  ... and ${plural(notable.length - THREADS_MAX, "more thread")}`));
  if (idle.length > 0)
    lines.push(...wrap(`waiting for input, with empty queues: ${idleNames(idle)}`, "  ", "    ").map(style.dim));
  return lines;
}

/**
 * A server that waits for requests is how most runs end. Worth a look is a thread that cannot
 * send, one that waits for a reply, and one that does not see what lies in its queues.
 */
function isNotable(thread: ThreadState, sockets: readonly SocketState[]): boolean {
  if (thread.call === "send" || thread.call === "term") return true;
  const own = socketsOf(thread, sockets);
  return own.some(
    (socket) => socket.type === "REQ" || socket.pipes.some((pipe) => pipe.incoming > 0 || pipe.outgoing > 0),
  );
}

/** Those of the call, or all of the thread when the call names none (poll, proxy, term). */
function socketsOf(thread: ThreadState, sockets: readonly SocketState[]): SocketState[] {
  if (thread.socket !== undefined && (thread.call === "send" || thread.call === "recv"))
    return sockets.filter((socket) => socket.socket === thread.socket);
  return sockets.filter((socket) => threadOf(socket.socket) === thread.thread);
}

function threadLines(thread: ThreadState, sockets: readonly SocketState[], style: Style): string[] {
  const where = thread.socket === undefined ? "" : ` on ${thread.socket}`;
  const since = thread.since === undefined ? "" : ` since ${formatTime(thread.since)}`;
  const lines = wrap(
    `${thread.thread} is blocked ${thread.forever === true ? "for ever " : ""}in ${thread.call ?? "a call"}${where}${since}`,
    "  ",
    "    ",
  ).map(style.yellow);
  for (const socket of socketsOf(thread, sockets)) lines.push(...pipeLines(socket).map((line) => style.dim(line)));
  return lines;
}

function pipeLines(socket: SocketState): string[] {
  if (socket.pipes.length === 0) return [cut(`    ${socket.socket} (${socket.type}) has no peer`)];
  const lines = socket.pipes
    .slice(0, PIPES_MAX)
    .map((pipe) => cut(`    ${socket.socket} (${socket.type}) <> ${pipe.peer}: ${pipeText(pipe)}`));
  if (socket.pipes.length > PIPES_MAX)
    lines.push(`    ... and ${plural(socket.pipes.length - PIPES_MAX, "more pipe")}`);
  return lines;
}

function pipeText(pipe: PipeState): string {
  const limit = (hwm: number): string => (hwm === 0 ? "" : ` of ${hwm}`);
  const parts = [
    `${pipe.outgoing}${limit(pipe.outgoingHwm)} to send`,
    `${pipe.incoming}${limit(pipe.incomingHwm)} to read`,
  ];
  if (!pipe.connected) parts.push("not connected");
  return parts.join(", ");
}

function idleNames(threads: readonly ThreadState[]): string {
  const names = threads.map((thread) => thread.thread);
  return names.length <= 6 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}

/** One line per program that failed. */
export function failureLines(record: Pick<RunRecord, "threads">, style: Style): string[] {
  const failed = record.threads.filter((thread) => thread.state === "failed");
  return failed.flatMap((thread) => {
    const since = thread.since === undefined ? "" : ` at ${formatTime(thread.since as number as Duration)}`;
    const step = thread.pointer ? ` (step ${thread.pointer})` : "";
    return wrap(`${thread.thread} failed${since}: ${thread.error ?? "error"}${step}`, "  ", "    ").map(style.red);
  });
}
