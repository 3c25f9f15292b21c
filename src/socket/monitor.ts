/**
 * zmq_socket_monitor: a socket's events as messages of a PAIR socket inside the library, bound to an
 * inproc name for another PAIR to read. libzmq: socket_base.cpp:monitor, monitor_event.
 * DIFFERS(monitor-waits): where libzmq's thread waits for ever because nobody is connected or nobody
 * reads, the event is not told.
 */
import { Frame, MORE } from "../pipe/frame.ts";
import type { Errno } from "./errors.ts";
import type { SocketBase } from "./socket-base.ts";

/** libzmq: zmq.h, ZMQ_EVENT_*. */
export const MONITOR_EVENTS: Readonly<Record<string, number>> = {
  CONNECTED: 0x0001,
  CONNECT_DELAYED: 0x0002,
  CONNECT_RETRIED: 0x0004,
  LISTENING: 0x0008,
  BIND_FAILED: 0x0010,
  ACCEPTED: 0x0020,
  ACCEPT_FAILED: 0x0040,
  CLOSED: 0x0080,
  CLOSE_FAILED: 0x0100,
  DISCONNECTED: 0x0200,
  MONITOR_STOPPED: 0x0400,
  HANDSHAKE_FAILED_NO_DETAIL: 0x0800,
  HANDSHAKE_SUCCEEDED: 0x1000,
  HANDSHAKE_FAILED_PROTOCOL: 0x2000,
  HANDSHAKE_FAILED_AUTH: 0x4000,
};

/** libzmq: ZMQ_EVENT_ALL. */
const ALL_EVENTS = 0xffff;

/** Bits of the named events; of all when none are named. */
export const eventMask = (names: readonly string[] | undefined): number =>
  names === undefined ? ALL_EVENTS : names.reduce((mask, name) => mask | (MONITOR_EVENTS[name] ?? 0), 0);

/** Name of the event with this bit, "" without one. */
export const eventName = (bit: number): string =>
  Object.keys(MONITOR_EVENTS).find((name) => MONITOR_EVENTS[name] === bit) ?? "";

const PREFIX = "inproc://";

export class Monitor {
  private readonly pair: SocketBase;
  private readonly mask: number;

  constructor(pair: SocketBase, mask: number) {
    this.pair = pair;
    this.mask = mask;
  }

  /**
   * Two frames: event and value as u16 and u32 of a little-endian machine, and the endpoint. True: the PAIR looked for
   * commands on the way, as a send does now and then; that leaves the errno of libzmq's thread at EAGAIN.
   */
  tell(event: string, value: number, endpoint: string): boolean {
    const bit = MONITOR_EVENTS[event] ?? 0;
    if ((bit & this.mask) === 0) return false;
    const looked = this.pair.processCommands(true);
    const number = String.fromCharCode(bit & 255, bit >>> 8, ...[0, 8, 16, 24].map((by) => (value >>> by) & 255));
    // The second frame fits when the first did.
    if (this.pair.send(Frame.of(number, MORE), true) === null) this.pair.send(Frame.of(endpoint), true);
    return looked;
  }

  stop(): void {
    this.tell("MONITOR_STOPPED", 0, "");
    this.pair.close();
  }
}

/**
 * Begins to tell a socket's events, some or all, at an inproc name; a monitor that the socket had before stops.
 * "EPROTONOSUPPORT": the name is not of inproc. "EADDRINUSE": it is bound. "EMFILE": no room for another socket.
 */
export function startMonitor(socket: SocketBase, endpoint: string, mask = eventMask(undefined)): Errno | null {
  if (!endpoint.startsWith(PREFIX)) return "EPROTONOSUPPORT";
  const { context } = socket;
  context.monitors.get(socket)?.stop();
  context.monitors.delete(socket);
  const pair = context.createSocket("PAIR", `${socket.name}.monitor`);
  if (pair === null) return context.full ? "EMFILE" : "ETERM";
  pair.changeOptions({ linger: 0 });
  const error = pair.bind(endpoint);
  if (error === null) context.monitors.set(socket, new Monitor(pair, mask));
  else pair.close();
  return error;
}
