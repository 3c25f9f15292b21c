/**
 * The package as a user gets it: packed, installed into an empty folder, used from the command
 * line and from a typed script. No dependency comes along, so the installation needs no network.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { declarations } from "../../scripts/build.mjs";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const run = promisify(execFile);
const SILENT = { npm_config_audit: "false", npm_config_fund: "false", npm_config_update_notifier: "false" };
const npm = (folder: string, ...words: string[]) =>
  run("npm", words, {
    cwd: folder,
    env: { ...process.env, ...SILENT },
    shell: process.platform === "win32",
    timeout: 50_000,
  });

let scratch: string;
let user: string;
let packed: readonly string[];
let tarball: string;

beforeAll(async () => {
  expect(inject("bundleError")).toBe("");
  scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-package-"));
  user = join(scratch, "user");
  // A copy of what npm looks at, so that nobody's dist/ is touched while other tests run.
  const source = join(scratch, "source");
  mkdirSync(source);
  mkdirSync(user);
  for (const name of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "scenarios", "src", "test"]) {
    cpSync(join(ROOT, name), join(source, name), { recursive: true });
  }
  cpSync(inject("bundles"), join(source, "dist"), { recursive: true });
  declarations(join(source, "dist"));
  const { stdout } = await npm(source, "pack", "--ignore-scripts", "--json", "--pack-destination", scratch);
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  tarball = join(scratch, filename);
  await npm(user, "install", "--prefer-offline", tarball);
}, 60_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A package as npm lays it out, with what it needs at run time. */
function copyPackage(name: string, folder: string): void {
  const from = join(ROOT, "node_modules", name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  cpSync(from, join(folder, "node_modules", name), { recursive: true, dereference: true });
  for (const needed of Object.keys(dependencies))
    if (!existsSync(join(folder, "node_modules", needed))) copyPackage(needed, folder);
}

describe.skipIf(process.platform !== "linux")("beside an installed zeromq", () => {
  // On a busy machine a real node can start so late that the run says nothing about the model.
  test("records and compares", { timeout: 90_000, retry: 2 }, async () => {
    const beside = mkdtempSync(join(scratch, "beside-"));
    writeFileSync(join(beside, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npm(beside, "install", "--prefer-offline", tarball);
    await npm(beside, "exec", "--", "sim", "init", "--example", "late-joiner");
    await expect(npm(beside, "exec", "--", "sim", "record", "late-joiner.json")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("npm install zeromq@6.8.0"),
    });
    copyPackage("zeromq", beside);
    const recorded = await npm(beside, "exec", "--", "sim", "record", "late-joiner.json", "--runs", "2");
    expect(recorded.stderr).toContain("run 2/2 -> late-joiner.real/run-2.jsonl");
    const words = ["late-joiner.json", "late-joiner.real", "--seeds", "1..100"];
    const compared = await npm(beside, "exec", "--", "sim", "compare", ...words);
    expect(compared.stdout.trimEnd().split("\n").at(-1)).toMatch(/^(equal|within): /);
  });
});

describe("the packed tarball", () => {
  test("holds what a user needs and nothing else", () => {
    const unexpected = packed.filter(
      (path) => !/^(dist|scenarios)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path),
    );
    expect(unexpected).toEqual([]);
    expect(packed).toEqual(
      expect.arrayContaining(["dist/sim.js", "dist/index.js", "dist/types/index.d.ts", "dist/THIRD-PARTY.txt"]),
    );
    expect(packed).toEqual(expect.arrayContaining(["scenarios/scenario.schema.json", "scenarios/trace.schema.json"]));
    expect(packed.filter((path) => path.endsWith(".tmp"))).toEqual([]);
  });

  test("brings no other package along", () => {
    expect(readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["zeromq-sim"]);
  });

  test("runs an example made by sim init", async () => {
    await npm(user, "exec", "--", "sim", "init", "--example", "late-joiner");
    expect(JSON.parse(readFileSync(join(user, "late-joiner.json"), "utf8"))).toMatchObject({
      $schema: "./node_modules/zeromq-sim/scenarios/scenario.schema.json",
    });
    const { stdout } = await npm(user, "exec", "--", "sim", "run", "late-joiner.json", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ scenario: "late-joiner", messages: { sent: 3 } });
  });

  test("is a library", async () => {
    writeFileSync(join(user, "use.js"), `${USE.replaceAll(": string", "")}console.log(told);\n`);
    const { stdout } = await run(process.execPath, ["use.js"], { cwd: user });
    expect(stdout).toBe("quiet source.out sink.in 3\n");
  });

  test("has types that a strict project accepts, and that catch mistakes", async () => {
    const options = {
      strict: true,
      module: "nodenext",
      target: "es2022",
      lib: ["es2023"],
      types: [],
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(join(user, "use.ts"), USE);
    writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["use.ts"] }));
    await run(process.execPath, [TSC, "-p", "."], { cwd: user });
    writeFileSync(join(user, "use.ts"), USE.replace("record.outcome", "record.outcom"));
    await expect(run(process.execPath, [TSC, "-p", "."], { cwd: user })).rejects.toMatchObject({
      stdout: expect.stringContaining("'outcom'"),
    });
  });

  test("runs the README's test of a user's own broker", async () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    for (const name of ["broker.mjs", "broker.test.mjs"]) {
      const block = /```js\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(`<!-- file: ${name} -->`)))?.[1] ?? "";
      writeFileSync(join(user, name), block);
    }
    const words = ["--import", "zeromq-sim/alias", "--test", "--test-reporter", "tap", "broker.test.mjs"];
    const { stdout } = await run(process.execPath, words, { cwd: user });
    expect(stdout).toMatch(/# pass 1\n# fail 0/);
  });

  test("offers its schemas to require and import", () => {
    const require = createRequire(join(user, "use.js"));
    expect(require("zeromq-sim/scenario.schema.json")).toHaveProperty("$schema");
    expect(require("zeromq-sim/trace.schema.json")).toHaveProperty("$schema");
  });
});

const USE = `import { analyze, compileScenario, formatIssues, simulate } from "zeromq-sim";

const text: string = JSON.stringify({
  about: "Three messages down a pipeline.",
  until: "5s",
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ forever: [{ recv: "in" }] }] },
    source: {
      sockets: { out: { type: "PUSH", connect: "tcp://sink:5555" } },
      program: [{ repeat: 3, do: [{ send: "out", frames: ["hello"] }] }],
    },
  },
});
const { plan, issues } = compileScenario(text, { file: "pipeline.json" });
if (plan === null) throw new Error(formatIssues(issues, text));
const record = simulate(plan, { seed: "7" });
const { flows } = analyze(record.header, record.events, record.endTime);
export const told: string = record.outcome + " " + flows.map(({ from, to, delivered }) => [from, to, delivered].join(" ")).join();
`;
