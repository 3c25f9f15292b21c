/** Runs some seeds of one scenario: in this thread, in a worker, or in another process. */
import { traceDigest } from "../../trace/digest.ts";
import { execute, type Finished, type Loaded, load } from "../engine.ts";
import { EXIT } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { readScenario } from "../files.ts";
import type { Shell } from "../shell.ts";
import type { Broken, SeedResult } from "./model.ts";

/** What a worker is handed; everything in it can be sent between threads and processes. */
export interface Batch {
  readonly cwd: string;
  readonly file: string;
  readonly set: readonly string[];
  readonly seeds: readonly string[];
  /** "digests": one digest for each seed, and nothing of the expectations. */
  readonly wanted: "results" | "digests";
}

export interface BatchResult {
  readonly results: readonly SeedResult[];
  readonly digests: readonly string[];
}

/** Compiled scenarios of this thread, by file; a batch of another version of the file comes with another hash. */
const known = new Map<string, Loaded>();

export async function runBatch(batch: Batch): Promise<BatchResult> {
  const loaded = open(batch);
  const results: SeedResult[] = [];
  const digests: string[] = [];
  const shown = new Set<number>();
  for (const seed of batch.seeds) {
    if (batch.wanted === "digests") digests.push(traceDigest((await execute(loaded, seed)).record));
    else results.push(await runSeed(loaded, seed, shown));
  }
  return { results, digests };
}

/** Files may change between two runs of a watch; it starts a pool of its own for each. */
export const forget = (): void => known.clear();

function open({ cwd, file, set }: Batch): Loaded {
  const key = JSON.stringify([cwd, file, set]);
  let loaded = known.get(key);
  if (loaded === undefined) {
    loaded = load({ ...readScenario({ cwd } as Shell, file), set, color: false });
    known.set(key, loaded);
  }
  return loaded;
}

async function runSeed(loaded: Loaded, seed: string, shown: Set<number>): Promise<SeedResult> {
  try {
    return { seed, broken: brokenOf(await execute(loaded, seed), shown) };
  } catch (error) {
    const kind = error instanceof Failure && error.exitCode === EXIT.internal ? "limit" : "internal";
    const message = error instanceof Error ? error.message : String(error);
    return { seed, broken: [], error: { kind, message } };
  }
}

function brokenOf({ expectations }: Finished, shown: Set<number>): Broken[] {
  return expectations.flatMap(({ ok, expected, actual, detail }, at) => {
    if (ok) return [];
    const first = !shown.has(at);
    shown.add(at);
    return [{ at, expected, actual, ...(first ? { detail } : {}) }];
  });
}
