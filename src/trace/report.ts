/** The text of `sim run` for people, and the same facts as one JSON document. */
import type { Duration, Instant } from "../kernel/time.ts";
import { formatTime } from "../kernel/time.ts";
import type { RunRecord } from "../run/record.ts";
import type { Probability } from "../scenario/expectation.ts";
import { type ExpectationResult, isBroken } from "./expectation.ts";
import type { Analysis } from "./fates.ts";
import { type Flow, mergeFlows, quantile } from "./flows.ts";
import { starIndices } from "./names.ts";
import { lossLines } from "./report-losses.ts";
import { failureLines, waitingLines } from "./report-waiting.ts";
import { type Column, cut, PLAIN, plural, type Style, table, wrap } from "./text.ts";

export interface ReportInput {
  readonly record: RunRecord;
  /** The scenario's sentence; "" when it has none. */
  readonly about: string;
  /** What to do about it, in a sentence; absent or "" when the scenario does not say. */
  readonly advice?: string;
  /** Of record.events; absent when the trace level was not "full". */
  readonly analysis?: Analysis;
  readonly expectations: readonly ExpectationResult[];
  /** Hex; absent when the trace level was not "full". */
  readonly digest?: string;
  /** The command that repeats this run; absent = no such line. */
  readonly reproduce?: string;
}

/** Every line ends in a line feed. */
export function reportText(input: ReportInput, style: Style = PLAIN): string {
  const { record, analysis } = input;
  const sections: string[][] = [title(input, style)];
  if (analysis !== undefined) {
    sections.push(flowTable(analysis.flows, style));
    sections.push(section("Not delivered", lossLines(analysis, style, { hwm: hwmOf(record, analysis) }), style));
  } else {
    sections.push(countLines(record));
  }
  sections.push(section("Failed", failureLines(record, style), style));
  sections.push(section("Waiting at the end", waitingLines(record, style), style));
  sections.push(section("Warnings", warningLines(record, style), style));
  sections.push(
    section(
      "Expectations",
      input.expectations.flatMap((one) => expectationLines(one, style)),
      style,
    ),
  );
  if (input.advice) sections.push(wrap(input.advice, "Advice: ", "        "));
  sections.push(footer(input, style));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function section(heading: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.bold(heading), ...lines];
}

const OUTCOMES: Readonly<Record<RunRecord["outcome"], string>> = {
  quiet: "then nothing could happen any more",
  until: "then its time was up",
  ended: "then every node had exited",
};

function title({ record, about }: ReportInput, style: Style): string[] {
  const { scenario, profile, seed, arm } = record.header;
  const how = arm === "real" ? "recorded on real ZeroMQ" : `profile ${profile}, seed ${seed}`;
  const [first, ...more] = about === "" ? [scenario] : wrap(about, `${scenario}: `, "  ");
  const named = first!.startsWith(scenario) ? style.bold(scenario) + first!.slice(scenario.length) : first!;
  return [
    named,
    ...more,
    style.dim(`${how}; ${formatTime(record.endTime)} of virtual time, ${OUTCOMES[record.outcome]}`),
  ];
}

/** More rows than this are merged over replicas, and then cut. */
const ROWS_MAX = 16;

function flowTable(flows: readonly Flow[], style: Style): string[] {
  if (flows.length === 0) return ["No message was sent that anybody wanted."];
  const merged = flows.length > ROWS_MAX ? mergeFlows(flows, starIndices) : flows;
  const rows = merged.slice(0, ROWS_MAX);
  const lines = table(rows, flowColumns(rows), style);
  if (merged.length > rows.length) lines.push(style.dim(`... and ${plural(merged.length - rows.length, "more flow")}`));
  return lines;
}

function flowColumns(rows: readonly Flow[]): Column<Flow>[] {
  const columns: Column<Flow>[] = [
    { title: "from", cell: (flow) => flow.from },
    { title: "to", cell: (flow) => flow.to },
    { title: "sent", right: true, cell: (flow) => `${flow.sent}` },
    { title: "delivered", right: true, cell: (flow) => `${flow.delivered}` },
    {
      title: "lost",
      right: true,
      cell: (flow) => `${flow.lost}`,
      style: (flow, style) => (flow.lost > 0 ? style.red : style.dim),
    },
  ];
  if (rows.some((flow) => flow.queued > 0))
    columns.push({ title: "queued", right: true, cell: (flow) => `${flow.queued}` });
  columns.push(
    { title: "p50", right: true, cell: (flow) => latency(flow, 0.5) },
    { title: "p95", right: true, cell: (flow) => latency(flow, 0.95) },
  );
  return columns;
}

function latency(flow: Flow, p: number): string {
  const value = quantile(flow.latencies, p);
  return value === undefined ? "-" : formatTime(value as Duration);
}

function countLines({ legs }: RunRecord): string[] {
  const fates = Object.entries(legs.fates).map(([fate, count]) => `${fate} ${count}`);
  return wrap(
    `${plural(legs.sent, "message")} sent, written to ${plural(legs.written, "pipe")}: ${[`delivered ${legs.delivered}`, ...fates].join(", ")}`,
    "",
  );
}

