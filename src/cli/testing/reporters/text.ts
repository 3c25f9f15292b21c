/** The report for people: a line for each scenario, and all about what failed. */
import { cut, PLAIN, plural, type Style, wrap } from "../../../trace/text.ts";
import type { ExpectationReport, ScenarioReport, Status, TestReport, Trouble } from "../model.ts";

const MARKS: Readonly<Record<Status, string>> = { passed: "✓", failed: "✗", open: "?", error: "✗" };
const STYLES: Readonly<Record<Status, keyof Style>> = { passed: "green", failed: "red", open: "yellow", error: "red" };

/** `verbose`: every expectation, not only those that failed. */
export function testText(
  report: TestReport,
  { verbose = false, style = PLAIN }: { verbose?: boolean; style?: Style },
): string {
  const lines = report.scenarios.flatMap((scenario) => scenarioLines(scenario, report, { verbose, style }));
  if (verbose) for (const file of report.idle) lines.push(style.dim(`- ${file}  (no expectations)`));
  return `${[...lines, ...summaryLines(report, style)].join("\n")}\n`;
}

interface Look {
  readonly verbose: boolean;
  readonly style: Style;
}

function scenarioLines(scenario: ScenarioReport, { shard }: TestReport, { verbose, style }: Look): string[] {
  const { file, status, runs, expectations, troubles, advice } = scenario;
  const shown = shard !== undefined && status === "open" ? "passed" : status;
  const many = runs === 1 ? "" : `  ${style.dim(`(${plural(runs, "run")})`)}`;
  const lines = [`${style[STYLES[shown]](MARKS[shown])} ${file}${many}`];
  for (const trouble of troubles) lines.push(...troubleLines(trouble, style));
  for (const expectation of expectations)
    if (verbose || (expectation.status !== "passed" && !(expectation.status === "open" && shard !== undefined)))
      lines.push(...expectationLines(expectation, { partial: shard !== undefined, style }));
  if (shown !== "passed" && advice !== "") lines.push(...wrap(advice, "    Advice: ", "            "));
  return lines;
}

function troubleLines({ message, detail, reproduce }: Trouble, style: Style): string[] {
  const lines = wrap(message, "    ", "      ").map(style.red);
  lines.push(...detail.map((line) => cut(`      ${line}`)));
  if (reproduce !== undefined) lines.push(`      ${style.dim("reproduce: ")}${reproduce}`);
  return lines;
}

function expectationLines(report: ExpectationReport, { partial, style }: { partial: boolean; style: Style }): string[] {
  const { status, text, example, reproduce } = report;
  const mark = partial && status === "open" ? style.dim("~") : style[STYLES[status]](MARKS[status]);
  const [first = "", ...more] = wrap(`${text}${shareText(report, partial)}`, "    ✓ ", "      ");
  const lines = [first.replace("✓", mark), ...more];
  if (status === "passed" || (partial && status === "open")) return lines;
  if (example !== undefined) {
    lines.push(...wrap(example.expected, "        expected: "), ...wrap(example.actual, "        but was:  "));
    if (report.runs > 1) lines.push(style.dim(`        with seed ${example.seed}:`));
    lines.push(...detailLines(example.detail).map(style.dim));
  }
  if (reproduce !== undefined) lines.push(`        ${style.dim("reproduce: ")}${reproduce}`);
  return lines;
}

/** Timeline lines are columns, which wrapping would break; sentences are not. */
export const detailLines = (detail: readonly string[]): string[] =>
  detail.flatMap((line) => (/^[ >] /.test(line) ? [cut(`        ${line}`)] : wrap(line, "        ")));

/** ": broken in 3 of 200 runs", and for a probability where the interval lies. */
export function shareText({ held, runs, status, probability }: ExpectationReport, partial = false): string {
  if (probability === undefined)
    return status === "failed" && runs > 1 ? `: broken in ${runs - held} of ${runs} runs` : "";
  const { min, max, low, high, confidence } = probability;
  const wanted = [
    min === undefined ? "" : `at least ${percent(min)}`,
    max === undefined ? "" : `at most ${percent(max)}`,
  ].filter((part) => part !== "");
  const counted = `in ${wanted.join(" and ")} of the runs: held in ${held} of ${runs}`;
  if (partial) return ` ${counted} so far`;
  return ` ${counted}, so between ${percent(low)} and ${percent(high)} (${percent(confidence)} sure)${status === "open" ? "; too few runs to tell" : ""}`;
}

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

function summaryLines({ totals, scenarios, idle, shard }: TestReport, style: Style): string[] {
  const parts: string[] = [];
  const add = (count: number, word: string, paint: keyof Style): void => {
    if (count > 0) parts.push(style[paint](`${count} ${word}`));
  };
  const open = shard === undefined ? totals.open : 0;
  add(totals.passed + totals.open - open, "passed", "green");
  add(totals.failed, "failed", "red");
  add(totals.error, "broken", "red");
  add(open, "open", "yellow");
  const of = shard === undefined ? "" : `, shard ${shard.index}/${shard.count}`;
  const skipped = idle.length === 0 ? "" : `; ${idle.length} without expectations`;
  return [
    "",
    `${plural(scenarios.length, "scenario")}: ${parts.join(", ")}; ${plural(totals.runs, "run")}${skipped}${of}`,
  ];
}
