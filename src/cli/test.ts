/** `sim test`: the expectations of all scenarios, over their seeds, on all cores. */
import { InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Setup } from "./main.ts";
import { assignment } from "./run.ts";
import type { Shell } from "./shell.ts";
import type { ReporterName } from "./testing/reporters/write.ts";

export interface TestOptions {
  readonly seeds?: string;
  readonly set?: readonly string[];
  readonly shard?: string;
  readonly reporter?: readonly string[];
  readonly outputFile?: string;
  readonly filter?: string;
  readonly bail?: number;
  readonly workers?: number;
  readonly watch?: boolean;
  readonly update?: boolean;
  readonly strict?: boolean;
  readonly checkDeterminism?: string | true;
  readonly passWithNoScenarios?: boolean;
}

const EXAMPLES = `Examples:
  sim test                               every scenario below this folder that expects something
  sim test scenarios/ --seeds 200
  sim test --shard 2/4 --reporter blob   one of four machines; sim merge-reports puts them together
  sim test --reporter default --reporter junit --output-file.junit=report.xml
`;

/** The names stand here, too, so that help loads nothing. */
const WITH_FILES: readonly ReporterName[] = ["default", "verbose", "json", "junit", "github", "blob"];

export function addTest({ program, shell, action }: Setup): void {
  const command = program
    .command("test")
    .summary("test all scenarios with expectations")
    .description("Tests scenarios: every expectation, over many seeds, on all cores.")
    .argument("[glob...]", "files, folders or patterns", ["."])
    .option("--seeds <range>", '"1..200" or a count (default: the scenario\'s "seeds", or its own seed)')
    .option("--filter <text>", "only scenarios with this in their name or sentence")
    .option("--shard <i/n>", "only this part of the runs", undefined)
    .option("--bail <count>", "stop after so many failing runs", whole)
    .option("--set <path=value>", "change a value of every scenario, may be repeated", assignment)
    .option("--watch", "test again when a file changes")
    .option("--update", "store the digests of the runs in sim-digests.json")
    .option("--check-determinism [share]", "do so many of the runs twice (in CI 5%)")
    .option("--strict", "treat warnings as errors")
    .option("--workers <count>", "threads; 0 = none beside this one (default: one per core)", whole)
    .option("--pass-with-no-scenarios", "finding nothing to test is no error");
  addReporting(command)
    .addHelpText("before", EXAMPLES)
    .action(
      action(async (globs: string[], options: TestOptions) => {
        refuseContradictions(shell, options);
        const { testAll, watchAll } = await import("./testing/command.ts");
        return options.watch ? watchAll(shell, globs, options) : testAll(shell, globs, options);
      }),
    );
}

/** --reporter and --output-file, which merge-reports has, too. */
function addReporting(command: import("commander").Command): import("commander").Command {
  command
    .option("--reporter <name>", WITH_FILES.join(", "), (name: string, before: readonly string[] = []) => [
      ...before,
      name,
    ])
    .option("--output-file <file>", "of the reporter; of one of several: --output-file.junit=FILE");
  for (const name of WITH_FILES) command.addOption(new Option(`--output-file.${name} <file>`).hideHelp());
  return command;
}

export function filesOf(options: object): Partial<Record<ReporterName, string>> {
  const given = options as Readonly<Record<string, string | undefined>>;
  return Object.fromEntries(
    WITH_FILES.map((name) => [name, given[`outputFile.${name}`]]).filter(([, file]) => file !== undefined),
  );
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}

function refuseContradictions({ env }: Shell, options: TestOptions): void {
  if (options.bail === 0) throw new Failure("--bail 0 would stop before anything ran");
  if (options.bail !== undefined && options.shard !== undefined)
    throw new Failure("--bail and --shard exclude each other: a shard that stops early cannot be merged");
  if (options.update && env["CI"])
    throw new Failure("--update is refused in CI: digests are approved where they are looked at");
  if (options.update && (options.set !== undefined || options.shard !== undefined))
    throw new Failure("--update stores the runs of the scenarios as they are: without --set and --shard");
  if (options.watch && env["CI"]) throw new Failure("--watch would never end in CI");
}

export function addMergeReports({ program, shell, action }: Setup): void {
  const command = program
    .command("merge-reports")
    .summary("put the reports of shards together")
    .description("Merges what sim test --reporter blob wrote for each shard into one report.")
    .argument("[blob...]", "files or a folder", [".sim-blobs"]);
  addReporting(command)
    .addHelpText("before", MERGE_EXAMPLES)
    .action(
      action(async (paths: string[], options: TestOptions): Promise<ExitCode> => {
        const { mergeReports } = await import("./testing/command.ts");
        return mergeReports(shell, paths, options);
      }),
    );
}

const MERGE_EXAMPLES = `Examples:
  sim merge-reports                        the blobs in .sim-blobs/
  sim merge-reports blobs/ --reporter junit --output-file report.xml
`;

export const nothingFound = (allowed: boolean, where: string): ExitCode => {
  if (allowed) return EXIT.ok;
  throw new Failure(`no scenario with expectations matched ${where} (--pass-with-no-scenarios allows that)`);
};
