/** What only a process of its own can show: the bundle, its streams, signals and exit codes. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const SIM = join(inject("bundles"), "sim.js");
let folder: string;

beforeAll(() => {
  expect(inject("bundleError")).toBe("");
  folder = mkdtempSync(join(tmpdir(), "zeromq-sim-process-"));
  writeFileSync(join(folder, "busy.json"), JSON.stringify(BUSY));
  writeFileSync(join(folder, "failing.json"), JSON.stringify({ ...BUSY, until: "10ms", expect: [FAILS] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FAILS = { from: "source.out", to: "sink.in", delivered: 0 };
/** Sends and receives for an hour of virtual time: longer than any test waits. */
const BUSY = {
  about: "A source that never stops.",
  until: "60min",
  limits: { events: 1_000_000_000 },
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: ["tcp://*:5555"] } }, program: [{ forever: [{ recv: "in" }] }] },
    source: {
      sockets: { out: { type: "PUSH", connect: ["tcp://sink:5555"] } },
      program: [{ forever: [{ send: "out", frames: ["x"] }, { sleep: "100us" }] }],
    },
  },
};

const sim = (...words: string[]) =>
  spawnSync(process.execPath, [SIM, ...words], { cwd: folder, encoding: "utf8", timeout: 20_000 });

describe("the command", () => {
  test("keeps data and talk apart, and a failure ends with the line that brings it back", () => {
    const { status, stdout, stderr } = sim("run", "failing.json", "--seed", "7", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ seed: "7", expectations: [{ ok: false }] });
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("reproduce: sim run failing.json --seed 7");
    expect(status).toBe(1);
  });

  test("ends quietly when the reader goes away", async () => {
    const child = spawn(process.execPath, [SIM, "trace", "busy.json", "--to", "jsonl", "--set", "until=2s"], {
      cwd: folder,
    });
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      talk += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const signal = await new Promise((done) => child.on("close", (_code, reason) => done(reason)));
    expect([talk, signal]).toEqual(["", null]);
  });

  test.skipIf(process.platform === "win32")("ends at once on Ctrl-C and leaves no half of a file", async () => {
    const child = spawn(process.execPath, [SIM, "run", "busy.json", "--trace", "out.jsonl"], {
      cwd: folder,
      stdio: "ignore",
    });
    await new Promise((done) => setTimeout(done, 700));
    child.kill("SIGINT");
    // A shell reports the signal as 128 + 2.
    expect(await new Promise((done) => child.on("close", (code, signal) => done(code ?? signal)))).toBe("SIGINT");
    expect(readdirSync(folder).sort()).toEqual(["busy.json", "failing.json"]);
  });

  test("runs twice in processes of its own and finds the same events", () => {
    const { status, stderr } = sim("run", "busy.json", "--set", "until=5ms", "--check-determinism");
    expect(stderr).toMatch(/^deterministic: two processes wrote the same \d+ lines$/m);
    expect(status).toBe(0);
  });

  test("writes a trace whole or not at all", () => {
    expect(
      sim("trace", "busy.json", "--until", "1ms", "--set", "until=5ms", "--to", "jsonl", "--out", "t.jsonl").status,
    ).toBe(0);
    expect(existsSync(join(folder, "t.jsonl"))).toBe(true);
    const again = sim("trace", "t.jsonl", "--to", "chrome", "--out", "none/t.json");
    expect([again.status, again.stderr]).toEqual([2, "error: cannot write none/t.json: no such file or folder\n"]);
    rmSync(join(folder, "t.jsonl"));
  });

  test("reports a limit with exit code 3 and no stack", () => {
    const { status, stdout, stderr } = sim("run", "busy.json", "--set", "limits.events=1000");
    expect([status, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("1000");
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
