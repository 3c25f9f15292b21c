/** What a run came to, in a form that many runs can be sorted by: which messages each receiver got. */
import { FATES } from "../journal/fates.ts";
import type { Analysis } from "./fates.ts";
import type { EndFate } from "./legs.ts";
import { starIndices } from "./names.ts";

/** Two runs with the same lines had the same outcome; times play no part. */
export interface Outcome {
  /** "publisher.sender > subscriber.receiver: delivered 1,2; no-subscription 0" */
  readonly lines: readonly string[];
}

export interface OutcomeShare extends Outcome {
  readonly count: number;
  /** Of all runs, 0 to 1. */
  readonly share: number;
  /** The first seed that showed it. */
  readonly seed: string;
}

/** `notes` are further facts that tell outcomes apart: a thread that is blocked for ever, a failure. */
export function outcomeOf(analysis: Analysis, notes: readonly string[] = []): Outcome {
  const flows = new Map<string, Map<EndFate, number[]>>();
  for (const message of analysis.messages) {
    for (const { receiver, fate } of message.deliveries) {
      const numbers = entry(
        entry(flows, `${message.origin} > ${receiver}`, () => new Map<EndFate, number[]>()),
        fate,
        () => [],
      );
      numbers.push(message.number);
    }
  }
  // Flows come in order of first sight, which depends on timing; the outcome must not.
  const names = [...flows.keys()].sort();
  return { lines: [...names.map((name) => `${name}: ${fatesText(flows.get(name)!)}`), ...notes] };
}

/**
 * The same with less detail: replicas together, and how many messages had a fate instead of which. Tells
 * runs apart that lost something from those that did not when no two runs share an outcome.
 */
export function summaryOf(analysis: Analysis, notes: readonly string[] = []): Outcome {
  const flows = new Map<string, Map<EndFate, number>>();
  for (const message of analysis.messages) {
    for (const { receiver, fate } of message.deliveries) {
      const name = `${starIndices(message.origin)} > ${starIndices(receiver)}`;
      const counts = entry(flows, name, () => new Map<EndFate, number>());
      counts.set(fate, (counts.get(fate) ?? 0) + 1);
    }
  }
  const names = [...flows.keys()].sort();
  return { lines: [...names.map((name) => `${name}: ${countsText(flows.get(name)!)}`), ...notes] };
}

function countsText(counts: ReadonlyMap<EndFate, number>): string {
  if (counts.size === 1 && counts.has("delivered")) return "all delivered";
  const present = FATE_ORDER.filter((fate) => counts.has(fate));
  return present.map((fate) => `${counts.get(fate)} ${fate}`).join(", ");
}

/** Counts outcomes over seeds. */
export class OutcomeTally {
  readonly #found = new Map<string, { readonly outcome: Outcome; readonly seed: string; count: number }>();
  #runs = 0;

  add(seed: string, outcome: Outcome): void {
    this.#runs++;
    entry(this.#found, outcome.lines.join("\n"), () => ({ outcome, seed, count: 0 })).count++;
  }

  get runs(): number {
    return this.#runs;
  }

  /** Most frequent first; among equals the one seen first. */
  shares(): OutcomeShare[] {
    const all = [...this.#found.values()].map(({ outcome, seed, count }, order) => ({
      share: { lines: outcome.lines, count, share: count / this.#runs, seed },
      order,
    }));
    return all.sort((a, b) => b.share.count - a.share.count || a.order - b.order).map(({ share }) => share);
  }
}

/** Whole numbers as ranges: 0, 1, 2, 5 -> "0-2,5". Repeated numbers count once. */
export function rangesText(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let last = i;
    while (sorted[last + 1] === sorted[last]! + 1) last++;
    const [from, to] = [sorted[i]!, sorted[last]!];
    parts.push(last === i ? `${from}` : last === i + 1 ? `${from},${to}` : `${from}-${to}`);
    i = last + 1;
  }
  return parts.join(",");
}

const FATE_ORDER: readonly EndFate[] = [...(Object.keys(FATES) as EndFate[]), "unknown"];

function fatesText(fates: ReadonlyMap<EndFate, readonly number[]>): string {
  const present = FATE_ORDER.filter((fate) => fates.has(fate));
  return present.map((fate) => `${fate} ${rangesText(fates.get(fate)!)}`).join("; ");
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
