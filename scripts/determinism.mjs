/**
 * npm run determinism [-- --versions 20,24 --seeds 1,2 --keep DIR FILE...]
 *
 * Runs every scenario, and a program for zeromq.js a hundred times, on several versions of Node and
 * compares the digests: same scenario, seed and version of the simulator, same trace. npm's packages
 * node@N bring the binaries into a scratch folder.
 * Exit code 0 when all digests agree, 4 when some differ, 3 when a run or an installation failed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./build.mjs";

const ROOT = join(import.meta.dirname, "..");
const SIM = join(ROOT, "dist", "sim.js");
const INSTALL_MS_MAX = 300_000;
const RUN_MS_MAX = 120_000;
/** Digits of a digest in the table; the comparison takes all. */
const SHOWN = 12;

const children = new Set();
const stopChildren = () => {
  for (const child of children) killGroup(child);
};
/** The program and what it started: npm runs scripts of packages. */
function killGroup({ pid }) {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
process.on("exit", stopChildren);
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.on(signal, () => process.exit(code));

/** Exit code and both streams of a program that is ended after `msMax`. */
function output(command, words, { cwd = ROOT, msMax, shell = false }) {
  return new Promise((done, failed) => {
    const child = spawn(command, words, {
      cwd,
      shell,
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    children.add(child);
    const timer = setTimeout(() => killGroup(child), msMax);
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said.err += text;
    });
    child.on("error", failed);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      done({ code: code ?? signal, ...said });
    });
  });
}

/** The binary of that major version, installed by npm unless a kept folder has it. */
async function install(major, scratch) {
  const folder = join(scratch, `node${major}`);
  const binary = join(folder, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    // The package's install script is what fetches the binary for this platform.
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
    const words = ["install", `node@${major}`, "--no-audit", "--no-fund"];
    const { code, err } = await output("npm", words, {
      cwd: folder,
      msMax: INSTALL_MS_MAX,
      shell: process.platform === "win32",
    });
    if (code !== 0) throw new Error(`npm install node@${major} ended with ${code}\n${err}`);
  }
  const { out } = await output(binary, ["--version"], { msMax: RUN_MS_MAX });
  return { version: out.trim(), binary };
}

/** A program written for zeromq.js, in virtual time: its runs are compared with each other, too. */
const PROGRAM = join(ROOT, "scripts", "determinism-program.mjs");
const PROGRAM_RUNS = 100;

async function programDigest(binary, seed) {
  const words = [PROGRAM, seed === "own" ? "1" : seed, String(PROGRAM_RUNS)];
  const { code, out, err } = await output(binary, words, { msMax: RUN_MS_MAX });
  if (code !== 0) return { failed: `exit ${code}: ${err.trim().split("\n")[0] ?? ""}` };
  return { digest: out.trim() };
}

async function digestOf(binary, file, seed) {
  if (file === PROGRAM) return programDigest(binary, seed);
  const { code, out, err } = await output(
    binary,
    [SIM, "run", file, "--json", ...(seed === "own" ? [] : ["--seed", seed])],
    { msMax: RUN_MS_MAX },
  );
  // A failed expectation (1) is still a run with a digest.
  if (code !== 0 && code !== 1) return { failed: `exit ${code}: ${err.trim().split("\n")[0] ?? ""}` };
  return { digest: JSON.parse(out).digest };
}

/** One line a scenario and seed; true when all versions agree. */
async function compare(nodes, file, seed) {
  const results = [];
  for (const { binary } of nodes) results.push(await digestOf(binary, file, seed));
  const failed = results.find((result) => result.failed !== undefined);
  const same = failed === undefined && results.every(({ digest }) => digest === results[0].digest);
  const cells = results.map(({ digest, failed: why }) =>
    (why === undefined ? digest.slice(0, SHOWN) : "failed").padEnd(SHOWN),
  );
  const verdict = failed === undefined ? (same ? "same" : "DIFFERENT") : failed.failed;
  console.log(
    `${basename(file)
      .replace(/\.json$/, "")
      .padEnd(28)} ${String(seed).padEnd(5)} ${cells.join("  ")}  ${verdict}`,
  );
  return failed === undefined ? (same ? 0 : 4) : 3;
}

function scenarios() {
  const folder = join(ROOT, "scenarios");
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const files = names
    .filter((name) => name.endsWith(".json") && !name.endsWith(".schema.json"))
    .map((name) => join(folder, name));
  const modules = ["broker.json", "workers.json"].map((name) => join(folder, "modules", name));
  return [...files, ...modules, PROGRAM];
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      versions: { type: "string", default: "20,22,24,26" },
      seeds: { type: "string", default: "own,2" },
      keep: { type: "string" },
    },
  });
  const files = positionals.length > 0 ? positionals.map((file) => resolve(file)) : scenarios();
  if (files.length === 0) throw new Error("no scenarios to run");
  const scratch = values.keep === undefined ? mkdtempSync(join(tmpdir(), "zeromq-sim-nodes-")) : resolve(values.keep);
  try {
    await bundle();
    const nodes = [];
    for (const major of values.versions.split(",")) {
      console.error(`installing node@${major}`);
      nodes.push(await install(major, scratch));
    }
    console.log(
      `${"scenario".padEnd(28)} ${"seed".padEnd(5)} ${nodes.map(({ version }) => version.padEnd(SHOWN)).join("  ")}`,
    );
    let exitCode = 0;
    for (const file of files) {
      for (const seed of values.seeds.split(",")) exitCode = Math.max(exitCode, await compare(nodes, file, seed));
    }
    return exitCode;
  } finally {
    if (values.keep === undefined) rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 3;
}
