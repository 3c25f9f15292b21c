/** `sim run --seeds`: every distinct outcome, how often it came, and one seed that shows it. */
import { OutcomeTally } from "../trace/outcome.ts";
import { OUTCOMES_MAX, outcomesText } from "../trace/report-outcomes.ts";
import { execute, type Loaded, outcome, styleOf } from "./engine.ts";
import { EXIT, type ExitCode, gravest } from "./exit-code.ts";
import { progress } from "./progress.ts";
import { type Invocation, reproduceLine, reproducible } from "./reproduce.ts";
import { type RunOptions, warnOfRun } from "./run.ts";
import { eachSeed, type SeedRange, seedCount } from "./seeds.ts";
import type { Shell } from "./shell.ts";

export interface SeedsResult {
  readonly code: ExitCode;
  readonly document: object;
}

export async function runSeeds(
  shell: Shell,
  loaded: Loaded,
  { range, options, invocation }: { range: SeedRange; options: RunOptions; invocation: Invocation },
): Promise<SeedsResult> {
  const tally = new OutcomeTally();
  const summaries = new OutcomeTally();
  const failed: string[] = [];
  const bar = progress(shell, loaded.plan.name, seedCount(range));
  let code: ExitCode = EXIT.ok;
  for (const seed of eachSeed(range)) {
    const finished = await reproducible({ ...invocation, seed }, () => execute(loaded, seed));
    if (tally.runs === 0) code = warnOfRun(shell, finished, options);
    const { full, summary } = outcome(finished);
    tally.add(seed, full);
    summaries.add(seed, summary);
    if (finished.verdict !== EXIT.ok) failed.push(seed);
    code = gravest(code, finished.verdict);
    bar.at(tally.runs);
  }
  bar.end();
  const scenario = loaded.plan.name;
  const show = (seed: string): string => reproduceLine({ ...invocation, seed });
  const shares = tally.shares();
  if (!options.json && !(options.quiet && code === EXIT.ok)) {
    const many = shares.length > OUTCOMES_MAX;
    const shown = many ? { shares: summaries.shares(), distinct: shares.length } : { shares };
    shell.out(outcomesText({ scenario, runs: tally.runs, ...shown, reproduce: show }, styleOf(shell.outColor)));
  }
  if (failed[0] !== undefined)
    shell.err(`${failed.length} of ${tally.runs} runs failed\nreproduce: ${show(failed[0])}\n`);
  const document = { scenario, seeds: range, runs: tally.runs, failed: failed.length };
  return { code, document: { ...document, outcomes: shares, summaries: summaries.shares() } };
}
