/** `--check-determinism`: the same run in two fresh processes, compared event by event. */
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Invocation } from "./reproduce.ts";
import { painter, type Shell } from "./shell.ts";

/** Lines of context shown before the first difference. */
const CONTEXT = 3;

export async function checkDeterminism(shell: Shell, invocation: Invocation, quiet: boolean): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-"));
  try {
    const files = [join(folder, "first.jsonl"), join(folder, "second.jsonl")] as const;
    await Promise.all(files.map((file) => traceInto(shell, invocation, file)));
    const result = await firstDifference(...files);
    const paint = painter(shell.errColor);
    if (result.same) {
      if (!quiet) shell.err(`${paint("green", "deterministic:")} two processes wrote the same ${result.lines} lines\n`);
      return EXIT.ok;
    }
    shell.err(`${paint("red", "nondeterministic:")} two processes differ from line ${result.line} on\n`);
    for (const line of result.before) shell.err(`    ${line}\n`);
    shell.err(`  1 ${result.first ?? "(ended)"}\n  2 ${result.second ?? "(ended)"}\n`);
    return EXIT.nondeterministic;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function traceInto(shell: Shell, { file, seed, set }: Invocation, out: string): Promise<void> {
  const [command = process.execPath, ...leading] = shell.self;
  const words = [
    ...leading,
    "trace",
    file,
    "--to",
    "jsonl",
    "--out",
    out,
    "--seed",
    seed,
    ...set.flatMap((one) => ["--set", one]),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: shell.cwd, env: shell.env, stdio: ["ignore", "ignore", "pipe"] });
    const end = (): void => void child.kill();
    process.once("exit", end);
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      talk += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("exit", end);
      if (code === 0) resolve();
      else
        reject(
          new Failure(`the run in a process of its own ended with ${signal ?? `code ${code}`}\n${talk}`, EXIT.internal),
        );
    });
  });
}

type Difference =
  | { readonly same: true; readonly lines: number }
  | {
      readonly same: false;
      readonly line: number;
      readonly before: readonly string[];
      readonly first: string | undefined;
      readonly second: string | undefined;
    };

export async function firstDifference(firstFile: string, secondFile: string): Promise<Difference> {
  const first = linesOf(firstFile);
  const second = linesOf(secondFile);
  const before: string[] = [];
  try {
    for (let line = 1; ; line++) {
      const [a, b] = await Promise.all([first.next(), second.next()]);
      if (a.done && b.done) return { same: true, lines: line - 1 };
      if (a.done || b.done || a.value !== b.value) {
        return { same: false, line, before, first: a.done ? undefined : a.value, second: b.done ? undefined : b.value };
      }
      before.push(a.value);
      if (before.length > CONTEXT) before.shift();
    }
  } finally {
    await Promise.all([first.return(undefined), second.return(undefined)]);
  }
}

async function* linesOf(file: string): AsyncGenerator<string, undefined> {
  yield* createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  return undefined;
}
