/** Messages by flow: from the socket that first sent them to the socket that finally read them. */
import type { EndFate } from "./legs.ts";

/** Counts of one (origin, final receiver); sent = delivered + lost + queued. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  /** Messages meant for the receiver. */
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly queued: number;
  /** Every fate that occurred, in order of first occurrence. */
  readonly fates: ReadonlyMap<EndFate, number>;
  /** From send to delivery in ns, ascending. */
  readonly latencies: Float64Array;
}

/** Collects one flow. */
export class FlowCounter {
  readonly from: string;
  readonly to: string;
  readonly #fates = new Map<EndFate, number>();
  readonly #latencies: number[] = [];

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  /** `latency` in ns, for delivered messages. */
  add(fate: EndFate, latency: number): void {
    this.#fates.set(fate, (this.#fates.get(fate) ?? 0) + 1);
    if (fate === "delivered") this.#latencies.push(latency);
  }

  merge(flow: Flow): void {
    for (const [fate, count] of flow.fates) this.#fates.set(fate, (this.#fates.get(fate) ?? 0) + count);
    for (const latency of flow.latencies) this.#latencies.push(latency);
  }

  finish(): Flow {
    const sent = sum(this.#fates.values());
    const delivered = this.#fates.get("delivered") ?? 0;
    const queued = this.#fates.get("queued") ?? 0;
    const latencies = Float64Array.from(this.#latencies).sort();
    return {
      from: this.from,
      to: this.to,
      sent,
      delivered,
      lost: sent - delivered - queued,
      queued,
      fates: this.#fates,
      latencies,
    };
  }
}

/** Nearest-rank quantile of ascending values, 0 <= p <= 1: always one of the values, so exact. */
export function quantile(sorted: Float64Array, p: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)];
}

/** Merges the flows whose names, mapped by `rename`, are the same; order of first occurrence. */
export function mergeFlows(flows: readonly Flow[], rename: (socket: string) => string): Flow[] {
  const merged = new Map<string, FlowCounter>();
  for (const flow of flows) {
    const from = rename(flow.from);
    const to = rename(flow.to);
    const key = `${from} ${to}`;
    let counter = merged.get(key);
    if (counter === undefined) merged.set(key, (counter = new FlowCounter(from, to)));
    counter.merge(flow);
  }
  return [...merged.values()].map((counter) => counter.finish());
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
