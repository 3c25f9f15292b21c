/** Choice points: what is free in reality (ties between threads, crossing greetings) and decided here. */
import { assertNever, invariant } from "./invariant.ts";
import type { RandomStream, RandomStreams } from "./random.ts";

/** Who decides. `record` (default true) keeps the log, which grows with every choice. */
export type ChoicesOptions =
  | { readonly mode: "default"; readonly record?: boolean }
  | { readonly mode: "seeded"; readonly record?: boolean }
  | { readonly mode: "replay"; readonly log: readonly number[]; readonly record?: boolean };

/** A choice log that does not fit the run: other scenario, other version, or cut off. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
  /** Position in the log, from 0. */
  readonly position: number;
  /** Label of the choice that could not be replayed. */
  readonly label: string;

  constructor(position: number, label: string, problem: string) {
    super(
      `choice ${position} ("${label}") cannot be replayed: ${problem}; was the log recorded with another scenario, seed or version?`,
    );
    this.position = position;
    this.label = label;
  }
}

export class Choices {
  private readonly options: ChoicesOptions;
  private readonly recording: boolean;
  private readonly stream: RandomStream;
  private readonly values: number[] = [];
  private readonly labelList: string[] = [];
  private position = 0;

  constructor(options: ChoicesOptions, random: RandomStreams) {
    this.options = options;
    this.recording = options.record ?? true;
    this.stream = random.stream("choices");
  }

  /** The values chosen so far, in order: enough to replay the run. Empty without recording. */
  get log(): readonly number[] {
    return this.values;
  }

  /** What each value of the log decided. */
  get labels(): readonly string[] {
    return this.labelList;
  }

  /** Is anything decided here? By default the first alternative is taken, and hot paths need not ask. */
  get open(): boolean {
    return this.options.mode !== "default";
  }

  /** Choices made so far, recorded or not. */
  get count(): number {
    return this.position;
  }

  /**
   * One of 0 to n - 1 (n >= 1). A choice among one is none: it is not recorded and draws nothing.
   * Throws ReplayError when the log to replay is at its end, or has a value out of range.
   */
  choose(label: string, n: number): number {
    invariant(Number.isInteger(n) && n >= 1, `choice "${label}" has nothing to choose from`);
    if (n === 1) return 0;
    const value = this.decide(label, n);
    this.position++;
    if (this.recording) {
      this.values.push(value);
      this.labelList.push(label);
    }
    return value;
  }

  private decide(label: string, n: number): number {
    const options = this.options;
    switch (options.mode) {
      case "default":
        return 0;
      case "seeded":
        return this.stream.int(n);
      case "replay":
        return this.replay(options.log, label, n);
      default:
        return assertNever(options);
    }
  }

  private replay(log: readonly number[], label: string, n: number): number {
    const value = log[this.position];
    if (value === undefined) throw new ReplayError(this.position, label, `the log ends after ${log.length} choices`);
    if (!Number.isInteger(value) || value < 0 || value >= n) {
      throw new ReplayError(this.position, label, `the log has ${value}, allowed are 0 to ${n - 1}`);
    }
    return value;
  }
}
