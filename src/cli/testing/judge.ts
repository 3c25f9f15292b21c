/** From what came of the runs to what is said about them; the same for one run of everything and for merged shards. */
import { MODEL, VERSION } from "../../journal/version.ts";
import { judgeShare } from "../../trace/over-seeds.ts";
import { EXIT, type ExitCode, gravest } from "../exit-code.ts";
import { commandLine, reproduceLine } from "../reproduce.ts";
import type {
  Case,
  CaseExpectation,
  CaseResults,
  ExpectationReport,
  Invalid,
  ScenarioReport,
  SeedResult,
  Shard,
  Status,
  Tested,
  TestReport,
  Trouble,
} from "./model.ts";

export function judge({ cases, results, invalid, idle }: Tested, shard?: Shard): TestReport {
  const scenarios = [
    ...invalid.map(invalidReport),
    ...cases.map((one, at) => judgeCase(one, results[at]!, shard !== undefined)),
  ].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const totals = { passed: 0, failed: 0, open: 0, error: 0, runs: 0 };
  for (const { status, runs } of scenarios) {
    totals[status]++;
    totals.runs += runs;
  }
  return { tool: VERSION, model: MODEL, scenarios, idle, totals, ...(shard === undefined ? {} : { shard }) };
}

/** The verdict of a part leaves open what only the whole can tell. */
export function exitCodeOf({ scenarios, shard }: TestReport): ExitCode {
  let code: ExitCode = EXIT.ok;
  for (const { expectations, troubles } of scenarios) {
    for (const { kind } of troubles) code = gravest(code, TROUBLE_CODES[kind]);
    for (const { status } of expectations) {
      if (status === "failed") code = gravest(code, EXIT.expectationFailed);
      if (status === "open" && shard === undefined) code = gravest(code, EXIT.inconclusive);
    }
  }
  return code;
}

const TROUBLE_CODES: Readonly<Record<Trouble["kind"], ExitCode>> = {
  invalid: EXIT.usage,
  limit: EXIT.internal,
  internal: EXIT.internal,
  nondeterminism: EXIT.nondeterministic,
  digest: EXIT.expectationFailed,
};

function invalidReport({ file, text }: Invalid): ScenarioReport {
  const [first = "", ...detail] = text.trimEnd().split("\n");
  const trouble: Trouble = { kind: "invalid", message: first, detail, reproduce: commandLine(["sim", "check", file]) };
  return { file, about: "", advice: "", status: "error", runs: 0, expectations: [], troubles: [trouble] };
}

/** How many of the runs in `results`, in order of the seeds, it takes; all, unless shares alone are at stake. */
export function runsNeeded({ expectations, seeds }: Case, results: readonly SeedResult[]): number {
  let needed = 0;
  for (const [at, { probability }] of expectations.entries()) {
    if (probability === undefined) return results.length;
    const { status, runs } = judgeShare(outcomesOf(results, at), seeds.length, probability);
    if (status === "open") return results.length;
    needed = Math.max(needed, runs);
  }
  return needed;
}

/** Whether more runs could change nothing. */
export const sharesDecided = ({ expectations, seeds }: Case, results: readonly SeedResult[]): boolean =>
  expectations.every(
    ({ probability }, at) =>
      probability !== undefined && judgeShare(outcomesOf(results, at), seeds.length, probability).status !== "open",
  );

const outcomesOf = (results: readonly SeedResult[], at: number): boolean[] =>
  results.map(({ broken, error }) => error === undefined && !broken.some((one) => one.at === at));

function judgeCase(one: Case, { results, unsteady, digest }: CaseResults, partial: boolean): ScenarioReport {
  const used = partial ? results : results.slice(0, runsNeeded(one, results));
  const expectations = one.expectations.map((expectation, at) =>
    judgeExpectation(one, { expectation, at, used, partial }),
  );
  const troubles = [...brokenOff(one, used)];
  for (const { seed, detail } of unsteady)
    troubles.push({
      kind: "nondeterminism",
      message: `two processes ran seed ${seed} and did not see the same`,
      detail,
      reproduce: `${reproduceLine(invocation(one, seed))} --check-determinism`,
    });
  if (digest !== undefined && digest.stored !== digest.now)
    troubles.push({
      kind: "digest",
      message: "the run is not the one whose digest is stored",
      detail: [`stored: ${digest.stored}`, `now:    ${digest.now}`, "if that is meant: sim test --update"],
      reproduce: reproduceLine(invocation(one, one.seed)),
    });
  const { file, about, advice } = one;
  const status = troubles.length > 0 ? "error" : worstOf(expectations.map((expectation) => expectation.status));
  return { file, about, advice, status, runs: used.length, expectations, troubles };
}

const RANK: readonly Status[] = ["passed", "open", "failed", "error"];
const worstOf = (statuses: readonly Status[]): Status =>
  statuses.reduce((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), "passed");

const invocation = ({ file, set }: Case, seed: string) => ({ file, seed, set, strict: false });

/** Runs that ended before their end, by kind. */
function* brokenOff(one: Case, results: readonly SeedResult[]): Generator<Trouble> {
  for (const kind of ["internal", "limit"] as const) {
    const hit = results.filter(({ error }) => error?.kind === kind);
    const first = hit[0];
    if (first?.error === undefined) continue;
    const { message } = first.error;
    const share = results.length === 1 ? "" : `${hit.length} of ${results.length} runs broke off; seed ${first.seed}: `;
    yield { kind, message: `${share}${message}`, detail: [], reproduce: reproduceLine(invocation(one, first.seed)) };
  }
}

interface Judging {
  readonly expectation: CaseExpectation;
  readonly at: number;
  readonly used: readonly SeedResult[];
  readonly partial: boolean;
}

function judgeExpectation(one: Case, { expectation, at, used, partial }: Judging): ExpectationReport {
  const { pointer, line, column, text, probability } = expectation;
  const outcomes = outcomesOf(used, at);
  const held = outcomes.filter((ok) => ok).length;
  const base = { pointer, line, column, text, runs: used.length, held };
  const example = exampleOf(used, at);
  if (probability === undefined) {
    if (example === undefined) return { ...base, status: "passed" };
    return { ...base, status: "failed", example, reproduce: reproduceLine(invocation(one, example.seed)) };
  }
  const share = judgeShare(outcomes, one.seeds.length, probability);
  const { low, high } = share;
  const judged = { ...base, runs: share.runs, held: share.held, probability: { ...probability, low, high } };
  if (partial) return { ...judged, status: "open" };
  if (share.status === "passed") return { ...judged, status: "passed" };
  const [first = "1"] = one.seeds;
  const words = ["sim", "test", one.file, "--seeds", `${first}..${one.seeds.at(-1)}`];
  for (const assignment of one.set) words.push("--set", assignment);
  // Too often: a run in which it held is the one to look at, and there the expectation has nothing to show.
  const tooFew = probability.min !== undefined && share.held / Math.max(1, share.runs) < probability.min;
  return {
    ...judged,
    status: share.status,
    ...(tooFew && example !== undefined ? { example } : {}),
    reproduce: commandLine(words),
  };
}

function exampleOf(results: readonly SeedResult[], at: number): ExpectationReport["example"] {
  for (const { seed, broken } of results) {
    const found = broken.find((one) => one.at === at);
    if (found === undefined) continue;
    return { seed, expected: found.expected, actual: found.actual, detail: found.detail ?? [] };
  }
  return undefined;
}
