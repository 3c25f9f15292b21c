/** Nodes of a scenario that run programs in JavaScript, with the command as it is shipped. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";

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

test("sockets, many seeds and recordings are refused in words", () => {
  const files = { "idle.mjs": "" };
  const node = { program: { module: "./idle.mjs" } };
  const both = run({ a: { ...node, sockets: { x: { type: "PULL" } } } }, files);
  expect(both.stderr).toMatch(/a node that runs a module has no "sockets"/);
  expect(run({ a: node }, files).status).toBe(0);
  expect(sim("run", "--seeds", "3", "it.json").stderr).toMatch(/only "sim run" with one seed can run it/);
  expect(sim("record", "it.json").stderr).toMatch(/runs \.\/idle\.mjs/);
});
