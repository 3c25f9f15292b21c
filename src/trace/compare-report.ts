/** A comparison for people and for programs. */

import { formatTime, ns } from "../kernel/time.ts";
import type { Comparison, FactVerdict, Row, Share, Side } from "./compare.ts";
import { differenceContext } from "./compare-context.ts";
import { type AttemptRow, attemptRows, isTellable, type LatencyRow, latencyRows } from "./compare-timing.ts";
import { FACT_KINDS, type FactKind } from "./facts.ts";
import { cut, plural, type Style, table, WIDTH, wrap } from "./text.ts";

export interface Judged {
  readonly comparison: Comparison;
  readonly latencies: readonly LatencyRow[];
  readonly attempts: readonly AttemptRow[];
  /** Whether latencies outside the bands count. */
  readonly judgesTiming: boolean;
  readonly verdict: Comparison["verdict"];
}

export function judge(comparison: Comparison, judgesTiming: boolean): Judged {
  const latencies = latencyRows(comparison);
  const attempts = attemptRows(comparison);
  const late = judgesTiming && (latencies.some((row) => isTellable(row) && !row.ok) || attempts.some(({ ok }) => !ok));
  return { comparison, latencies, attempts, judgesTiming, verdict: late ? "differs" : comparison.verdict };
}

/** What no comparison of this kind can tell, whatever the traces say. */
const NOT_COMPARED: readonly string[] = [
  "cross-socket interleavings: in which order events of different sockets and threads happened",
  "descriptors and error numbers in monitor events, and how many looks a poll took",
];
const NOT_IN_REAL: readonly string[] = [
  "why a message was not delivered: a real run shows calls and monitor events, no pipes",
  "what passes inside a proxy: only what comes out at its far end",
];

export function notCompared({ reference, other }: Comparison): string[] {
  const real = [...reference.runs, ...other.runs].some(({ header }) => header.arm === "real");
  const runs = [...reference.runs, ...other.runs];
  const notes = new Set(runs.flatMap(({ header }) => header.notes ?? []));
  const ofRuns = [...notes].filter((note) => !OF_ONE_RUN.test(note));
  return [...NOT_COMPARED, ...(real ? NOT_IN_REAL : []), ...ofRuns, ...machineNotes(runs)];
}

/** What the machine did to single runs is told in numbers. */
const OF_ONE_RUN = /^(disturbed|repeated): /;

function machineNotes(runs: Side["runs"]): string[] {
  const having = (topic: string): number =>
    runs.filter(({ header }) => header.notes?.some((note) => note.startsWith(`${topic}: `))).length;
  const [repeated, disturbed] = [having("repeated"), having("disturbed")];
  return [
    ...(repeated > 0 ? [`machine: ${plural(repeated, "run")} were made again because the machine held them up`] : []),
    ...(disturbed > 0 ? [`machine: ${plural(disturbed, "run")} it held up all the same (see their headers)`] : []),
  ];
}

export async function comparisonText(judged: Judged, style: Style): Promise<string> {
  const { comparison } = judged;
  const { reference, other } = comparison;
  const lines = [`${sideText("reference", reference)}`, `${sideText("compared ", other)}`, ""];
  lines.push(...kindTable(comparison, style), "");
  lines.push(
    ...frequencies(comparison, style),
    ...timing(judged, style),
    ...(await firstDifference(comparison, style)),
  );
  const free = comparison.rows.filter(({ verdict }) => verdict === "free");
  lines.push(style.bold("Not compared"));
  for (const [kind, rows] of byKind(free))
    lines.push(
      ...wrap(
        `${FACT_KINDS[kind]}: new values in nearly every run (${shortList(rows.map(({ subject }) => subject))})`,
        "  - ",
        "    ",
      ),
    );
  for (const [kind, rows] of byKind(comparison.rows.filter(({ verdict }) => verdict === "kernel")))
    lines.push(
      ...wrap(
        `${FACT_KINDS[kind]}: totals that depend on the kernel's buffers (${shortList(rows.map(kernelText))})`,
        "  - ",
        "    ",
      ),
    );
  for (const text of notCompared(comparison)) lines.push(...wrap(text, "  - ", "    "));
  lines.push("", verdictLine(judged, style));
  return `${lines.join("\n")}\n`;
}

