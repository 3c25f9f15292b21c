/** From when to when threads waited inside calls. */
import type { TraceEvent } from "../../journal/events.ts";
import { nodeOf } from "../names.ts";

export interface BlockedSpan {
  readonly thread: string;
  readonly call: string;
  readonly socket: string | undefined;
  /** ns */
  readonly from: number;
  /** When the call returned, its process died, or the run ended. */
  to: number;
}

/** In order of their begin. A call that begins inside another (a proxy's receives) nests in it. */
export function blockedSpans(events: readonly TraceEvent[], endTime: number): BlockedSpan[] {
  const spans: BlockedSpan[] = [];
  const open = new Map<string, BlockedSpan[]>();
  for (const event of events) {
    if (event.ev === "block") {
      const span: BlockedSpan = {
        thread: event.thread,
        call: event.call,
        socket: event.socket,
        from: event.t,
        to: endTime,
      };
      spans.push(span);
      open.set(event.thread, [...(open.get(event.thread) ?? []), span]);
    } else if (event.ev === "call") {
      const waiting = open.get(event.thread) ?? [];
      const at = waiting.findLastIndex((span) => span.call === event.call);
      if (at !== -1) for (const span of waiting.splice(at)) span.to = event.t;
    } else if (event.ev === "node" && event.what !== "start" && event.what !== "restart") {
      for (const [thread, waiting] of open)
        if (nodeOf(thread) === event.node) for (const span of waiting.splice(0)) span.to = event.t;
    }
  }
  return spans;
}