/** The limit is not in the trace; the state at the end of the run has it. */
function hwmOf(record: RunRecord, { topology }: Analysis): (socket: string, peer: string) => number | undefined {
  return (socket, peer) =>
    record.sockets
      .find((one) => one.socket === socket)
      ?.pipes.find((pipe) => topology.resolve(socket, pipe.peer) === peer)?.outgoingHwm;
}

const WARNINGS_MAX = 10;

function warningLines({ warnings }: RunRecord, style: Style): string[] {
  const lines = warnings
    .slice(0, WARNINGS_MAX)
    .flatMap(({ id, text }) => wrap(text, `  ${id}: `, "    ").map(style.yellow));
  return warnings.length > WARNINGS_MAX
    ? [...lines, style.dim(`  ... and ${plural(warnings.length - WARNINGS_MAX, "more warning")}`)]
    : lines;
}

function expectationLines(result: ExpectationResult, style: Style): string[] {
  const [first, ...more] = wrap(result.text, "  ✓ ", "    ");
  if (result.probability !== undefined) {
    const held = `${result.ok ? "held" : "did not hold"} in this run; judged over many, by sim test`;
    return [first!.replace("✓", style.dim("~")), ...more, style.dim(`      ${held}`)];
  }
  if (result.ok) return [first!.replace("✓", style.green("✓")), ...more];
  const lines = [first!.replace("✓", style.red("✗")), ...more];
  lines.push(...wrap(result.expected, "      expected: "), ...wrap(result.actual, "      but was:  "));
  for (const line of result.detail) {
    // Timeline lines are columns, which wrapping would break; sentences are not.
    const isColumns = /^[ >] /.test(line);
    lines.push(...(isColumns ? [cut(`      ${line}`)] : wrap(line, "      ")).map(style.dim));
  }
  return lines;
}

function footer({ digest, reproduce, expectations }: ReportInput, style: Style): string[] {
  const lines: string[] = [];
  const failed = expectations.filter(isBroken).length;
  if (failed > 0) lines.push(style.red(`${failed} of ${plural(expectations.length, "expectation")} failed`));
  if (digest !== undefined) lines.push(style.dim(`digest     ${digest}`));
  if (reproduce !== undefined) lines.push(`${style.dim("reproduce  ")}${reproduce}`);
  return lines;
}

/** One document; keys may be added, never renamed. Times in ns. */
export interface ReportJson {
  readonly scenario: string;
  readonly about: string;
  /** Absent when the scenario does not say. */
  readonly advice?: string;
  readonly seed: string;
  readonly profile: string;
  readonly arm: "simulated" | "real";
  /** Null when the trace level was not "full". */
  readonly digest: string | null;
  readonly endTime: number;
  readonly outcome: RunRecord["outcome"];
  readonly messages: { readonly sent: number; readonly fates: Readonly<Record<string, number>> };
  readonly flows: readonly FlowJson[];
  readonly expectations: readonly {
    readonly ok: boolean;
    readonly text: string;
    readonly expected: string;
    readonly actual: string;
    readonly pointer: string;
    /** Judged over many runs only. */
    readonly probability?: Probability;
  }[];
  /** Threads that wait without an end, and programs that failed. */
  readonly blocked: readonly {
    readonly thread: string;
    readonly call: string;
    readonly socket?: string;
    readonly since?: number;
  }[];
  readonly failures: readonly { readonly thread: string; readonly error: string; readonly pointer?: string }[];
  readonly warnings: readonly { readonly id: string; readonly text: string }[];
}

export interface FlowJson {
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly queued: number;
  /** Null when nothing was delivered. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly max: number } | null;
}

export function reportJson({ record, about, advice, analysis, expectations, digest }: ReportInput): ReportJson {
  const { scenario, seed, profile, arm } = record.header;
  const legs = { sent: record.legs.sent, fates: { delivered: record.legs.delivered, ...record.legs.fates } };
  return {
    scenario,
    about,
    ...(advice ? { advice } : {}),
    seed,
    profile,
    arm,
    digest: digest ?? null,
    endTime: record.endTime as Instant,
    outcome: record.outcome,
    messages: analysis === undefined ? legs : { sent: analysis.totals.sent, fates: { ...analysis.totals.fates } },
    flows: (analysis?.flows ?? []).map(flowJson),
    expectations: expectations.map(({ detail: _, ...result }) => result),
    blocked: record.threads
      .filter((thread) => thread.state === "blocked" && thread.forever === true)
      .map(({ thread, call = "", socket, since }) => ({
        thread,
        call,
        ...(socket === undefined ? {} : { socket }),
        ...(since === undefined ? {} : { since }),
      })),
    failures: record.threads
      .filter((thread) => thread.state === "failed")
      .map(({ thread, error = "", pointer }) => ({ thread, error, ...(pointer === undefined ? {} : { pointer }) })),
    warnings: record.warnings,
  };
}

function flowJson({ from, to, sent, delivered, lost, queued, latencies }: Flow): FlowJson {
  const p50 = quantile(latencies, 0.5);
  const p95 = quantile(latencies, 0.95);
  const max = latencies.at(-1);
  const known = p50 !== undefined && p95 !== undefined && max !== undefined;
  return { from, to, sent, delivered, lost, queued, latency: known ? { p50, p95, max } : null };
}
