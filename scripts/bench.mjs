/**
 * Measures the simulator beside a reference and, with --peers, beside other engines and real ZeroMQ.
 *
 *   node scripts/bench.mjs [--json] [--rounds N] [--peers DIR] [--rows TEXT] [--write] [--render]
 *
 * Every row runs in a process of its own, all rows of a round before the next round; a row's value is the
 * median of its rounds. Only ratios within one run mean something: machines differ, and their load changes.
 * --write puts the results into reports/performance.{json,md} and the plots beside them; --render writes the page
 * again from the figures of the last --write.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { build } from "esbuild";
import { buildPeers } from "./bench-peers.mjs";
import { plotSvg } from "./bench-plot.mjs";
import { memory, profile } from "./bench-profile.mjs";
import { targetRows } from "./bench-targets.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
/** Rows that take minutes and hardly vary: memory and how the largest sizes fare. Measured in the first round only. */
const ONCE = new Set(["idle 1e5", "idle 1e6", "reconnect 1e6", "PUB to 100000 tcp"]);
/** What is said to cost most, row by row. */
const PROFILED = ["PUSH/PULL tcp", "PUB to 100 tcp", "PUB to 100 inproc"];
/** Longest time one row may take, in ms. */
const ROW_LIMIT = 600_000;

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    peers: { type: "string" },
    rows: { type: "string" },
    write: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help) {
  console.log("npm run bench -- [--json] [--rounds N] [--peers DIR] [--rows TEXT] [--write] [--render]");
  process.exit(0);
}
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds takes a whole number from 1, found "${options.rounds}"`);
if (options.peers !== undefined && !existsSync(options.peers)) fail(`--peers: there is no folder ${options.peers}`);

function fail(text) {
  console.error(`error: ${text}`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** One measurement in a fresh process: CPU ns per counted thing and what else the row tells. */
async function measure(bundle, row) {
  const { stdout } = await run(process.execPath, ["--expose-gc", "--max-old-space-size=14000", bundle, row], {
    timeout: ROW_LIMIT,
    maxBuffer: 1e6,
  });
  const { count, cpu, wall, bytes, rss } = JSON.parse(stdout);
  return { ns: (cpu * 1e9) / count, wallNs: (wall * 1e9) / count, bytes, rss };
}

/** Wall time of a whole command: the median of a few starts, which vary more than anything else here. */
async function startTime(argv) {
  const times = [];
  for (let start = 0; start < STARTS; start++) {
    const begin = performance.now();
    await run(process.execPath, argv, { timeout: 60_000 });
    times.push((performance.now() - begin) * 1e6);
  }
  return { ns: median(times) };
}

const STARTS = 7;
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const medianOf = (samples, key) =>
  samples.some((sample) => sample[key] !== undefined) ? median(samples.map((sample) => sample[key])) : undefined;

async function main() {
  const bundle = join(scratch, "bench.mjs");
  await build({
    entryPoints: [join(ROOT, "test/bench/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    outfile: bundle,
    logLevel: "warning",
  });
  const { stdout } = await run(process.execPath, [bundle]);
  const names = JSON.parse(stdout).filter(
    (name) => name === "reference" || options.rows === undefined || name.includes(options.rows),
  );
  const { peers, missing } =
    options.peers === undefined ? { peers: [], missing: [] } : buildPeers(options.peers, scratch);
  const jobs = [
    ...names.map((name) => [name, () => measure(bundle, name)]),
    ...peers.map(({ name, measure: peer }) => [name, peer]),
  ];
  if (options.rows === undefined) {
    const cli = join(ROOT, "dist/sim.js");
    jobs.push(["start: node -e 0", () => startTime(["-e", "0"])]);
    jobs.push(["start: sim run late-joiner", () => startTime([cli, "run", join(ROOT, "scenarios/late-joiner.json")])]);
  }
  const samples = new Map(jobs.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, job] of jobs) {
      if (round > 0 && ONCE.has(name)) continue;
      process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
      try {
        samples.get(name).push(await job());
      } catch (error) {
        missing.push(`${name}: ${String(error.message ?? error).split("\n")[0]}`);
      }
    }
  }
  return { ...summarize(samples, missing), ...(options.write ? await whereItGoes(bundle) : {}) };
}

async function whereItGoes(bundle) {
  const profiles = [];
  for (const row of PROFILED) profiles.push({ row, shares: await profile(bundle, row, scratch) });
  return { profiles, memory: await memory(bundle) };
}

function summarize(samples, missing) {
  const measured = [...samples]
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => ({
      name,
      ns: medianOf(list, "ns"),
      wallNs: medianOf(list, "wallNs"),
      bytes: medianOf(list, "bytes"),
      rss: medianOf(list, "rss"),
    }));
  const unit = measured.find(({ name }) => name === "reference")?.ns;
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  return {
    machine,
    rounds,
    measured: measured.map((row) => ({ ...row, ref: unit === undefined ? undefined : row.ns / unit })),
    rows: targetRows(measured),
    missing,
  };
}

const digits = (value, count = 2) =>
  value === undefined
    ? ""
    : value >= 100
      ? value.toFixed(0)
      : value > 0 && value < 0.01
        ? String(+value.toPrecision(1))
        : value.toFixed(count);
const table = (head, lines) =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...lines.map((line) => `| ${line.join(" | ")} |`),
  ].join("\n");

function markdown({ machine, rounds: count, measured, rows, missing, profiles = [], memory: classes = [] }, plots) {
  const verdict = (row) => [
    row.what,
    digits(row.ratio),
    row.target,
    row.holds === null ? "not measured" : row.holds ? "yes" : "**no**",
    row.note,
  ];
  return [
    "# Performance",
    `Measured ${machine.date} on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, Node ${machine.node}; medians of ${count} interleaved rounds, CPU time. The machine is shared: trust ratios, not nanoseconds. Made by \`npm run bench -- --write\`.`,
    "## Targets",
    table(["what", "ratio", "target", "holds", "note"], rows.map(verdict)),
    ...(rows.some(({ answer }) => answer !== undefined)
      ? [
          "What is missed, and why:",
          rows.flatMap(({ what, answer }) => (answer === undefined ? [] : [`- ${what}: ${answer}`])).join("\n"),
        ]
      : []),
    "## Rows",
    table(
      ["row", "CPU ns each", "wall ns each", "x REF", "bytes each", "peak MB"],
      measured.map((row) => [
        row.name,
        digits(row.ns, 0),
        digits(row.wallNs, 0),
        digits(row.ref),
        digits(row.bytes, 0),
        digits(row.rss, 0),
      ]),
    ),
    ...(plots.length > 0 ? ["## Cost against size", ...plots.map((plot) => `![${plot.title}](${plot.file})`)] : []),
    ...(profiles.length > 0
      ? [
          "## Where the time goes",
          "Share of the CPU time by source file, inlined code counted where it was inlined.",
          ...profiles.map(costs),
        ]
      : []),
    ...(classes.length > 0
      ? [
          "## Where the memory of an idle subscriber goes",
          "Both ends of its connection; classes, and kinds of what is no object of a class.",
          table(
            ["class", "objects", "bytes"],
            classes.map(([name, objects, bytes]) => [name, digits(objects, 1), digits(bytes, 0)]),
          ),
        ]
      : []),
    ...(missing.length > 0 ? ["## Not measured", missing.map((text) => `- ${text}`).join("\n")] : []),
    "",
  ].join("\n\n");
}

const costs = ({ row, shares }) =>
  `**${row}**: ${shares.map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`).join(", ")}`;

/** The page again from the figures of the last --write, after a change of its form. */
function rendered() {
  const known = JSON.parse(readFileSync(join(ROOT, "reports/performance.json"), "utf8"));
  return { ...known, rows: targetRows(known.measured) };
}

const result = options.render ? rendered() : await main();
if (options.write || options.render) {
  mkdirSync(join(ROOT, "reports"), { recursive: true });
  const plots = plotSvg(result.measured);
  for (const { file, svg } of plots) writeFileSync(join(ROOT, "reports", file), svg);
  writeFileSync(join(ROOT, "reports/performance.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(ROOT, "reports/performance.md"), markdown(result, plots));
}
console.log(options.json ? JSON.stringify(result, null, 2) : markdown(result, []));
