/** Where a row of the benchmark spends its time, by source file, and its memory, by class. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Shares below this are summed up. */
const SMALL = 0.01;

/** [what, share] of the CPU time of a row, most first; `bundle` was written by esbuild and names its sources in comments. */
export async function profile(bundle, row, scratch) {
  const folder = mkdtempSync(join(scratch, "profile-"));
  await run(process.execPath, ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=250", bundle, row], {
    timeout: 600_000,
  });
  const [file] = readdirSync(folder);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), "utf8"));
  rmSync(folder, { recursive: true });
  const sourceOf = sourceFinder(bundle);
  const places = new Map(nodes.map(({ id, callFrame }) => [id, place(callFrame, bundle, sourceOf)]));
  const times = new Map();
  for (const [index, id] of samples.entries()) {
    const name = places.get(id);
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + timeDeltas[index]);
  }
  return shares(times);
}

/** Loading the program and waiting are no part of the work. */
function place({ url, lineNumber, functionName }, bundle, sourceOf) {
  if (url.endsWith(bundle)) return sourceOf(lineNumber);
  return functionName === "(garbage collector)" ? "garbage collector" : undefined;
}

function sourceFinder(bundle) {
  const starts = [];
  for (const [line, text] of readFileSync(bundle, "utf8").split("\n").entries()) {
    const found = /^\/\/ (\S+\.[cm]?[jt]s)$/.exec(text);
    if (found !== null) starts.push([line, found[1].replace(/^.*node_modules\//, "")]);
  }
  return (line) => starts.findLast(([start]) => start <= line)?.[1] ?? "loading";
}

function shares(times) {
  times.delete("loading");
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const list = [...times].map(([name, time]) => [name, time / total]).sort((a, b) => b[1] - a[1]);
  const large = list.filter(([, share]) => share >= SMALL);
  const rest = list.filter(([, share]) => share < SMALL).reduce((sum, [, share]) => sum + share, 0);
  return rest > 0 ? [...large, ["others", rest]] : large;
}

/** [class, objects, bytes] per subscriber of the idle row, most bytes first. */
export async function memory(bundle) {
  const { stdout } = await run(process.execPath, ["--expose-gc", bundle, "memory of the idle"], {
    timeout: 600_000,
    maxBuffer: 1e7,
  });
  return JSON.parse(stdout);
}
