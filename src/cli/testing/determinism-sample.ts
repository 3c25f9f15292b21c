/** A part of the runs is done twice more, once in this process and once in another, and has to come out the same. */
import { checkDeterminism } from "../determinism.ts";
import { Failure } from "../failure.ts";
import type { Shell } from "../shell.ts";
import type { Case, CaseResults, Unsteady } from "./model.ts";
import { openPool, type Pool } from "./pool.ts";
import { stableHash } from "./shard.ts";

/** Share of the runs in CI, where nobody asked. */
export const SHARE_IN_CI = 0.05;

/** "10%", "0.1", or nothing for the usual share. */
export function parseShare(text: string | true): number {
  if (text === true) return SHARE_IN_CI;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const share = match ? Number(match[1]) / (match[2] === "%" ? 100 : 1) : NaN;
  if (!(share >= 0 && share <= 1))
    throw new Failure(`--check-determinism takes a share such as 5% or 0.05, not "${text}"`);
  return share;
}

interface Sample {
  readonly one: Case;
  readonly seeds: readonly string[];
}

/** The runs whose hash falls into the share; the first run of all when none does. */
export function sampleOf(cases: readonly Case[], results: readonly CaseResults[], share: number): Sample[] {
  if (share === 0) return [];
  const isIn = (one: Case, seed: string): boolean => stableHash(`${one.file}#${seed}#twice`) < share * 2 ** 32;
  const whole = cases.map((one, at) => ({
    one,
    seeds: results[at]!.results.filter(({ error }) => error === undefined).map(({ seed }) => seed),
  }));
  const chosen = whole.map(({ one, seeds }) => ({ one, seeds: seeds.filter((seed) => isIn(one, seed)) }));
  if (chosen.some(({ seeds }) => seeds.length > 0)) return chosen.filter(({ seeds }) => seeds.length > 0);
  return whole
    .filter(({ seeds }) => seeds.length > 0)
    .slice(0, 1)
    .map(({ one, seeds }) => ({ one, seeds: seeds.slice(0, 1) }));
}

export interface SampleResult {
  readonly runs: number;
  readonly unsteady: ReadonlyMap<Case, readonly Unsteady[]>;
}

export async function runTwice(shell: Shell, sample: readonly Sample[], pool: Pool): Promise<SampleResult> {
  const runs = sample.reduce((sum, { seeds }) => sum + seeds.length, 0);
  const unsteady = new Map<Case, readonly Unsteady[]>();
  if (runs === 0) return { runs, unsteady };
  const processes = await openPool({ workers: 1, runs, processes: true });
  try {
    for (const { one, seeds } of sample) {
      const batch = { cwd: shell.cwd, file: one.file, set: one.set, seeds, wanted: "digests" } as const;
      const [here, there] = await Promise.all([pool.run(batch), processes.run(batch)]);
      const different = seeds.filter((_, at) => here.digests[at] !== there.digests[at]);
      if (different.length === 0) continue;
      const found: Unsteady[] = [];
      for (const seed of different) found.push({ seed, detail: await firstDifference(shell, one, seed) });
      unsteady.set(one, found);
    }
  } finally {
    await processes.close();
  }
  return { runs, unsteady };
}

async function firstDifference(shell: Shell, { file, set }: Case, seed: string): Promise<string[]> {
  let text = "";
  const quiet: Shell = { ...shell, errColor: false, err: (part) => void (text += part) };
  await checkDeterminism(quiet, { file, seed, set, strict: false }, true);
  return text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "");
}