const sideText = (role: string, { name, runs }: Side): string => {
  const arms = [...new Set(runs.map(({ header }) => header.arm))].join(" and ");
  return `${role}  ${name}: ${plural(runs.length, `${arms} run`)}, ${[...new Set(runs.map(({ header }) => header.binding ?? `profile ${header.profile}`))].join(", ")}`;
};

function kindTable({ rows }: Comparison, style: Style): string[] {
  const kinds = [...byKind(rows)].map(([kind, own]) => ({ kind, own }));
  const count = (own: readonly Row[], verdict: FactVerdict): string => {
    const found = own.filter((row) => row.verdict === verdict).length;
    return found === 0 ? "" : `${found}`;
  };
  return table(
    kinds,
    [
      { title: "what", cell: ({ kind }) => FACT_KINDS[kind] },
      { title: "equal", right: true, cell: ({ own }) => count(own, "equal") },
      { title: "within", right: true, cell: ({ own }) => count(own, "within") },
      { title: "differs", right: true, cell: ({ own }) => count(own, "differs"), style: (_, { red }) => red },
      { title: "free", right: true, cell: ({ own }) => count(own, "free") },
      { title: "kernel", right: true, cell: ({ own }) => count(own, "kernel") },
    ],
    style,
  );
}

/** Rows with more than one value on either side, of the kinds that matter to a user. */
const TOLD: ReadonlySet<FactKind> = new Set<FactKind>([
  "sent",
  "count",
  "messages",
  "order",
  "codes",
  "end",
  "turns",
  "monitor",
  "results",
  "calls",
]);
const ROWS_MAX = 12;
const VALUES_MAX = 5;

function frequencies({ rows, reference, other }: Comparison, style: Style): string[] {
  const interesting = rows.filter(
    (row) => (row.verdict === "within" || row.verdict === "differs") && TOLD.has(row.kind) && !isRepeated(row, rows),
  );
  if (interesting.length === 0) return [];
  const lines = [
    style.bold(`Outcomes side by side (reference of ${reference.runs.length}, compared of ${other.runs.length})`),
  ];
  const sorted = [
    ...interesting.filter(({ verdict }) => verdict === "differs"),
    ...interesting.filter(({ verdict }) => verdict !== "differs"),
  ];
  for (const row of sorted.slice(0, ROWS_MAX)) {
    const mark = row.verdict === "differs" ? style.red("differs") : "within";
    lines.push(`  ${cut(`${row.subject}: ${FACT_KINDS[row.kind]}`, WIDTH - 12)}  ${mark}`);
    for (const value of valuesOf(row))
      lines.push(`    ${share(row.reference, value)}  ${share(row.other, value)}  ${cut(value, WIDTH - 22)}`);
    lines.push(style.dim(`    distance ${row.distance.toFixed(2)}`));
  }
  if (sorted.length > ROWS_MAX) lines.push(`  and ${sorted.length - ROWS_MAX} more`);
  return [...lines, ""];
}

/** The messages of a flow say all that their count does. */
const isRepeated = ({ kind, subject }: Row, rows: readonly Row[]): boolean =>
  kind === "count" && rows.some((row) => row.kind === "messages" && row.subject === subject && row.verdict !== "free");

const valuesOf = ({ reference, other }: Row): string[] =>
  [...new Set([...other, ...reference].map(({ value }) => value))].slice(0, VALUES_MAX);

function share(shares: readonly Share[], value: string): string {
  const runs = shares.reduce((sum, { count }) => sum + count, 0);
  const count = shares.find((one) => one.value === value)?.count ?? 0;
  return `${((100 * count) / runs).toFixed(count === 0 || count === runs ? 0 : 1)} %`.padStart(7);
}

