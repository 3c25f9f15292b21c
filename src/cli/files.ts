/** Files in and out: bounded reads with plain errors, whole-file writes, the folder of this package. */
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProfileSpec } from "../program/plan.ts";
import { Failure, fileFailure } from "./failure.ts";
import type { Shell } from "./shell.ts";

/** A scenario is written by people; what is larger is some other file. */
const SCENARIO_BYTES_MAX = 16 * 1024 * 1024;
/** A string cannot hold more. */
const TRACE_BYTES_MAX = 500 * 1024 * 1024;

export const readScenarioText = (shell: Shell, path: string): string => readText(shell, path, SCENARIO_BYTES_MAX);
/** A scenario file for the checker: its text, its name, and how to read those that it names beside it. */
export function readScenario(
  shell: Shell,
  file: string,
): {
  readonly text: string;
  readonly file: string;
  readonly path: string;
  readonly read: (name: string) => string;
} {
  const read = (name: string): string => readScenarioText(shell, isAbsolute(name) ? name : join(dirname(file), name));
  return { text: readScenarioText(shell, file), file, path: resolve(shell.cwd, file), read };
}

export const readTraceText = (shell: Shell, path: string): string => readText(shell, path, TRACE_BYTES_MAX);

function readText(shell: Shell, path: string, bytesMax: number): string {
  const absolute = resolve(shell.cwd, path);
  let bytes: Buffer;
  try {
    const stat = statSync(absolute);
    if (stat.isDirectory())
      throw new Failure(`cannot read ${path}: it is a folder (sim list ${path} shows its scenarios)`);
    if (stat.size > bytesMax) throw new Failure(`cannot read ${path}: it is larger than ${bytesMax / 1024 / 1024} MiB`);
    bytes = readFileSync(absolute);
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("read", path, error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`cannot read ${path}: it is not UTF-8 text`);
  }
}

/** All or nothing: written beside the target, then renamed over it; an interruption leaves nothing behind. */
export async function writeWhole(shell: Shell, path: string, chunks: Iterable<string>): Promise<void> {
  const target = resolve(shell.cwd, path);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const interrupted = (): void => {
    rmSync(temporary, { force: true });
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  try {
    // A pipe or a device (/dev/null, a fifo) cannot be renamed over.
    const direct = existsSync(target) && !statSync(target).isFile();
    await writeChunks(direct ? target : temporary, direct ? "a" : "w", chunks);
    if (!direct) renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    // What the chunks themselves threw is no affair of the file.
    throw error instanceof Error && "code" in error ? fileFailure("write", path, error) : error;
  } finally {
    process.off("SIGINT", interrupted);
  }
}

/** Each chunk is awaited, so that signals come through while a long file is written. */
async function writeChunks(path: string, flags: "a" | "w", chunks: Iterable<string>): Promise<void> {
  const file = await open(path, flags);
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Joins lines to chunks of about 64 KiB, so that a long trace neither costs a write per line nor one huge string. */
export function* linesInChunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** The folder with package.json and scenarios/, for the sources as for the bundle. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("zeromq-sim is not installed in a package folder");
    folder = parent;
  }
  return folder;
}

/** As sim calibrate writes it. */
export function readProfile(shell: Shell, path: string): ProfileSpec {
  try {
    const value: unknown = JSON.parse(readScenarioText(shell, path));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ProfileSpec;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Failure(`${path} is no profile: sim calibrate --out ${path} writes one`);
}
