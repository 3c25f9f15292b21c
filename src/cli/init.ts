/** `sim init`: an example as a scenario of one's own. */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { packageFolder, readScenarioText, writeWhole } from "./files.ts";
import { examplesFolder, scenariosIn, table } from "./list.ts";
import type { Setup } from "./main.ts";
import { schemaPath } from "./schema.ts";
import type { Shell } from "./shell.ts";

const EXAMPLES = `Examples:
  sim init                             which examples there are
  sim init --example late-joiner       writes late-joiner.json here
`;

export function addInit({ program, shell, action }: Setup): void {
  program
    .command("init")
    .summary("write an example scenario to start from")
    .description("Writes an example scenario into the current folder; never over an existing file.")
    .option("--example <name>", "which example")
    .addHelpText("before", EXAMPLES)
    .action(action(({ example }: { example?: string }) => init(shell, example)));
}

async function init(shell: Shell, name: string | undefined): Promise<ExitCode> {
  const examples = await scenariosIn(shell, examplesFolder());
  if (name === undefined) {
    shell.out(table(examples, shell.outColor));
    shell.err("\nsim init --example NAME writes one of them here.\n");
    return EXIT.ok;
  }
  const example = examples.find((one) => one.name === name.replace(/\.json$/, ""));
  if (!example)
    throw new Failure(
      await unknownExample(
        name,
        examples.map((one) => one.name),
      ),
    );
  const target = `${example.name}.json`;
  if (existsSync(resolve(shell.cwd, target))) throw new Failure(`${target} exists already; it was left as it is`);
  await writeWhole(shell, target, [await withSchema(readScenarioText(shell, example.path), shell.cwd)]);
  shell.err(`wrote ${target}: ${example.about}\nnext: sim run ${target}\n`);
  return EXIT.ok;
}

async function unknownExample(name: string, names: readonly string[]): Promise<string> {
  const { didYouMean } = await import("../scenario/nearest.ts");
  const hint = didYouMean(name, names);
  return `there is no example "${name}"${hint === undefined ? "" : `; ${hint}`} (sim init lists them)`;
}

/** Points "$schema" at the installed schema, so that an editor completes and checks the file; comments stay. */
async function withSchema(text: string, folder: string): Promise<string> {
  const { applyEdits, modify } = await import("jsonc-parser");
  const options = { formattingOptions: { insertSpaces: true, tabSize: 2 }, getInsertionIndex: () => 0 };
  return applyEdits(text, modify(text, ["$schema"], schemaReference(folder), options));
}

/** Relative when the package is installed for this folder or one above it, so that the project can move; else a file URL. */
function schemaReference(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const installed = join(at, "node_modules", "zeromq-sim", "scenarios", "scenario.schema.json");
    if (existsSync(installed)) return relativePath(folder, installed);
    if (at === packageFolder()) return relativePath(folder, schemaPath("scenario"));
    if (at === dirname(at)) return pathToFileURL(schemaPath("scenario")).href;
  }
}

function relativePath(from: string, to: string): string {
  const path = relative(from, to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
