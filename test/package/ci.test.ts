/** examples/ci as a reader copies it, against the packed tarball: it passes, and a planted regression fails readably. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { declarations } from "../../scripts/build.mjs";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const SILENT = { npm_config_audit: "false", npm_config_fund: "false", npm_config_update_notifier: "false" };

interface Said {
  readonly code: number;
  readonly out: string;
}

/** Without what vitest tells its children, and as in no CI but the one a test asks for. */
function run(command: string, words: readonly string[], cwd: string, more: Record<string, string> = {}): Promise<Said> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|CI|GITHUB_|TEST)/.test(name));
  const env = { ...Object.fromEntries(kept), ...SILENT, NO_COLOR: "1", ...more };
  return new Promise((done) => {
    execFile(command, [...words], { cwd, env, timeout: 100_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out: stdout + stderr }),
    );
  });
}

let scratch: string;
let project: string;
const sim = (words: readonly string[], more?: Record<string, string>): Promise<Said> =>
  run(process.execPath, [join(project, "node_modules/zeromq-sim/dist/sim.js"), ...words], project, more);
const vitest = (): Promise<Said> =>
  run(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--reporter", "default"], project);

beforeAll(async () => {
  expect(inject("bundleError")).toBe("");
  scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-ci-"));
  const source = join(scratch, "source");
  mkdirSync(source);
  for (const name of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "scenarios"])
    cpSync(join(ROOT, name), join(source, name), { recursive: true });
  cpSync(inject("bundles"), join(source, "dist"), { recursive: true });
  declarations(join(source, "dist"));
  const { out } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", scratch], source);
  project = join(scratch, "project");
  cpSync(join(ROOT, "examples/ci"), project, { recursive: true });
  // What a registry would bring comes from here; no network is needed.
  const tarball = join(scratch, out.trim().split("\n").at(-1)!);
  mkdirSync(join(project, "node_modules/zeromq-sim"), { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(project, "node_modules/zeromq-sim")], scratch);
  for (const name of ["vitest", "@types"])
    symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("examples/ci from the packed tarball", () => {
  test("its scenarios pass over all seeds, on workers, and some runs again in another process", async () => {
    const { code, out } = await sim(["test", "scenarios"], { CI: "true" });
    expect(out).toMatch(/1 scenario: 1 passed; 50 runs/);
    expect(out).toMatch(/\d+ of them twice more, in two processes/);
    expect(code).toBe(0);
  }, 120_000);

  test("its tests pass with the matchers", async () => {
    const { code, out } = await vitest();
    expect(out).toMatch(/Tests +6 passed/);
    expect(code).toBe(0);
  }, 120_000);

  test("the README's test passes", async () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const [, code = ""] = /<!-- file: late\.test\.ts -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    writeFileSync(join(project, "test/late.test.ts"), code);
    cpSync(join(ROOT, "scenarios/late-joiner.json"), join(project, "scenarios/late-joiner.json"));
    const { out } = await vitest();
    rmSync(join(project, "test/late.test.ts"));
    rmSync(join(project, "scenarios/late-joiner.json"));
    expect(out).toMatch(/Tests +7 passed/);
  }, 120_000);

  test("its types hold, and catch a wrong argument", async () => {
    const options = {
      strict: true,
      module: "nodenext",
      target: "es2022",
      types: ["node"],
      noEmit: true,
      skipLibCheck: true,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["test"] }));
    expect(await run(process.execPath, [TSC, "-p", "."], project)).toEqual({ code: 0, out: "" });
    writeFileSync(
      join(project, "test/wrong.ts"),
      'import { expect } from "vitest";\nimport "zeromq-sim/vitest";\nexpect({}).toNeverDrop("hmw");\n',
    );
    const { code, out } = await run(process.execPath, [TSC, "-p", "."], project);
    rmSync(join(project, "test/wrong.ts"));
    expect(out).toContain("hmw");
    expect(code).not.toBe(0);
  }, 120_000);

  test("a planted regression fails readably: in the command, on GitHub, and in vitest", async () => {
    const file = join(project, "scenarios/orders.json");
    const text = readFileSync(file, "utf8");
    // The workers have become slow, as after a careless change.
    writeFileSync(file, text.replace('"sleep": "1ms"', '"sleep": "8ms"'));
    const summary = join(project, "summary.md");
    const { code, out } = await sim(["test", "scenarios"], { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary });
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ every message from shop\.orders reaches worker\.orders within 100 ms: broken in 50 of 50 runs/,
    );
    expect(out).toMatch(/but was: +\d+ messages came later of 40; first shop\.orders#\d+: took/);
    expect(out).toContain("Advice: ");
    const line = text.split("\n").findIndex((one) => one.includes('"within": "100ms"')) + 1;
    expect(out).toContain(`::error file=scenarios/orders.json,line=${line},col=5,`);
    expect(existsSync(summary) && readFileSync(summary, "utf8")).toContain("| scenarios/orders.json:");
    const [, pasted = ""] = /reproduce: sim (.*)/.exec(out) ?? [];
    const again = await sim(pasted.split(" "));
    expect(again.code).toBe(1);
    expect(again.out).toContain("messages came later of 40");
    const tests = await vitest();
    expect(tests.code).toBe(1);
    expect(tests.out).toMatch(/every message from shop\.orders reaches worker\.orders within 100 ms/);
    expect(tests.out).toMatch(/seed 1, reproduce: sim run scenarios\/orders\.json --seed 1/);
    writeFileSync(file, text);
  }, 120_000);
});
