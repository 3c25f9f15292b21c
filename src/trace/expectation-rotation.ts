/** The expectation that receivers get messages in turn. */
import type { QueueEvent } from "../journal/events.ts";
import type { OrderExpectation } from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { slice } from "./detail.ts";
import { splitMessage } from "./names.ts";
import { plural } from "./text.ts";
import type { Evidence, Verdict } from "./verdict.ts";

/** Each of n receivers gets one of the first n messages, and message k goes where message k - n went. */
export function checkRotation({ from, to, after = 0 }: OrderExpectation, { analysis, events }: Evidence): Verdict {
  const { topology } = analysis;
  const receivers = [...topology.sockets.keys()].filter((socket) => selects(to, socket));
  const receiverOf = ({ socket, peer }: QueueEvent): number => receivers.indexOf(topology.resolve(socket, peer));
  const written = events
    .filter((event) => event.ev === "queue")
    .filter((event) => receiverOf(event) >= 0 && (from === undefined || selects(from, splitMessage(event.message)[0])))
    .slice(after);
  const turns = written.map(receiverOf);
  const length = receivers.length;
  const broken = turns.findIndex((turn, at) => (at < length ? turns.indexOf(turn) < at : turn !== turns[at - length]));
  const expected = `${plural(length, "receiver")} in turn, always in the same cycle`;
  if (turns.length >= length && broken < 0) return { ok: true, expected, actual: turnsText(turns, turns.length) };
  const last = written.at(broken);
  const until = broken < 0 ? turns.length : broken + 1;
  const actual = last === undefined ? "no message" : `receivers ${turnsText(turns, until)}`;
  const detail = slice(events, last?.t ?? analysis.endTime, (event) => event.ev === "queue" && receiverOf(event) >= 0);
  return { ok: false, expected, actual, detail };
}

const TURNS_SHOWN = 20;

/** The last few turns before `end`, as numbers of the receivers in the order in which they were opened. */
function turnsText(turns: readonly number[], end: number): string {
  const start = Math.max(0, end - TURNS_SHOWN);
  return `${start > 0 ? "... " : ""}${turns.slice(start, end).join(" ")}${end < turns.length ? " ..." : ""}`;
}
