/** The `expect` list: checks what it names, converts quantities, words each entry as a sentence. */
import { assertNever } from "../kernel/invariant.ts";
import { type Duration, formatTime } from "../kernel/time.ts";
import type { Directory } from "./directory.ts";
import type { Expectation, LatencyStatistic, Probability, Range } from "./expectation.ts";
import { reportContradictions } from "./expectation-conflicts.ts";
import { ExpectationNames } from "./expectation-names.ts";
import { fateText, list, optional, optionalTime, range, rangeText } from "./expectation-words.ts";
import { compileTimed, isTimed } from "./expectations-timed.ts";
import { nanoseconds } from "./network.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { expectationKind } from "./shape.ts";
import { under } from "./source.ts";

/** Without a directory the names are not checked: a run will show whether they occur. */
export function compileExpectations(
  entries: readonly schema.Expectation[],
  directory: Directory | undefined,
  report: Report,
): Expectation[] {
  const names = new ExpectationNames(directory, report);
  const compiled = entries.flatMap((entry, at) => {
    const pointer = under("/expect", at);
    if (report.isBroken(pointer)) return [];
    const probability = probabilityOf(entry, pointer, report);
    const expectation = compileEntry(entry, pointer, names, report);
    return [probability === undefined ? expectation : { ...expectation, probability }];
  });
  reportContradictions(compiled, report);
  return compiled;
}

const DEFAULT_CONFIDENCE = 0.95;

function probabilityOf({ probability }: schema.Expectation, pointer: string, report: Report): Probability | undefined {
  if (probability === undefined) return undefined;
  const place = under(pointer, "probability");
  const { min, max, confidence = DEFAULT_CONFIDENCE } = probability;
  if (min === undefined && max === undefined) report.error(place, "ZS205", "a probability needs min or max");
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), confidence };
}

function compileEntry(
  entry: schema.Expectation,
  pointer: string,
  names: ExpectationNames,
  report: Report,
): Expectation {
  names.checkAll(entry, pointer);
  checkRanges(entry, pointer, report);
  const kind = expectationKind(entry) as Kind | Parameters<typeof compileTimed>[0];
  if (isTimed(kind)) return compileTimed(kind, entry, { pointer, names, report });
  switch (kind) {
    case "flowExpectation":
      return flow(entry as schema.FlowExpectationEntry, pointer, report);
    case "messageExpectation": {
      const { message, to, fate } = entry as schema.MessageExpectationEntry;
      names.checkMessage(message, under(pointer, "message"));
      return {
        kind: "message",
        pointer,
        text: `${message} ${fateText(fate)}${to === undefined ? "" : ` for ${to}`}`,
        message,
        ...optional({ to }),
        fate,
      };
    }
    case "orderExpectation":
      return order(entry as schema.OrderExpectationEntry, pointer, report);
    case "latencyExpectation":
      return latency(entry as schema.LatencyExpectationEntry, pointer, report);
    case "neverExpectation": {
      const { never, from, to } = entry as schema.NeverExpectationEntry;
      const route = `${from === undefined ? "" : ` from ${from}`}${to === undefined ? "" : ` to ${to}`}`;
      return {
        kind: "never",
        pointer,
        text: `no message${route} ${fateText(never)}`,
        never,
        ...optional({ from, to }),
      };
    }
    case "queueExpectation":
      return queue(entry as schema.QueueExpectationEntry, pointer, report);
    case "blockedExpectation":
      return blocked(entry as schema.BlockedExpectationEntry, pointer, report);
    case "receivesExpectation":
    case "callsExpectation":
    case "monitorExpectation":
    case "retriesExpectation":
    case "logExpectation":
      return compileSequence(kind, entry, pointer, report);
    default:
      return assertNever(kind);
  }
}

/** The kinds that list what is observed at one socket or thread. */
function compileSequence(kind: SequenceKind, entry: schema.Expectation, pointer: string, report: Report): Expectation {
  switch (kind) {
    case "receivesExpectation": {
      const { socket, receives } = entry as schema.ReceivesExpectationEntry;
      return { kind: "receives", pointer, text: `${socket} receives exactly ${list(receives)}`, socket, receives };
    }
    case "callsExpectation": {
      const { socket, call, results } = entry as schema.CallsExpectationEntry;
      return {
        kind: "calls",
        pointer,
        text: `the ${call} calls on ${socket} give ${list(results)}`,
        socket,
        call,
        results,
      };
    }
    case "monitorExpectation": {
      const { socket, events } = entry as schema.MonitorExpectationEntry;
      if (events.indexOf("...") >= 0 && events.indexOf("...") < events.length - 1) {
        report.error(under(pointer, "events", events.indexOf("...")), "ZS213", '"..." stands last, if at all');
      }
      return { kind: "monitor", pointer, text: `${socket} reports ${list(events)}`, socket, events };
    }
    case "retriesExpectation": {
      const { socket } = entry as schema.RetriesExpectationEntry;
      const retries = (entry as schema.RetriesExpectationEntry).retries.map(
        (wait, at) => nanoseconds(wait, under(pointer, "retries", at), report) as number as Duration,
      );
      const waits = retries.map((wait) => formatTime(wait));
      return { kind: "retries", pointer, text: `${socket} tries again after ${list(waits)}`, socket, retries };
    }
    case "logExpectation": {
      const { thread, log, count } = entry as schema.LogExpectationEntry;
      const often = count === undefined ? "" : ` ${rangeText(range(count), "time")}`;
      return {
        kind: "log",
        pointer,
        text: `${thread ?? "some thread"} logs "${log}"${often}`,
        ...optional({ thread }),
        log,
        ...(count === undefined ? {} : { count: range(count) }),
      };
    }
    default:
      return assertNever(kind);
  }
}

