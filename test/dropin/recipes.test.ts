/**
 * The built package in the place of zeromq, in processes of their own: --import and --require, node:test,
 * vitest. (mocha with ts-node is how scripts/zeromqjs-suite.mjs runs the suite of zeromq.js.)
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
let user: string;

const EXCHANGE = `async function exchange({ Push, Pull }) {
  const pull = new Pull();
  await pull.bind("tcp://127.0.0.1:5555");
  const push = new Push();
  push.connect("tcp://127.0.0.1:5555");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  await push.send("hello");
  const [message] = await pull.receive();
  push.close();
  pull.close();
  return String(message) + " after " + Math.round(performance.now() / 60_000) + " min";
}
`;
const SAID = "hello after 1 min\n";

const FILES: Record<string, string> = {
  "package.json": JSON.stringify({ private: true, type: "module" }),
  "import.mjs": `import * as zeromq from "zeromq";\n${EXCHANGE}console.log(await exchange(zeromq));\n`,
  "default.mjs": `import zeromq, { Push } from "zeromq";\n${EXCHANGE}if (zeromq.Push === Push) console.log(await exchange(zeromq));\n`,
  "dynamic.mjs": `${EXCHANGE}console.log(await exchange(await import("zeromq")));\n`,
  "create-require.mjs": `import { createRequire } from "node:module";\n${EXCHANGE}console.log(await exchange(createRequire(import.meta.url)("zeromq")));\n`,
  "url.mjs": `${EXCHANGE}console.log(await exchange(await import(new URL("node_modules/zeromq/lib/index.js", import.meta.url))));\n`,
  "require.cjs": `${EXCHANGE}exchange(require("zeromq")).then(console.log);\n`,
  "path.cjs": `${EXCHANGE}exchange(require("./node_modules/zeromq/lib/index.js")).then(console.log);\n`,
  "one-kernel.mjs": `import { createRequire } from "node:module";\nimport * as a from "zeromq";\nconst b = createRequire(import.meta.url)("zeromq");\nimport * as c from "zeromq/draft.js";\nconsole.log(a.Push === b.Push, Object.getPrototypeOf(c.Radio) === a.Socket);\n`,
  "stuck.mjs": `import { Pull } from "zeromq";\nconst pull = new Pull();\nawait pull.bind("tcp://*:5555");\nawait pull.receive();\n`,
  "ticking.mjs": "setInterval(() => {}, 60_000);\n",
  "nowhere.mjs": `import { Push } from "zeromq";\nconst push = new Push();\npush.connect("tcp://nowhere:5");\npush.close();\n`,
  "rejects.mjs": `setTimeout(() => Promise.reject(new Error("boom")), 5);\n`,
  "spins.mjs": "(function again() { setImmediate(again); })();\n",
  "broker.mjs": `import { Reply } from "zeromq";
export async function broker(address) {
  const reply = new Reply();
  await reply.bind(address);
  for await (const [question] of reply) await reply.send("re: " + question);
}
`,
  "nodetest.test.mjs": `import assert from "node:assert";\nimport test from "node:test";\nimport * as zeromq from "zeromq";\n${EXCHANGE}test("ambient", async () => assert.match(await exchange(zeromq), /^hello after/));\n`,
  "simulated.mjs": `import { Request } from "zeromq";
import { simulate } from "zeromq-sim/test";
import { broker } from "./broker.mjs";
export const answer = () => simulate(async (sim) => {
  sim.host("broker", () => broker("tcp://*:5555"));
  sim.link("test", "broker", { latency: "20ms" });
  const request = new Request();
  request.connect("tcp://broker:5555");
  await request.send("hello");
  return String(await request.receive());
});
`,
  "nodetest-simulate.test.mjs": `import assert from "node:assert";\nimport test from "node:test";\nimport { answer } from "./simulated.mjs";\ntest("simulate", async () => assert.equal((await answer()).value, "re: hello"));\n`,
  "vitest.config.mjs": `import { zeromqSim } from "zeromq-sim/vitest-plugin";\nexport default { plugins: [zeromqSim()], test: { include: ["*.vitest.mjs"] } };\n`,
  "it.vitest.mjs": `import { expect, test } from "vitest";\nimport { answer } from "./simulated.mjs";\ntest("simulate", async () => expect((await answer()).value).toBe("re: hello"));\n`,
  "ambient/vitest.config.mjs": `import { zeromqSim } from "zeromq-sim/vitest-plugin";\nexport default { plugins: [zeromqSim({ ambient: true })], test: { testTimeout: 120_000, include: ["*.vitest.mjs"] } };\n`,
  "ambient/it.vitest.mjs": `import { expect, test } from "vitest";\nimport * as zeromq from "zeromq";\n${EXCHANGE}test("ambient", async () => expect(await exchange(zeromq)).toMatch(/^hello after/));\n`,
  "node_modules/zeromq/package.json": JSON.stringify({ name: "zeromq", version: "6.8.0", main: "lib/index.js" }),
  "node_modules/zeromq/lib/index.js": 'throw new Error("the real one");\n',
  "node_modules/zeromq/draft.js": 'throw new Error("the real one");\n',
};

beforeAll(() => {
  expect(inject("bundleError")).toBe("");
  user = mkdtempSync(join(tmpdir(), "zeromq-sim-recipes-"));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(user, name, ".."), { recursive: true });
    writeFileSync(join(user, name), text);
  }
  const installed = join(user, "node_modules/zeromq-sim");
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  cpSync(inject("bundles"), join(installed, "dist"), { recursive: true });
  for (const name of ["vitest", "vite"])
    symlinkSync(join(ROOT, "node_modules", name), join(user, "node_modules", name));
});

afterAll(() => rmSync(user, { recursive: true, force: true }));

const RUN_MS_MAX = 30_000;
/** Leaders of process groups: a test runner's workers go with it. */
const running = new Set<number>();
const killGroup = (leader: number): void => {
  try {
    process.kill(process.platform === "win32" ? leader : -leader, "SIGKILL");
  } catch {
    // It has ended.
  }
};
const killAll = (): void => running.forEach(killGroup);
process.on("exit", killAll);
afterEach(killAll);
afterAll(() => {
  process.off("exit", killAll);
});

