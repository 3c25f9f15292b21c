/** Which scenarios `sim test` tests: files by glob, with their expectations and seeds. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "jsonc-parser";
import { glob } from "tinyglobby";
import { sha256 } from "../../journal/sha256.ts";
import { Source } from "../../scenario/source.ts";
import { load } from "../engine.ts";
import { Failure, Findings } from "../failure.ts";
import { readScenario } from "../files.ts";
import { eachSeed, parseSeeds } from "../seeds.ts";
import type { Shell } from "../shell.ts";
import type { Case, Invalid } from "./model.ts";

export interface FindOptions {
  readonly globs: readonly string[];
  readonly seeds?: string;
  readonly set: readonly string[];
  /** Only scenarios whose file or sentence has this in it. */
  readonly filter?: string;
  readonly strict: boolean;
}

export interface FoundCases {
  readonly cases: readonly Case[];
  readonly invalid: readonly Invalid[];
  readonly idle: readonly string[];
}

export async function findCases(shell: Shell, options: FindOptions): Promise<FoundCases> {
  const cases: Case[] = [];
  const invalid: Invalid[] = [];
  const idle: string[] = [];
  for (const { file, named } of await scenarioFiles(shell, options.globs)) {
    const scenario = readScenario(shell, file);
    if (!named && !isScenario(scenario.text)) continue;
    if (!passes(options.filter, file, scenario.text)) continue;
    try {
      const found = openCase(scenario, options);
      if (found.expectations.length === 0) idle.push(file);
      else cases.push(found);
    } catch (error) {
      if (!(error instanceof Findings)) throw error;
      const line = Number(/^[^\n]*?:(\d+):\d+: error/.exec(error.message)?.[1] ?? 1);
      invalid.push({ file, text: error.message, line });
    }
  }
  return { cases, invalid, idle };
}

function passes(filter: string | undefined, file: string, text: string): boolean {
  if (filter === undefined) return true;
  const about = (parse(text, [], { allowTrailingComma: true }) as { about?: unknown } | undefined)?.about;
  return `${file}\n${typeof about === "string" ? about : ""}`.toLowerCase().includes(filter.toLowerCase());
}

function openCase(scenario: ReturnType<typeof readScenario>, { seeds, set, strict }: FindOptions): Case {
  const loaded = load({ ...scenario, set, color: false });
  if (strict && loaded.warnings !== "") throw new Findings(`${loaded.warnings}warnings are errors under --strict\n`);
  const source = new Source(scenario.text);
  const expectations = loaded.expectations.map(({ pointer, text, probability }) => {
    const place = source.position(source.span(pointer).offset);
    return { pointer, ...place, text, ...(probability === undefined ? {} : { probability }) };
  });
  const { seed, about } = loaded.plan;
  const found: Case = {
    file: scenario.file,
    about,
    advice: loaded.advice,
    hash: sha256(JSON.stringify([scenario.text, set])),
    seed,
    seeds: seedsOf(seeds, loaded.seeds, seed),
    set,
    expectations,
  };
  refuseSharesOfOne(found);
  return found;
}

function seedsOf(option: string | undefined, wanted: number | undefined, own: string): string[] {
  if (option !== undefined) return [...eachSeed(parseSeeds(option))];
  return wanted === undefined || wanted === 1 ? [own] : [...eachSeed({ first: 1, last: wanted })];
}

/** One run says nothing about a probability. */
function refuseSharesOfOne({ file, seeds, expectations }: Case): void {
  const share = expectations.find(({ probability }) => probability !== undefined);
  if (share === undefined || seeds.length > 1) return;
  throw new Findings(
    `${file}:${share.line}:${share.column}: error ZS511: a probability needs many seeds, and there is one\n` +
      `  hint: give the scenario "seeds": 200, or the command --seeds 200\n`,
  );
}

/** Other JSON files beside scenarios are no scenarios; a file with an unreadable text may be one. */
function isScenario(text: string): boolean {
  const errors: unknown[] = [];
  const value: unknown = parse(text, errors as never, { allowTrailingComma: true });
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return "nodes" in value || (errors.length > 0 && "about" in value);
}

interface FoundFile {
  readonly file: string;
  /** By its own name, so that it has to be a scenario. */
  readonly named: boolean;
}

const EVERYWHERE = ["**/*.json", "**/*.jsonc"];
const IGNORED = ["**/node_modules/**", "**/*.schema.json", "**/package*.json", "**/sim-digests.json"];

/** In the order of the patterns, each pattern's files by name; a file counts once. */
async function scenarioFiles(shell: Shell, patterns: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns.map((one) => one.replaceAll("\\", "/"))) {
    const kind = kindOf(shell, pattern);
    if (kind === "file") found.set(pattern, { file: pattern, named: true });
    else
      for (const file of await expand(shell, pattern, kind))
        if (!found.has(file)) found.set(file, { file, named: false });
  }
  return [...found.values()];
}

function kindOf(shell: Shell, pattern: string): "file" | "folder" | "pattern" {
  const stat = statSync(resolve(shell.cwd, pattern), { throwIfNoEntry: false });
  if (stat?.isDirectory()) return "folder";
  if (stat !== undefined) return "file";
  if (/[*?{}[\]!]/.test(pattern)) return "pattern";
  throw new Failure(`cannot test ${pattern}: no such file or folder`);
}

async function expand(shell: Shell, pattern: string, kind: "folder" | "pattern"): Promise<string[]> {
  const folder = pattern.replace(/\/+$/, "");
  const within = kind === "folder" ? EVERYWHERE.map((one) => (folder === "." ? one : `${folder}/${one}`)) : [pattern];
  const files = await glob(within, { cwd: shell.cwd, ignore: IGNORED, expandDirectories: false });
  return files.sort();
}
