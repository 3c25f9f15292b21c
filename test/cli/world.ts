/** Runs commands in this process, with a folder of their own and everything they print kept. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { ExitCode } from "../../src/cli/exit-code.ts";
import { main } from "../../src/cli/main.ts";
import type { Shell } from "../../src/cli/shell.ts";

export interface Said {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly folder: string;
  readonly sim: (...argv: string[]) => Promise<Said>;
}

export function world(files: Readonly<Record<string, string>> = {}, changes: Partial<Shell> = {}): World {
  const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, sim: (...argv) => say(folder, argv, changes) };
}

async function say(cwd: string, argv: readonly string[], changes: Partial<Shell>): Promise<Said> {
  const said = { out: "", err: "" };
  const shell: Shell = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    cwd,
    env: {},
    watched: false,
    outColor: false,
    errColor: false,
    self: [],
    ...changes,
  };
  return { code: await main(argv, shell), ...said };
}
