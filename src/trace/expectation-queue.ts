/** Expectations on waiting: the depth of a pipe, a thread that blocks. */
import type { BlockEvent, TraceEvent } from "../journal/events.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { formatTime } from "../kernel/time.ts";
import type { BlockedExpectation, QueueExpectation } from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { selectsAny } from "./names.ts";
import { type Evidence, inRange, rangeText, type Verdict } from "./verdict.ts";

export function checkQueue(expectation: QueueExpectation, { analysis, events }: Evidence): Verdict {
  const { from, to, depth, after = 0, by = Infinity } = expectation;
  const inPipe = (event: TraceEvent): number | undefined => {
    if ((event.ev !== "queue" && event.ev !== "arrive") || event.t < after || event.t > by) return undefined;
    const peer = analysis.topology.resolve(event.socket, event.peer);
    const [sender, receiver] = event.ev === "queue" ? [event.socket, peer] : [peer, event.socket];
    return selects(from, sender) && selects(to, receiver) ? event.depth : undefined;
  };
  let most = 0;
  let when = 0;
  for (const event of events) {
    const here = inPipe(event) ?? 0;
    if (here > most) {
      most = here;
      when = event.t;
    }
  }
  const expected = `at most in the pipe: ${rangeText(depth)}`;
  const actual = most === 0 ? "nothing ever was in that pipe" : `${most} at ${formatTime(when as Instant)}`;
  if (inRange(most, depth)) return { ok: true, expected, actual };
  return {
    ok: false,
    expected,
    actual,
    detail: slice(events, when, (event) => inPipe(event) !== undefined || isPipeChange(event, from, to)),
  };
}

function isPipeChange(event: TraceEvent, from: string, to: string): boolean {
  return (
    event.ev === "pipe" &&
    ((selects(from, event.socket) && selects(to, event.peer)) ||
      (selects(to, event.socket) && selects(from, event.peer)))
  );
}

export function checkBlocked(expectation: BlockedExpectation, evidence: Evidence): Verdict {
  const { blocked, thread } = expectation;
  const waits = findWaits(expectation, evidence);
  const ok = waits.length > 0 === blocked;
  const first = waits[0];
  const expected = `${blocked ? "" : "not "}blocked${condition(expectation)}`;
  const actual =
    first === undefined
      ? "not blocked"
      : `blocked in ${first.call}${first.socket === undefined ? "" : ` on ${first.socket}`} at ${formatTime(first.t as Instant)}`;
  if (ok) return { ok, expected, actual };
  const detail = slice(
    evidence.events,
    first?.t ?? expectation.by ?? evidence.analysis.endTime,
    (event) => "thread" in event && selects(thread, event.thread),
  );
  return { ok, expected, actual, detail };
}

function condition({ call, socket, by, longerThan }: BlockedExpectation): string {
  const parts = [
    call && `in ${call}`,
    socket && `on ${socket}`,
    by !== undefined && `before ${formatTime(by)}`,
    longerThan !== undefined && `for more than ${formatTime(longerThan)}`,
  ];
  return parts
    .filter((part) => typeof part === "string")
    .map((part) => ` ${part}`)
    .join("");
}

/** Blocked calls that the expectation speaks of. */
function findWaits(expectation: BlockedExpectation, { analysis, events }: Evidence): BlockEvent[] {
  const { thread, call, socket, by = Infinity, longerThan } = expectation;
  const found: BlockEvent[] = [];
  for (const [at, event] of events.entries()) {
    if (event.ev !== "block" || event.t >= by || !selects(thread, event.thread)) continue;
    if (call !== undefined && event.call !== call) continue;
    if (socket !== undefined && (event.socket === undefined || !selectsAny(socket, event.socket))) continue;
    if (longerThan !== undefined && waitOf(events, at, event, analysis.endTime) <= longerThan) continue;
    found.push(event);
  }
  return found;
}

/** How long the call waited, or waits since, ns. */
function waitOf(events: readonly TraceEvent[], at: number, block: BlockEvent, endTime: number): Duration {
  for (let i = at + 1; i < events.length; i++) {
    const event = events[i]!;
    const returned = event.ev === "call" && event.thread === block.thread && event.call === block.call;
    const died =
      event.ev === "node" &&
      event.what !== "start" &&
      (block.thread === event.node || block.thread.startsWith(`${event.node}.`));
    if (returned || died) return (event.t - block.t) as Duration;
  }
  return (endTime - block.t) as Duration;
}