function node(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, words, {
      cwd: user,
      detached: process.platform !== "win32",
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    child.on("error", failed);
    const leader = child.pid;
    if (leader === undefined) return;
    running.add(leader);
    const timer = setTimeout(() => killGroup(leader), RUN_MS_MAX);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      killGroup(leader);
      running.delete(leader);
      if (code === 0) done(said);
      else
        failed(
          Object.assign(new Error(`${words.join(" ")} ended with ${code ?? signal}\n${said.stderr}`), {
            code,
            ...said,
          }),
        );
    });
  });
}

describe("a program", () => {
  test.each(["import.mjs", "default.mjs", "dynamic.mjs", "create-require.mjs", "url.mjs", "require.cjs", "path.cjs"])(
    "%s with --import",
    async (file) => {
      expect((await node("--import", "zeromq-sim/register", file)).stdout).toBe(SAID);
    },
  );

  test.each(["require.cjs", "path.cjs", "import.mjs"])("%s with --require", async (file) => {
    expect((await node("--require", "zeromq-sim/register", file)).stdout).toBe(SAID);
  });

  test("import and require give one module", async () => {
    expect((await node("--import", "zeromq-sim/register", "one-kernel.mjs")).stdout).toBe("true true\n");
  });

  test("that waits for ever says in which call", async () => {
    const fails = (file: string, stderr: RegExp) =>
      expect(node("--import", "zeromq-sim/register", file)).rejects.toMatchObject({
        stderr: expect.stringMatching(stderr),
      });
    await fails("ticking.mjs", /virtual time ended at 3600 s[\s\S]*host "main" has timers that are not due yet/);
    await fails("rejects.mjs", /Error: boom/);
    await fails("spins.mjs", /more than 1000000 events .*"main"/);
    const { stderr } = await node("--import", "zeromq-sim/register", "nowhere.mjs");
    expect(stderr).toMatch(/no host of the simulation is called "nowhere" \(there are: main\)/);
    await expect(node("--import", "zeromq-sim/register", "stuck.mjs")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nothing can happen any more[\s\S]*host "main" waits in receive\(\) on main\.pull/),
    });
  });
});

describe("node:test", () => {
  test("with the clocks tied", async () => {
    const { stdout } = await node("--import", "zeromq-sim/register", "--test-reporter", "tap", "nodetest.test.mjs");
    expect(stdout).toMatch(/# pass 1\n# fail 0/);
  });

  test.each(["alias", "register"])("with simulate() and zeromq-sim/%s", async (hook) => {
    const words = ["--import", `zeromq-sim/${hook}`, "--test-reporter", "tap", "nodetest-simulate.test.mjs"];
    expect((await node(...words)).stdout).toMatch(/# pass 1\n# fail 0/);
  });
});

describe("vitest", () => {
  test.each([".", "ambient"])("with the plugin, in %s", { timeout: 2 * RUN_MS_MAX }, async (folder) => {
    const words = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--root", folder];
    const { stdout } = await node(...words);
    expect(stdout).toMatch(/1 passed/);
  });
});
