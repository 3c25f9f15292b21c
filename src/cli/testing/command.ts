/** What `sim test` and `sim merge-reports` do: find, run, judge, report. */
import { readdirSync, statSync, watch } from "node:fs";
import { join, resolve } from "node:path";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { Failure, fileFailure } from "../failure.ts";
import { readTraceText } from "../files.ts";
import { progress, rateText } from "../progress.ts";
import type { Shell } from "../shell.ts";
import { filesOf, nothingFound, type TestOptions } from "../test.ts";
import { mergeBlobs, parseBlob } from "./blob.ts";
import { parseShare, runTwice, SHARE_IN_CI, sampleOf } from "./determinism-sample.ts";
import { checkDigests, updateDigests } from "./digests.ts";
import { findCases } from "./find.ts";
import { exitCodeOf, judge } from "./judge.ts";
import type { Case, CaseResults, DigestCheck, Shard, Tested } from "./model.ts";
import { openPool, type Pool } from "./pool.ts";
import { prepareFiles, reportingOf, writeReports } from "./reporters/write.ts";
import { runCases, seedsFor } from "./run-cases.ts";
import { parseShard } from "./shard.ts";

export async function testAll(shell: Shell, globs: readonly string[], options: TestOptions): Promise<ExitCode> {
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  const share = shareOf(shell, options);
  const reporting = reportingOf(shell, { ...options, files: filesOf(options) });
  prepareFiles(shell, reporting);
  const { filter, seeds } = options;
  const found = await findCases(shell, {
    globs,
    set: options.set ?? [],
    strict: options.strict === true,
    ...(filter === undefined ? {} : { filter }),
    ...(seeds === undefined ? {} : { seeds }),
  });
  if (found.cases.length === 0 && found.invalid.length === 0) {
    const where = globs.join(", ") + (filter === undefined ? "" : ` with "${filter}"`);
    return nothingFound(options.passWithNoScenarios === true, where);
  }
  const results = await runAll(shell, found.cases, { options, shard, share });
  const tested: Tested = { ...found, results };
  const report = judge(tested, shard);
  await writeReports(shell, reporting, { report, tested, shard });
  return exitCodeOf(report);
}

const shareOf = ({ env }: Shell, { checkDeterminism }: TestOptions): number =>
  checkDeterminism !== undefined ? parseShare(checkDeterminism) : env["CI"] ? SHARE_IN_CI : 0;

interface RunAllOptions {
  readonly options: TestOptions;
  readonly shard: Shard | undefined;
  readonly share: number;
}

async function runAll(
  shell: Shell,
  cases: readonly Case[],
  { options, shard, share }: RunAllOptions,
): Promise<CaseResults[]> {
  const total = cases.reduce((sum, one) => sum + seedsFor(one, shard).length, 0);
  const { bail, workers } = options;
  const pool = await openPool({ runs: total, ...(workers === undefined ? {} : { workers }) });
  const bar = progress(shell, "sim test", total);
  const begun = Date.now();
  let done = 0;
  try {
    const onRuns = (count: number): void => {
      done += count;
      bar.at(done);
    };
    const limits = { ...(shard === undefined ? {} : { shard }), ...(bail === undefined ? {} : { bail }) };
    const results = await runCases(cases, pool, { cwd: shell.cwd, onRuns, ...limits });
    bar.end();
    const took = (Date.now() - begun) / 1000;
    const checked = await checkTwice(shell, { cases, results, share, pool });
    const digests = options.update ? new Map() : await checkDigests(shell, cases, { pool, shard });
    if (options.update) await updateDigests(shell, cases, pool);
    const twice = checked.runs === 0 ? "" : `; ${checked.runs} of them twice more, in two processes`;
    shell.err(`${done} runs in ${took.toFixed(1)} s, ${rateText(done / Math.max(took, 0.001))}${twice}\n`);
    return cases.map((one, at) => ({
      ...results[at]!,
      unsteady: checked.unsteady.get(one) ?? [],
      ...withDigest(digests.get(one)),
    }));
  } finally {
    bar.end();
    await pool.close();
  }
}

const withDigest = (digest: DigestCheck | undefined): { digest?: DigestCheck } =>
  digest === undefined ? {} : { digest };

interface Sampling {
  readonly cases: readonly Case[];
  readonly results: readonly CaseResults[];
  readonly share: number;
  readonly pool: Pool;
}

const checkTwice = (shell: Shell, { cases, results, share, pool }: Sampling): ReturnType<typeof runTwice> =>
  runTwice(shell, sampleOf(cases, results, share), pool);

/** Until it is interrupted. */
export async function watchAll(shell: Shell, globs: readonly string[], options: TestOptions): Promise<ExitCode> {
  for (;;) {
    try {
      await testAll(shell, globs, { ...options, passWithNoScenarios: true });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      shell.err(`${error.message}\n`);
    }
    shell.err("watching for changes; Ctrl-C ends\n");
    await changeIn(shell.cwd);
  }
}

/** Editors write a file in several steps: the last one within this time counts. */
const SETTLE_MS = 100;
const WATCHED = /(?<!sim-digests)\.jsonc?$/;

function changeIn(folder: string): Promise<void> {
  return new Promise((done, failed) => {
    let timer: NodeJS.Timeout | undefined;
    const watcher = watch(folder, { recursive: true }, (_event, name) => {
      if (name === null || !WATCHED.test(name) || name.includes("node_modules")) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        watcher.close();
        done();
      }, SETTLE_MS);
    });
    watcher.on("error", failed);
  });
}

export async function mergeReports(shell: Shell, paths: readonly string[], options: TestOptions): Promise<ExitCode> {
  const reporting = reportingOf(shell, { ...options, files: filesOf(options) });
  const files = paths.flatMap((path) => blobFiles(shell, path));
  if (files.length === 0)
    throw new Failure(`no blobs in ${paths.join(", ")}; sim test --shard i/n --reporter blob writes them`);
  const blobs = files.map((file) => ({ file, blob: parseBlob(readTraceText(shell, file), file) }));
  prepareFiles(shell, reporting);
  const tested = mergeBlobs(blobs);
  const report = judge(tested);
  await writeReports(shell, reporting, { report, tested, shard: undefined });
  return report.scenarios.length === 0 ? EXIT.ok : exitCodeOf(report);
}

function blobFiles(shell: Shell, path: string): string[] {
  const absolute = resolve(shell.cwd, path);
  try {
    if (!statSync(absolute).isDirectory()) return [path];
    return readdirSync(absolute)
      .filter((name) => name.endsWith(".jsonl"))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw fileFailure("read", path, error);
  }
}
