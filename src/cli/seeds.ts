/** `--seeds`: "1..200" or a count. */
import { Failure } from "./failure.ts";

const SEEDS_MAX = 10_000_000;

export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

export function parseSeeds(text: string): SeedRange {
  const match = /^(?:(\d{1,15})\.\.)?(\d{1,15})$/.exec(text.trim());
  if (!match) throw new Failure(`--seeds takes a range such as 1..200 or a count such as 200, not "${text}"`);
  const first = match[1] === undefined ? 1 : Number(match[1]);
  const last = Number(match[2]);
  if (last < first) throw new Failure(`--seeds ${text} is empty: the last seed is smaller than the first`);
  if (last - first + 1 > SEEDS_MAX) throw new Failure(`--seeds ${text} is more than ${SEEDS_MAX} runs`);
  return { first, last };
}

export const seedCount = ({ first, last }: SeedRange): number => last - first + 1;

export function* eachSeed({ first, last }: SeedRange): Generator<string> {
  for (let seed = first; seed <= last; seed++) yield String(seed);
}
