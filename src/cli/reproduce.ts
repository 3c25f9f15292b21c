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
  return words.map(quoted).join(" ");
}

/** As a POSIX shell reads it back; plain words stay plain. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
