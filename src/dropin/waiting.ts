/** Who waits for what: for a run that cannot go on, and for one that left something open. */
import { formatTime } from "../kernel/time.ts";
import type { Host } from "./host.ts";
import type { Instance } from "./instance.ts";

type AnyHost = Host<unknown>;

/** One line for each host and promise that waits, with the state of the socket. */
export function waitingLines(hosts: Iterable<AnyHost>): string[] {
  const lines: string[] = [];
  for (const host of hosts) {
    const { instance, state } = host;
    if (instance === null || state !== "running") continue;
    if (instance.waiting.size === 0 && !host.returned) {
      const what =
        instance.refs > 0
          ? "has timers that are not due yet"
          : "waits for something outside the simulation (file, network, child process), or for a promise that nobody settles";
      lines.push(`host "${host.label}" ${what}`);
    }
    for (const { call, socket, since } of instance.waiting) {
      const where = socket === "" ? "" : ` on ${socket}`;
      lines.push(
        `host "${host.label}" waits in ${call}()${where} since ${formatTime(since)}${socketText(instance, socket)}`,
      );
    }
  }
  return lines;
}

function socketText(instance: Instance, name: string): string {
  for (const context of instance.contexts) {
    for (const socket of context.sockets) {
      if (socket.name !== name) continue;
      if (socket.pipes.length === 0) return ": it has no peer";
      const pipes = socket.pipes.map((pipe) => {
        const limit = pipe.outgoingHwm === 0 ? "" : ` of ${pipe.outgoingHwm}`;
        return `${pipe.peerName}${pipe.connected ? "" : " (not connected)"}: ${pipe.incoming} in, ${pipe.outgoing}${limit} out`;
      });
      return `; ${pipes.slice(0, 4).join("; ")}${pipes.length > 4 ? `; and ${pipes.length - 4} more` : ""}`;
    }
  }
  return "";
}

/** Sockets that a program left open when it returned. */
export function leakLines(hosts: Iterable<AnyHost>): string[] {
  const lines: string[] = [];
  for (const { label, instance, returned } of hosts) {
    if (instance === null || !returned) continue;
    for (const context of instance.contexts) {
      for (const socket of context.sockets) {
        if (!socket.closed)
          lines.push(`host "${label}" returned without closing ${socket.name}${socketText(instance, socket.name)}`);
      }
    }
  }
  return lines;
}