type SequenceKind =
  | "receivesExpectation"
  | "callsExpectation"
  | "monitorExpectation"
  | "retriesExpectation"
  | "logExpectation";
type Kind =
  | SequenceKind
  | "flowExpectation"
  | "messageExpectation"
  | "orderExpectation"
  | "latencyExpectation"
  | "neverExpectation"
  | "queueExpectation"
  | "blockedExpectation";

const COUNTS = ["sent", "delivered", "lost", "queued"] as const;

function flow(entry: schema.FlowExpectationEntry, pointer: string, report: Report): Expectation {
  const { from, to } = entry;
  const by = optionalTime(entry.by, under(pointer, "by"), report);
  const counts: Partial<Record<(typeof COUNTS)[number], Range>> = {};
  for (const name of COUNTS) if (entry[name] !== undefined) counts[name] = range(entry[name]);
  if (Object.keys(counts).length === 0)
    report.error(pointer, "ZS205", "this expects nothing: it has neither sent, delivered, lost nor queued");
  const parts = COUNTS.filter((name) => counts[name]).map((name) => `${rangeText(counts[name]!)} ${name}`);
  const text = `${from} to ${to}: ${parts.join(", ")}${by === undefined ? "" : ` by ${formatTime(by)}`}`;
  return { kind: "flow", pointer, text, from, to, ...counts, ...(by === undefined ? {} : { by }) };
}

function order(entry: schema.OrderExpectationEntry, pointer: string, report: Report): Expectation {
  const { from, to, order, after } = entry;
  if (order === "fifo" && after !== undefined)
    report.error(under(pointer, "after"), "ZS213", '"after" goes with the order "rotation"');
  const sender = from === undefined ? "each sender" : "it";
  const text =
    order === "fifo"
      ? `${to} receives messages${from === undefined ? "" : ` of ${from}`} in the order in which ${sender} sent them`
      : `${to} get messages${from === undefined ? "" : ` of ${from}`} in turn${after ? `, after the first ${after}` : ""}`;
  return { kind: "order", pointer, text, ...optional({ from }), to, order, ...(after === undefined ? {} : { after }) };
}

function latency(entry: schema.LatencyExpectationEntry, pointer: string, report: Report): Expectation {
  const { from, to } = entry;
  const bounds = Object.entries(entry.latency).map(([statistic, { min, max }]) => {
    const place = under(pointer, "latency", statistic);
    const converted = {
      ...(min === undefined ? {} : { min: nanoseconds(min, under(place, "min"), report) }),
      ...(max === undefined ? {} : { max: nanoseconds(max, under(place, "max"), report) }),
    };
    return [statistic as LatencyStatistic, converted] as const;
  });
  const parts = bounds.map(
    ([statistic, bound]) => `${statistic} ${rangeText(bound, undefined, (value) => formatTime(value as Duration))}`,
  );
  return {
    kind: "latency",
    pointer,
    text: `latency from ${from} to ${to}: ${parts.join(", ")}`,
    from,
    to,
    latency: Object.fromEntries(bounds),
  };
}

function queue(entry: schema.QueueExpectationEntry, pointer: string, report: Report): Expectation {
  const { from, to, depth } = entry;
  const after = optionalTime(entry.after, under(pointer, "after"), report);
  const by = optionalTime(entry.by, under(pointer, "by"), report);
  if (after !== undefined && by !== undefined && after > by)
    report.error(under(pointer, "after"), "ZS205", '"after" is later than "by"');
  const when = `${after === undefined ? "" : ` from ${formatTime(after)} on`}${by === undefined ? "" : ` until ${formatTime(by)}`}`;
  return {
    kind: "queue",
    pointer,
    text: `the pipe from ${from} to ${to} holds ${rangeText(range(depth), "message")} at its fullest${when}`,
    from,
    to,
    depth: range(depth),
    ...(after === undefined ? {} : { after }),
    ...(by === undefined ? {} : { by }),
  };
}

function blocked(entry: schema.BlockedExpectationEntry, pointer: string, report: Report): Expectation {
  const { thread, blocked: wanted, call, socket } = entry;
  const by = optionalTime(entry.by, under(pointer, "by"), report);
  const longerThan = optionalTime(entry.longerThan, under(pointer, "longerThan"), report);
  const where = `${call === undefined ? "" : ` in ${call}`}${socket === undefined ? "" : ` on ${socket}`}`;
  const when = `${longerThan === undefined ? "" : ` for longer than ${formatTime(longerThan)}`}${by === undefined ? "" : ` by ${formatTime(by)}`}`;
  return {
    kind: "blocked",
    pointer,
    text: `${thread} ${wanted ? "blocks" : "never blocks"}${where}${when}`,
    thread,
    blocked: wanted,
    ...optional({ call, socket }),
    ...(by === undefined ? {} : { by }),
    ...(longerThan === undefined ? {} : { longerThan: longerThan as number as Duration }),
  };
}

/** Bounds that exclude each other. */
function checkRanges(entry: schema.Expectation, pointer: string, report: Report): void {
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    checkRange(value as Record<string, unknown>, under(pointer, key), report);
    if (key === "latency")
      for (const [statistic, bound] of Object.entries(value))
        checkRange(bound as Record<string, unknown>, under(pointer, key, statistic), report);
  }
}

function checkRange(bounds: Readonly<Record<string, unknown>>, pointer: string, report: Report): void {
  const [min, max] = [bounds["min"], bounds["max"]].map((value) =>
    typeof value === "string" ? nanoseconds(value, pointer, report) : value,
  );
  if (typeof min === "number" && typeof max === "number" && min > max)
    report.error(pointer, "ZS205", "min is above max");
}
