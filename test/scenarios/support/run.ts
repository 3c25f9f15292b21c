/** The shipped scenarios, run as `sim run` runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check, type Finished, finished, type Loaded, load } from "../../../src/cli/engine.ts";
import { runPrepared } from "../../../src/trace/scenario-run.ts";

export const FOLDER = join(import.meta.dirname, "../../../scenarios");

/** Names of the scenario files, sorted. */
export const NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"))
  .map((file) => file.replace(/\.json$/, ""))
  .sort();

export const text = (name: string): string => readFileSync(join(FOLDER, `${name}.json`), "utf8");

const source = (name: string, set: readonly string[]) => ({
  text: text(name),
  file: `${name}.json`,
  set,
  color: false,
});

export const remarks = (name: string): string => check(source(name, [])).text;
export const loadScenario = (name: string, set: readonly string[] = []): Loaded => load(source(name, set));

const execute = (loaded: Loaded, seed: string): Finished => finished(runPrepared(loaded, seed));

export function run(name: string, set: readonly string[] = []): Finished {
  const loaded = loadScenario(name, set);
  return execute(loaded, loaded.plan.seed);
}

/** What `describe` says of a run, with the number of seeds from 1 on that it was said of. */
export function tally(
  name: string,
  seeds: number,
  describe: (finished: Finished) => string,
  set: readonly string[] = [],
): Map<string, number> {
  const loaded = loadScenario(name, set);
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = describe(execute(loaded, String(seed)));
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

/** Numbers of the messages that one socket got, in the order of sending: "1,2". */
export function received({ analysis }: Finished, receiver: string): string {
  return analysis.messages
    .filter(({ deliveries }) => deliveries.some((one) => one.receiver === receiver && one.fate === "delivered"))
    .map(({ number }) => number)
    .join();
}
