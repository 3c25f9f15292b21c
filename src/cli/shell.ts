/** The world as a command sees it, so that commands run in tests without a process of their own. */
import { styleText } from "node:util";

export interface Shell {
  /** Data. */
  readonly out: (text: string) => void;
  /** Talk: progress, warnings, hints, errors. */
  readonly err: (text: string) => void;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody watches stderr, so that progress may redraw its line. */
  readonly watched: boolean;
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Starts this very program again: executable and leading arguments. */
  readonly self: readonly string[];
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export const painter =
  (color: boolean): Paint =>
  (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text;

/** FORCE_COLOR decides first, then NO_COLOR, TERM=dumb, and whether the stream is a terminal. */
export function wantsColor(env: Shell["env"], isTerminal: boolean): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if (env["NO_COLOR"]) return false;
  return isTerminal && env["TERM"] !== "dumb";
}

export function processShell(): Shell {
  const { env, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    cwd: process.cwd(),
    env,
    watched: stderr.isTTY === true && env["TERM"] !== "dumb" && !env["CI"],
    outColor: wantsColor(env, stdout.isTTY === true),
    errColor: wantsColor(env, stderr.isTTY === true),
    self: [process.execPath, process.argv[1] ?? ""],
  };
}
