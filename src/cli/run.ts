/** `sim run`: one scenario or several, with one seed or many. */
import { InvalidArgumentError } from "commander";
import type { Finished, Loaded } from "./engine.ts";
import { EXIT, type ExitCode, gravest } from "./exit-code.ts";
import { Failure, Findings } from "./failure.ts";
import { readScenario, writeWhole } from "./files.ts";
import type { Setup } from "./main.ts";
import { type Invocation, reproduceLine, reproducible } from "./reproduce.ts";
import { parseSeeds } from "./seeds.ts";
import { painter, type Shell } from "./shell.ts";

export interface RunOptions {
  readonly seed?: string;
  readonly seeds?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly trace?: string;
  readonly until?: string;
  readonly profile?: string;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  readonly checkDeterminism?: boolean;
}

const EXAMPLES = `Examples:
  sim run late-joiner.json
  sim run --seed 7 --set network.profile=wan late-joiner.json
  sim run --seeds 1..200 late-joiner.json       every outcome, its count, one seed that shows it
  sim run --json late-joiner.json | jq .flows
`;

/** Collects a repeatable option. */
export function assignment(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[^=\s]+=/.test(text)) throw new InvalidArgumentError("It takes the form path=value.");
  return [...before, text];
}

export function addRun({ program, shell, action }: Setup): void {
  program
    .command("run")
    .summary("run scenarios and judge their expectations")
    .description("Runs scenarios and judges their expectations.")
    .argument("<file...>", "scenario files")
    .option("--seed <seed>", "seed of every random stream (default: the scenario's)")
    .option("--seeds <range>", 'many runs, "1..200" or a count: the distribution of outcomes')
    .option("--set <path=value>", "change a value of the scenario, may be repeated", assignment)
    .option("--profile <name>", "latencies and costs: loopback, lan, wan, ideal")
    .option("--until <time>", 'end the run at this time at the latest, "5s"')
    .option("--json", "one JSON document on stdout")
    .option("--trace <file>", "write every event as JSON Lines")
    .option("--strict", "treat warnings as errors")
    .option("--quiet", "print only what failed")
    .option("--check-determinism", "run twice in separate processes and compare every event")
    .addHelpText("before", EXAMPLES)
    .action(action((files: string[], options: RunOptions) => runAll(shell, files, options)));
}

/** --profile and --until are short forms of --set. */
export function assignments(options: Pick<RunOptions, "set" | "profile" | "until">): string[] {
  const set = [...(options.set ?? [])];
  if (options.profile !== undefined) set.push(`network.profile=${options.profile}`);
  if (options.until !== undefined) set.push(`until=${options.until}`);
  return set;
}

async function runAll(shell: Shell, files: readonly string[], options: RunOptions): Promise<ExitCode> {
  refuseContradictions(files, options);
  let exitCode: ExitCode = EXIT.ok;
  const documents: unknown[] = [];
  for (const file of files) {
    if (files.length > 1 && !options.json && !options.quiet) shell.out(`${file}\n`);
    const { code, document } = await runFile(shell, file, options);
    exitCode = gravest(exitCode, code);
    documents.push(document);
  }
  if (options.json) shell.out(`${JSON.stringify(files.length === 1 ? documents[0] : { runs: documents }, null, 2)}\n`);
  return exitCode;
}

function refuseContradictions(files: readonly string[], options: RunOptions): void {
  if (options.seed !== undefined && options.seeds !== undefined)
    throw new Failure("--seed and --seeds exclude each other");
  if (options.seeds !== undefined && options.trace !== undefined)
    throw new Failure("--trace takes one run: use --seed instead of --seeds");
  if (options.seeds !== undefined && options.checkDeterminism)
    throw new Failure("--check-determinism takes one run: use --seed instead of --seeds");
  if (files.length > 1 && options.trace !== undefined) throw new Failure("--trace takes one scenario");
  if (options.seed === "") throw new Failure("--seed is empty");
}

interface FileResult {
  readonly code: ExitCode;
  /** For --json. */
  readonly document: object;
}

async function runFile(shell: Shell, file: string, options: RunOptions): Promise<FileResult> {
  const { load } = await import("./engine.ts");
  const set = assignments(options);
  const source = readScenario(shell, file);
  const loaded = load({ ...source, set, color: shell.errColor });
  const seed = options.seed ?? loaded.plan.seed;
  const invocation: Invocation = { file, seed, set, strict: options.strict === true };
  warn(shell, loaded, options);
  if (options.seeds !== undefined) {
    const { runSeeds } = await import("./run-seeds.ts");
    return runSeeds(shell, loaded, { range: parseSeeds(options.seeds), options, invocation });
  }
  return runOnce(shell, loaded, options, invocation, source);
}

async function runOnce(
  shell: Shell,
  loaded: Loaded,
  options: RunOptions,
  invocation: Invocation,
  source: { readonly text: string; readonly file: string },
): Promise<FileResult> {
  const { execute, json, report } = await import("./engine.ts");
  const echo = options.json || options.quiet ? {} : { echo: shell.out };
  const finished = await reproducible(invocation, () => execute(loaded, invocation.seed, echo));
  const reproduce = reproduceLine(invocation);
  if (options.trace !== undefined) await writeTrace(shell, finished, options.trace);
  let code = finished.verdict;
  const shows = !options.json && !(options.quiet && code === EXIT.ok);
  if (shows) shell.out(report(finished, loaded, reproduce, shell.outColor));
  code = gravest(code, warnOfRun(shell, finished, options));
  const { cycleText } = await import("./waiting.ts");
  const cycle = cycleText(finished, loaded.expectations, source, shell.errColor);
  if (cycle !== "") {
    shell.err(cycle);
    code = gravest(code, EXIT.usage);
  }
  if (options.checkDeterminism) {
    const { checkDeterminism } = await import("./determinism.ts");
    code = gravest(code, await checkDeterminism(shell, invocation, options.quiet === true));
  }
  // The report ends with this line when an expectation failed.
  if (code !== EXIT.ok && !(shows && code === EXIT.expectationFailed)) shell.err(`reproduce: ${reproduce}\n`);
  return { code, document: json(finished, loaded) };
}

async function writeTrace(shell: Shell, { record }: Finished, file: string): Promise<void> {
  const { traceChunks } = await import("./trace-forms.ts");
  await writeWhole(shell, file, traceChunks(record));
}

function warn(shell: Shell, loaded: Loaded, options: RunOptions): void {
  if (loaded.warnings === "") return;
  if (options.strict) throw new Findings(`${loaded.warnings}warnings are errors under --strict\n`);
  if (!options.quiet) shell.err(loaded.warnings);
}

/** What the simulator accepted and did not model; the report lists it, --strict refuses it. */
export function warnOfRun(shell: Shell, { record }: Finished, options: Pick<RunOptions, "strict">): ExitCode {
  if (!options.strict || record.warnings.length === 0) return EXIT.ok;
  const paint = painter(shell.errColor);
  for (const { id, text } of record.warnings) shell.err(`${paint("red", "error")} ${id}: ${text}\n`);
  return EXIT.usage;
}
