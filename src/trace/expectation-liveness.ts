/** Expectations on liveness: requests are answered, threads come to their end, nobody is left waiting. */
import type { BlockEvent, CallEvent, TraceEvent } from "../journal/events.ts";
import { type Duration, formatTime, type Instant } from "../kernel/time.ts";
import type { AnsweredExpectation, EndsExpectation, StuckExpectation } from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { nodeOf } from "./names.ts";
import { plural } from "./text.ts";
import type { Evidence, Verdict } from "./verdict.ts";

const time = (value: number): string => formatTime(value as Duration);

export function checkAnswered({ socket, within }: AnsweredExpectation, { events, analysis }: Evidence): Verdict {
  const sockets = [...analysis.topology.sockets.keys()].filter((name) => selects(socket, name));
  const expected = `a reply to every request${within === undefined ? "" : ` within ${time(within)}`}`;
  let requests = 0;
  let slowest = 0;
  for (const one of sockets) {
    const isOne = (event: TraceEvent): event is CallEvent =>
      event.ev === "call" && event.socket === one && event.result === "ok" && event.message !== undefined;
    const sent = events.filter((event) => isOne(event) && event.call === "send");
    const received = events.filter((event) => isOne(event) && event.call === "recv");
    requests += sent.length;
    for (const [at, request] of sent.entries()) {
      const took = (received[at]?.t ?? Infinity) - request.t;
      slowest = Math.max(slowest, took);
      if (took <= (within ?? Number.MAX_SAFE_INTEGER)) continue;
      const replies = plural(received.length, "reply").replace(/replys$/, "replies");
      const what = took === Infinity ? `${plural(sent.length, "request")} and ${replies}` : `it took ${time(took)}`;
      const actual = `request ${at + 1} of ${one}, sent at ${time(request.t)}: ${what}`;
      const relevant = (event: TraceEvent): boolean =>
        (event.ev === "call" || event.ev === "block" || event.ev === "monitor") && event.socket === one;
      return { ok: false, expected, actual, detail: slice(events, request.t, relevant) };
    }
  }
  if (requests === 0) return { ok: false, expected, actual: `${socket} sent no request` };
  return { ok: true, expected, actual: `${plural(requests, "request")}, the slowest took ${time(slowest)}` };
}

export function checkEnds({ thread, ends, by = Infinity as Instant }: EndsExpectation, evidence: Evidence): Verdict {
  const { events, analysis } = evidence;
  const threads = threadsOf(events).filter((name) => selects(thread, name));
  const last = (name: string): TraceEvent | undefined =>
    events.findLast(
      (event) => event.ev === "thread" && event.thread === name && event.what !== "start" && event.t <= by,
    );
  const open = threads.filter((name) => {
    const event = last(name);
    return event?.ev !== "thread" || event.what !== "end";
  });
  const expected = `${ends ? "ended" : "not ended"}${by === Infinity ? "" : ` by ${time(by)}`}`;
  const first = open[0];
  const ok = ends ? first === undefined : open.length === threads.length;
  const end = first === undefined ? undefined : last(first);
  const failed = end?.ev === "thread" && end.what === "fail" ? ` failed: ${end.error ?? "error"}` : " was still busy";
  const actual = first === undefined ? `${thread} ended` : `${first}${failed}`;
  if (ok) return { ok, expected, actual };
  const about = first ?? threads[0]!;
  const t = Math.min(by, end?.t ?? analysis.endTime);
  return { ok, expected, actual, detail: slice(events, t, (event) => "thread" in event && event.thread === about) };
}

const threadsOf = (events: readonly TraceEvent[]): string[] => [
  ...new Set(events.flatMap((event) => (event.ev === "thread" && event.what === "start" ? [event.thread] : []))),
];

export function checkStuck({ stuck, thread }: StuckExpectation, evidence: Evidence): Verdict {
  const waiting = waitingAtEnd(evidence).filter((block) =>
    thread === undefined ? isHopeless(block, evidence) : selects(thread, block.thread) && block.call !== "sleep",
  );
  const first = waiting[0];
  const expected = stuck ? "a thread left waiting" : "no thread left waiting";
  const where = first?.socket === undefined ? "" : ` on ${first.socket}`;
  const actual =
    first === undefined
      ? "none was waiting"
      : `${first.thread} waits in ${first.call}${where} since ${time(first.t)}${waiting.length > 1 ? `, and ${plural(waiting.length - 1, "other")}` : ""}`;
  const ok = waiting.length > 0 === stuck;
  if (ok) return { ok, expected, actual };
  const about = first?.thread ?? thread;
  const relevant = (event: TraceEvent): boolean =>
    "thread" in event && (about === undefined || selects(about, event.thread));
  return { ok, expected, actual, detail: slice(evidence.events, first?.t ?? evidence.analysis.endTime, relevant) };
}

/** The calls that had not returned when the run ended, by thread in order of their beginning. */
function waitingAtEnd({ events }: Evidence): BlockEvent[] {
  const open = new Map<string, BlockEvent>();
  for (const event of events) {
    if (event.ev === "block") open.set(event.thread, event);
    else if (event.ev === "call") open.delete(event.thread);
    else if (event.ev === "thread" && event.what !== "start") open.delete(event.thread);
    else if (event.ev === "node" && event.what !== "start")
      for (const name of open.keys()) if (nodeOf(name) === event.node) open.delete(name);
  }
  return [...open.values()].sort((a, b) => a.t - b.t);
}

/** A server that waits for work is how most runs end; who cannot send, end, or get its reply is stuck. */
function isHopeless({ call, socket }: BlockEvent, { analysis }: Evidence): boolean {
  if (call === "send" || call === "term") return true;
  return call === "recv" && socket !== undefined && analysis.topology.typeOf(socket) === "REQ";
}
