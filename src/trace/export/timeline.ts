/** The trace as text for people: one event a line, time and actor in aligned columns. */
import type { TraceEvent } from "../../journal/events.ts";
import { selects } from "../../scenario/names.ts";
import { nodeOf, selectsAny, threadOf } from "../names.ts";
import { actorOf, describeEvent, messageOf } from "./describe.ts";

/** All given parts must hold. */
export interface TimelineFilter {
  /** Node, thread or socket, replicas as in scenario selectors. */
  readonly name?: string;
  readonly message?: string;
  /** First and last instant, ns. */
  readonly from?: number;
  readonly until?: number;
  /** Only these kinds of events. */
  readonly kinds?: ReadonlySet<TraceEvent["ev"]>;
}

/** Lines without line ends and without trailing spaces. */
export function timelineLines(events: readonly TraceEvent[], filter: TimelineFilter = {}): string[] {
  const chosen = events.filter((event) => passes(event, filter));
  const widths = columnWidths(chosen);
  return chosen.map((event) => timelineLine(event, widths));
}

export interface ColumnWidths {
  readonly time: number;
  readonly actor: number;
}

/** Names longer than this push their line's text to the right, not everybody's. */
const ACTOR_MAX = 32;

export function columnWidths(events: readonly TraceEvent[]): ColumnWidths {
  let time = 0;
  let actor = 0;
  for (const event of events) {
    time = Math.max(time, milliseconds(event.t).length);
    actor = Math.max(actor, Math.min(ACTOR_MAX, actorOf(event).length));
  }
  return { time, actor };
}

export function timelineLine(event: TraceEvent, widths: ColumnWidths): string {
  return `${milliseconds(event.t).padStart(widths.time)} ms  ${actorOf(event).padEnd(widths.actor)}  ${describeEvent(event)}`.trimEnd();
}

/** Milliseconds with three decimals, cut and not rounded so that order shows. */
export function milliseconds(t: number): string {
  const micros = Math.floor(t / 1e3);
  return `${Math.floor(micros / 1e3)}.${String(micros % 1e3).padStart(3, "0")}`;
}

export function passes(event: TraceEvent, filter: TimelineFilter): boolean {
  if (filter.kinds !== undefined && !filter.kinds.has(event.ev)) return false;
  if (filter.from !== undefined && event.t < filter.from) return false;
  if (filter.until !== undefined && event.t > filter.until) return false;
  if (filter.message !== undefined && messageOf(event) !== filter.message) return false;
  return filter.name === undefined || concerns(event, filter.name);
}

/** The event happened at the named node, thread or socket, or towards it. */
function concerns(event: TraceEvent, name: string): boolean {
  if (event.ev === "net") return belongs(event.from, name) || belongs(event.to, name);
  if (belongs(actorOf(event), name)) return true;
  if ("thread" in event && belongs(event.thread, name)) return true;
  if (event.ev === "block" && event.socket !== undefined && selectsAny(name, event.socket)) return true;
  if (event.ev === "skip") return event.peers.some((peer) => belongs(peer, name));
  return "peer" in event && event.peer !== undefined && belongs(event.peer, name);
}

function belongs(actor: string, name: string): boolean {
  return selects(name, actor) || selects(name, threadOf(actor)) || selects(name, nodeOf(actor));
}
