/** `--check-determinism`: the same run in two fresh processes, compared line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { differenceText, firstDifference } from "../trace/compare-lines.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Invocation } from "./reproduce.ts";
import { painter, type Shell } from "./shell.ts";

export async function checkDeterminism(shell: Shell, invocation: Invocation, quiet: boolean): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-"));
  const children = new Set<ChildProcess>();
  const cleanUp = (): void => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = (): void => {
    cleanUp();
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  try {
    const files = [join(folder, "first.jsonl"), join(folder, "second.jsonl")] as const;
    await Promise.all(files.map((file) => traceInto(shell, invocation, file, children)));
    return compare(shell, [linesOf(files[0]), linesOf(files[1])], quiet);
  } finally {
    process.off("SIGINT", interrupted);
    cleanUp();
  }
}

type Lines = readonly string[];

export function compare(shell: Shell, [first, second]: readonly [Lines, Lines], quiet: boolean): ExitCode {
  const paint = painter(shell.errColor);
  const difference = firstDifference(first, second);
  if (difference === undefined) {
    if (!quiet) shell.err(`${paint("green", "deterministic:")} two processes wrote the same ${first.length} lines\n`);
    return EXIT.ok;
  }
  shell.err(`${paint("red", "nondeterministic:")} two processes ran the same scenario with the same seed\n`);
  shell.err(differenceText(difference, ["first process", "second process"]));
  return EXIT.nondeterministic;
}

const linesOf = (file: string): Lines => readFileSync(file, "utf8").trimEnd().split("\n");

function traceInto(
  shell: Shell,
  { file, seed, set }: Invocation,
  out: string,
  children: Set<ChildProcess>,
): Promise<void> {
  const [command = process.execPath, ...leading] = shell.self;
  const changes = set.flatMap((one) => ["--set", one]);
  const words = [...leading, "trace", file, "--to", "jsonl", "--out", out, "--seed", seed, ...changes];
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: shell.cwd, env: shell.env, stdio: ["ignore", "ignore", "pipe"] });
    children.add(child);
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      talk += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      children.delete(child);
      if (code === 0) resolve();
      else
        reject(new Failure(`a run in its own process ended with ${signal ?? `code ${code}`}\n${talk}`, EXIT.internal));
    });
  });
}
