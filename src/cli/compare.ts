/** `sim compare`: traces, folders of traces or scenarios against each other. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plan } from "../program/plan.ts";
import type { RunRecord } from "../run/record.ts";
import type { Side } from "../trace/compare.ts";
import type { Run } from "../trace/facts.ts";
import type { Trace } from "../trace/format.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, fileFailure } from "./failure.ts";
import { readProfile, readScenario, readTraceText } from "./files.ts";
import type { Setup } from "./main.ts";
import { progress } from "./progress.ts";
import { assignment } from "./run.ts";
import { eachSeed, parseSeeds, seedCount } from "./seeds.ts";
import type { Shell } from "./shell.ts";

interface CompareOptions {
  readonly seeds: string;
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly json?: boolean;
  readonly timing?: boolean;
}

const EXAMPLES = `Examples:
  sim compare late-joiner.json late-joiner.real     simulate over 200 seeds, compare with recorded runs
  sim compare before.jsonl after.jsonl              two traces
  sim compare late-joiner.json mine.jsonl           a trace of your own program (see "foreign traces" in the docs)
`;

export function addCompare({ program, shell, action }: Setup): void {
  program
    .command("compare")
    .summary("hold runs against each other, simulated or real")
    .description(
      "Compares traces, folders of traces, or a scenario that is simulated now; the last line is the verdict.",
    )
    .argument("<a>", "trace, folder of traces, or scenario")
    .argument("<b>", "the other side")
    .option("--seeds <range>", "seeds to simulate a scenario with", "1..200")
    .option("--set <path=value>", "change a value of the scenario, may be repeated", assignment)
    .option("--profile <name>", "latencies and costs: a shipped profile, or a file that sim calibrate wrote")
    .option("--timing", "judge latencies and connection attempts, too")
    .option("--json", "one JSON document on stdout")
    .addHelpText("before", EXAMPLES)
    .action(action((a: string, b: string, options: CompareOptions) => compare(shell, [a, b], options)));
}

async function compare(shell: Shell, names: readonly [string, string], options: CompareOptions): Promise<ExitCode> {
  const { compareSides } = await import("../trace/compare.ts");
  const { comparisonJson, comparisonText, judge } = await import("../trace/compare-report.ts");
  const { styleOf } = await import("./engine.ts");
  const [a, b] = await bothSides(shell, names, options);
  refuseStrangers(a, b);
  const judged = judge(compareSides(a, b, await interchangeable(shell, names, options)), options.timing === true);
  shell.out(
    options.json
      ? `${JSON.stringify(comparisonJson(judged), null, 2)}\n`
      : await comparisonText(judged, styleOf(shell.outColor)),
  );
  return judged.verdict === "differs" ? EXIT.expectationFailed : EXIT.ok;
}

/** Traces first, since they say under which conditions the real runs were made. */
async function bothSides(
  shell: Shell,
  names: readonly [string, string],
  options: CompareOptions,
): Promise<readonly [Side, Side]> {
  const until = (await comparedPlan(shell, names, options))?.until;
  const traced = await Promise.all(
    names.map((name) => (kindOf(shell, name) === "scenario" ? undefined : readSide(shell, name, until))),
  );
  const real = traced.flatMap((side) => side?.runs.filter(({ header }) => header.arm === "real") ?? []);
  const side = async (at: 0 | 1): Promise<Side> => traced[at] ?? (await simulateSide(shell, names[at], options, real));
  return [await side(0), await side(1)];
}

/** Undefined when there are traces on both sides. */
async function comparedPlan(
  shell: Shell,
  names: readonly string[],
  options: CompareOptions,
): Promise<Plan | undefined> {
  const file = names.find((name) => kindOf(shell, name) === "scenario");
  if (file === undefined) return undefined;
  const { load } = await import("./engine.ts");
  return load({ ...readScenario(shell, file), set: options.set ?? [], color: false }).plan;
}

async function interchangeable(shell: Shell, names: readonly string[], options: CompareOptions): Promise<Set<string>> {
  const plan = await comparedPlan(shell, names, options);
  const { interchangeableThreads } = await import("../run/align.ts");
  return plan === undefined ? new Set() : interchangeableThreads(plan);
}

function kindOf(shell: Shell, path: string): "scenario" | "trace" | "folder" {
  try {
    if (statSync(resolve(shell.cwd, path)).isDirectory()) return "folder";
  } catch (error) {
    throw fileFailure("read", path, error);
  }
  return path.endsWith(".jsonl") ? "trace" : "scenario";
}

