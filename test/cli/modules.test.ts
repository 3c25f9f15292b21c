/** Nodes of a scenario that run programs in JavaScript, with the command as it is shipped. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type * as Library from "../../src/index.ts";

const SCENARIO = join(import.meta.dirname, "../../scenarios/modules/workers.json");
let folder: string;

beforeAll(() => {
  expect(inject("bundleError")).toBe("");
  folder = mkdtempSync(join(tmpdir(), "zeromq-sim-modules-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sim(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(inject("bundles"), "sim.js"), ...words], {
    cwd: folder,
    encoding: "utf8",
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}

/** Writes files and runs the scenario whose nodes are given. */
function run(nodes: object, files: Record<string, string>, further: object = {}) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "it.json"), JSON.stringify({ about: "x", until: "5s", nodes, ...further }));
  return sim("run", "it.json");
}

test("the example holds, with the same trace every time and another one for another seed", () => {
  const digest = (...words: string[]): string => {
    const { status, stdout, stderr } = sim("run", SCENARIO, "--json", ...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return (JSON.parse(stdout) as { digest: string }).digest;
  };
  expect(digest()).toBe(digest());
  expect(digest("--seed", "2")).not.toBe(digest());
});

test("sim test holds it over seeds", () => {
  expect(sim("test", SCENARIO, "--seeds", "8").stdout).toMatch(/1 scenario: 1 passed; 8 runs/);
});

test("each instance has variables, arguments and imports of its own, ESM or CommonJS, also after a restart", () => {
  const { status, stdout } = run(
    {
      cjs: { count: 3, program: { module: "./c.cjs", args: ["${index}"] } },
      esm: { count: 2, program: { module: "./m.mjs" } },
    },
    {
      "state.cjs": "exports.count = 0;",
      "state.mjs": "export const state = { count: 0 };",
      "c.cjs": `require("zeromq"); console.log("cjs", process.argv[2], ++require("./state.cjs").count);`,
      "m.mjs": `import { state } from "./state.mjs"; import other from "./state.cjs";
console.log("esm", ++state.count, ++other.count); await new Promise((resolve) => setTimeout(resolve, 2000));`,
    },
    { timeline: [{ at: "1s", restart: "esm" }] },
  );
  expect(status).toBe(0);
  const said = stdout.split("\n").filter((line) => /^(cjs|esm) \d/.test(line));
  expect(said).toEqual(["cjs 0 1", "cjs 1 1", "cjs 2 1", ...Array<string>(4).fill("esm 1 1")]);
});

test.each([
  ["./nope.mjs", /node "a" runs \.\/nope\.mjs, but there is no file .*nope\.mjs/],
  ["./bad.mjs", /node "a" could not load its module: my mistake/],
])("%s is a clear error", (module, message) => {
  const { status, stderr } = run({ a: { program: { module } } }, { "bad.mjs": 'throw new Error("my mistake");' });
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test("a program that throws later ends its node", () => {
  const files = { "late.mjs": 'setTimeout(() => { throw new Error("late"); }, 5);' };
  const { status, stdout } = run({ a: { program: { module: "./late.mjs" } } }, files);
  expect(status).toBe(0);
  expect(stdout).toMatch(/a failed: late/);
});

test("a node that runs a module takes no sockets of its own", () => {
  const node = { program: { module: "./idle.mjs" }, sockets: { x: { type: "PULL" } } };
  expect(run({ a: node }, { "idle.mjs": "" }).stderr).toMatch(/a node that runs a module has no "sockets"/);
});

describe("every way to run a scenario runs modules, too", () => {
  const seed = "2";
  const digestOf = (): string =>
    (JSON.parse(sim("run", SCENARIO, "--json", "--seed", seed).stdout) as { digest: string }).digest;

  test("sim run --seeds", () => {
    const { status, stdout, stderr } = sim("run", SCENARIO, "--seeds", "1..6", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ runs: 6, failed: 0 });
  });

  test("sim trace", () => {
    const { status, stdout } = sim("trace", SCENARIO, "--seed", seed, "--to", "jsonl");
    expect(status).toBe(0);
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(digestOf());
  });

  test("sim compare: the scenario against a trace of its own", () => {
    sim("run", SCENARIO, "--seed", seed, "--trace", "own.jsonl");
    const { status, stdout } = sim("compare", SCENARIO, "own.jsonl", "--seeds", "1..6");
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^(equal|within)/);
    const other = sim("compare", SCENARIO, "own.jsonl", "--seeds", "1..3", "--set", "nodes.worker.count=2");
    expect(other.stderr).toMatch(/different versions of workers/);
  });

  test("the library", async () => {
    const { simulate, simulateAsync } = (await import(join(inject("bundles"), "index.js"))) as typeof Library;
    const text = readFileSync(SCENARIO, "utf8");
    const said: string[] = [];
    const options = { seed, file: SCENARIO, echo: (line: string) => void said.push(line) };
    const done = await Promise.all([simulateAsync(text, options), simulateAsync(text, { ...options, seed: 3 })]);
    expect(done[0].digest).toBe(digestOf());
    expect(done[0].flow("worker.push", "sink.results").delivered).toBe(9);
    expect(done[1].digest).not.toBe(done[0].digest);
    expect(() => simulate(text, { file: SCENARIO })).toThrow(/runs \.\/worker\.mjs.*use simulateAsync/);
    await expect(simulateAsync(text, { file: "nowhere/x.json" })).rejects.toThrow(/there is no file/);
    expect(said).toEqual([]);
  });
});

test("a topology made by code, a plan, and checks of the finished run", async () => {
  const { compileScenario, simulateAsync, topology } = (await import(
    join(inject("bundles"), "index.js")
  )) as typeof Library;
  const file = SCENARIO;
  const made = topology("x")
    .node("sink", {
      sockets: { in: { type: "PULL", bind: "tcp://*:5558" } },
      program: [{ repeat: 2, do: [{ recv: "in" }] }],
    })
    .node("tasks", {
      sockets: { out: { type: "PUSH", bind: "tcp://*:5557" } },
      program: [{ sleep: "50ms" }, { repeat: 2, do: [{ send: "out", frames: ["x"] }] }],
    })
    .node("worker", { program: { module: "./worker.mjs", args: ["tcp://tasks:5557", "tcp://sink:5558", "7"] } });
  const run = await made.runAsync({ file });
  expect(run.received("sink.in")).toEqual(["worker 7: 1 done", "worker 7: 2 done"]);
  expect(run.check({ from: "worker.push", to: "sink.in", delivered: 2 }).ok).toBe(true);
  const relation = { compare: "delivered", from: "worker.push", to: "sink.in", is: "equal" } as const;
  expect(() => run.check({ ...relation, with: { set: { until: "1s" } } })).toThrow(/cannot start another run/);
  const { plan } = compileScenario(JSON.stringify(made.toScenario()), { file });
  expect((await simulateAsync(plan!, { file })).digest).toMatch(/^[0-9a-f]{64}$/);
});

test("an expectation compares with another run of the modules, and with another scenario elsewhere", () => {
  mkdirSync(join(folder, "other"), { recursive: true });
  const program = (count: number) =>
    `import { Push } from "zeromq"; const out = new Push(); out.connect("tcp://sink:1");
for (let i = 0; i < ${count} * Number(process.argv[2]); i++) await out.send(String(i)); out.close();`;
  const nodes = (times: string) => ({
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:1" } }, program: [{ forever: [{ recv: "in" }] }] },
    source: { program: { module: "./it.mjs", args: [times] } },
  });
  writeFileSync(join(folder, "other/it.mjs"), program(2));
  writeFileSync(join(folder, "other/it.json"), JSON.stringify({ about: "x", until: "5s", nodes: nodes("5") }));
  const flow = { from: "source.push", to: "sink.in" };
  const compare = (expected: object) => ({ expect: [{ ...flow, compare: "delivered", ...expected }] });
  const files = { "it.mjs": program(1) };
  const twice = { set: { "nodes.source.program.args[0]": "10" } };
  expect(run(nodes("5"), files, compare({ with: twice, is: "less" })).stdout).toMatch(/✓/);
  const elsewhere = { scenario: "other/it.json" };
  expect(run(nodes("5"), files, compare({ with: elsewhere, is: "less" })).stdout).toMatch(/✓/);
  expect(run(nodes("5"), files, compare({ with: elsewhere, is: "equal" })).status).toBe(1);
});

test("what a module prints is in the trace, and on the screen unless JSON is asked for", () => {
  const nodes = { a: { program: { module: "./say.mjs" } } };
  const files = { "say.mjs": 'process.stdout.write("half "); console.error("whole"); console.log("line");' };
  const { status, stdout } = run(nodes, files, {
    expect: [
      { log: "half line", count: 1 },
      { log: "whole", count: 1 },
    ],
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^half whole\nline\n/);
  expect(JSON.parse(sim("run", "it.json", "--json").stdout)).toMatchObject({ scenario: "it" });
});

test("process.argv is the module's own, however it is imported", () => {
  const nodes = { a: { count: 2, program: { module: "./args.mjs", args: ["${index}", "x"] } } };
  const files = {
    "args.mjs": `import process, { argv } from "node:process"; import { parseArgs } from "node:util";
const own = [argv, process.argv, globalThis.process.argv].map((list) => list.slice(2).join());
console.log(own.join(" "), argv.length, [...argv].at(-1), Array.isArray(argv), parseArgs({ allowPositionals: true, args: argv.slice(2) }).positionals.length);
argv.push("more"); console.log(process.argv.length);`,
  };
  const { stdout } = run(nodes, files);
  const lines = stdout.split("\n").slice(0, 4);
  expect(lines).toEqual(["0,x 0,x 0,x 4 x true 2", "5", "1,x 1,x 1,x 4 x true 2", "5"]);
});
