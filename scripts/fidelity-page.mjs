/** reports/fidelity.md from the numbers of a validation. */

const ms = (ns) => (ns < 1e6 ? `${(ns / 1e3).toFixed(0)} us` : `${(ns / 1e6).toFixed(2)} ms`);
const escaped = (text) => String(text).replaceAll("|", "\\|");
const short = (text) => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function share(shares) {
  const runs = shares.reduce((sum, { count }) => sum + count, 0);
  const shown = shares.slice(0, 3).map(({ value, count }) => `${short(value)} (${Math.round((100 * count) / runs)} %)`);
  return escaped([...shown, ...(shares.length > 3 ? [`${shares.length - 3} more`] : [])].join("; "));
}

/** The facts that a person would ask about: which messages came, in which turn. */
function told(row) {
  const facts = row.facts ?? [];
  const differing = facts.filter(({ verdict }) => verdict === "differs");
  if (differing.length > 0) return differing.slice(0, 3);
  const varying = facts.filter(({ kind, verdict }) => kind === "messages" && verdict === "within");
  const plain = facts.filter(({ kind }) => kind === "messages");
  return (varying.length > 0 ? varying : plain).slice(0, 2);
}

function scenarioLines(row, seeds) {
  if (row.facts === undefined) return [`| ${row.scenario} | ${escaped(row.reason ?? "")} | | | ${row.verdict} |`];
  const counts = ["equal", "within", "differs", "free", "kernel"]
    .filter((verdict) => row.counts[verdict] > 0)
    .map((verdict) => `${row.counts[verdict]} ${verdict}`);
  const more = row.seeds > seeds ? `${row.seeds} seeds` : "";
  const head = `| **${row.scenario}** | ${counts.join(", ")} | | ${more} | **${row.verdict}** |`;
  return [
    head,
    ...told(row).map(
      (fact) =>
        `| | ${escaped(`${fact.subject}: ${fact.kind}`)} | ${share(fact.other)} | ${share(fact.reference)} | ${fact.verdict} |`,
    ),
  ];
}

function attemptLines(rows) {
  const found = rows.flatMap((row) => (row.attempts ?? []).map((one) => ({ scenario: row.scenario, ...one })));
  if (found.length === 0) return [];
  return [
    "",
    "## Connection attempts",
    "",
    "Medians over the runs, counted from the first attempt.",
    "",
    "| scenario | connection | attempts | real, ms | farthest apart |",
    "|---|---|---|---|---|",
    ...found.map(
      ({ scenario, connection, other, deviation }) =>
        `| ${scenario} | ${connection} | ${other.length} | ${other.map((t) => (t / 1e6).toFixed(0)).join(", ")} | ${ms(deviation)} |`,
    ),
  ];
}

const numberLines = (numbers) => [
  "## Numbers",
  "",
  "| what | wanted | found | verdict |",
  "|---|---|---|---|",
  ...numbers.map(
    ({ name, wanted, found, ok }) =>
      `| ${[name, wanted, found].map(escaped).join(" | ")} | ${ok ? "met" : "**missed**"} |`,
  ),
];

/** A run that the machine held up says little about ZeroMQ. Whether it is made again is decided by what a canary felt, never by what came of it. */
function disturbanceLines(rows) {
  const held = rows.filter(({ machine }) => machine !== undefined && machine.repeated + machine.disturbed > 0);
  const sum = (key) => held.reduce((all, { machine }) => all + machine[key], 0);
  return [
    "",
    "## What the machine did",
    "",
    "During every run a process beside it measures how late a timer comes and how long an echo over loopback takes. A run in",
    "which that, a thread of a node, a crash or a restart waited 5 ms or more is made again, up to 7 times.",
    `${sum("repeated")} runs were made again, ${sum("disturbed")} of them stayed held up${held.length > 0 ? ":" : "."}`,
    "",
    ...held.map(
      ({ scenario, machine }) =>
        `- ${scenario}: ${machine.repeated} made again, ${machine.disturbed} held up all the same`,
    ),
  ];
}

const againLines = (again) =>
  again.map(({ at, scenarios }) =>
    scenarios.length === 0
      ? `The machine was calibrated again (${at}); what was recorded stands.`
      : `Recorded again after a change of theirs, with a calibration of its own (${at}): ${scenarios.join(", ")}.`,
  );

export function fidelityPage(report) {
  const { date, machine, load, versions, runs, seeds, latencies, rows, numbers, departures, again = [] } = report;
  const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
  return `${[
    "# Fidelity: real and simulated runs of the same scenarios",
    "",
    `${date}, ${machine}; ${load}. ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    `Each scenario: ${runs} real runs, ${seeds} simulated seeds, and ten times as many where a real value was not among them. ${count("equal")} equal, ${count("within")} within, ${count("differs")} differ, ${count("skipped")} not recordable.`,
    ...againLines(again),
    "",
    ...numberLines(numbers),
    "",
    "## Scenarios",
    "",
    "equal: both arms show one value, the same. within: all real values are among the simulated ones. free: new values in",
    "nearly every simulated run, so a new real one says nothing. kernel: a total that depends on the buffers of the kernel.",
    "",
    "| scenario | fact | real | simulated | verdict |",
    "|---|---|---|---|---|",
    ...rows.flatMap((row) => scenarioLines(row, seeds)),
    ...attemptLines(rows),
    ...disturbanceLines(rows),
    "",
    "## Latencies after calibration",
    "",
    "Of two real runs alike, made one after the other, the profile is fitted to the first and judged by the second. The p95",
    "is judged of 100 values or more. unsteady: outside, but the machine's own two values are farther apart than what is",
    "asked for.",
    "",
    "| quantity | n | p50 real, first | second | simulated | | p95 real, first | second | simulated | |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...latencies.map(
      ({ quantity, count: n, before, measured, predicted, ...verdicts }) =>
        `| ${quantity} | ${n} | ${["p50", "p95"]
          .map((p) => `${[before, measured, predicted].map((pair) => ms(pair[p])).join(" | ")} | ${verdicts[p]}`)
          .join(" | ")} |`,
    ),
    "",
    "## Known departures from libzmq",
    "",
    ...departures.map(({ name, text }) => `- ${name}: ${text}`),
  ].join("\n")}\n`;
}
