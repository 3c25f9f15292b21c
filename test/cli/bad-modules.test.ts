/** Programs in JavaScript that go wrong inside a scenario: a clear error each time, and a process in order afterwards. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import type * as Library from "../../src/index.ts";

let library: typeof Library;
let folder: string;
beforeAll(async () => {
  expect(inject("bundleError")).toBe("");
  library = (await import(join(inject("bundles"), "index.js"))) as typeof Library;
  folder = mkdtempSync(join(tmpdir(), "zeromq-sim-bad-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let before: unknown[];
const now = () => [
  ...[globalThis.setTimeout, globalThis.setInterval, globalThis.setImmediate, globalThis.Date, Math.random],
  ...[performance.now, process.hrtime, AbortSignal.timeout, process.exit, process.argv, process.exitCode],
  ...[process.stdout.write, process.stderr.write],
  ...process.listeners("unhandledRejection"),
  ...process.listeners("uncaughtException"),
];
beforeEach(() => {
  before = now();
});
afterEach(() => expect(now()).toEqual(before));

let count = 0;
/** Runs a node called "a" with this program, beside an idle one. */
function run(text: string, options: Library.AsyncRunOptions = {}): Promise<Library.Run> {
  const name = `program-${++count}.mjs`;
  writeFileSync(join(folder, name), text);
  const nodes = { a: { program: { module: `./${name}` } }, idle: { program: [{ sleep: "1s" }] } };
  return library.simulateAsync({ about: "x", until: "2s", nodes }, { file: join(folder, "it.json"), ...options });
}
const stateOfA = async (text: string) => {
  const { state, error } = (await run(text)).threads.find(({ thread }) => thread === "a")!;
  return { state, error };
};

test.each([
  ["throws in a timer", 'setTimeout(() => { throw new Error("boom"); }, 5);'],
  ["throws in a microtask", 'setTimeout(() => queueMicrotask(() => { throw new Error("boom"); }), 5);'],
  ["leaves a rejection unhandled", 'setTimeout(() => { void Promise.reject(new Error("boom")); }, 5);'],
  [
    "fails at its top level after waiting",
    'await new Promise((resolve) => setTimeout(resolve, 5)); throw new Error("boom");',
  ],
])("one that %s ends its node", async (_what, text) => {
  expect(await stateOfA(text)).toEqual({ state: "failed", error: "boom" });
});

test("an endpoint with an unknown host name", async () => {
  const { error } = await stateOfA(
    'import { Push } from "zeromq"; await null; setTimeout(() => new Push().connect("tcp://brocker:1"), 1);',
  );
  expect(error).toMatch(
    /host "a" uses tcp:\/\/brocker:1, but no host of the simulation is called "brocker" \(there are: a, idle\)/,
  );
});

test.each([
  ["at its top level", "for (;;);"],
  ["of promises at its top level", "for (;;) await null;"],
  ["in a timer", "setTimeout(() => { for (;;); }, 5);"],
  ["of promises later", "setTimeout(async () => { for (;;) await null; }, 5);"],
])("an endless loop %s is ended and named", async (_what, text) => {
  await expect(run(text, { turnLimit: 400 })).rejects.toThrow(/host "a" ran for more than 400 ms of real time/);
});

test("an endless loop of immediates hits the limit of events", async () => {
  await expect(run("(function again() { setImmediate(again); })();")).rejects.toThrow(/more than \d+ events .*"a"/);
});

test("one that swaps the clock", async () => {
  await expect(run("globalThis.Date = class extends Date {};")).rejects.toThrow("a program replaced Date and did not");
  await expect(run("Math.random = () => 4;")).rejects.toThrow("a program replaced random and did not");
});

test("one that sets process.exitCode, or changes its arguments", async () => {
  const { threads } = await run("process.exitCode = 7; process.argv.length = 0; process.argv = [];");
  expect(threads.find(({ thread }) => thread === "a")?.state).toBe("ended");
});

test("a file that it awaits takes no time, and is told; --strict refuses it", () => {
  const text = `import { readFile } from "node:fs/promises";
await new Promise((done) => setTimeout(done, 1)); await readFile(process.argv[1]); console.log(performance.now() < 2);`;
  writeFileSync(join(folder, "read.mjs"), text);
  const nodes = { a: { program: { module: "./read.mjs" } }, idle: { program: [{ sleep: "1s" }] } };
  writeFileSync(join(folder, "read.json"), JSON.stringify({ about: "x", until: "2s", nodes }));
  const sim = (...words: string[]) =>
    spawnSync(process.execPath, [join(inject("bundles"), "sim.js"), "run", "read.json", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
  expect(sim().stdout).toMatch(/^true\n[\s\S]*host "a" wait\w+ for something outside the simulation/);
  expect(sim("--strict").status).toBe(2);
});

test("a module outside a simulation", () => {
  const { stderr } = spawnSync(
    process.execPath,
    [
      "--import",
      join(inject("bundles"), "alias.mjs"),
      "--input-type=module",
      "--eval",
      'import { Push } from "zeromq"; new Push();',
    ],
    { encoding: "utf8" },
  );
  expect(stderr).toMatch(/new Push\(\) needs a simulation/);
});

test("a run while another simulation is on", async () => {
  const { simulate } = (await import(join(inject("bundles"), "test.mjs"))) as {
    simulate: (body: () => unknown) => Promise<{ value: unknown }>;
  };
  const { value } = await simulate(async () => {
    const inner = await run("").catch((error: Error) => error.message);
    return inner;
  });
  expect(value).toMatch(/a simulation is running already in this process/);
});
