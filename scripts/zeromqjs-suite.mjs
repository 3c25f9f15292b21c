/**
 * Runs the public test suite of zeromq.js against this package's drop-in and against npm zeromq, file by
 * file, and writes reports/zeromqjs.{json,md}. The suite is not part of this repository:
 *
 *   node scripts/zeromqjs-suite.mjs FOLDER [--only REGEX] [--module real|sim|both]
 *
 * FOLDER holds the suite's test/ and node_modules with mocha 11, chai 4, ts-node 10, typescript 4.9, semver,
 * proper-lockfile, fs-extra, which, zeromq 6.8 and a built zeromq-sim; src/ and v5-compat.js are written here.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What a simulated module cannot or need not do, by file or by the title of a case. */
const OUTSIDE = [
  [/process-exit/, "child processes and their exit"],
  [/(context|socket)-thread-test/, "worker threads"],
  [/curve-send-receive/, "cryptography"],
  [/zap-test/, "security handshakes"],
  [/stream-test/, "a real http peer"],
  [/dgram/, "a real udp peer"],
  [/typings-compatibility/, "packaging"],
];
const OUTSIDE_CASES = [
  [/(retain|release).*buffers|release (socket|context|buffers)|release reference to context/, "garbage collection"],
];

const SHIMS = {
  "package.json": '{"name":"suite","version":"0.0.0","private":true,"main":"src/index.js"}\n',
  "src/index.js": 'module.exports = require(process.env.ZMQ_UNDER_TEST || "zeromq");\n',
  "src/errors.js": "exports.isFullError = (error) => error instanceof Error;\n",
  "src/draft.js": 'module.exports = require(`${process.env.ZMQ_UNDER_TEST || "zeromq"}/draft`);\n',
  "v5-compat.js": `const path = require.resolve("zeromq/package.json").replace("package.json", "lib/");
require.cache[path + "index.js"] = Object.assign(new module.constructor(path + "index.js"), { exports: require("./src"), loaded: true });
module.exports = require(path + "compat.js");
`,
};

const FILE_MS_MAX = 180_000;
/** The leader of the process group that runs at present: mocha, and whatever its cases started. */
let leader;
function stopChild() {
  if (leader === undefined) return;
  try {
    process.kill(process.platform === "win32" ? leader : -leader, "SIGKILL");
  } catch {
    // It has ended.
  }
}
process.on("exit", stopChild);
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.on(signal, () => process.exit(code));

/** The signal that ended the program, or null; nothing of it is left. */
function end(words, options) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, words, {
      ...options,
      detached: process.platform !== "win32",
      stdio: "ignore",
    });
    leader = child.pid;
    const timer = setTimeout(stopChild, FILE_MS_MAX);
    child.on("error", failed);
    child.on("exit", (_code, signal) => {
      clearTimeout(timer);
      stopChild();
      leader = undefined;
      done(signal);
    });
  });
}

async function runFile(folder, file, which) {
  const output = join(folder, "out", `${which}.json`);
  rmSync(output, { force: true });
  const environment = {
    ...process.env,
    INCLUDE_COMPAT_TESTS: "true",
    EXCLUDE_TYPINGS_COMPAT_TESTS: "true",
    TS_NODE_TRANSPILE_ONLY: "true",
    ...(which === "sim" ? { NODE_OPTIONS: "--import zeromq-sim/register", ZMQ_UNDER_TEST: "zeromq-sim/zeromq" } : {}),
  };
  const words = ["--no-parallel", "--retries", "0", "--reporter", "json", "--reporter-option", `output=${output}`];
  const mocha = join(folder, "node_modules/mocha/bin/mocha.js");
  const signal = await end([mocha, ...words, file], { cwd: folder, env: environment });
  if (!existsSync(output)) return { failed: signal === null ? "no result" : `killed by ${signal}`, cases: [] };
  const result = JSON.parse(readFileSync(output, "utf8"));
  const state = (list, name) =>
    list.map(({ fullTitle, err }) => ({
      title: fullTitle,
      state: name,
      ...(err?.message ? { error: err.message } : {}),
    }));
  return {
    cases: [...state(result.passes, "pass"), ...state(result.failures, "fail"), ...state(result.pending, "skip")],
  };
}

