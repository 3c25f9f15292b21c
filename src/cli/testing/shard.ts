/** `--shard 2/4`: which runs are this machine's. A hash of each run decides, so that a new scenario moves no other. */
import { Failure } from "../failure.ts";
import type { Case, Shard } from "./model.ts";

const SHARDS_MAX = 10_000;

export function parseShard(text: string): Shard {
  const match = /^(\d{1,5})\/(\d{1,5})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || index < 1 || count < 1 || index > count || count > SHARDS_MAX)
    throw new Failure(`--shard takes i/n such as 2/4, with i from 1 to n, not "${text}"`);
  return { index, count };
}

export const inShard = ({ file }: Pick<Case, "file">, seed: string, shard: Shard | undefined): boolean =>
  shard === undefined || stableHash(`${file}#${seed}`) % shard.count === shard.index - 1;

/** FNV-1a with a finish that mixes the low bits, from 0 to 2^32 - 1; the same everywhere. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
