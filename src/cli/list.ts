/** `sim list`: scenarios with what they are about, in a reader's order. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, fileFailure } from "./failure.ts";
import { packageFolder, readScenarioText } from "./files.ts";
import type { Setup } from "./main.ts";
import { painter, type Shell } from "./shell.ts";

const EXAMPLES = `Examples:
  sim list                the scenarios that come with this package
  sim list scenarios/     those of a folder
`;

export interface Listed {
  /** The file's name without ".json". */
  readonly name: string;
  readonly path: string;
  readonly about: string;
}

export function addList({ program, shell, action }: Setup): void {
  program
    .command("list")
    .summary("list scenarios and what they are about")
    .description("Lists the scenarios of a folder, or those that come with this package.")
    .argument("[dir]", "folder to look in")
    .option("--json", "one JSON document on stdout")
    .addHelpText("before", EXAMPLES)
    .action(action((dir: string | undefined, { json }: { json?: boolean }) => list(shell, dir, json === true)));
}

/** The scenarios that come with this package. */
export const examplesFolder = (): string => join(packageFolder(), "scenarios");

async function list(shell: Shell, dir: string | undefined, json: boolean): Promise<ExitCode> {
  const folder = dir ?? (existsSync(resolve(shell.cwd, "scenarios")) ? "scenarios" : examplesFolder());
  const found = await scenariosIn(shell, folder);
  if (found.length === 0) throw new Failure(`no scenarios in ${folder}`);
  if (json) shell.out(`${JSON.stringify(found, null, 2)}\n`);
  else shell.out(table(found, shell.outColor));
  return EXIT.ok;
}

/** In the order in which the folder's README.md names them, then by name; other JSON files are no scenarios. */
export async function scenariosIn(shell: Shell, folder: string): Promise<Listed[]> {
  const { parse } = await import("jsonc-parser");
  const listed: Listed[] = [];
  for (const name of jsonFiles(shell, folder)) {
    const path = join(folder, name);
    const value: unknown = parse(readScenarioText(shell, path), [], { allowTrailingComma: true });
    if (typeof value !== "object" || value === null || !("nodes" in value)) continue;
    const about = "about" in value && typeof value.about === "string" ? value.about : "";
    listed.push({ name: name.replace(/\.jsonc?$/, ""), path, about });
  }
  return inReadersOrder(listed, readmeOf(resolve(shell.cwd, folder)));
}

function readmeOf(folder: string): string {
  try {
    return readFileSync(join(folder, "README.md"), "utf8");
  } catch {
    return "";
  }
}

function inReadersOrder(listed: readonly Listed[], readme: string): Listed[] {
  const place = ({ path }: Listed): number => {
    const at = readme.indexOf(`(${basename(path)})`);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  return [...listed].sort((a, b) => place(a) - place(b));
}

function jsonFiles(shell: Shell, folder: string): string[] {
  const absolute = resolve(shell.cwd, folder);
  try {
    if (!statSync(absolute).isDirectory()) throw new Failure(`${folder} is no folder`);
    return readdirSync(absolute, { encoding: "utf8" })
      .filter((name) => /\.jsonc?$/.test(name) && !name.endsWith(".schema.json"))
      .sort();
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("list", folder, error);
  }
}

export function table(listed: readonly Listed[], color: boolean): string {
  const paint = painter(color);
  const width = Math.max(...listed.map(({ name }) => name.length));
  return listed.map(({ name, about }) => `${paint("bold", name.padEnd(width))}  ${about}\n`).join("");
}
