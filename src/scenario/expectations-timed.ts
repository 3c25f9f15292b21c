/** Expectations on when things happen, on liveness, and on how two runs compare. */
import { assertNever } from "../kernel/invariant.ts";
import { type Duration, formatTime } from "../kernel/time.ts";
import type { Expectation, Moment, OtherRun } from "./expectation.ts";
import type { ExpectationNames } from "./expectation-names.ts";
import { optional, optionalTime } from "./expectation-words.ts";
import { nanoseconds } from "./network.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { under } from "./source.ts";

const TIMED = [
  "withinExpectation",
  "deadlineExpectation",
  "beforeExpectation",
  "answeredExpectation",
  "endsExpectation",
  "stuckExpectation",
  "relationExpectation",
] as const;
type Timed = (typeof TIMED)[number];

export const isTimed = (kind: string): kind is Timed => (TIMED as readonly string[]).includes(kind);

interface Place {
  readonly pointer: string;
  readonly names: ExpectationNames;
  readonly report: Report;
}

export function compileTimed(kind: Timed, entry: schema.Expectation, place: Place): Expectation {
  const { pointer, report } = place;
  switch (kind) {
    case "withinExpectation": {
      const { from, to } = entry as schema.WithinExpectationEntry;
      const within = duration((entry as schema.WithinExpectationEntry).within, under(pointer, "within"), report);
      const text = `every message from ${from} reaches ${to} within ${formatTime(within)}`;
      return { kind: "within", pointer, text, from, to, within };
    }
    case "deadlineExpectation":
      return deadline(entry as schema.DeadlineExpectationEntry, place);
    case "beforeExpectation": {
      const { first, then } = entry as schema.BeforeExpectationEntry;
      const moments = [
        moment(first, under(pointer, "first"), place),
        moment(then, under(pointer, "then"), place),
      ] as const;
      const text = `${momentText(moments[0])} before ${momentText(moments[1])}`;
      return { kind: "before", pointer, text, first: moments[0], then: moments[1] };
    }
    case "answeredExpectation": {
      const { answered: socket, within } = entry as schema.AnsweredExpectationEntry;
      const limit = within === undefined ? undefined : duration(within, under(pointer, "within"), report);
      const text = `every request of ${socket} is answered${limit === undefined ? "" : ` within ${formatTime(limit)}`}`;
      return { kind: "answered", pointer, text, socket, ...(limit === undefined ? {} : { within: limit }) };
    }
    case "endsExpectation": {
      const { thread, ends } = entry as schema.EndsExpectationEntry;
      const by = optionalTime((entry as schema.EndsExpectationEntry).by, under(pointer, "by"), report);
      const text = `${thread} ${ends ? "comes" : "does not come"} to its end${by === undefined ? "" : ` by ${formatTime(by)}`}`;
      return { kind: "ends", pointer, text, thread, ends, ...(by === undefined ? {} : { by }) };
    }
    case "stuckExpectation": {
      const { thread, stuck } = entry as schema.StuckExpectationEntry;
      const who = thread ?? (stuck ? "some thread" : "no thread");
      const text = `${who} ${thread !== undefined && !stuck ? "is not" : "is"} left waiting at the end`;
      return { kind: "stuck", pointer, text, stuck, ...optional({ thread }) };
    }
    case "relationExpectation":
      return relation(entry as schema.RelationExpectationEntry, place);
    default:
      return assertNever(kind);
  }
}

const duration = (text: string, pointer: string, report: Report): Duration =>
  nanoseconds(text, pointer, report) as number as Duration;

function deadline(entry: schema.DeadlineExpectationEntry, { pointer, names, report }: Place): Expectation {
  const { to, from, after, messages = 1 } = entry;
  const time = duration(entry.deadline, under(pointer, "deadline"), report);
  if (after !== undefined) names.checkNode(after, under(pointer, "after"));
  const what = messages === 1 ? "a message" : `${messages} messages`;
  const text = `${to} has ${what}${from === undefined ? "" : ` of ${from}`} by ${formatTime(time)} after the start${after === undefined ? "" : ` of ${after}`}`;
  return { kind: "deadline", pointer, text, to, ...optional({ from, after }), deadline: time, messages };
}

