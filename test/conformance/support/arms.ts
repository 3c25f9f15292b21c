/** Runs cases in either arm. */
import type { Case } from "./bench.ts";
import { VirtualBench } from "./virtual.ts";

export interface Result {
  readonly id: string;
  readonly arm: "simulated" | "real";
  /** null: passed. */
  readonly error: string | null;
  readonly ms: number;
}

const idOf = ({ file, name }: Case): string => `${file}/${name}`;

export async function simulate(one: Case): Promise<Result> {
  const began = performance.now();
  const bench = new VirtualBench();
  const error = await attempt(() => one.body(bench));
  const open = error === null ? bench.unaccounted : 0;
  const result = open === 0 ? error : `${open} legs without a fate`;
  return { id: idOf(one), arm: "simulated", error: result, ms: performance.now() - began };
}

/** One after the other; npm zeromq is loaded only here. */
export async function realArm(cases: readonly Case[]): Promise<Result[]> {
  const { RealBench } = await import("./real.ts");
  const results: Result[] = [];
  for (const one of cases) {
    if (one.simulatedOnly !== undefined) continue;
    const began = performance.now();
    const bench = new RealBench();
    const error = await attempt(() => one.body(bench));
    bench.close();
    results.push({ id: idOf(one), arm: "real", error, ms: performance.now() - began });
  }
  return results;
}

async function attempt(run: () => Promise<void>): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    const { message, stack } = error as Error;
    const place = /cases\/(\w+\.ts:\d+)/.exec(stack ?? "")?.[1] ?? "";
    return `${message
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(0, 8)
      .join(" ")} ${place}`.trim();
  }
}
