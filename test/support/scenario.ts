/** Runs a scenario given as an object: for what needs programs, threads and blocking calls. */
import { expect } from "vitest";
import type { CallEvent, TraceEvent } from "../../src/journal/events.ts";
import type { RunRecord, SimulateOptions } from "../../src/run/record.ts";
import { simulate } from "../../src/run/simulate.ts";
import { compileScenario } from "../../src/scenario/compile.ts";

/** Without costs unless the scenario says otherwise. Errors of the scenario fail the test. */
export function run(scenario: Readonly<Record<string, unknown>>, options?: SimulateOptions): RunRecord {
  const whole = { about: "A test.", network: { profile: "ideal" }, ...scenario };
  const { plan, issues } = compileScenario(JSON.stringify(whole), { file: "test.json" });
  expect(issues.filter(({ severity }) => severity === "error")).toEqual([]);
  if (plan === null) throw new Error("no plan");
  return simulate(plan, options);
}

/** Calls of a kind by a socket, in order. */
export const calls = (record: RunRecord, call: string, socket?: string): CallEvent[] =>
  record.events.filter(
    (event: TraceEvent): event is CallEvent =>
      event.ev === "call" && event.call === call && (socket === undefined || event.socket === socket),
  );

/** Frames of what a socket received, each message joined by "|". */
export const received = (record: RunRecord, socket: string): string[] =>
  calls(record, "recv", socket).flatMap(({ result, frames }) => (result === "ok" ? [(frames ?? []).join("|")] : []));
