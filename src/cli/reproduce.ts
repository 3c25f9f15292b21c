/** The one line that brings a failure back. */
export interface Invocation {
  readonly file: string;
  readonly seed: string;
  readonly set: readonly string[];
  readonly strict: boolean;
}

export function reproduceLine({ file, seed, set, strict }: Invocation): string {
  const words = ["sim", "run", file, "--seed", seed];
  for (const assignment of set) words.push("--set", assignment);
  if (strict) words.push("--strict");
  return commandLine(words);
}

/** Words as they are pasted into a shell. */
export const commandLine = (words: readonly string[]): string => words.map(quoted).join(" ");

/** As a POSIX shell reads it back; plain words stay plain. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A run that broke off: what broke it, and how to see that again. */
export class BrokenRun extends Error {
  override readonly name = "BrokenRun";
  readonly line: string;

  constructor(cause: unknown, line: string) {
    super("the run broke off", { cause });
    this.line = line;
  }
}

/** Does the run; whatever it throws carries the line that brings it back. */
export async function reproducible<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new BrokenRun(error, reproduceLine(invocation));
  }
}
