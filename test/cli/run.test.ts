/** sim run, check and trace in this process: what they print, and the exit code. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { world } from "./world.ts";

/** Three messages down a pipe; the last key is for what a test adds. */
const pipeline = (more: object = {}): string =>
  JSON.stringify({
    about: "Three messages down a pipeline.",
    nodes: {
      sink: { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ forever: [{ recv: "in" }] }] },
      source: {
        sockets: { out: { type: "PUSH", connect: "tcp://sink:5555" } },
        program: [{ repeat: 3, do: [{ send: "out", frames: ["x"] }] }],
      },
    },
    ...more,
  });
const HOLDS = { from: "source.out", to: "sink.in", delivered: 3 };
const FAILS = { from: "source.out", to: "sink.in", lost: 1 };
const files = { "p.json": pipeline({ expect: [HOLDS] }), "f.json": pipeline({ expect: [FAILS, HOLDS] }) };

describe("sim run", () => {
  test("tells the story on stdout, and nothing on stderr when all is well", async () => {
    const { code, out, err } = await world(files).sim("run", "p.json");
    expect(out).toMatch(/^p: Three messages down a pipeline\.\n/);
    expect([code, err]).toEqual([EXIT.ok, ""]);
  });

  test("--json has the promised keys", async () => {
    const { out } = await world(files).sim("run", "f.json", "--json", "--seed", "9");
    expect(JSON.parse(out)).toMatchObject({
      scenario: "f",
      seed: "9",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      endTime: expect.any(Number),
      messages: { sent: 3, fates: { delivered: 3 } },
      flows: [{ from: "source.out", to: "sink.in", sent: 3, delivered: 3, lost: 0 }],
      expectations: [{ ok: false }, { ok: true, text: expect.stringContaining("3 delivered") }],
    });
  });

  test("a failed expectation is exit code 1, and the last line brings the run back", async () => {
    const { code, out } = await world(files).sim("run", "f.json", "--set", "nodes.source.startAt=1ms");
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/sim run f\.json --seed 1 --set nodes\.source\.startAt=1ms$/);
    expect(code).toBe(EXIT.expectationFailed);
  });

  test("of several files --json makes one document, and the gravest exit code counts", async () => {
    const { code, out } = await world(files).sim("run", "p.json", "f.json", "p.json", "--json");
    const { runs } = JSON.parse(out) as { runs: { scenario: string }[] };
    expect(runs.map(({ scenario }) => scenario)).toEqual(["p", "f", "p"]);
    expect(code).toBe(EXIT.expectationFailed);
  });

  test("--quiet is silent about what holds and loud about what does not", async () => {
    const { sim } = world(files);
    expect(await sim("run", "p.json", "--quiet")).toEqual({ code: EXIT.ok, out: "", err: "" });
    expect((await sim("run", "f.json", "--quiet")).out).toContain("1 of 2 expectations failed");
  });

  test("seed 5 is the same run alone, among many, and in a trace", async () => {
    const { folder, sim } = world(files);
    const alone = JSON.parse((await sim("run", "p.json", "--seed", "5", "--json", "--trace", "t.jsonl")).out) as {
      seed: string;
    };
    expect(alone.seed).toBe("5");
    const { out } = await sim("trace", "p.json", "--seed", "5", "--to", "jsonl");
    expect(out).toBe(readFileSync(join(folder, "t.jsonl"), "utf8"));
  });

  test("the scenario's own seed, written or not, is one and the same run", async () => {
    const { sim } = world(files);
    expect((await sim("run", "p.json", "--seed", "1")).out).toBe((await sim("run", "p.json")).out);
  });

  test("--seeds shows every outcome with its share and a seed", async () => {
    const { code, out, err } = await world(files).sim("run", "f.json", "--seeds", "3..7", "--json");
    expect(JSON.parse(out)).toMatchObject({
      runs: 5,
      failed: 5,
      outcomes: [
        { count: 5, share: 1, seed: "3", lines: expect.arrayContaining(["source.out > sink.in: delivered 0-2"]) },
      ],
    });
    expect(err).toBe("5 of 5 runs failed\nreproduce: sim run f.json --seed 3\n");
    expect(code).toBe(EXIT.expectationFailed);
  });

  test("a scenario with errors shows them all, with places, and is exit code 2", async () => {
    const bad = '{\n  "about": "x",\n  "nods": {},\n  "nodes": { "a": { "startAt": "1parsec" } }\n}\n';
    const { code, out, err } = await world({ "bad.json": bad }).sim("run", "bad.json");
    expect(err).toMatch(/^bad\.json:3:3: error ZS\d+: /m);
    expect(err).toMatch(/^bad\.json:4:\d+: error ZS\d+: /m);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });

  test.each([
    { set: "netwrok.profile=wan", says: 'unknown key "netwrok"' },
    { set: "nodes.source.stratAt=1s", says: 'unknown key "stratAt"' },
    { set: "until=soon", says: "until=soon" },
    { set: "nodes.source[0]=1", says: "nodes.source[0]=1" },
  ])("--set $set is refused", async ({ set, says }) => {
    const { code, out, err } = await world(files).sim("run", "p.json", "--set", set);
    expect(err).toContain(says);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });

  test("what is accepted but not modelled warns, and is an error under --strict", async () => {
    const text = files["p.json"].replace('"connect"', '"options":{"tos":1},"connect"');
    const { sim } = world({ "w.json": text });
    expect(await sim("run", "w.json")).toMatchObject({ code: EXIT.ok });
    const strict = await sim("run", "w.json", "--strict");
    expect(strict.err).toMatch(/tos/);
    expect(strict.code).toBe(EXIT.usage);
  });

  test("--check-determinism is exit code 4 when two processes differ, and shows where", async () => {
    const { folder, sim } = world(files, { self: [process.execPath, "unsteady.mjs"] });
    // Stands in for the program: each process writes its own line.
    writeFileSync(
      join(folder, "unsteady.mjs"),
      `import { writeFileSync } from "node:fs";
       writeFileSync(process.argv[process.argv.indexOf("--out") + 1], "same\\n" + process.pid + "\\n");`,
    );
    const { code, err } = await sim("run", "p.json", "--check-determinism");
    expect(err).toContain("The traces differ in line 2");
    expect(err.trimEnd().split("\n").at(-1)).toBe("reproduce: sim run p.json --seed 1");
    expect(code).toBe(EXIT.nondeterministic);
  });
});

