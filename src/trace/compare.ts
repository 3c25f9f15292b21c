/**
 * Two sides, each with one run or many, of the same scenario. One side is the reference: what the
 * other side shows must have been seen there. Where the reference shows something new in nearly
 * every run, what has been seen says little about what is possible, and the fact counts as free.
 */
import { FACT_KINDS, type Fact, type FactKind, type Run } from "./facts.ts";
import { starIndices, threadOf } from "./names.ts";

export interface Side {
  /** As the user named it. */
  readonly name: string;
  readonly runs: readonly Run[];
}

/** "free": new values in nearly every run; "kernel": depends on buffers of the kernel. Neither is judged. */
export type FactVerdict = "equal" | "within" | "differs" | "free" | "kernel";

export interface Share {
  readonly value: string;
  readonly count: number;
  /** A run that shows it. */
  readonly run: string;
}

export interface Row {
  readonly kind: FactKind;
  readonly subject: string;
  readonly verdict: FactVerdict;
  /** Most frequent first. */
  readonly reference: readonly Share[];
  readonly other: readonly Share[];
  /** Total variation between the two, 0 to 1. */
  readonly distance: number;
}

export interface Comparison {
  readonly reference: Side;
  readonly other: Side;
  readonly rows: readonly Row[];
  readonly verdict: "equal" | "within" | "differs";
}

/** Chance of something new in the next run above which a fact of many runs is free. By Good and Turing: values seen once / runs. */
const UNSEEN_MAX = 0.05;
/** With fewer runs than this nobody knows what else is possible. */
const RUNS_ENOUGH = 20;
/** What has to be the same even between two single runs. */
const STRICT: ReadonlySet<FactKind> = new Set<FactKind>(["sent", "count", "messages", "order", "codes", "end"]);

const ALL_KINDS: ReadonlySet<FactKind> = new Set(Object.keys(FACT_KINDS) as FactKind[]);
/** What a program that only logs its calls can tell. */
const TOLD_BY_ANYBODY: ReadonlySet<FactKind> = new Set<FactKind>(["sent", "count", "messages", "order", "turns"]);

/**
 * The reference is the simulated side, or else the first. `interchangeable`: threads, "worker[*]", of
 * which any replica may be the first, so that what one of them shows is possible for all.
 */
export function compareSides(a: Side, b: Side, interchangeable: ReadonlySet<string> = NONE): Comparison {
  const swap = isSimulated(b) && !isSimulated(a);
  const [reference, other] = swap ? [b, a] : [a, b];
  const foreign = [...reference.runs, ...other.runs].some(({ header }) => header.binding === "foreign");
  const kinds = foreign ? TOLD_BY_ANYBODY : ALL_KINDS;
  const keys = new Map<string, readonly [kind: FactKind, subject: string]>();
  for (const run of [...reference.runs, ...other.runs])
    for (const [key, { kind, subject }] of run.facts) if (kinds.has(kind)) keys.set(key, [kind, subject]);
  const order = Object.keys(FACT_KINDS);
  const sorted = [...keys].sort(
    ([x, [kindX]], [y, [kindY]]) => order.indexOf(kindX) - order.indexOf(kindY) || (x < y ? -1 : 1),
  );
  const pooled = pool(reference, sorted, interchangeable);
  const rows = sorted.map(([key, [kind, subject]]) => {
    const peers = pooled.get(`${kind} ${canonical(subject, interchangeable)}`) ?? NONE;
    const found = row(kind, subject, {
      reference: sharesOf(reference, key, kind),
      other: sharesOf(other, key, kind),
      peers,
      interchangeable,
      before: (value) => valuesBefore(other, key, kind, value),
      referenceBefore: new Set(reference.runs.flatMap((run) => earlyValue(run, key, kind) ?? [])),
    });
    const kernel = [...reference.runs, ...other.runs].some(({ facts }) => facts.get(key)?.kernel);
    return kernel && found.verdict === "differs" ? { ...found, verdict: "kernel" as const } : found;
  });
  return { reference, other, rows, verdict: overall(rows) };
}

const isSimulated = ({ runs }: Side): boolean => runs.every(({ header }) => header.arm === "simulated");

function overall(rows: readonly Row[]): Comparison["verdict"] {
  if (rows.some(({ verdict }) => verdict === "differs")) return "differs";
  return rows.every(({ verdict }) => verdict === "equal") ? "equal" : "within";
}

/** What a run without the fact shows. */
const ABSENT: Readonly<Partial<Record<FactKind, string>>> = {
  sent: "0",
  count: "0",
  order: "in order",
  end: "no failure",
};

export const factValue = (fact: Fact | undefined, kind: FactKind): string => fact?.value ?? ABSENT[kind] ?? "none";

function sharesOf(side: Side, key: string, kind: FactKind): Share[] {
  const found = new Map<string, { count: number; readonly run: string }>();
  for (const { facts, name } of side.runs) {
    const value = factValue(facts.get(key), kind);
    const known = found.get(value);
    if (known === undefined) found.set(value, { count: 1, run: name });
    else known.count++;
  }
  const shares = [...found].map(([value, { count, run }]) => ({ value, count, run }));
  return shares.sort((x, y) => y.count - x.count || (x.value < y.value ? -1 : 1));
}