const outside = (file, title) =>
  OUTSIDE.find(([pattern]) => pattern.test(file))?.[1] ?? OUTSIDE_CASES.find(([pattern]) => pattern.test(title))?.[1];

const count = (cases, state) => cases.filter((one) => one.state === state).length;

function table(files) {
  const cell = (cases) =>
    cases === undefined ? "-" : `${count(cases, "pass")} / ${count(cases, "fail")} / ${count(cases, "skip")}`;
  const rows = files.map(({ file, inside, real, why }) => `| ${file} | ${cell(inside)} | ${cell(real)} | ${why} |`);
  return [
    "| file | simulated: pass / fail / skip | npm zeromq | outside the pool |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function report(files, command) {
  const all = files.flatMap(({ file, sim }) => sim.map((one) => ({ file, ...one, outside: outside(file, one.title) })));
  const pool = all.filter((one) => one.outside === undefined && one.state !== "skip");
  const free = all.filter((one) => one.outside !== undefined && one.state === "pass");
  const summary = { passed: count(pool, "pass"), total: pool.length, outsidePassed: free.length };
  const json = { command, node: process.version, ...summary, cases: all };
  writeFileSync(join(ROOT, "reports/zeromqjs.json"), `${JSON.stringify(json, null, 1)}\n`);
  const failures = pool
    .filter(({ state }) => state === "fail")
    .map(({ file, title, error }) => `- ${file}: ${title}: ${error ?? ""}`);
  const byReason = new Map();
  for (const { outside: why } of free) byReason.set(why, (byReason.get(why) ?? 0) + 1);
  const text = [
    "# The test suite of zeromq.js on the simulated module",
    "",
    `${summary.passed} of ${summary.total} cases that a simulated module can run pass (${process.version}). A case is outside that pool when it needs`,
    "child processes, worker threads, a garbage collector, a real peer or a cipher; " +
      `${summary.outsidePassed} of those pass all the same` +
      (byReason.size === 0 ? "." : ` (${[...byReason].map(([why, passed]) => `${why}: ${passed}`).join(", ")}).`),
    "",
    `Made by \`${command}\` from the public suite (github.com/zeromq/zeromq.js, test/), which stays outside this repository.`,
    "",
    table(files),
    "",
    ...(failures.length === 0 ? [] : ["## Failures", "", ...failures, ""]),
  ].join("\n");
  writeFileSync(join(ROOT, "reports/zeromqjs.md"), text);
  return summary;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, module: { type: "string", default: "both" } },
});
const folder = resolve(positionals[0] ?? ".");
for (const [name, text] of Object.entries(SHIMS)) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}
mkdirSync(join(folder, "out"), { recursive: true });
const names = ["test/unit", "test/unit/compat"].flatMap((path) =>
  readdirSync(join(folder, path))
    .filter((name) => name.endsWith("-test.ts"))
    .sort()
    .map((name) => `${path}/${name}`),
);
const only = values.only === undefined ? null : new RegExp(values.only);
const files = [];
for (const name of names.filter((one) => only === null || only.test(one))) {
  const file = name.replace("test/unit/", "");
  const sim = values.module === "real" ? { cases: [] } : await runFile(folder, name, "sim");
  const real = values.module === "sim" ? undefined : (await runFile(folder, name, "real")).cases;
  const reasons = [...new Set(sim.cases.map(({ title }) => outside(file, title)).filter((why) => why !== undefined))];
  const why = reasons.join(", ") || (outside(file, "") ?? "") || (sim.failed ?? "");
  process.stderr.write(`${file}: ${count(sim.cases, "pass")} of ${sim.cases.length}\n`);
  const inside = sim.cases.filter(({ title }) => outside(file, title) === undefined);
  files.push({ file, sim: sim.cases, inside, real, why });
}
if (only === null) process.stderr.write(`${JSON.stringify(report(files, "node scripts/zeromqjs-suite.mjs FOLDER"))}\n`);
