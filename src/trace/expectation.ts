/** Whether what a scenario expects held in a run, and if not, what happened instead. */
import type { Expectation, Probability } from "../scenario/expectation.ts";
import { selects } from "../scenario/names.ts";
import { checkFlow, checkLatency, checkMessage, checkNever } from "./expectation-flow.ts";
import { checkAnswered, checkEnds, checkStuck } from "./expectation-liveness.ts";
import { checkBlocked, checkQueue } from "./expectation-queue.ts";
import { checkRelation } from "./expectation-relation.ts";
import { checkCalls, checkLog, checkMonitor, checkOrder, checkReceives, checkRetries } from "./expectation-sequence.ts";
import { checkBefore, checkDeadline, checkWithin } from "./expectation-time.ts";
import { isEndpoint, nearestNames, threadOf } from "./names.ts";
import type { Evidence, Verdict } from "./verdict.ts";

export interface ExpectationResult {
  readonly ok: boolean;
  /** The expectation as a sentence. */
  readonly text: string;
  /** What should have been and what was, in a few words. */
  readonly expected: string;
  readonly actual: string;
  /** Timeline lines round the break; empty when it held. */
  readonly detail: readonly string[];
  /** JSON pointer of the entry in the scenario. */
  readonly pointer: string;
  /** Not judged by one run: it has to hold in this part of many. */
  readonly probability?: Probability;
}

export function checkExpectations(expectations: readonly Expectation[], evidence: Evidence): ExpectationResult[] {
  return expectations.map((expectation) => checkExpectation(expectation, evidence));
}

export function checkExpectation(expectation: Expectation, evidence: Evidence): ExpectationResult {
  const { ok, expected, actual, detail } = unknownName(expectation, evidence) ?? check(expectation, evidence);
  return {
    ok,
    text: expectation.text,
    expected,
    actual,
    detail: ok ? [] : (detail ?? []),
    pointer: expectation.pointer,
    ...(expectation.probability === undefined ? {} : { probability: expectation.probability }),
  };
}

function check(expectation: Expectation, evidence: Evidence): Verdict {
  switch (expectation.kind) {
    case "flow":
      return checkFlow(expectation, evidence);
    case "message":
      return checkMessage(expectation, evidence);
    case "order":
      return checkOrder(expectation, evidence);
    case "receives":
      return checkReceives(expectation, evidence);
    case "latency":
      return checkLatency(expectation, evidence);
    case "never":
      return checkNever(expectation, evidence);
    case "queue":
      return checkQueue(expectation, evidence);
    case "blocked":
      return checkBlocked(expectation, evidence);
    case "calls":
      return checkCalls(expectation, evidence);
    case "monitor":
      return checkMonitor(expectation, evidence);
    case "retries":
      return checkRetries(expectation, evidence);
    case "log":
      return checkLog(expectation, evidence);
    case "within":
      return checkWithin(expectation, evidence);
    case "deadline":
      return checkDeadline(expectation, evidence);
    case "before":
      return checkBefore(expectation, evidence);
    case "answered":
      return checkAnswered(expectation, evidence);
    case "ends":
      return checkEnds(expectation, evidence);
    case "stuck":
      return checkStuck(expectation, evidence);
    case "relation":
      return checkRelation(expectation, evidence);
  }
}

/** Whether a run can be said to have met it; what holds in a part of many runs only is judged over them. */
export const isBroken = ({ ok, probability }: ExpectationResult): boolean => !ok && probability === undefined;

/** An expectation about a name that does not occur cannot hold: it is nearly always a slip of the pen. */
function unknownName(expectation: Expectation, { analysis, events }: Evidence): Verdict | undefined {
  const sockets = [...analysis.topology.sockets.keys()];
  for (const key of ["from", "to", "socket"] as const) {
    const name = (expectation as { readonly [K in typeof key]?: string })[key];
    if (name === undefined || isEndpoint(name) || sockets.some((socket) => selects(name, socket))) continue;
    return unknown(`no socket "${name}" was opened in this run`, name, sockets);
  }
  const thread = (expectation as { readonly thread?: string }).thread;
  if (thread === undefined) return undefined;
  const threads = new Set(sockets.map(threadOf));
  for (const event of events) if ("thread" in event) threads.add(event.thread);
  return [...threads].some((one) => selects(thread, one))
    ? undefined
    : unknown(`no thread "${thread}" ran`, thread, threads);
}

function unknown(what: string, name: string, known: Iterable<string>): Verdict {
  const nearest = nearestNames(name, known);
  return {
    ok: false,
    expected: "a name of this run",
    actual: `${what}${nearest.length > 0 ? `; nearest: ${nearest.join(", ")}` : ""}`,
  };
}
