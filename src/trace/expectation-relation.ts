/** The expectation that a number of this run stands in some relation to that of another run. */
import { assertNever } from "../kernel/invariant.ts";
import { type Duration, formatTime } from "../kernel/time.ts";
import type { LatencyStatistic, Relation, RelationExpectation } from "../scenario/expectation.ts";
import { countBy, flowItems, itemDetail, statistic } from "./expectation-flow.ts";
import type { Analysis } from "./fates.ts";
import type { Evidence, Verdict } from "./verdict.ts";

export function checkRelation(expectation: RelationExpectation, evidence: Evidence): Verdict {
  const { from, to, compare, is, with: run } = expectation;
  const expected = `${compare} ${WORDS[is]} in the other run`;
  if (evidence.other === undefined)
    return { ok: false, expected, actual: "there is no other run to compare a trace with; run the scenario" };
  const own = measure(evidence.analysis, from, to, compare);
  const other = measure(evidence.other(run), run.from, run.to, compare);
  const actual = `${show(own, compare)} here, ${show(other, compare)} there`;
  if (own !== undefined && other !== undefined && holds(own, is, other)) return { ok: true, expected, actual };
  const items = flowItems(evidence.analysis, from, to);
  const telling = items.find(({ delivery }) => delivery.fate !== "delivered") ?? items.at(-1);
  return { ok: false, expected, actual, detail: telling === undefined ? [] : itemDetail(evidence, telling) };
}

const WORDS: Readonly<Record<Relation, string>> = {
  "at-most": "at most what it is",
  "at-least": "at least what it is",
  less: "less than",
  more: "more than",
  equal: "the same as",
};

type Measured = RelationExpectation["compare"];

const isCount = (compare: Measured): compare is "sent" | "delivered" | "lost" | "queued" =>
  compare === "sent" || compare === "delivered" || compare === "lost" || compare === "queued";

/** undefined: a statistic of latencies where nothing was delivered. */
function measure(analysis: Analysis, from: string, to: string, compare: Measured): number | undefined {
  const items = flowItems(analysis, from, to);
  if (isCount(compare)) return countBy(items, Infinity)[compare];
  const latencies = Float64Array.from(
    items.filter(({ delivery }) => delivery.fate === "delivered"),
    ({ message, delivery }) => delivery.t - message.sentAt,
  ).sort();
  return latencies.length === 0 ? undefined : statistic(latencies, compare as LatencyStatistic);
}

function holds(own: number, is: Relation, other: number): boolean {
  switch (is) {
    case "at-most":
      return own <= other;
    case "at-least":
      return own >= other;
    case "less":
      return own < other;
    case "more":
      return own > other;
    case "equal":
      return own === other;
    default:
      return assertNever(is);
  }
}

function show(value: number | undefined, compare: Measured): string {
  if (value === undefined) return "nothing delivered";
  return isCount(compare) ? String(value) : formatTime(value as Duration);
}
