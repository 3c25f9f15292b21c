/** `sim record`: the scenario on real ZeroMQ, one process per node, traces in the simulator's format. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Surroundings } from "../real/member.ts";
import type { RecordedRun } from "../real/record.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, fileFailure } from "./failure.ts";
import { readScenario, writeWhole } from "./files.ts";
import type { Setup } from "./main.ts";
import { assignment } from "./run.ts";
import { painter, type Shell } from "./shell.ts";

interface RecordOptions {
  readonly runs: string;
  readonly out?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly with?: string;
  readonly whenReady?: string;
  readonly canaryReady?: string;
  readonly whenDone?: string;
  readonly calm?: boolean;
  readonly quiet?: boolean;
}

const RUNS_MAX = 10_000;

const EXAMPLES = `Examples:
  sim record late-joiner.json                    one real run, into late-joiner.real/run-1.jsonl
  sim record late-joiner.json --runs 20
  sim compare late-joiner.json late-joiner.real  are the real outcomes among the simulated ones?
`;

export function addRecord({ program, shell, action }: Setup): void {
  program
    .command("record")
    .summary("run a scenario on real ZeroMQ (npm zeromq)")
    .description("Runs a scenario on real ZeroMQ, one process per node, and writes the traces.")
    .argument("<file>", "scenario file")
    .option("--runs <count>", "how many runs", "1")
    .option("--out <folder>", "where the traces go (default: NAME.real)")
    .option("--seed <seed>", "seed of the application's draws, of all runs (default: the scenario's)")
    .option("--set <path=value>", "change a value of the scenario, may be repeated", assignment)
    .option("--with <command>", 'command that starts the processes: "taskset -c 0", "chrt -r 1"')
    .option("--when-ready <command>", 'run for each process before it begins, with its number: "chrt -a -r -p 1"')
    .option(
      "--canary-ready <command>",
      'instead of --when-ready for the process that feels the machine: "chrt -a -r -p 2"',
    )
    .option("--when-done <command>", 'run for each process when the run is over, before it is ended: "chrt -a -o -p 0"')
    .option(
      "--calm",
      "record a run again when the machine held it up for more than 5 ms, up to 7 times; keeps the calmest",
    )
    .option("--quiet", "no progress")
    .addHelpText("before", EXAMPLES)
    .action(action((file: string, options: RecordOptions) => recordScenario(shell, file, options)));
}

async function recordScenario(shell: Shell, file: string, options: RecordOptions): Promise<ExitCode> {
  const { load } = await import("./engine.ts");
  const runs = parseRuns(options.runs);
  const { plan, planFor, path } = load({
    ...readScenario(shell, file),
    set: options.set ?? [],
    color: shell.errColor,
  });
  const out = options.out ?? `${plan.name}.real`;
  return recordRuns(shell, {
    plan,
    planFor,
    path,
    file,
    runs,
    out,
    seed: options.seed ?? plan.seed,
    quiet: options.quiet === true,
    surroundings: surroundingsOf(shell, options),
    calm: options.calm === true,
  });
}

interface Job {
  readonly plan: import("../program/plan.ts").Plan;
  readonly planFor: (seed: string) => Job["plan"];
  /** Absolute, of the scenario. */
  readonly path: string;
  readonly file: string;
  readonly runs: number;
  readonly out: string;
  readonly seed: string;
  readonly quiet: boolean;
  readonly surroundings: Surroundings;
  readonly calm: boolean;
}

export async function recordRuns(
  shell: Shell,
  { plan, planFor, path, file, runs, out, seed, quiet, surroundings, calm }: Job,
): Promise<ExitCode> {
  const { LibraryError, obstacle, record } = await import("../real/record.ts");
  const { errorKind } = await import("../library/modules.ts");
  const problem = obstacle(plan);
  if (problem !== undefined) throw new Failure(`${file} cannot be recorded: ${problem}`);
  prepareFolder(shell, out);
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  let broken: string | undefined;
  const done = async (run: number, recorded: RecordedRun): Promise<void> => {
    const path = join(out, `run-${run}.jsonl`);
    await writeRun(shell, path, recorded);
    broken = recorded.incomplete;
    if (!quiet)
      shell.err(`${plan.name}: run ${run}/${runs}${broken === undefined ? "" : ` broke off (${broken})`} -> ${path}\n`);
  };
  try {
    await record({
      runs,
      seedOf: () => seed,
      planFor,
      scenario: path,
      ...surroundings,
      calm,
      signal: interrupt.signal,
      done,
    });
  } catch (error) {
    throw error instanceof LibraryError || errorKind(error) !== undefined
      ? new Failure((error as Error).message)
      : error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
  if (interrupt.signal.aborted) return EXIT.interrupted;
  if (broken === undefined) return EXIT.ok;
  shell.err(`${painter(shell.errColor)("red", "error:")} ${broken}\n`);
  return EXIT.internal;
}

/** What both recording and calibrating do with the processes they start. */
export const surroundingsOf = (
  { cwd }: Shell,
  options: {
    readonly with?: string;
    readonly whenReady?: string;
    readonly canaryReady?: string;
    readonly whenDone?: string;
  },
): Surroundings => ({
  cwd,
  wrapper: words(options.with),
  whenReady: words(options.whenReady),
  canaryReady: words(options.canaryReady),
  whenDone: words(options.whenDone),
});

const words = (command = ""): string[] => command.split(" ").filter((word) => word !== "");

function parseRuns(text: string): number {
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX)
    throw new Failure(`--runs takes a whole number from 1 to ${RUNS_MAX}, not "${text}"`);
  return runs;
}

function prepareFolder(shell: Shell, out: string): void {
  try {
    mkdirSync(resolve(shell.cwd, out), { recursive: true });
  } catch (error) {
    throw fileFailure("create", out, error);
  }
}

async function writeRun(shell: Shell, path: string, { header, events }: RecordedRun): Promise<void> {
  const { traceChunks } = await import("./trace-forms.ts");
  await writeWhole(shell, path, traceChunks({ header, events }));
}
