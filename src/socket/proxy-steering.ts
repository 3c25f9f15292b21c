/** The control socket of zmq_proxy_steerable, with the bugs of 4.3.5. libzmq: proxy.cpp:handle_control, reply_stats. */
import { Frame, MORE } from "../pipe/frame.ts";
import type { Errno } from "./errors.ts";
import type { SocketBase } from "./socket-base.ts";

/** Frames and bytes, received and sent. */
export class ProxyTraffic {
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;

  receive(frames: readonly Frame[]): void {
    this.received += frames.length;
    for (const { size } of frames) this.receivedBytes += size;
  }

  send(frames: readonly Frame[]): void {
    this.sent += frames.length;
    for (const { size } of frames) this.sentBytes += size;
  }
}

export type Steering = "active" | "paused" | "terminated";

/** Reads a command, if one waits, and answers it. null: there is none. */
export function steer(
  control: SocketBase,
  before: Steering,
  traffic: readonly [front: ProxyTraffic, back: ProxyTraffic],
): Steering | Errno | null {
  const frame = control.recv(true);
  if (frame === null) return control.errno === "EAGAIN" ? null : control.errno;
  const command = frame.bytes;
  if (command === "STATISTICS") return reply(control, traffic.flatMap(counters)) ?? before;
  const after =
    command === "TERMINATE" ? "terminated" : command === "RESUME" ? "paused" : command.length === 5 ? "active" : before;
  // Whoever sent the command gets an empty answer, asked for or not.
  return control.send(Frame.of(""), true) ?? after;
}

const counters = ({ received, receivedBytes, sent, sentBytes }: ProxyTraffic): number[] => [
  received,
  receivedBytes,
  sent,
  sentBytes,
];

function reply(control: SocketBase, values: readonly number[]): Errno | null {
  for (const [index, value] of values.entries()) {
    const error = control.send(Frame.of(u64(value), index < values.length - 1 ? MORE : 0), true);
    if (error !== null) return error;
  }
  return null;
}

/** Host byte order. */
function u64(value: number): string {
  let text = "";
  for (let rest = value, at = 0; at < 8; at++, rest = Math.floor(rest / 256)) text += String.fromCharCode(rest % 256);
  return text;
}
