/**
 * Both arms against each other: every scenario is recorded on real ZeroMQ and simulated over many
 * seeds with a profile that was calibrated just before; then sim compare judges.
 *
 *   node scripts/validate.mjs [--runs 20] [--seeds 200] [--only REGEX] [--profile FILE] [--again] [--out reports]
 *
 * --again: after something was mended in a scenario, only those that differed in the report in --out or have changed
 * since; the report says so, and what agreed is kept. A change of the model is another matter: it wants all of them.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cpus, loadavg, platform, release, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build.mjs";
import { departures } from "./definitions.mjs";
import { numbersOf } from "./fidelity-numbers.mjs";
import { fidelityPage } from "./fidelity-page.mjs";
import { scriptOptions } from "./options.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const options = scriptOptions(
  "npm run validate -- [--runs 20] [--seeds 200] [--only REGEX] [--profile FILE] [--again] [--out reports]",
  {
    runs: { type: "string", default: "20" },
    seeds: { type: "string", default: "200" },
    only: { type: "string", default: "" },
    profile: { type: "string" },
    again: { type: "boolean", default: false },
    out: { type: "string", default: join(ROOT, "reports") },
  },
);

/**
 * Other work on the machine is no part of what is compared: real-time scheduling where it may be had, from
 * the moment when a process is ready until its run is over. Before that it compiles and warms up, after that
 * its memory is taken apart, and either would hold up the other lanes. The canary waits for none of them.
 */
function priority() {
  const { status } = spawnSync("chrt", ["-r", "1", "true"], { stdio: "ignore" });
  return status === 0
    ? ["--when-ready", "chrt -a -r -p 1", "--canary-ready", "chrt -a -r -p 2", "--when-done", "chrt -a -o -p 0"]
    : [];
}

const scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-validate-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interrupt.abort());

function sim(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(dist, "sim.js"), ...words], { cwd: ROOT, signal: interrupt.signal });
    const said = { out: "", err: "" };
    child.stdout.on("data", (text) => (said.out += text));
    child.stderr.on("data", (text) => (said.err += text));
    child.on("error", (error) => interrupt.signal.aborted || reject(error));
    // An interrupted one has ended its own processes by then.
    child.on("close", (code) => (interrupt.signal.aborted ? process.exit(130) : resolve({ code, ...said })));
  });
}

function scenarioFiles() {
  return ["scenarios", "scenarios/questions", "scenarios/modules", "test/validation"]
    .map((folder) => join(ROOT, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".json") && !path.endsWith(".schema.json"))
    .filter((path) => new RegExp(options.only).test(basename(path)));
}

/** A profile that is made now, and how it does on runs that it was not fitted to. */
async function calibrated() {
  if (options.profile !== undefined) return { file: options.profile, rows: [] };
  const file = join(scratch, "profile.json");
  const { code, out, err } = await sim("calibrate", "--out", file, "--json", ...wrapper);
  if (code !== 0) throw new Error(`sim calibrate failed (${code}): ${err}`);
  const { rows } = JSON.parse(out);
  for (const { name, found } of numbersOf({ rows: [], latencies: rows }).filter(({ name }) => /^p\d/.test(name)))
    process.stderr.write(`${name}: ${found}\n`);
  return { file, rows };
}

/** Simulated time of one run, ns. */
async function lengthOf(path) {
  const { out } = await sim("run", path, "--json");
  return Number(/"endTime": ?(\d+)/.exec(out)?.[1] ?? 0);
}

/** How many of the recorded runs had to be made again, and how many stayed held up all the same. */
function disturbances(folder) {
  const notes = readdirSync(folder).map((name) => {
    const [header = ""] = readFileSync(join(folder, name), "utf8").split("\n", 1);
    return JSON.parse(header).notes ?? [];
  });
  const having = (topic) => notes.filter((own) => own.some((note) => note.startsWith(`${topic}: `))).length;
  return { repeated: having("repeated"), disturbed: having("disturbed") };
}

/** What came of the recording: a folder, or a row that says why there is none. */
async function record(path) {
  const scenario = basename(path, ".json");
  const folder = join(scratch, scenario);
  const { code, err } = await sim(
    "record",
    path,
    "--runs",
    options.runs,
    "--out",
    folder,
    "--quiet",
    "--calm",
    ...wrapper,
  );
  if (code === 0) return { folder };
  const refused = code === 2 && err.includes("cannot be recorded");
  const reason = refused ? err.replace(/^.*cannot be recorded: /s, "") : `recording failed: ${err}`;
  return { row: { scenario, verdict: refused ? "skipped" : "differs", reason: reason.trim() } };
}

/** What may come of these depends on the machine so much that they are also run as they stand, with the shipped profile. */
const AS_SHIPPED = new Set(["stable-pub-sub"]);

async function outcomes(path) {
  const { out } = await sim("run", path, "--seeds", `1..${options.seeds}`, "--json");
  return JSON.parse(out).outcomes.map(({ lines, count }) => ({ lines, count }));
}

/** What is seen once in a hundred runs may be among twenty real ones and not among so many seeds: more of them tell. */
const MORE_SEEDS = 10;

