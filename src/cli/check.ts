/** `sim check`: the scenario's form and meaning, without running it. */
import { EXIT, type ExitCode } from "./exit-code.ts";
import { readScenario } from "./files.ts";
import type { Setup } from "./main.ts";
import { assignment } from "./run.ts";
import { painter, type Shell } from "./shell.ts";

const EXAMPLES = `Examples:
  sim check late-joiner.json
  sim check --strict scenarios/*.json
`;

interface CheckOptions {
  readonly set?: readonly string[];
  readonly strict?: boolean;
  readonly quiet?: boolean;
}

export function addCheck({ program, shell, action }: Setup): void {
  program
    .command("check")
    .summary("check scenarios without running them")
    .description("Checks scenarios against the schema and for meaning; all problems at once.")
    .argument("<file...>", "scenario files")
    .option("--set <path=value>", "change a value first, may be repeated", assignment)
    .option("--strict", "treat warnings as errors")
    .option("--quiet", "print only problems")
    .addHelpText("before", EXAMPLES)
    .action(action((files: string[], options: CheckOptions) => checkAll(shell, files, options)));
}

async function checkAll(shell: Shell, files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const { check } = await import("./engine.ts");
  const paint = painter(shell.outColor);
  let exitCode: ExitCode = EXIT.ok;
  for (const file of files) {
    const result = check({ ...readScenario(shell, file), set: options.set ?? [], color: shell.errColor });
    const good = result.errors === 0 && !(options.strict && result.warnings > 0);
    if (result.text !== "") shell.err(result.text);
    if (!good) exitCode = EXIT.usage;
    else if (!options.quiet)
      shell.out(
        `${paint("green", "ok")} ${file}${result.warnings > 0 ? ` (${counted(result.warnings, "warning")})` : ""}\n`,
      );
  }
  return exitCode;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
