/**
 * Both arms against each other: every scenario is recorded on real ZeroMQ and simulated over many
 * seeds with a profile that was calibrated just before; then sim compare judges.
 *
 *   node scripts/validate.mjs [--runs 20] [--seeds 200] [--only REGEX] [--profile FILE] [--out reports]
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release, setPriority, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle } from "./build.mjs";
import { departures } from "./definitions.mjs";
import { fidelityPage } from "./fidelity-page.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    seeds: { type: "string", default: "200" },
    only: { type: "string", default: "" },
    profile: { type: "string" },
    out: { type: "string", default: join(ROOT, "reports") },
  },
});

/** Other work on the machine is no part of what is compared. */
function preferred() {
  try {
    setPriority(-10);
    return true;
  } catch {
    return false;
  }
}

const scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-validate-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

function sim(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(dist, "sim.js"), ...words], { cwd: ROOT });
    const said = { out: "", err: "" };
    child.stdout.on("data", (text) => (said.out += text));
    child.stderr.on("data", (text) => (said.err += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

function scenarioFiles() {
  return [join(ROOT, "scenarios"), join(ROOT, "test/validation")]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".json") && !path.endsWith(".schema.json"))
    .filter((path) => new RegExp(options.only).test(basename(path)));
}

async function calibrated() {
  if (options.profile !== undefined) return { file: options.profile, rows: [] };
  const file = join(scratch, "profile.json");
  const { code, out, err } = await sim("calibrate", "--json", "--out", file);
  if (code !== 0) throw new Error(`sim calibrate failed (${code}): ${err}`);
  return { file, rows: JSON.parse(out).rows };
}

async function validate(path, profile) {
  const scenario = basename(path, ".json");
  const folder = join(scratch, scenario);
  const recorded = await sim("record", path, "--runs", options.runs, "--out", folder, "--quiet");
  if (recorded.code === 2 && recorded.err.includes("cannot be recorded")) {
    return { scenario, verdict: "skipped", reason: recorded.err.replace(/^.*cannot be recorded: /s, "").trim() };
  }
  if (recorded.code !== 0) return { scenario, verdict: "differs", reason: `recording failed: ${recorded.err.trim()}` };
  const compared = await sim("compare", path, folder, "--seeds", options.seeds, "--profile", profile, "--json");
  rmSync(folder, { recursive: true, force: true });
  if (compared.code > 1) return { scenario, verdict: "differs", reason: `comparing failed: ${compared.err.trim()}` };
  return { scenario, about: aboutOf(path), ...JSON.parse(compared.out) };
}

const aboutOf = (path) => /"about"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(readFileSync(path, "utf8"))?.[1] ?? "";

const nice = preferred();
const dist = join(scratch, "dist");
await bundle(dist);
const files = scenarioFiles();
if (files.length === 0) throw new Error(`no scenario matches ${options.only}`);
const { file: profile, rows: latencies } = await calibrated();
const rows = [];
for (const [i, path] of files.entries()) {
  const row = await validate(path, profile);
  rows.push(row);
  const wrong = (row.facts ?? []).filter(({ verdict }) => verdict === "differs").length;
  process.stderr.write(
    `${i + 1}/${files.length} ${row.scenario}: ${row.verdict}${wrong > 0 ? ` (${wrong} facts)` : ""}${row.reason ? ` (${row.reason})` : ""}\n`,
  );
}
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const zeromq = JSON.parse(readFileSync(join(ROOT, "node_modules/zeromq/package.json"), "utf8")).version;
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, ${platform()} ${release()}`,
  load: `load average ${loadavg()
    .map((one) => one.toFixed(1))
    .join(", ")} at the end${nice ? "; processes of the recording had priority" : ""}`,
  versions: { "zeromq-sim": version, zeromq, libzmq: "4.3.5", node: process.version },
  runs: Number(options.runs),
  seeds: Number(options.seeds),
  latencies,
  rows,
  departures: departures().map(({ name, text }) => ({ name, text })),
};
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, "fidelity.json"), `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(join(options.out, "fidelity.md"), fidelityPage(report));
const failed = rows.filter(({ verdict }) => verdict === "differs").map(({ scenario }) => scenario);
if (failed.length > 0) {
  process.stderr.write(`the arms disagree: ${failed.join(", ")}\n`);
  process.exitCode = 1;
}