async function readSide(shell: Shell, path: string, until: number | undefined): Promise<Side> {
  const files = kindOf(shell, path) === "trace" ? [path] : tracesIn(shell, path);
  const { runOf } = await import("../trace/facts.ts");
  const read = await traceReader(shell);
  const runs: Run[] = [];
  for (const file of files) {
    const trace = read(file);
    const { incomplete } = trace.header;
    if (incomplete === undefined) runs.push(runOf({ name: file, trace, until, events: () => read(file).events }));
    else shell.err(`${file} is left out: its run broke off (${incomplete})\n`);
  }
  if (runs.length === 0) throw new Failure(`${path} has no complete trace`);
  return { name: path, runs };
}

/** Our own traces, and those of programs that only log their calls. */
async function traceReader(shell: Shell): Promise<(file: string) => Trace> {
  const { readTrace } = await import("./trace-forms.ts");
  const { ForeignError, isForeign, parseForeign } = await import("../real/foreign.ts");
  return (file) => {
    const text = readTraceText(shell, file);
    if (!isForeign(text)) return readTrace(text, file);
    try {
      return parseForeign(text);
    } catch (error) {
      throw error instanceof ForeignError ? new Failure(`${file}:${error.line}: ${error.message}`) : error;
    }
  };
}

function tracesIn(shell: Shell, folder: string): string[] {
  const names = readdirSync(resolve(shell.cwd, folder)).filter((name) => name.endsWith(".jsonl"));
  if (names.length === 0) throw new Failure(`${folder} holds no traces (files that end in .jsonl)`);
  return names.sort((x, y) => x.length - y.length || (x < y ? -1 : 1)).map((name) => join(folder, name));
}

/**
 * Every seed draws other latencies and choices. What the application draws stays, as it did for real,
 * and so do the times at which real threads came to their work: one recorded run after the other lends
 * its own. Links that are declared slow are fast, as they were between the real processes.
 */
async function simulateSide(shell: Shell, file: string, options: CompareOptions, real: readonly Run[]): Promise<Side> {
  const { load, simulatePlan } = await import("./engine.ts");
  const { planHash } = await import("../run/plan-hash.ts");
  const { runOf } = await import("../trace/facts.ts");
  const { alignedPlan } = await import("../run/align.ts");
  const { plan: declared, path } = load({
    ...readScenario(shell, file),
    set: options.set ?? [],
    color: shell.errColor,
  });
  const plan = withProfile(shell, declared, options.profile);
  // A profile of this machine makes it no other scenario.
  const scenarioHash = planHash(declared);
  const range = parseSeeds(options.seeds);
  const bar = progress(shell, `simulating ${plan.name}`, seedCount(range));
  const runs: Run[] = [];
  for (const seed of eachSeed(range)) {
    const partner = real[runs.length % Math.max(1, real.length)];
    const own = partner === undefined ? plan : alignedPlan(plan, partner.starts);
    const appSeed = partner?.header.seed ?? plan.seed;
    const simulated = (): Promise<RunRecord> => simulatePlan(path, own, { seed, exploreChoices: true, appSeed });
    const { header, events, endTime } = await simulated();
    runs.push(
      runOf({
        name: `seed ${seed}`,
        trace: { header: { ...header, scenarioHash }, events },
        endTime,
        until: plan.until,
        events: async () => (await simulated()).events,
      }),
    );
    bar.at(runs.length);
  }
  bar.end();
  return { name: file, runs };
}

function withProfile(shell: Shell, plan: Plan, profile: string | undefined): Plan {
  if (profile === undefined) return plan;
  return {
    ...plan,
    network: { ...plan.network, profile: profile.endsWith(".json") ? readProfile(shell, profile) : profile },
  };
}

/** Foreign traces need not name their scenario. */
function refuseStrangers(a: Side, b: Side): void {
  const headers = [...a.runs, ...b.runs].map(({ header }) => header);
  const names = [...new Set(headers.map(({ scenario }) => scenario).filter((name) => name !== ""))];
  if (names.length > 1) throw new Failure(`these are traces of different scenarios: ${names.join(", ")}`);
  const hashes = new Set(headers.map(({ scenarioHash }) => scenarioHash).filter((hash) => hash !== ""));
  if (hashes.size > 1) {
    throw new Failure(
      `these are runs of different versions of ${names[0] ?? "the scenario"}: record it again, with the same --set`,
    );
  }
}
