/** Stands in for what other layers are about to bring. */
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import type { Expectation } from "../scenario/expectation.ts";
import type { Issue } from "../scenario/issue.ts";

export interface CompileOptions {
  readonly file: string;
  readonly set: readonly string[];
}

export interface Compiled {
  readonly plan: Plan | undefined;
  readonly expectations: readonly Expectation[];
  readonly issues: readonly Issue[];
}

export function compileScenario(_text: string, _options: CompileOptions): Compiled {
  throw new Error("not wired in yet");
}

export function simulate(_plan: Plan, _options: SimulateOptions): RunRecord {
  throw new Error("not wired in yet");
}
