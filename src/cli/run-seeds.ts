/** `sim run --seeds`: every distinct outcome, how often it came, and one seed that shows it. */
import { execute, type Finished, type Loaded } from "./engine.ts";
import { EXIT, type ExitCode, gravest } from "./exit-code.ts";
import { progress } from "./progress.ts";
import { type Invocation, reproduceLine, reproducible } from "./reproduce.ts";
import { type RunOptions, warnOfRun } from "./run.ts";
import { eachSeed, type SeedRange, seedCount } from "./seeds.ts";
import { painter, type Shell } from "./shell.ts";

interface Outcome {
  readonly text: string;
  /** The first seed that showed it. */
  readonly seed: string;
  readonly verdict: ExitCode;
  count: number;
}

export function runSeeds(
  shell: Shell,
  loaded: Loaded,
  range: SeedRange,
  options: RunOptions,
  invocation: Invocation,
): { code: ExitCode; document: unknown } {
  const total = seedCount(range);
  const outcomes = new Map<string, Outcome>();
  const bar = progress(shell, loaded.plan.name, total);
  let code: ExitCode = EXIT.ok;
  let done = 0;
  for (const seed of eachSeed(range)) {
    const finished = reproducible({ ...invocation, seed }, () => execute(loaded, seed));
    if (done === 0) code = gravest(code, warnOfRun(shell, finished, options));
    count(outcomes, finished, seed);
    code = gravest(code, finished.verdict);
    bar.at(++done);
  }
  bar.end();
  const sorted = [...outcomes.values()].sort((a, b) => b.count - a.count || Number(a.seed) - Number(b.seed));
  if (!options.json && !(options.quiet && code === EXIT.ok)) shell.out(distribution(sorted, total, shell.outColor));
  const failing = sorted.find(({ verdict }) => verdict !== EXIT.ok);
  if (failing) shell.err(`\nreproduce: ${reproduceLine({ ...invocation, seed: failing.seed })}\n`);
  const json = sorted.map(({ text, seed, verdict, count }) => ({
    outcome: text,
    count,
    share: count / total,
    seed,
    ok: verdict === EXIT.ok,
  }));
  return { code, document: { scenario: loaded.plan.name, seeds: range, runs: total, outcomes: json } };
}

function count(outcomes: Map<string, Outcome>, finished: Finished, seed: string): void {
  const key = `${finished.verdict} ${finished.outcome}`;
  const known = outcomes.get(key);
  if (known) known.count++;
  else outcomes.set(key, { text: finished.outcome, seed, verdict: finished.verdict, count: 1 });
}

function distribution(outcomes: readonly Outcome[], total: number, color: boolean): string {
  const paint = painter(color);
  const lines = outcomes.map(({ text, seed, verdict, count }) => {
    const share = `${((100 * count) / total).toFixed(1)} %`;
    const mark = verdict === EXIT.ok ? paint("green", "ok  ") : paint("red", "FAIL");
    return `${String(count).padStart(String(total).length)}  ${share.padStart(7)}  ${mark}  ${text}  ${paint("dim", `(seed ${seed})`)}`;
  });
  const kinds = outcomes.length === 1 ? "1 outcome" : `${outcomes.length} outcomes`;
  return `${kinds} over ${total} seeds\n${lines.join("\n")}\n`;
}
