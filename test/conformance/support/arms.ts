/** Runs cases in either arm. */
import type { Case } from "./bench.ts";
import { VirtualBench } from "./virtual.ts";

export interface Result {
  readonly id: string;
  readonly arm: "simulated" | "real";
  /** null: passed. */
  readonly error: string | null;
  readonly ms: number;
  /** What the case ran over, as far as the arm tells. */
  readonly transports?: readonly string[];
  /** Real arm: what a first try with short pauses came to. */
  readonly firstError?: string;
}

/** Pause in ms where upstream waits for things to settle: this is enough on one idle machine. */
const SHORT_SETTLE = 60;
const UPSTREAM_SETTLE = 300;

const idOf = ({ file, name }: Case): string => `${file}/${name}`;

export async function simulate(one: Case): Promise<Result> {
  const began = performance.now();
  const bench = new VirtualBench();
  const error = await attempt(() => one.body(bench));
  const result = error ?? (await attempt(() => ends(bench)));
  const transports = [...bench.transports].sort();
  return { id: idOf(one), arm: "simulated", error: result, ms: performance.now() - began, transports };
}

/** Everything ends, and every message has come to exactly one end. */
async function ends(bench: VirtualBench): Promise<void> {
  const hangs = await bench.finish();
  if (hangs !== null) throw new Error(hangs);
  const open = bench.unaccounted;
  if (open !== 0) throw new Error(`${open} legs without a fate`);
}

/** One after the other; npm zeromq is loaded only here. */
export async function realArm(cases: readonly Case[]): Promise<Result[]> {
  const { RealBench, removeIpcFolder } = await import("./real.ts");
  const results: Result[] = [];
  for (const one of cases) {
    if (one.simulatedOnly !== undefined) continue;
    const began = performance.now();
    let error: string | null = null;
    let firstError: string | null = null;
    // A busy machine may not settle as fast as it does at leisure: once more with upstream's pauses.
    for (const settle of [SHORT_SETTLE, UPSTREAM_SETTLE]) {
      const bench = new RealBench(settle);
      error = await attempt(() => one.body(bench));
      bench.close();
      if (error === null) break;
      firstError ??= error;
    }
    const ms = performance.now() - began;
    results.push({ id: idOf(one), arm: "real", error, ms, ...(firstError === null ? {} : { firstError }) });
  }
  removeIpcFolder();
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
