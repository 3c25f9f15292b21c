/** Fuzz programs in processes of their own, which libzmq may end at any time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disagreement } from "./differential.ts";
import type { Program } from "./fuzz.ts";

export interface Found {
  readonly index: number;
  readonly disagreement: Disagreement;
}

export interface BatchResult {
  readonly agreed: ReadonlySet<number>;
  readonly found: readonly Found[];
  /** Had begun when the process died. */
  readonly unfinished: readonly number[];
  readonly crashed: boolean;
  /** libzmq's last words. */
  readonly words: string;
}

/** A program in which libzmq itself ends the process; null when no single program does so by itself. */
export interface Crash {
  readonly words: string;
  readonly program: Program | null;
}

type Outcome =
  | { readonly kind: "agrees" }
  | { readonly kind: "disagrees"; readonly disagreement: Disagreement }
  | { readonly kind: "crashes"; readonly words: string };

/** A batch takes some seconds; a process that takes longer than this has come to a halt. */
const RUN_MS_MAX = 180_000;
/** An abort may be a race. */
const TRIES = 3;

export const runBatch = (seed: number, indices: readonly number[]): BatchResult =>
  spawned(["--seed", String(seed), "--indices", indices.join(",")]);

/** The program in a process of its own. */
export function alone(program: Program, tries = TRIES): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-fuzz-"));
  try {
    const file = join(folder, "program.json");
    writeFileSync(file, JSON.stringify(program));
    let outcome: Outcome = { kind: "agrees" };
    for (let count = 0; count < tries; count++) {
      const { crashed, words, found } = spawned(["--program", file]);
      if (crashed) return { kind: "crashes", words };
      const [one] = found;
      if (one !== undefined) outcome = { kind: "disagrees", disagreement: one.disagreement };
    }
    return outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Leaves out steps as long as libzmq goes on to abort. */
export function smallestCrash(program: Program, words: string): Crash {
  let best = program;
  for (let at = best.steps.length - 1; at >= 0; at--) {
    const smaller = { ...best, steps: best.steps.filter((_, index) => index !== at) };
    if (alone(smaller, 1).kind === "crashes") best = smaller;
  }
  return { words, program: best };
}

/** A process that is aborted cleans up nothing, so its temporary folder is ours. */
function spawned(args: readonly string[]): BatchResult {
  const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-fuzz-"));
  try {
    return resultOf(args, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(args: readonly string[], folder: string): BatchResult {
  const run = spawnSync(process.execPath, ["--no-warnings", process.argv[1] as string, ...args], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder },
    timeout: RUN_MS_MAX,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 28,
  });
  const begun = new Set<number>();
  const agreed = new Set<number>();
  const found: Found[] = [];
  for (const line of run.stdout.split("\n")) {
    const [, word, index, rest] = /^(begins|agrees|found) (\d+) ?(.*)$/.exec(line) ?? [];
    if (word === "begins") begun.add(Number(index));
    else if (word === "agrees") agreed.add(Number(index));
    else if (word === "found")
      found.push({ index: Number(index), disagreement: JSON.parse(rest as string) as Disagreement });
  }
  const over = new Set([...agreed, ...found.map(({ index }) => index)]);
  const last = run.stderr.split("\n").find((line) => /Assertion|rror|\(src/.test(line));
  const words = last ?? (run.signal === "SIGKILL" ? "none: it waits for ever" : `signal ${run.signal}`);
  return {
    agreed,
    found,
    unfinished: [...begun].filter((index) => !over.has(index)),
    crashed: run.status !== 0,
    // Without the paths of whoever built the library.
    words: words.replace(/\(\/[^)]*\/(\w+\.cpp:\d+)\)/, "($1)").trim(),
  };
}
