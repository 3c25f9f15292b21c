/** Monitor events of a socket under libzmq's names. zeromq.js leaves out descriptors. libzmq: zmq.h. */
import { ProtocolError } from "../zmtp/handshake.ts";
import type { Endpoints } from "./endpoints.ts";
import type { NodeProcess } from "./node-process.ts";
import type { RealSocket } from "./socket.ts";
import type { RawEvent } from "./zeromq.ts";

const NAMES: Readonly<Record<string, string>> = {
  accept: "ACCEPTED",
  "accept:error": "ACCEPT_FAILED",
  bind: "LISTENING",
  "bind:error": "BIND_FAILED",
  connect: "CONNECTED",
  "connect:delay": "CONNECT_DELAYED",
  "connect:retry": "CONNECT_RETRIED",
  close: "CLOSED",
  "close:error": "CLOSE_FAILED",
  disconnect: "DISCONNECTED",
  end: "MONITOR_STOPPED",
  handshake: "HANDSHAKE_SUCCEEDED",
  "handshake:error:protocol": "HANDSHAKE_FAILED_PROTOCOL",
  "handshake:error:auth": "HANDSHAKE_FAILED_AUTH",
  "handshake:error:other": "HANDSHAKE_FAILED_NO_DETAIL",
};

/** Must begin before the first bind or connect, or events are missed. */
export function watchMonitor(host: NodeProcess, socket: RealSocket): void {
  void follow(host, socket).catch(() => {
    // The socket was closed with a receive under way: that is how a monitor ends.
  });
}

async function follow(host: NodeProcess, socket: RealSocket): Promise<void> {
  const observer = socket.raw.events;
  for (;;) {
    const event = await observer.receive();
    if (event === undefined) return;
    host.journal.write(monitorLine(host.endpoints, socket.name, event));
    if (event.type === "end") return;
  }
}

export const monitorLine = (endpoints: Endpoints, socket: string, event: RawEvent) =>
  ({
    ev: "monitor",
    socket,
    event: NAMES[event.type] ?? event.type.toUpperCase(),
    value: eventValue(event),
    endpoint: endpoints.declared(event.address ?? ""),
  }) as const;

interface Failure {
  readonly errno?: number;
  readonly status?: number;
  readonly code?: string;
}

/** zeromq.js tells why a handshake failed by status or by libzmq's name. */
function eventValue({ interval, error }: RawEvent): number {
  const { status, code, errno = 0 }: Failure = error ?? {};
  const named = (ProtocolError as Readonly<Record<string, number>>)[code?.replace("ERR_", "") ?? ""];
  return interval ?? status ?? named ?? Math.abs(errno);
}
