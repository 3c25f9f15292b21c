/** The `expect` list: checks what it names, converts quantities, words each entry as a sentence. */
import { assertNever } from "../kernel/invariant.ts";
import { type Duration, formatTime, type Instant } from "../kernel/time.ts";
import type { DeclaredThread, Directory } from "./directory.ts";
import type { Expectation, LatencyStatistic, Range } from "./expectation.ts";
import { parseName, withoutIndices as plain } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import { nanoseconds } from "./network.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { expectationKind } from "./shape.ts";
import { under } from "./source.ts";

export function compileExpectations(
  entries: readonly schema.Expectation[],
  directory: Directory,
  report: Report,
): Expectation[] {
  const names = new Names(directory, report);
  return entries.flatMap((entry, at) => {
    const pointer = under("/expect", at);
    return report.isBroken(pointer) ? [] : [compileEntry(entry, pointer, names, report)];
  });
}

function compileEntry(entry: schema.Expectation, pointer: string, names: Names, report: Report): Expectation {
  names.checkAll(entry, pointer);
  checkRanges(entry, pointer, report);
  const kind = expectationKind(entry) as Kind;
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
    case "queueExpectation": {
      const { from, to, depth } = entry as schema.QueueExpectationEntry;
      return {
        kind: "queue",
        pointer,
        text: `the pipe from ${from} to ${to} holds ${rangeText(range(depth), "message")} at its fullest`,
        from,
        to,
        depth: range(depth),
      };
    }
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

/** Without the members that are undefined. */
function optional<T extends Readonly<Record<string, string | undefined>>>(
  members: T,
): { readonly [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}

const optionalTime = (text: string | undefined, pointer: string, report: Report): Instant | undefined =>
  text === undefined ? undefined : (nanoseconds(text, pointer, report) as Instant);
const range = (count: schema.Count): Range => (typeof count === "number" ? { min: count, max: count } : count);

function rangeText({ min, max }: Range, noun?: string, show: (value: number) => string = String): string {
  const plural = noun === undefined ? "" : ` ${noun}${(max ?? min) === 1 ? "" : "s"}`;
  if (min === max) return `${show(min ?? 0)}${plural}`;
  if (min === undefined) return `at most ${show(max!)}${plural}`;
  return max === undefined ? `at least ${show(min)}${plural}` : `${show(min)} to ${show(max)}${plural}`;
}

const LISTED_MAX = 6;
function list(texts: readonly string[]): string {
  if (texts.length === 0) return "nothing";
  const shown = texts
    .slice(0, LISTED_MAX)
    .map((text) => (text === "..." ? text : `"${text}"`))
    .join(", ");
  return texts.length > LISTED_MAX ? `${shown}, ... (${texts.length})` : shown;
}

function fateText(fate: schema.Fate): string {
  if (fate === "delivered") return "is delivered";
  return fate === "queued" ? "is still queued at the end" : `ends as ${fate}`;
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

/** Resolves the names that expectations use. */
class Names {
  readonly #threads: ReadonlyMap<string, DeclaredThread>;
  readonly #report: Report;
  readonly #sockets: readonly string[];

  constructor(directory: Directory, report: Report) {
    this.#report = report;
    this.#threads = directory.threads();
    this.#sockets = [...this.#threads].flatMap(([thread, { sockets }]) =>
      [...sockets.keys()].map((socket) => `${thread}.${socket}`),
    );
  }

  checkAll(entry: schema.Expectation, pointer: string): void {
    const record = entry as unknown as Readonly<Record<string, unknown>>;
    for (const key of ["from", "to", "socket"])
      if (typeof record[key] === "string") this.checkSocket(record[key], under(pointer, key));
    if (typeof record["thread"] === "string") this.#checkThread(record["thread"], under(pointer, "thread"));
  }

  /** "publisher.sender#0" */
  checkMessage(message: string, pointer: string): void {
    const match = /^(.*)#(0|[1-9]\d*)$/.exec(message);
    if (!match) {
      this.#report.error(pointer, "ZS323", `"${message}" is not the name of a message`, {
        hint: "such as publisher.sender#0: the socket that first sent it, and its number",
      });
      return;
    }
    const socket = match[1]!;
    if (!this.checkSocket(socket, pointer)) return;
    const thread = this.#threads.get(plain(socket.slice(0, socket.lastIndexOf("."))));
    const type = thread?.sockets.get(socket.slice(socket.lastIndexOf(".") + 1))?.type;
    if (type === "PULL" || type === "SUB")
      this.#report.error(pointer, "ZS414", `${socket} is a ${type} socket and sends no messages`);
    const unindexed = this.#unindexed(socket);
    if (unindexed !== undefined)
      this.#report.error(pointer, "ZS323", `"${unindexed}" has replicas: say which one, such as ${unindexed}[0]`);
  }

  /** Whether there is such a socket; reports when not. */
  checkSocket(selector: string, pointer: string): boolean {
    const parts = parseName(selector);
    const at = selector.lastIndexOf(".");
    const owner = this.#threads.get(plain(selector.slice(0, Math.max(0, at))));
    if (parts && owner?.sockets.has(selector.slice(at + 1))) return this.#checkIndices(selector.slice(0, at), pointer);
    const hint = didYouMean(plain(selector), this.#sockets);
    this.#report.error(pointer, "ZS401", `unknown socket "${selector}"`, {
      inside: { offset: 0, length: selector.length },
      allowed: this.#sockets,
      hint: hint ?? "sockets are named node.socket or node.thread.socket",
    });
    return false;
  }

  #checkThread(selector: string, pointer: string): void {
    if (this.#threads.has(plain(selector)) && parseName(selector)) {
      this.#checkIndices(selector, pointer);
      return;
    }
    const names = [...this.#threads.keys()];
    this.#report.error(pointer, "ZS402", `unknown thread "${selector}"`, {
      allowed: names,
      hint: didYouMean(plain(selector), names),
    });
  }

  /** "worker[7].pool[2]": whether there are so many. */
  #checkIndices(thread: string, pointer: string): boolean {
    let name = "";
    for (const part of parseName(thread) ?? []) {
      name = name === "" ? part.name : `${name}.${part.name}`;
      const count = this.#threads.get(name)?.count;
      if (part.index === undefined || (count !== undefined && part.index < count)) continue;
      const hint =
        count === undefined
          ? `"${name}" has no count, so it has no index`
          : `${part.name}[0] to ${part.name}[${count - 1}]`;
      this.#report.error(pointer, "ZS402", `there is no ${part.name}[${part.index}]`, { hint });
      return false;
    }
    return true;
  }

  /** The first part of a name that stands for several replicas. */
  #unindexed(socket: string): string | undefined {
    let name = "";
    for (const part of (parseName(socket) ?? []).slice(0, -1)) {
      name = name === "" ? part.name : `${name}.${part.name}`;
      if (part.index === undefined && (this.#threads.get(name)?.count ?? 1) > 1) return part.name;
    }
    return undefined;
  }
}
