/** The report of a conformance run. */
import { CATALOGUE } from "../catalogue.ts";
import type { Result } from "./arms.ts";
import { CASES } from "./bench.ts";

const NAMES: readonly string[] = Object.entries(CATALOGUE).flatMap(([file, { semantic = [], timing = [] }]) =>
  [...semantic, ...timing].map((name) => `${file}/${name}`),
);

const passed = (results: readonly Result[]): number => results.filter(({ error }) => error === null).length;

const OWN = new Set(CASES.filter(({ own }) => own).map(({ file, name }) => `${file}/${name}`));

/** Upstream's cases that count and, apart, all others. */
function totals(simulated: readonly Result[], real: readonly Result[]) {
  const upstream = (results: readonly Result[]): Result[] => results.filter(({ id }) => !OWN.has(id));
  const own = (results: readonly Result[]): Result[] => results.filter(({ id }) => OWN.has(id));
  const count = (results: readonly Result[], total = results.length) => ({ passed: passed(results), total });
  return {
    simulated: count(upstream(simulated), NAMES.length),
    real: count(upstream(real)),
    own: { simulated: count(own(simulated), OWN.size), real: count(own(real)) },
  };
}

export function summary(simulatedResults: readonly Result[], realResults: readonly Result[]): string {
  const { simulated, real, own } = totals(simulatedResults, realResults);
  const of = ({ passed: good, total }: { readonly passed: number; readonly total: number }): string =>
    `${good}/${total}`;
  return [
    `further cases: simulated ${of(own.simulated)}, real ${of(own.real)}`,
    `conformance: simulated ${of(simulated)}, real ${of(real)}`,
  ].join("\n");
}

export interface ReportRow {
  readonly case: string;
  readonly transports: string;
  readonly simulated: "passed" | "failed" | "missing";
  readonly real: "passed" | "failed" | "not run";
  readonly note: string;
}

export function report(simulated: readonly Result[], real: readonly Result[]) {
  const row = (id: string): ReportRow => {
    const one = CASES.find(({ file, name }) => `${file}/${name}` === id);
    const virtual = simulated.find((result) => result.id === id);
    const actual = real.find((result) => result.id === id);
    return {
      case: id,
      transports: virtual?.transports?.join(", ") ?? "",
      simulated: virtual === undefined ? "missing" : virtual.error === null ? "passed" : "failed",
      real: actual === undefined ? "not run" : actual.error === null ? "passed" : "failed",
      note:
        one === undefined
          ? ""
          : (one.simulatedOnly ??
            virtual?.error ??
            actual?.error ??
            (actual?.firstError === undefined ? "" : `real: passed in the second try, with upstream's pauses`)),
    };
  };
  const all = totals(simulated, real);
  const { own, ...upstream } = all;
  const json = { ...upstream, cases: NAMES.map(row), own: { ...own, cases: [...OWN].map(row) } };
  const markdown = [
    "# Conformance",
    "",
    "libzmq's own behaviour tests, by the names of its files and cases, in the simulator and on npm zeromq.",
    "",
    `- Simulated: ${json.simulated.passed} of ${json.simulated.total}`,
    `- Real: ${json.real.passed} of ${json.real.total}`,
    `- Not run on npm zeromq, as their notes say: ${json.cases.filter((one) => one.real === "not run").length}`,
    `- Further cases: ${own.simulated.passed} of ${own.simulated.total} simulated, ${own.real.passed} of ${own.real.total} real`,
    "- Rules of the model that were broken on purpose, and what noticed: mutations.md. Random programs on both: fuzz.md",
    "",
    "Each simulated case ends as upstream's do: all sockets are closed and zmq_ctx_term returns; and every message has",
    "come to exactly one end.",
    "",
    ...table(json.cases),
    "",
    "## Further cases",
    "",
    "Rules that no case of upstream's notices when they are broken (own_*, see mutations.md), and upstream's cases",
    "of secured connections, which no simulator has to have.",
    "",
    ...table(json.own.cases),
    "",
  ];
  return { json, markdown: markdown.join("\n") };
}

const table = (rows: readonly ReportRow[]): string[] => [
  "| case | transports | simulated | real | note |",
  "|---|---|---|---|---|",
  ...rows.map(
    (row) =>
      `| ${row.case} | ${row.transports} | ${row.simulated} | ${row.real} | ${row.note.replaceAll("|", "\\|")} |`,
  ),
];