async function compare(path, folder, profile) {
  const scenario = basename(path, ".json");
  const machine = disturbances(folder);
  const judge = (seeds) => sim("compare", path, folder, "--seeds", `${seeds}`, "--json", "--profile", profile);
  let seeds = Number(options.seeds);
  let { code, out, err } = await judge(seeds);
  if (code === 1) {
    seeds *= MORE_SEEDS;
    ({ code, out, err } = await judge(seeds));
  }
  const shipped = AS_SHIPPED.has(scenario) ? await outcomes(path) : undefined;
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else keepForWhoeverLooks(folder);
  if (code > 1) return { scenario, verdict: "differs", reason: `comparing failed: ${err.trim()}` };
  // Where this machine keeps things is no part of a report.
  const told = JSON.parse(out.replaceAll(join(scratch, "/"), "").replaceAll(ROOT, ""));
  return { scenario, about: aboutOf(path), seeds, machine, ...shortened(told), ...(shipped && { shipped }) };
}

/** Recordings that disagree outlast the suite. */
function keepForWhoeverLooks(folder) {
  const place = join(mkdtempSync(join(tmpdir(), "zeromq-sim-differs-")), basename(folder));
  renameSync(folder, place);
  process.stderr.write(`recordings that disagree: ${place}\n`);
}

/** The report keeps what differs or varies in full, and of the rest how much there is. */
function shortened({ facts, ...row }) {
  const cut = (shares) => shares.slice(0, 8).map((one) => ({ ...one, value: one.value.slice(0, 200) }));
  const counts = {};
  for (const { verdict } of facts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const kept = facts.filter(({ kind, verdict }) => verdict === "differs" || kind === "messages" || kind === "turns");
  return {
    ...row,
    counts,
    facts: kept.map((fact) => ({ ...fact, reference: cut(fact.reference), other: cut(fact.other) })),
  };
}

/** Tells whether a scenario or a program that it names has changed. */
function digestOf(path) {
  const text = readFileSync(path, "utf8");
  const hash = createHash("sha256").update(text);
  for (const [, name] of text.matchAll(/"module"\s*:\s*"([^"]+)"/g))
    hash.update(readFileSync(join(dirname(path), name)));
  return hash.digest("hex").slice(0, 16);
}

/** What was checked out when the suite began; "" outside of a repository. */
function commit() {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? ` at ${stdout.trim()}` : "";
}

const aboutOf = (path) => /"about"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(readFileSync(path, "utf8"))?.[1] ?? "";

const last = join(options.out, "fidelity.json");
if (options.again && !existsSync(last)) throw new Error(`--again: there is no ${last} yet`);
const before = options.again ? JSON.parse(readFileSync(last, "utf8")) : { rows: [] };
const kept = new Map(before.rows.filter(({ verdict }) => verdict !== "differs").map((row) => [row.scenario, row]));
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const own = `${version}${commit()}`;
const wrapper = priority();
const dist = join(scratch, "dist");
await bundle(dist);
const files = scenarioFiles();
if (files.length === 0) throw new Error(`no scenario matches ${options.only}`);
const { file: profile, rows: latencies } = await calibrated();
/**
 * Scenarios that last longer mostly sleep, and are recorded beside the others. More at a time would have to share the
 * processors, which no canary above them feels.
 */
const LONG_NS = 5e9;
let done = 0;
const rows = new Array(files.length);
const queue = [];
for (const [at, path] of files.entries()) {
  const row = kept.get(basename(path, ".json"));
  if (row?.digest === digestOf(path)) rows[at] = row;
  else queue.push({ at, path, digest: digestOf(path), length: await lengthOf(path) });
}

async function lane(entries) {
  for (const { at, path, digest } of entries) {
    const { folder, row } = await record(path);
    rows[at] = { ...(row ?? (await compare(path, folder, profile))), digest };
    const { scenario, verdict, facts = [], reason = "" } = rows[at];
    const wrong = facts.filter((fact) => fact.verdict === "differs").length;
    process.stderr.write(
      `${Math.round(performance.now() / 1000)} s, ${++done}/${queue.length} ${scenario}: ${verdict}${wrong > 0 ? ` (${wrong} facts)` : ""} ${reason}\n`,
    );
  }
}

await Promise.all([
  lane(queue.filter(({ length }) => length > LONG_NS)),
  lane(queue.filter(({ length }) => length <= LONG_NS)),
]);
const zeromq = JSON.parse(readFileSync(join(ROOT, "node_modules/zeromq/package.json"), "utf8")).version;
const again = [...(before.again ?? [])];
if (options.again)
  again.push({
    at: new Date().toISOString().slice(0, 16),
    scenarios: queue.map(({ path }) => basename(path, ".json")),
  });
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, ${platform()} ${release()}`,
  load: `load average ${loadavg()
    .map((one) => one.toFixed(1))
    .join(", ")} at the end${wrapper.length > 0 ? "; recorded processes ran with real-time priority" : ""}`,
  versions: { "zeromq-sim": own, zeromq, libzmq: "4.3.5", node: process.version },
  runs: Number(options.runs),
  seeds: Number(options.seeds),
  /** Of this machine, for those who want to simulate the same again. */
  profile: existsSync(profile) ? JSON.parse(readFileSync(profile, "utf8")) : profile,
  latencies,
  rows,
  ...(again.length > 0 && { again }),
  numbers: numbersOf({ rows, latencies }),
  departures: departures().map(({ name, text }) => ({ name, text })),
};
mkdirSync(options.out, { recursive: true });
writeFileSync(last, `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(join(options.out, "fidelity.md"), fidelityPage(report));
const failed = rows.filter(({ verdict }) => verdict === "differs").map(({ scenario }) => scenario);
const missed = report.numbers.filter(({ ok }) => !ok);
if (failed.length > 0) process.stderr.write(`the arms disagree: ${failed.join(", ")}\n`);
for (const { name, wanted, found } of missed) process.stderr.write(`missed: ${name}: ${wanted}, but ${found}\n`);
if (failed.length + missed.length > 0) process.exitCode = 1;
