/** Times of the two sides: latencies per flow by quantile, and the instants of connection attempts. */
import type { Comparison, Side } from "./compare.ts";
import { quantile } from "./flows.ts";

export interface LatencyRow {
  readonly flow: string;
  readonly reference: Quantiles;
  readonly other: Quantiles;
  /** Within the bands. */
  readonly ok: boolean;
}

/** ns */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
}

/** How far the reference may be from the other side, as a share of the latter. */
export const BANDS = { p50: 0.25, p95: 0.5 } as const;
/** Fewer messages have no p95 to speak of. */
export const COUNT_ENOUGH = 20;

export function latencyRows({ reference, other }: Comparison): LatencyRow[] {
  const [left, right] = [latenciesOf(reference), latenciesOf(other)];
  const rows: LatencyRow[] = [];
  for (const [flow, values] of right) {
    const partner = left.get(flow);
    if (partner === undefined) continue;
    const [a, b] = [quantilesOf(partner), quantilesOf(values)];
    rows.push({ flow, reference: a, other: b, ok: near(a.p50, b.p50, BANDS.p50) && near(a.p95, b.p95, BANDS.p95) });
  }
  return rows;
}

export const isTellable = ({ reference, other }: LatencyRow): boolean =>
  Math.min(reference.count, other.count) >= COUNT_ENOUGH;

/** `a` is at most this share of `b` away from it. */
export const near = (a: number, b: number, share: number): boolean => Math.abs(a - b) <= share * b;

function latenciesOf({ runs }: Side): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const run of runs) {
    for (const [flow, latencies] of run.latencies) {
      const list = all.get(flow) ?? [];
      for (const latency of latencies) list.push(latency);
      all.set(flow, list);
    }
  }
  return all;
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  return { count: values.length, p50: quantile(sorted, 0.5) ?? 0, p95: quantile(sorted, 0.95) ?? 0 };
}

export interface AttemptRow {
  /** Socket and endpoint. */
  readonly connection: string;
  /** Median time of each attempt since the first, ns. */
  readonly reference: readonly number[];
  readonly other: readonly number[];
  /** Largest difference, ns. */
  readonly deviation: number;
  readonly ok: boolean;
}

const ATTEMPT_TOLERANCE_NS = 3_000_000;

/** When connectors tried, counted from their first attempt; only those that had to try again. */
export function attemptRows({ reference, other }: Comparison): AttemptRow[] {
  const [left, right] = [attemptsOf(reference), attemptsOf(other)];
  const rows: AttemptRow[] = [];
  for (const [connection, runs] of right) {
    const [a, b] = [medians(left.get(connection) ?? []), medians(runs)];
    const count = Math.min(a.length, b.length);
    if (count < 2) continue;
    const deviation = Math.max(...a.slice(0, count).map((t, i) => Math.abs(t - (b[i] ?? 0))));
    rows.push({
      connection,
      reference: a.slice(0, count),
      other: b.slice(0, count),
      deviation,
      ok: deviation <= ATTEMPT_TOLERANCE_NS,
    });
  }
  return rows;
}

/** Per connection, the attempts of every run that made it. */
function attemptsOf({ runs }: Side): Map<string, (readonly number[])[]> {
  const all = new Map<string, (readonly number[])[]>();
  for (const { attempts } of runs) {
    for (const [connection, times] of attempts) {
      const list = all.get(connection);
      if (list === undefined) all.set(connection, [times]);
      else list.push(times);
    }
  }
  return all;
}

/** By position, as long as at least half of the runs got that far. */
function medians(runs: readonly (readonly number[])[]): number[] {
  const result: number[] = [];
  for (let i = 0; ; i++) {
    const values = runs.flatMap((times) => times[i] ?? []).sort((a, b) => a - b);
    if (values.length === 0 || values.length < runs.length / 2) return result;
    result.push(values[Math.floor((values.length - 1) / 2)] ?? 0);
  }
}
