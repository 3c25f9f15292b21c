/** Scenario text -> checked plan and expectations, or all its problems at once. */
import type { Instant } from "../kernel/time.ts";
import type { Json, Plan } from "../program/plan.ts";
import { Directory } from "./directory.ts";
import type { Expectation } from "./expectation.ts";
import { compileExpectations } from "./expectations.ts";
import type { Issue } from "./issue.ts";
import { compileNetwork, compileTimeline, Hosts, nanoseconds } from "./network.ts";
import { compileNodes } from "./nodes.ts";
import { applyOverrides, splitAssignment } from "./override.ts";
import { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { checkShape, isObject } from "./shape.ts";
import { Source, under } from "./source.ts";
import { checkTopology } from "./topology.ts";
import { checkZap } from "./zap.ts";

export interface CompileOptions {
  /** Name of the file, for messages and the plan's name. */
  readonly file: string;
  /** Replaces the scenario's seed. */
  readonly seed?: string;
  /** Values to change first, by path ("nodes.publisher.startAt"), or "path=value" texts. */
  readonly set?: Readonly<Record<string, string>> | readonly string[];
}

export interface CompiledScenario {
  /** null when there are errors. */
  readonly plan: Plan | null;
  readonly expectations: readonly Expectation[];
  /** What to do about what the scenario shows; "" when it does not say. */
  readonly advice: string;
  /** How many seeds it is to be tested with; undefined when it does not say. */
  readonly seeds: number | undefined;
  /** Errors and warnings, in the order of the file. */
  readonly issues: readonly Issue[];
}

const DEFAULT_UNTIL = "10s";
const DEFAULT_EVENTS = 5_000_000;
const DEFAULT_EVENTS_PER_INSTANT = 1_000_000;

export function compileScenario(text: string, options: CompileOptions): CompiledScenario {
  const source = new Source(text);
  const { report, document } = open(source, options);
  const failed = { plan: null, expectations: [], advice: "", seeds: undefined };
  if (document === undefined) return { ...failed, issues: report.issues() };
  checkShape(document, report);
  if (!isObject(document)) return { ...failed, issues: report.issues() };
  const { plan, expectations } = compileDocument(document as unknown as schema.Scenario, document, options, report);
  const { advice, seeds } = document;
  return {
    plan: report.hasErrors ? null : plan,
    expectations,
    advice: typeof advice === "string" ? advice : "",
    seeds: typeof seeds === "number" ? seeds : undefined,
    issues: report.issues(),
  };
}

/** The document with its overrides, and a report that holds what went wrong so far. */
function open(source: Source, { file, set = [] }: CompileOptions): { report: Report; document: Json | undefined } {
  const bad: string[] = [];
  const assignments = (Array.isArray(set) ? (set as readonly string[]) : []).flatMap((text) => {
    const parts = splitAssignment(text);
    if (!parts) bad.push(text);
    return parts ? [parts] : [];
  });
  if (!Array.isArray(set)) assignments.push(...Object.entries(set as Readonly<Record<string, string>>));
  const { value, places, problems } = applyOverrides(source.value ?? null, assignments);
  const report = new Report(source, file, places);
  for (const problem of source.problems)
    report.errorAt(problem, problem.pointer, problem.code, problem.message, problem.hint);
  for (const assignment of bad)
    report.overrideError(assignment, "this is not path=value", "such as nodes.publisher.startAt=1s");
  for (const { text, message, hint } of problems) report.overrideError(text, message, hint);
  // After a syntax error the tree is a guess; problems of meaning in it would be guesses, too.
  const readable = source.value !== undefined && source.problems.every(({ code }) => code !== "ZS101");
  return { report, document: readable ? value : undefined };
}

function compileDocument(
  scenario: schema.Scenario,
  document: Json,
  options: CompileOptions,
  report: Report,
): { plan: Plan; expectations: Expectation[] } {
  const sound = <K extends keyof schema.Scenario>(key: K): schema.Scenario[K] | undefined =>
    report.isBroken(under("", key)) ? undefined : scenario[key];
  const seed = options.seed ?? String(sound("seed") ?? 1);
  const directory = new Directory(document);
  const hasNodes = isObject(scenario.nodes as unknown as Json);
  const { nodes, uses } = hasNodes ? compileNodes(scenario, seed, directory, report) : { nodes: [], uses: [] };
  const hosts = new Hosts(nodes, directory);
  checkTopology(uses, report);
  checkZap(uses, report);
  const timeline = compileTimeline(list(scenario.timeline), hosts, directory, report);
  const expectations = compileExpectations(list(scenario.expect), directory, report);
  const until = nanoseconds(sound("until") ?? DEFAULT_UNTIL, "/until", report) as Instant;
  const limits = sound("limits");
  const plan: Plan = {
    name: planName(options.file),
    about: String(scenario.about),
    seed,
    until,
    limits: {
      events: limits?.events ?? DEFAULT_EVENTS,
      eventsPerInstant: limits?.eventsPerInstant ?? DEFAULT_EVENTS_PER_INSTANT,
    },
    network: compileNetwork(
      isObject(scenario.network as unknown as Json) ? scenario.network : undefined,
      hosts,
      report,
    ),
    nodes,
    timeline,
  };
  if (!report.isBroken("/until")) checkTimes(plan, scenario, expectations, report);
  return { plan, expectations };
}

/** What lies beyond the end of the run. */
function checkTimes(
  { until, nodes }: Plan,
  scenario: schema.Scenario,
  expectations: readonly Expectation[],
  report: Report,
): void {
  const late = (time: number, pointer: string, what: string): void => {
    if (time > until)
      report.once(
        pointer,
        "ZS508",
        `${what} after the end of the run`,
        { hint: `"until" is ${scenario.until ?? DEFAULT_UNTIL}` },
        "warning",
      );
  };
  for (const { group, startAt, threads } of nodes) {
    late(startAt, under("/nodes", group, "startAt"), "the node starts");
    for (const thread of threads)
      if (thread.group !== "")
        late(thread.startAt, under("/nodes", group, "threads", thread.group, "startAt"), "the thread starts");
  }
  for (const [at, entry] of list(scenario.timeline).entries()) {
    const pointer = under("/timeline", at);
    if (!report.isBroken(pointer))
      late(nanoseconds(entry.at, under(pointer, "at"), report), under(pointer, "at"), "this happens");
  }
  for (const expectation of expectations) {
    if ("by" in expectation && expectation.by !== undefined)
      late(expectation.by, under(expectation.pointer, "by"), "this is");
  }
}

const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);

/** File name without directory and extension. */
function planName(file: string): string {
  const base = file.replace(/^.*[\\/]/, "").replace(/\.(jsonc?|json5)$/i, "");
  return base === "" || base === "-" ? "scenario" : base;
}
