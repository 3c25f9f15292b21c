/** JUnit XML: a suite for each scenario, a case for each expectation. Times are left at 0, so that equal runs give equal files. */
import type { ExpectationReport, ScenarioReport, TestReport, Trouble } from "../model.ts";
import { shareText } from "./text.ts";

/** The clock is virtual; the attribute has to be there. */
const TIMESTAMP = "1970-01-01T00:00:00";

export function junitXml(report: TestReport): string {
  const suites = report.scenarios.map((scenario, id) => suite(scenario, id, report));
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
${suites.join("")}</testsuites>
`;
}

function counts({ expectations, troubles }: ScenarioReport): { tests: number; failures: number; errors: number } {
  const failures = expectations.filter(({ status }) => status === "failed").length;
  return { tests: expectations.length + troubles.length, failures, errors: troubles.length };
}

function suite(scenario: ScenarioReport, id: number, { tool, shard }: TestReport): string {
  const { file, expectations, troubles, runs, advice } = scenario;
  const { tests, failures, errors } = counts(scenario);
  // Too few runs to tell is no failure of what is tested.
  const skipped = expectations.filter(({ status }) => status === "open").length;
  const attributes = `name="${text(file)}" tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="0" timestamp="${TIMESTAMP}" hostname="localhost" id="${id}" package="zeromq-sim"`;
  const cases = [
    ...expectations.map((one) => expectationCase(scenario, one)),
    ...troubles.map((trouble) => troubleCase(scenario, trouble)),
  ];
  return `  <testsuite ${attributes}>
    <properties>
      <property name="zeromq-sim" value="${text(tool)}"/>
      <property name="runs" value="${runs}"/>
${shard === undefined ? "" : `      <property name="shard" value="${shard.index}/${shard.count}"/>\n`}    </properties>
${cases.join("")}    <system-out>${text(advice)}</system-out>
    <system-err></system-err>
  </testsuite>
`;
}

function expectationCase({ file }: ScenarioReport, one: ExpectationReport): string {
  const head = `    <testcase name="${text(one.text)}" classname="${text(file)}" time="0"`;
  if (one.status === "passed") return `${head}/>\n`;
  const message = text(`${one.text}${shareText(one)}`);
  if (one.status === "open") return `${head}>\n      <skipped/>\n    </testcase>\n`;
  const { example, reproduce } = one;
  const body = [
    `${file}:${one.line}:${one.column}`,
    ...(example === undefined
      ? []
      : [
          `expected: ${example.expected}`,
          `but was:  ${example.actual}`,
          `seed:     ${example.seed}`,
          ...example.detail,
        ]),
    ...(reproduce === undefined ? [] : [`reproduce: ${reproduce}`]),
  ];
  return `${head}>\n      <failure message="${message}" type="expectation">${bodyText(body.join("\n"))}</failure>\n    </testcase>\n`;
}

function troubleCase({ file }: ScenarioReport, { kind, message, detail, reproduce }: Trouble): string {
  const body = [...detail, ...(reproduce === undefined ? [] : [`reproduce: ${reproduce}`])].join("\n");
  return `    <testcase name="${text(kind)}" classname="${text(file)}" time="0">
      <error message="${text(message)}" type="${kind}">${bodyText(body)}</error>
    </testcase>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** XML 1.0 cannot hold other control characters at all. */
const text = (raw: string): string =>
  raw
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"\n]/g, (char) => ESCAPES[char]!);

/** Between tags a line may simply end. */
const bodyText = (raw: string): string => text(raw).replaceAll("&#10;", "\n");
