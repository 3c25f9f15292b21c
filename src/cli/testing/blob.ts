/** What one shard found, in a file, and the shards put together again. */
import { sha256 } from "../../journal/sha256.ts";
import { VERSION } from "../../journal/version.ts";
import { Failure } from "../failure.ts";
import type { Case, CaseResults, DigestCheck, Shard, Tested } from "./model.ts";

const FORMAT = "zeromq-sim-blob";
const FORMAT_VERSION = 1;

export interface Blob extends Tested {
  readonly shard: Shard;
}

export function blobText(tested: Tested, shard: Shard = { index: 1, count: 1 }): string {
  const content = JSON.stringify({ shard, ...tested });
  return `${JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, tool: VERSION, sha256: sha256(content) })}\n${content}\n`;
}

export function parseBlob(text: string, file: string): Blob {
  const end = text.indexOf("\n");
  const header = jsonOf(text.slice(0, Math.max(0, end))) as {
    format?: unknown;
    version?: unknown;
    tool?: unknown;
    sha256?: unknown;
  };
  if (header?.format !== FORMAT) throw new Failure(`${file}:1: this is no blob of sim test --reporter blob`);
  if (header.version !== FORMAT_VERSION || header.tool !== VERSION)
    throw new Failure(
      `${file}:1: the blob is of zeromq-sim ${String(header.tool)}, this is ${VERSION}; blobs are merged by the version that wrote them`,
    );
  const content = text.slice(end + 1).replace(/\n$/, "");
  if (sha256(content) !== header.sha256)
    throw new Failure(`${file}:2: the blob is damaged: its checksum does not fit; run that shard again`);
  return jsonOf(content) as Blob;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As one run of everything would have found it. */
export function mergeBlobs(blobs: readonly { readonly file: string; readonly blob: Blob }[]): Tested {
  const sorted = [...blobs].sort((a, b) => a.blob.shard.index - b.blob.shard.index);
  checkShards(sorted);
  const first = sorted[0]!;
  for (const { file, blob } of sorted) checkSame(first, { file, blob });
  const { cases, invalid, idle } = first.blob;
  const results = cases.map((one, at) =>
    mergeCase(
      one,
      sorted.map(({ blob }) => blob.results[at]!),
    ),
  );
  return { cases, invalid, idle, results };
}

function mergeCase(one: Case, parts: readonly CaseResults[]): CaseResults {
  const place = new Map(one.seeds.map((seed, at) => [seed, at]));
  const byPlace = (a: { seed: string }, b: { seed: string }): number => place.get(a.seed)! - place.get(b.seed)!;
  const digest = parts.reduce<DigestCheck | undefined>((found, part) => found ?? part.digest, undefined);
  return {
    results: parts.flatMap(({ results }) => results).sort(byPlace),
    unsteady: parts.flatMap(({ unsteady }) => unsteady).sort(byPlace),
    ...(digest === undefined ? {} : { digest }),
  };
}

type Named = { readonly file: string; readonly blob: Blob };

function checkShards(sorted: readonly Named[]): void {
  const { count } = sorted[0]!.blob.shard;
  for (const { file, blob } of sorted)
    if (blob.shard.count !== count)
      throw new Failure(
        `${file} is shard ${blob.shard.index}/${blob.shard.count}, and ${sorted[0]!.file} is one of ${count}`,
      );
  for (const [at, { file, blob }] of sorted.entries())
    if (at > 0 && blob.shard.index === sorted[at - 1]!.blob.shard.index)
      throw new Failure(`${file} and ${sorted[at - 1]!.file} are both shard ${blob.shard.index}/${count}`);
  const present = new Set(sorted.map(({ blob }) => blob.shard.index));
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !present.has(index));
  if (missing.length > 0)
    throw new Failure(`shard ${missing.map((index) => `${index}/${count}`).join(", ")} is missing`);
}

function checkSame(first: Named, other: Named): void {
  const key = ({ file, hash, seeds, set }: Case): string => JSON.stringify([file, hash, seeds, set]);
  const at = first.blob.cases.findIndex((one, index) => {
    const there = other.blob.cases[index];
    return there === undefined || key(there) !== key(one);
  });
  if (at < 0 && first.blob.cases.length === other.blob.cases.length) return;
  const name = (first.blob.cases[at] ?? other.blob.cases[first.blob.cases.length])?.file ?? "a scenario";
  throw new Failure(
    `${other.file} and ${first.file} tested different things: ${name} has another text, other seeds or is missing`,
  );
}
