/** Runs all seeds of all cases on the pool, and stops early where the verdict is certain or enough has failed. */
import { looks } from "../../trace/over-seeds.ts";
import { sharesDecided } from "./judge.ts";
import type { Case, CaseResults, SeedResult, Shard } from "./model.ts";
import type { Pool } from "./pool.ts";
import { inShard } from "./shard.ts";

export interface RunCasesOptions {
  readonly cwd: string;
  readonly shard?: Shard;
  /** Stop after so many failing runs. */
  readonly bail?: number;
  readonly onRuns: (count: number) => void;
}

/** Most seeds of one task of the pool: enough to make its cost small, few enough for a smooth progress. */
const BATCH_MAX = 25;

export async function runCases(cases: readonly Case[], pool: Pool, options: RunCasesOptions): Promise<CaseResults[]> {
  const feeder = new Feeder(2 * pool.workers);
  const failures = { left: options.bail ?? Infinity };
  const runOne = (one: Case): Promise<SeedResult[]> => runCase(one, { pool, feeder, failures, options });
  const all: SeedResult[][] = [];
  // In order where it matters which failure is the last one.
  if (options.bail === undefined) all.push(...(await Promise.all(cases.map(runOne))));
  else for (const one of cases) all.push(failures.left > 0 ? await runOne(one) : []);
  const kept = options.bail === undefined ? all : cutAt(cases, all, options.bail);
  return kept.map((results) => ({ results, unsteady: [] }));
}

/** Seeds of the case that are this shard's. */
export const seedsFor = (one: Case, shard: Shard | undefined): readonly string[] =>
  one.seeds.filter((seed) => inShard(one, seed, shard));

interface Running {
  readonly pool: Pool;
  readonly feeder: Feeder;
  readonly failures: { left: number };
  readonly options: RunCasesOptions;
}

async function runCase(one: Case, running: Running): Promise<SeedResult[]> {
  const { shard } = running.options;
  const seeds = seedsFor(one, shard);
  const onlyShares = shard === undefined && one.expectations.every(({ probability }) => probability !== undefined);
  const results: SeedResult[] = [];
  for (const end of onlyShares ? looks(seeds.length) : [seeds.length]) {
    results.push(...(await runSeeds(one, seeds.slice(results.length, end), running)));
    if (onlyShares && sharesDecided(one, results)) break;
  }
  return results;
}

async function runSeeds(one: Case, seeds: readonly string[], running: Running): Promise<SeedResult[]> {
  const { pool, feeder, failures, options } = running;
  const size = Math.max(1, Math.min(BATCH_MAX, Math.ceil(seeds.length / (4 * pool.workers))));
  const batches: Promise<readonly SeedResult[]>[] = [];
  for (let start = 0; start < seeds.length; start += size) {
    const part = seeds.slice(start, start + size);
    const task = async (): Promise<readonly SeedResult[]> => {
      if (failures.left <= 0) return [];
      const { results } = await pool.run({
        cwd: options.cwd,
        file: one.file,
        set: one.set,
        seeds: part,
        wanted: "results",
      });
      failures.left -= results.filter((result) => fails(one, result)).length;
      options.onRuns(results.length);
      return results;
    };
    batches.push(feeder.feed(task));
  }
  return (await Promise.all(batches)).flat();
}

const fails = ({ expectations }: Case, { broken, error }: SeedResult): boolean =>
  error !== undefined || broken.some(({ at }) => expectations[at]?.probability === undefined);

/** Up to the failing run with which it was enough: what ran beyond depends on the number of workers. */
function cutAt(cases: readonly Case[], all: readonly SeedResult[][], bail: number): SeedResult[][] {
  let left = bail;
  return all.map((results, at) => {
    const kept: SeedResult[] = [];
    for (const result of results) {
      if (left <= 0) break;
      kept.push(result);
      if (fails(cases[at]!, result)) left--;
    }
    return kept;
  });
}

/** Lets so many tasks run at a time, in the order in which they came. */
class Feeder {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async feed<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#free--;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
