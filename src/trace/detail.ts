/** The part of the timeline that shows why an expectation broke. */
import type { TraceEvent } from "../journal/events.ts";
import { actorOf, messageOf } from "./export/describe.ts";
import { columnWidths, timelineLine } from "./export/timeline.ts";
import type { Analysis, MessageFates } from "./fates.ts";
import type { Delivery } from "./resolve.ts";

/** Most lines of a slice. */
const LINES_MAX = 12;

/** Lines of the relevant events nearest to instant `t` (ns); the lines of that very instant are marked. */
export function slice(events: readonly TraceEvent[], t: number, relevant: (event: TraceEvent) => boolean): string[] {
  const chosen = events.filter(relevant);
  const after = chosen.findIndex((event) => event.t >= t);
  const centre = after === -1 ? chosen.length - 1 : after;
  const start = Math.max(0, Math.min(centre - LINES_MAX / 2, chosen.length - LINES_MAX));
  const shown = chosen.slice(start, start + LINES_MAX);
  const widths = columnWidths(shown);
  return shown.map((event) => `${event.t === t ? "> " : "  "}${timelineLine(event, widths)}`);
}

/** What happened to a message, with the connections and subscriptions at the hop where it ended. */
export function messageSlice(
  analysis: Analysis,
  events: readonly TraceEvent[],
  message: MessageFates,
  delivery?: Delivery,
): string[] {
  const near = new Set(
    delivery === undefined ? [message.origin] : [delivery.at, delivery.peer ?? delivery.receiver, delivery.receiver],
  );
  return slice(
    events,
    delivery?.t ?? message.sentAt,
    (event) => messageOf(event) === message.name || isTurn(event, near, analysis),
  );
}

/** Events that change whether a message can pass between the given sockets. */
function isTurn(event: TraceEvent, near: ReadonlySet<string>, analysis: Analysis): boolean {
  switch (event.ev) {
    case "subscription":
    case "pipe":
      return near.has(event.socket) && near.has(analysis.topology.resolve(event.socket, event.peer));
    case "socket":
      return near.has(event.socket);
    case "node":
      return event.what !== "start" && [...near].some((socket) => socket.startsWith(`${event.node}.`));
    case "call":
      return near.has(actorOf(event)) && TURNS.has(event.call);
    case "net":
      return event.what === "partition" || event.what === "heal" || event.what === "reset";
    default:
      return false;
  }
}

const TURNS = new Set([
  "bind",
  "connect",
  "unbind",
  "disconnect",
  "subscribe",
  "unsubscribe",
  "join",
  "leave",
  "close",
  "term",
]);
