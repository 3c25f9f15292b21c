/**
 * Outlives the recorder, whatever ends it: when its standard input closes it kills the processes
 * that it was told of and removes the folder of the recording.
 */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline";

export const FOLDER_PREFIX = "zeromq-sim-record-";

/** Reads lines "+PID" and "-PID". */
export function guard(folder: string): void {
  const pids = new Set<number>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const pid = Number(line.slice(1));
    if (line.startsWith("+")) pids.add(pid);
    else pids.delete(pid);
  });
  lines.on("close", () => {
    for (const pid of pids) killQuietly(pid);
    if (isOurs(folder)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
}

/** Removes nothing but what a recorder made. */
const isOurs = (folder: string): boolean =>
  dirname(resolve(folder)) === resolve(tmpdir()) && basename(folder).startsWith(FOLDER_PREFIX);

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}
