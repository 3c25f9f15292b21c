/** Runs the built command in a process of its own, with a folder for everything temporary. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { parseTrace, type Trace } from "../../src/trace/format.ts";

export const ROOT = join(import.meta.dirname, "../..");

export interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Bench {
  readonly folder: string;
  /** Where the recorder keeps what it removes in the end. */
  readonly temporary: string;
  readonly sim: (...words: string[]) => Promise<Done>;
  readonly start: (...words: string[]) => { readonly child: ChildProcess; readonly done: Promise<Done> };
  readonly trace: (path: string) => Trace;
}

export function bench(files: Readonly<Record<string, unknown>> = {}, dist = inject("bundles")): Bench {
  const folder = mkdtempSync(join(tmpdir(), "zs-real-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  const start: Bench["start"] = (...words) => {
    const env = { ...process.env, TMPDIR: temporary, NO_COLOR: "1" };
    const child = spawn(process.execPath, [join(dist, "sim.js"), ...words], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { child, done: finished(child) };
  };
  return {
    folder,
    temporary,
    start,
    sim: (...words) => start(...words).done,
    trace: (path) => parseTrace(readFileSync(join(folder, path), "utf8")),
  };
}

function finished(child: ChildProcess): Promise<Done> {
  const said = { out: "", err: "" };
  child.stdout?.on("data", (text) => {
    said.out += text;
  });
  child.stderr?.on("data", (text) => {
    said.err += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}

/** Processes that belong to a recording with this temporary folder. */
export function processesOf({ temporary }: Bench): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(temporary, "zeromq-sim-record-"));
    } catch {
      return false;
    }
  });
}

export async function until(holds: () => boolean, ms = 5000): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return holds();
}

export const left = ({ temporary }: Bench): string[] => readdirSync(temporary);
