/** The processes of a recorder under the eye of a guard, who ends them when the recorder is gone. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FOLDER_PREFIX } from "./guard.ts";

export class Crew {
  /** What the processes run. */
  readonly entry: string;
  /** For everything that the recording writes before its traces. */
  readonly folder: string;
  private readonly guard: ChildProcess;

  constructor(entry = bundledEntry()) {
    this.entry = entry;
    this.folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
    this.guard = spawn(process.execPath, [entry, "guard", this.folder], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.guard.on("error", () => {});
    this.guard.stdin?.on("error", () => {});
    this.guard.unref();
  }

  add(pid: number | undefined): void {
    if (pid !== undefined) this.guard.stdin?.write(`+${pid}\n`);
  }

  remove(pid: number | undefined): void {
    if (pid !== undefined) this.guard.stdin?.write(`-${pid}\n`);
  }

  /** All done: the guard goes, and the folder with it. */
  async dismiss(): Promise<void> {
    const gone = new Promise((resolve) => this.guard.once("exit", resolve));
    this.guard.ref();
    this.guard.stdin?.end();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, 3000);
    });
    if (this.guard.exitCode === null) await Promise.race([gone, timeout]);
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Beside the bundle that this file ends up in. */
function bundledEntry(): string {
  const path = fileURLToPath(new URL("./sim-node.js", import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: recording needs the built package (npm run build)`);
  return path;
}