const MOMENTS = ["sent", "received", "log", "event", "call", "subscribed"] as const;
/** What may narrow each of them down. */
const NARROWING: Readonly<Record<(typeof MOMENTS)[number], readonly string[]>> = {
  sent: [],
  received: ["socket"],
  log: ["thread"],
  event: ["socket"],
  call: ["socket", "result"],
  subscribed: [],
};

function moment(entry: schema.Moment, pointer: string, { names, report }: Place): Moment {
  names.checkAll(entry as schema.Expectation, pointer);
  const found = MOMENTS.filter((key) => entry[key] !== undefined);
  const [kind = "log", second] = found;
  if (found.length === 0) report.error(pointer, "ZS211", "no key says what happens", { allowed: MOMENTS });
  if (second !== undefined)
    report.error(under(pointer, second), "ZS212", `one thing happens first, this has "${kind}" and "${second}"`, {
      key: true,
    });
  for (const key of ["socket", "thread", "result"] as const) {
    if (entry[key] === undefined || NARROWING[kind].includes(key)) continue;
    report.error(under(pointer, key), "ZS213", `"${key}" does not go with "${kind}"`, { key: true });
  }
  const { socket, thread, result } = entry;
  switch (kind) {
    case "sent":
    case "received":
      names.checkMessage(entry[kind]!, under(pointer, kind));
      return { kind, message: entry[kind]!, ...optional({ socket }) };
    case "log":
      return { kind, log: entry.log ?? "", ...optional({ thread }) };
    case "event":
      return { kind, event: entry.event!, ...optional({ socket }) };
    case "call":
      return { kind, call: entry.call!, ...optional({ result, socket }) };
    case "subscribed":
      return { kind, socket: entry.subscribed! };
    default:
      return assertNever(kind);
  }
}

export function momentText(moment: Moment): string {
  const at = "socket" in moment && moment.socket !== undefined ? ` at ${moment.socket}` : "";
  switch (moment.kind) {
    case "sent":
    case "received":
      return `${moment.message} is ${moment.kind}${at}`;
    case "log":
      return `"${moment.log}" is logged${moment.thread === undefined ? "" : ` by ${moment.thread}`}`;
    case "event":
      return `${moment.event} is reported${at}`;
    case "call":
      return `${moment.call} returns${moment.result === undefined ? "" : ` ${moment.result}`}${at}`;
    case "subscribed":
      return `${moment.socket} learns of a subscription`;
    default:
      return assertNever(moment);
  }
}

const RELATION_WORDS = {
  "at-most": "at most",
  "at-least": "at least",
  less: "less than",
  more: "more than",
  equal: "the same as",
} as const;
const COUNTED = ["sent", "delivered", "lost", "queued"];

function relation(entry: schema.RelationExpectationEntry, { pointer, names }: Place): Expectation {
  const { from, to, compare, is, with: other } = entry;
  const place = under(pointer, "with");
  // The names of another scenario are checked when that is run.
  if (other.scenario === undefined) names.checkAll(other as unknown as schema.Expectation, place);
  const set = Object.entries(other.set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const run: OtherRun = {
    ...optional({ scenario: other.scenario }),
    set,
    from: other.from ?? from,
    to: other.to ?? to,
  };
  const what = COUNTED.includes(compare) ? `messages ${compare}` : `latency ${compare}`;
  const than = [other.scenario ?? "", ...set].filter((part) => part !== "").join(", ");
  const text = `${what} from ${from} to ${to}: ${RELATION_WORDS[is]} with ${than}`;
  return { kind: "relation", pointer, text, from, to, compare, is, with: run };
}
