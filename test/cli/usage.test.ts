import { describe, expect, test } from "vitest";
import { EXIT, gravest } from "../../src/cli/exit-code.ts";
import { reproduceLine } from "../../src/cli/reproduce.ts";
import { parseSeeds, seedCount } from "../../src/cli/seeds.ts";
import { wantsColor } from "../../src/cli/shell.ts";
import { world } from "./world.ts";

describe("typing mistakes are usage errors with a hint", () => {
  test.each([
    { argv: ["rnu", "x.json"], says: "Did you mean run?" },
    { argv: ["run", "--sede", "1", "x.json"], says: "--seed" },
    { argv: ["run"], says: "missing required argument 'file'" },
    { argv: ["trace", "x.json", "--to", "dot"], says: "text, jsonl, mermaid, chrome" },
    { argv: ["schema", "plan"], says: "scenario, trace" },
    { argv: ["run", "--set", "seed", "x.json"], says: "path=value" },
    { argv: ["list", "a", "b"], says: "too many arguments" },
    { argv: ["run", "--seed", "1", "--seeds", "3", "x.json"], says: "exclude each other" },
    { argv: ["run", "--seeds", "3", "--trace", "t.jsonl", "x.json"], says: "--trace takes one run" },
    { argv: ["run", "--trace", "t.jsonl", "x.json", "y.json"], says: "--trace takes one scenario" },
  ])("sim $argv", async ({ argv, says }) => {
    const { code, out, err } = await world().sim(...argv);
    expect(err).toContain(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });
});

describe("files that cannot be read are one plain line", () => {
  test.each([
    { argv: ["run", "none.json"], says: "cannot read none.json: no such file or folder" },
    { argv: ["check", "."], says: "cannot read .: it is a folder" },
    { argv: ["trace", "none.jsonl"], says: "cannot read none.jsonl: no such file or folder" },
    { argv: ["run", "latin1.json/x"], says: "cannot read latin1.json/x: a part of the path is not a folder" },
    { argv: ["list", "none"], says: "cannot list none: no such file or folder" },
    { argv: ["list", "big.json"], says: "big.json is no folder" },
    { argv: ["list", "empty"], says: "no scenarios in empty" },
    { argv: ["run", "big.json"], says: "larger than 16 MiB" },
  ])("sim $argv", async ({ argv, says }) => {
    const files = { "latin1.json": "{}", "empty/note.txt": "", "big.json": " ".repeat(16 * 1024 * 1024 + 1) };
    const { code, out, err } = await world(files).sim(...argv);
    expect(err.trimEnd().split("\n")).toEqual([expect.stringContaining(says)]);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });
});

test("help leads with examples and fits a screen, for every command", async () => {
  const { sim } = world();
  for (const command of ["run", "test", "merge-reports", "check", "list", "trace", "schema", "init", "doctor"]) {
    const { code, out } = await sim(command, "--help");
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^Examples:\n {2}sim /);
    expect(out.split("\n").length).toBeLessThanOrEqual(40);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  }
  expect((await sim("--help")).out).toContain("Exit codes:");
  expect((await sim("--version")).out).toMatch(/^zeromq-sim \d+\.\d+\.\d+ \(model: libzmq 4\.3\.5\)\n$/);
});

describe("--seeds", () => {
  test.each([
    { text: "1..200", first: 1, last: 200, count: 200 },
    { text: "200", first: 1, last: 200, count: 200 },
    { text: "7314..7314", first: 7314, last: 7314, count: 1 },
    { text: "0..9", first: 0, last: 9, count: 10 },
  ])("$text is $count seeds", ({ text, first, last, count }) => {
    expect(parseSeeds(text)).toEqual({ first, last });
    expect(seedCount(parseSeeds(text))).toBe(count);
  });

  test.each(["", "x", "1..", "..3", "3..1", "-1..3", "1.5", "1..2..3", "0", "1..999999999", "9".repeat(40)])(
    "refuses %j",
    (text) => {
      expect(() => parseSeeds(text)).toThrow(/--seeds/);
    },
  );
});

test.each([
  { set: [] as string[], seed: "7314", line: "sim run scenarios/x.json --seed 7314" },
  { set: ["nodes.a.about=it's"], seed: "1", line: "sim run scenarios/x.json --seed 1 --set 'nodes.a.about=it'\\''s'" },
  { set: ["until=2s"], seed: "9", line: "sim run scenarios/x.json --seed 9 --set until=2s" },
  { set: [], seed: "a b", line: "sim run scenarios/x.json --seed 'a b'" },
])("the line to paste: $line", ({ line, ...rest }) => {
  expect(reproduceLine({ file: "scenarios/x.json", strict: false, ...rest })).toBe(line);
});

test.each([
  { env: {}, terminal: true, color: true },
  { env: {}, terminal: false, color: false },
  { env: { NO_COLOR: "1" }, terminal: true, color: false },
  { env: { NO_COLOR: "" }, terminal: true, color: true },
  { env: { TERM: "dumb" }, terminal: true, color: false },
  { env: { FORCE_COLOR: "1", NO_COLOR: "1" }, terminal: false, color: true },
  { env: { FORCE_COLOR: "0" }, terminal: true, color: false },
])("colour with $env, terminal $terminal: $color", ({ env, terminal, color }) => {
  expect(wantsColor(env, terminal)).toBe(color);
});

test("of several exit codes the gravest counts", () => {
  expect(gravest(EXIT.ok, EXIT.expectationFailed)).toBe(EXIT.expectationFailed);
  expect(gravest(EXIT.internal, EXIT.expectationFailed)).toBe(EXIT.internal);
  expect(gravest(EXIT.expectationFailed, EXIT.inconclusive)).toBe(EXIT.expectationFailed);
  expect(gravest(EXIT.usage, EXIT.nondeterministic)).toBe(EXIT.usage);
});
