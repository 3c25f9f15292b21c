/** The one line that brings a failure back. */
export interface Invocation {
  readonly file: string;
  readonly seed?: string | undefined;
  readonly set: readonly string[];
  readonly strict: boolean;
  /** Free choices were drawn from the seed, as in a run over many seeds. */
  readonly explore: boolean;
}

export function reproduceLine({ file, seed, set, strict, explore }: Invocation): string {
  const words = ["sim", "run", file];
  if (seed !== undefined) words.push(explore ? "--seeds" : "--seed", explore ? `${seed}..${seed}` : seed);
  for (const assignment of set) words.push("--set", assignment);
  if (strict) words.push("--strict");
  return words.map(quoted).join(" ");
}

/** As a POSIX shell reads it back; plain words stay plain. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