interface Shares {
  readonly reference: readonly Share[];
  readonly other: readonly Share[];
  /** What replicas of the subject showed in the reference, when they are interchangeable. */
  readonly peers: ReadonlySet<string>;
  readonly interchangeable: ReadonlySet<string>;
  /** What the other side showed just before it was cut off, in the runs that ended with `value`; empty when one was not cut off. */
  readonly before: (value: string) => readonly string[];
  /** What runs of the reference showed just before they were cut off. */
  readonly referenceBefore: ReadonlySet<string>;
}

const earlyValue = ({ early }: Run, key: string, kind: FactKind): string | undefined =>
  early.has(key) ? factValue(early.get(key), kind) : undefined;

function valuesBefore({ runs }: Side, key: string, kind: FactKind, value: string): readonly string[] {
  const showing = runs.filter(({ facts }) => factValue(facts.get(key), kind) === value);
  const values = showing.map((run) => earlyValue(run, key, kind));
  return values.every((one) => one !== undefined) ? values : [];
}

function row(kind: FactKind, subject: string, shares: Shares): Row {
  const { reference, other, peers, interchangeable, before, referenceBefore } = shares;
  const base = { kind, subject, reference, other, distance: totalVariation(reference, other) };
  if (reference.length === 1 && other.length === 1 && reference[0]?.value === other[0]?.value)
    return { ...base, verdict: "equal" };
  const known = (value: string): boolean =>
    seen(kind, value, reference) || peers.has(canonicalValue(kind, value, interchangeable));
  const alien = other.filter(({ value }) => {
    if (known(value) || referenceBefore.has(value)) return false;
    const early = before(value);
    return early.length === 0 || !early.every((one) => known(one) || referenceBefore.has(one));
  });
  if (alien.length === 0) return { ...base, verdict: "within" };
  return { ...base, verdict: isFree(kind, reference) ? "free" : "differs" };
}

const NONE: ReadonlySet<string> = new Set();
/** By kind and subject without indices: every value of the reference. */
function pool(
  reference: Side,
  keys: readonly (readonly [string, readonly [FactKind, string]])[],
  threads: ReadonlySet<string>,
): Map<string, Set<string>> {
  const pooled = new Map<string, Set<string>>();
  for (const [key, [kind, subject]] of keys) {
    const name = `${kind} ${canonical(subject, threads)}`;
    const values = pooled.get(name) ?? new Set();
    for (const { value } of sharesOf(reference, key, kind)) values.add(canonicalValue(kind, value, threads));
    pooled.set(name, values);
  }
  return pooled;
}

/** The turns of a receiver name its senders. */
function canonicalValue(kind: FactKind, value: string, threads: ReadonlySet<string>): string {
  if (kind !== "turns" || threads.size === 0) return value;
  return value
    .split(", ")
    .map((message) => canonical(message, threads))
    .join(", ");
}

/** The subject without the indices of interchangeable replicas. */
const canonical = (subject: string, threads: ReadonlySet<string>): string =>
  subject
    .split(" > ")
    .map((socket) =>
      threads.has(starIndices(threadOf(socket))) || threads.has(starIndices(socket)) ? starIndices(socket) : socket,
    )
    .join(" > ");

function seen(kind: FactKind, value: string, reference: readonly Share[]): boolean {
  if (reference.some((share) => share.value === value)) return true;
  if (kind === "count" || kind === "sent") {
    const counts = reference.map((share) => Number(share.value));
    return (
      runsOf(reference) >= RUNS_ENOUGH && Number(value) >= Math.min(...counts) && Number(value) <= Math.max(...counts)
    );
  }
  // A run is cut off at some time; what comes later is missing from one of the two.
  return kind === "monitor" && reference.some((share) => isPrefix(share.value, value) || isPrefix(value, share.value));
}

const isPrefix = (short: string, long: string): boolean => short !== "none" && long.startsWith(`${short}, `);

/** Nothing can be concluded from a value that was not seen before. */
function isFree(kind: FactKind, reference: readonly Share[]): boolean {
  const runs = runsOf(reference);
  if (runs < RUNS_ENOUGH) return !STRICT.has(kind);
  return reference.filter(({ count }) => count === 1).length / runs > UNSEEN_MAX;
}

const runsOf = (shares: readonly Share[]): number => shares.reduce((sum, { count }) => sum + count, 0);

/** Half the sum of the differences of frequencies: 0 for the same distribution, 1 for nothing in common. */
export function totalVariation(a: readonly Share[], b: readonly Share[]): number {
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  const frequency = (shares: readonly Share[], value: string, runs: number): number =>
    (shares.find((share) => share.value === value)?.count ?? 0) / runs;
  let sum = 0;
  for (const value of new Set([...a, ...b].map((share) => share.value)))
    sum += Math.abs(frequency(a, value, runsA) - frequency(b, value, runsB));
  return sum / 2;
}