describe("sim check", () => {
  test("says ok, or what is wrong, and does not run anything", async () => {
    const { sim } = world({ ...files, "bad.json": "{}" });
    expect(await sim("check", "p.json", "f.json")).toEqual({ code: EXIT.ok, out: "ok p.json\nok f.json\n", err: "" });
    const { code, out, err } = await sim("check", "bad.json", "p.json");
    expect(err).toMatch(/^bad\.json:1:1: error/);
    expect([code, out]).toEqual([EXIT.usage, "ok p.json\n"]);
  });
});

describe("sim trace", () => {
  test.each([
    { to: "text", begins: /^ *0\.000 ms / },
    { to: "jsonl", begins: /^\{"format":"zeromq-sim-trace","version":1,/ },
    { to: "mermaid", begins: /^sequenceDiagram\n/ },
    { to: "chrome", begins: /^\{"displayTimeUnit"/ },
  ])("--to $to is the same from the scenario and from the saved trace", async ({ to, begins }) => {
    const { folder, sim } = world(files);
    await sim("run", "p.json", "--trace", "saved.jsonl");
    const { code, out } = await sim("trace", "p.json", "--to", to);
    expect(out).toMatch(begins);
    expect(code).toBe(EXIT.ok);
    expect((await sim("trace", "saved.jsonl", "--to", to, "--out", "form")).out).toBe("");
    expect(readFileSync(join(folder, "form"), "utf8")).toBe(out);
  });

  test("a time span and a name cut the trace", async () => {
    const { sim } = world(files);
    const { out } = await sim("trace", "p.json", "--to", "jsonl", "--until", "1ms", "--socket", "sink.in");
    const events = out
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => JSON.parse(line) as { t: number });
    expect(events.length).toBeGreaterThan(0);
    expect(events.every(({ t }) => t <= 1_000_000)).toBe(true);
    expect(out).not.toContain('"call":"send"');
  });

  test.each([
    { argv: ["p.json", "--from", "2s", "--until", "1s"], says: "--until is earlier than --from" },
    { argv: ["p.json", "--from", "soon"], says: "--from: " },
    { argv: ["broken.jsonl"], says: "broken.jsonl:1: " },
    { argv: ["empty.jsonl"], says: "empty.jsonl:1: " },
    { argv: ["t.jsonl", "--seed", "1"], says: "a run that is over" },
  ])("sim trace $argv is refused", async ({ argv, says }) => {
    const { code, out, err } = await world({ ...files, "broken.jsonl": "{}\n", "empty.jsonl": "" }).sim(
      "trace",
      ...argv,
    );
    expect(err).toContain(says);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });

  test("leaves no half-written file beside the target", async () => {
    const { folder, sim } = world(files);
    expect((await sim("trace", "p.json", "--out", "none/t.txt")).code).toBe(EXIT.usage);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});

test("a bug is exit code 3: what, which version, how to report; the stack only on request", async () => {
  const bug = {
    out: () => {
      throw new Error("boom");
    },
  };
  const { code, err } = await world({}, bug).sim("schema");
  expect(err).toMatch(/^internal error: Error: boom\nThis is a bug of zeromq-sim \d+\.\d+\.\d+ \(node v/);
  expect(err).not.toMatch(/\n\s+at /);
  expect(code).toBe(EXIT.internal);
  expect((await world({}, bug).sim("schema", "--verbose")).err).toMatch(/\n\s+at /);
  expect((await world({}, { ...bug, env: { DEBUG: "1" } }).sim("schema")).err).toMatch(/\n\s+at /);
});
