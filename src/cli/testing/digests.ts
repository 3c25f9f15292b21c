/** `sim-digests.json` beside the scenarios: the digest that a scenario's own run had when it was last approved. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure, fileFailure } from "../failure.ts";
import { writeWhole } from "../files.ts";
import type { Shell } from "../shell.ts";
import type { Case, DigestCheck, Shard } from "./model.ts";
import type { Pool } from "./pool.ts";
import { inShard } from "./shard.ts";

const FILE = "sim-digests.json";

/** Digest by name of the scenario file. */
type Digests = Readonly<Record<string, string>>;

const digestFile = (one: Case): string => join(dirname(one.file), FILE).replaceAll("\\", "/");

function readDigests(shell: Shell, file: string): Digests {
  const path = resolve(shell.cwd, file);
  if (!existsSync(path)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const isDigests =
      typeof value === "object" &&
      value !== null &&
      Object.values(value).every((one) => /^[0-9a-f]{64}$/.test(String(one)));
    if (isDigests) return value as Digests;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileFailure("read", file, error);
  }
  throw new Failure(`${file} does not hold digests; delete it and run sim test --update`);
}

/** The checks, by case, of those that have a stored digest; --set makes another run of it, so that there is none then. */
export async function checkDigests(
  shell: Shell,
  cases: readonly Case[],
  { pool, shard }: { pool: Pool; shard: Shard | undefined },
): Promise<ReadonlyMap<Case, DigestCheck>> {
  const checks = new Map<Case, DigestCheck>();
  for (const one of cases) {
    if (one.set.length > 0 || !inShard(one, "digest", shard)) continue;
    const stored = readDigests(shell, digestFile(one))[basename(one.file)];
    if (stored !== undefined) checks.set(one, { stored, now: await digestOf(shell, one, pool) });
  }
  return checks;
}

async function digestOf({ cwd }: Shell, { file, seed }: Case, pool: Pool): Promise<string> {
  const { digests } = await pool.run({ cwd, file, set: [], seeds: [seed], wanted: "digests" });
  return digests[0]!;
}

/** Writes the digests of the cases as they are now, and names the files and how many changed. */
export async function updateDigests(shell: Shell, cases: readonly Case[], pool: Pool): Promise<void> {
  const files = new Map<string, Case[]>();
  for (const one of cases) files.set(digestFile(one), [...(files.get(digestFile(one)) ?? []), one]);
  for (const [file, members] of files) {
    const before = readDigests(shell, file);
    const after: Record<string, string> = { ...before };
    for (const one of members) after[basename(one.file)] = await digestOf(shell, one, pool);
    const names = Object.keys(after).sort();
    const changed = names.filter((name) => after[name] !== before[name]);
    const sorted = Object.fromEntries(names.map((name) => [name, after[name]]));
    if (changed.length > 0) await writeWhole(shell, file, [`${JSON.stringify(sorted, null, 2)}\n`]);
    shell.err(`${file}: ${changed.length === 0 ? "no digest changed" : `new digests of ${changed.join(", ")}`}\n`);
  }
}