function timing({ latencies, attempts, judgesTiming }: Judged, style: Style): string[] {
  const lines: string[] = [];
  const time = (value: number): string => formatTime(ns(value));
  if (latencies.length > 0) {
    lines.push(
      style.bold(
        `Latencies (p50 within 25 %, p95 within 50 %; ${judgesTiming ? "judged where there are 20 or more" : "shown, not judged; --timing judges"})`,
      ),
    );
    const columns = [
      { title: "flow", cell: (row: LatencyRow) => row.flow },
      { title: "p50 ref", right: true, cell: (row: LatencyRow) => time(row.reference.p50) },
      { title: "p50", right: true, cell: (row: LatencyRow) => time(row.other.p50) },
      { title: "p95 ref", right: true, cell: (row: LatencyRow) => time(row.reference.p95) },
      { title: "p95", right: true, cell: (row: LatencyRow) => time(row.other.p95) },
      { title: "n", right: true, cell: (row: LatencyRow) => `${row.other.count}` },
      { title: "", cell: (row: LatencyRow) => (isTellable(row) ? (row.ok ? "ok" : "outside") : "few") },
    ];
    lines.push(...table(latencies.slice(0, ROWS_MAX), columns, style, "  "), "");
  }
  for (const { connection, deviation, reference, ok } of attempts) {
    lines.push(
      `  ${connection}: ${plural(reference.length, "attempt")} at most ${time(deviation)} apart${ok ? "" : style.red(" (more than 3 ms)")}`,
    );
  }
  return attempts.length > 0 ? [...lines, ""] : lines;
}

async function firstDifference(comparison: Comparison, style: Style): Promise<string[]> {
  const row = comparison.rows.find(({ verdict }) => verdict === "differs");
  if (row === undefined) return [];
  return [
    style.bold(`First difference: ${row.subject}, ${FACT_KINDS[row.kind]}`),
    ...(await differenceContext(row, comparison)),
    "",
  ];
}

const VERDICTS: Readonly<Record<Comparison["verdict"], string>> = {
  equal: "equal: both sides show the same in every run",
  within: "within: all that the compared side shows was seen in the reference",
  differs: "differs",
};

export function verdictLine({ verdict, comparison, latencies, attempts, judgesTiming }: Judged, style: Style): string {
  if (verdict !== "differs") return style.green(VERDICTS[verdict]);
  const facts = comparison.rows.filter((row) => row.verdict === "differs").length;
  const times = judgesTiming
    ? latencies.filter((row) => isTellable(row) && !row.ok).length + attempts.filter(({ ok }) => !ok).length
    : 0;
  return style.red(
    `differs: ${[...(facts > 0 ? [plural(facts, "fact")] : []), ...(times > 0 ? [plural(times, "time")] : [])].join(" and ")}`,
  );
}

export function comparisonJson(judged: Judged): object {
  const { comparison, latencies, attempts, verdict } = judged;
  const side = ({ name, runs }: Side): object => ({
    name,
    runs: runs.length,
    arms: [...new Set(runs.map(({ header }) => header.arm))],
  });
  return {
    verdict,
    scenario: comparison.other.runs[0]?.header.scenario,
    reference: side(comparison.reference),
    compared: side(comparison.other),
    facts: comparison.rows,
    latencies: latencies.map((row) => ({ ...row, judged: isTellable(row) })),
    attempts,
    notCompared: notCompared(comparison),
  };
}

function byKind(rows: readonly Row[]): Map<FactKind, Row[]> {
  const kinds = new Map<FactKind, Row[]>();
  for (const row of rows) {
    const list = kinds.get(row.kind);
    if (list === undefined) kinds.set(row.kind, [row]);
    else list.push(row);
  }
  return kinds;
}

const shortList = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;

const kernelText = ({ subject, reference, other }: Row): string =>
  [reference, other].some(([first]) => (first?.value.length ?? 0) > 30)
    ? subject
    : `${subject}: ${reference[0]?.value} there, ${other[0]?.value} here`;
