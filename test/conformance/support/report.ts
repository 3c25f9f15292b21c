/** The report of a conformance run. */
import { CATALOGUE } from "../catalogue.ts";
import type { Result } from "./arms.ts";
import { CASES } from "./bench.ts";

const NAMES: readonly string[] = Object.entries(CATALOGUE).flatMap(([file, { semantic = [], timing = [] }]) =>
  [...semantic, ...timing].map((name) => `${file}/${name}`),
);

const passed = (results: readonly Result[]): number => results.filter(({ error }) => error === null).length;

export const summary = (simulated: readonly Result[], real: readonly Result[]): string =>
  `conformance: simulated ${passed(simulated)}/${NAMES.length}, real ${passed(real)}/${real.length}`;

export interface ReportRow {
  readonly case: string;
  readonly simulated: "passed" | "failed" | "missing";
  readonly real: "passed" | "failed" | "not run";
  readonly note: string;
}

export function report(simulated: readonly Result[], real: readonly Result[]) {
  const rows = NAMES.map((id): ReportRow => {
    const one = CASES.find(({ file, name }) => `${file}/${name}` === id);
    const virtual = simulated.find((result) => result.id === id);
    const actual = real.find((result) => result.id === id);
    return {
      case: id,
      simulated: virtual === undefined ? "missing" : virtual.error === null ? "passed" : "failed",
      real: actual === undefined ? "not run" : actual.error === null ? "passed" : "failed",
      note: one === undefined ? (MISSING[id] ?? "") : (one.simulatedOnly ?? virtual?.error ?? actual?.error ?? ""),
    };
  });
  const json = {
    simulated: { passed: passed(simulated), total: NAMES.length },
    real: { passed: passed(real), total: real.length },
    cases: rows,
  };
  const lines = rows.map(
    (row) => `| ${row.case} | ${row.simulated} | ${row.real} | ${row.note.replaceAll("|", "\\|")} |`,
  );
  const markdown = [
    "# Conformance",
    "",
    "libzmq's own behaviour tests, by the names of its files and cases, in the simulator and on npm zeromq.",
    "",
    `- Simulated: ${json.simulated.passed} of ${json.simulated.total}`,
    `- Real: ${json.real.passed} of ${json.real.total}`,
    "",
    "| case | simulated | real | note |",
    "|---|---|---|---|",
    ...lines,
    "",
  ];
  return { json, markdown: markdown.join("\n") };
}

/** Why a case is not here. */
const UDP = "udp is not modelled: no datagram sockets, no DGRAM";
export const MISSING: Readonly<Record<string, string>> = {
  "test_radio_dish/test_radio_dish_udp_ipv4": UDP,
  "test_radio_dish/test_radio_dish_udp_ipv6": UDP,
  "test_dgram/test_connect_fails": UDP,
  "test_dgram/test_roundtrip": UDP,
};
