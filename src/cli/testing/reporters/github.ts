/** Annotations at the lines of the scenario files for GitHub, worst first, and the full list for the job's summary. */
import type { ExpectationReport, ScenarioReport, TestReport } from "../model.ts";
import { shareText } from "./text.ts";

/** GitHub shows no more than this many of a step. */
const ANNOTATIONS_MAX = 10;

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly title: string;
  readonly body: readonly string[];
  /** Larger is worse. */
  readonly weight: number;
  readonly level: "error" | "warning";
}

/** `path`: a scenario's file as seen from the root of the repository. */
export function githubAnnotations(report: TestReport, path: (file: string) => string): string {
  const findings = findingsOf(report);
  const lines = findings.slice(0, ANNOTATIONS_MAX).map((one) => annotation(one, path));
  const rest = findings.length - lines.length;
  if (rest > 0) lines.push(`::notice title=zeromq-sim::${rest} more in the summary of the job`);
  return lines.map((line) => `${line}\n`).join("");
}

function findingsOf({ scenarios, shard }: TestReport): Finding[] {
  const found = scenarios.flatMap((scenario) => [
    ...troubles(scenario),
    ...scenario.expectations
      .filter(({ status }) => status === "failed" || (status === "open" && shard === undefined))
      .map((one) => finding(scenario, one)),
  ]);
  return found
    .map((one, order) => ({ one, order }))
    .sort((a, b) => b.one.weight - a.one.weight || a.order - b.order)
    .map(({ one }) => one);
}

/** What is broken altogether comes before what fails in a part of the runs. */
const troubles = ({ file, troubles }: ScenarioReport): Finding[] =>
  troubles.map(({ kind, message, detail, reproduce }) => {
    const place = /:(\d+):(\d+): error/.exec(message);
    const body = [message, ...detail, ...(reproduce === undefined ? [] : [`reproduce: ${reproduce}`])];
    return {
      file,
      line: Number(place?.[1] ?? 1),
      column: Number(place?.[2] ?? 1),
      title: `${file}: ${kind}`,
      body,
      weight: 2,
      level: "error",
    };
  });

function finding({ file }: ScenarioReport, one: ExpectationReport): Finding {
  const { line, column, text, example, reproduce, status, held, runs } = one;
  const body = [`${text}${shareText(one)}`];
  if (example !== undefined)
    body.push(`expected: ${example.expected}`, `but was: ${example.actual}`, ...example.detail);
  if (reproduce !== undefined) body.push(`reproduce: ${reproduce}`);
  const weight = status === "open" ? 0 : 1 - held / Math.max(1, runs) + 0.001;
  return {
    file,
    line,
    column,
    title: `${file}: ${text}`,
    body,
    weight,
    level: status === "open" ? "warning" : "error",
  };
}

function annotation({ file, line, column, title, body, level }: Finding, path: (file: string) => string): string {
  const where = `file=${property(path(file))},line=${line},col=${column},title=${property(title)}`;
  return `::${level} ${where}::${data(body.join("\n"))}`;
}

const data = (raw: string): string => raw.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (raw: string): string => data(raw).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** Markdown. */
export function githubSummary(report: TestReport): string {
  const { totals } = report;
  const lines = [
    "### zeromq-sim",
    "",
    `${totals.passed} passed, ${totals.failed} failed, ${totals.error} broken, ${totals.open} open; ${totals.runs} runs`,
    "",
  ];
  const findings = findingsOf(report);
  if (findings.length > 0) lines.push("| where | what | reproduce |", "|---|---|---|");
  for (const { file, line, body } of findings) {
    const reproduce = body.at(-1)?.startsWith("reproduce: ") ? `\`${body.at(-1)!.slice("reproduce: ".length)}\`` : "";
    lines.push(`| ${cell(`${file}:${line}`)} | ${cell(body[0] ?? "")} | ${reproduce.replaceAll("|", "\\|")} |`);
  }
  return `${lines.join("\n")}\n`;
}

const cell = (raw: string): string => raw.replaceAll("|", "\\|").replaceAll("\n", " ");
