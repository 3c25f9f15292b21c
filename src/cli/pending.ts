/** Stands in for what other layers are about to bring. */
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";

export function simulate(_plan: Plan, _options: SimulateOptions): RunRecord {
  throw new Error("not wired in yet");
}
