/** Runs fuzz programs in both arms and compares. */
import { simulated } from "./alone.ts";
import type { Program } from "./fuzz.ts";
import { transcript } from "./fuzz.ts";
import { RealBench, removeIpcFolder } from "./real.ts";

export interface Disagreement {
  readonly program: Program;
  readonly simulated: readonly string[];
  readonly real: readonly string[];
}

/** Pauses in ms of the real arm: a quick try, and what a busy machine may need. */
const PAUSES = [8, 40, 120] as const;
/** A smaller program gets just one try. */
const SHRINKING = [40] as const;

/** null: both arms agree, at least with long pauses. */
export async function disagreement(program: Program, pauses: readonly number[] = PAUSES): Promise<Disagreement | null> {
  const expected = await simulated(program);
  let real: string[] = [];
  for (const pause of pauses) {
    const bench = new RealBench(pause);
    real = await transcript(bench, program, pause);
    bench.close();
    if (real.join("\n") === expected.join("\n")) return null;
  }
  return { program, simulated: expected, real };
}

/** Leaves out steps as long as the arms go on to disagree. */
export async function shrink(found: Disagreement): Promise<Disagreement> {
  let best = found;
  for (let at = best.program.steps.length - 1; at >= 0; at--) {
    const steps = best.program.steps.filter((_, index) => index !== at);
    const smaller = await disagreement({ ...best.program, steps }, SHRINKING);
    if (smaller !== null) best = smaller;
  }
  return best;
}

/** Several at once: nearly all of a program's time is pauses. */
export async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>, lanes = 8): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) results.push(await work(items[next++] as T));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

export async function compareAll(programs: readonly Program[]): Promise<Disagreement[]> {
  const found = await inLanes(programs, (program) => disagreement(program));
  removeIpcFolder();
  return found.filter((one) => one !== null);
}
