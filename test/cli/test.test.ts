/** sim test and merge-reports in this process: verdicts, shards, reporters, bad input. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { type World, world } from "./world.ts";

/** One message down a pipe, and with a coin for each seed a second one. */
const coin = (more: object = {}): string =>
  JSON.stringify(
    {
      about: "A coin decides whether a second message is sent.",
      advice: "Do not leave it to a coin.",
      // Without costs, so that the times in the reports stay when the profiles are fitted anew.
      network: { profile: "ideal" },
      nodes: {
        sink: { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ forever: [{ recv: "in" }] }] },
        source: {
          sockets: { out: { type: "PUSH", connect: "tcp://sink:5555" } },
          program: [
            { send: "out", frames: ["x"] },
            { if: "${uniform(0, 1) < 0.5}", then: [{ send: "out", frames: ["y"] }] },
          ],
        },
      },
      ...more,
    },
    null,
    1,
  );
const HOLDS = { from: "source.out", to: "sink.in", lost: 0 };
const TOSSED = { from: "source.out", to: "sink.in", delivered: 2 };
const files = {
  "scenarios/holds.json": coin({ expect: [HOLDS] }),
  "scenarios/tossed.json": coin({ seeds: 30, expect: [HOLDS, TOSSED] }),
  "scenarios/often.json": coin({ expect: [{ ...TOSSED, probability: { min: 0.3, max: 0.7 } }] }),
  "scenarios/idle.json": coin(),
  "scenarios/other.json": '{ "no": "scenario" }',
};
/** Lines are wrapped. */
const flat = (text: string): string => text.replace(/\s+/g, " ");

describe("sim test", () => {
  test("tests what has expectations, with the seeds that a scenario asks for", async () => {
    const { code, out, err } = await world(files).sim("test", "scenarios", "--filter", "holds");
    expect(out).toBe("✓ scenarios/holds.json\n\n1 scenario: 1 passed; 1 run\n");
    expect(err).toMatch(/^1 runs in [\d.]+ s, [\d.]+ runs\/s\n$/);
    expect(code).toBe(EXIT.ok);
  });

  test("a failure comes with the first seed, its timeline, the advice and a line that fails in the same way", async () => {
    const { sim } = world(files);
    const { code, out } = await sim("test", "scenarios/tossed.json");
    expect(code).toBe(EXIT.expectationFailed);
    expect(out).toMatch(/✗ source\.out to sink\.in: 2 delivered: broken in \d+ of 30 runs/);
    expect(out).toContain("    Advice: Do not leave it to a coin.\n");
    const [, line = ""] = /reproduce: sim (.*)/.exec(out) ?? [];
    const again = await sim(...line.split(" "));
    const [, was = "-"] = /but was: {2}(.*)/.exec(out) ?? [];
    expect(again.out).toContain(was);
    expect(again.code).toBe(EXIT.expectationFailed);
  });

  test("a probability is judged by its interval, and ends as soon as that is certain", async () => {
    const { sim } = world(files);
    const { code, out } = await sim("test", "scenarios/often.json", "--seeds", "1000", "--reporter", "verbose");
    expect(flat(out)).toMatch(/in at least 30 % and at most 70 % of the runs: held in \d+ of \d+, so between/);
    expect(Number(/\((\d+) runs\)/.exec(out)?.[1])).toBeLessThan(1000);
    expect(code).toBe(EXIT.ok);
    const few = await sim("test", "scenarios/often.json", "--seeds", "4");
    expect(flat(few.out)).toContain("too few runs to tell");
    expect(few.code).toBe(EXIT.inconclusive);
    const rare = await sim("test", "scenarios/often.json", "--seeds", "200", "--set", "expect[0].probability.max=0.35");
    expect(rare.code).toBe(EXIT.expectationFailed);
    expect(rare.out).toContain(
      "reproduce: sim test scenarios/often.json --seeds 1..200 --set 'expect[0].probability.max=0.35'",
    );
  });

  test("four shards merge to the same reports as one run", async () => {
    const { folder, sim } = world(files);
    const several = ["json", "junit", "verbose"];
    const into = (name: string): string[] => several.flatMap((one) => [`--output-file.${one}`, `${name}.${one}`]);
    await sim("test", "scenarios", "--seeds", "60", ...into("whole"));
    for (const index of [1, 2, 3, 4]) {
      const { out } = await sim("test", "scenarios", "--seeds", "60", "--shard", `${index}/4`, "--reporter", "blob");
      expect(out).toBe("");
    }
    const merged = await sim("merge-reports", ...into("merged"));
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    for (const one of several) expect(read(`merged.${one}`), one).toBe(read(`whole.${one}`));
    expect(merged.code).toBe(EXIT.expectationFailed);
  });

  test("--bail stops after so many failing runs, whatever the number of workers", async () => {
    const { out } = await world(files).sim("test", "scenarios/tossed.json", "--seeds", "500", "--bail", "3");
    expect(out).toMatch(/2 delivered: broken in 3 of \d{1,2} runs/);
  });

  test("digests are stored, held, and not touched in CI", async () => {
    const { folder, sim } = world(files);
    const stored = join(folder, "scenarios/sim-digests.json");
    expect((await sim("test", "scenarios/holds.json", "--update")).err).toContain("new digests of holds.json");
    expect(readFileSync(stored, "utf8")).toMatch(/^\{\n {2}"holds.json": "[0-9a-f]{64}"\n\}\n$/);
    expect((await sim("test", "scenarios/holds.json")).code).toBe(EXIT.ok);
    writeFileSync(stored, readFileSync(stored, "utf8").replace(/"[0-9a-f]{4}/, '"0000'));
    const changed = await sim("test", "scenarios/holds.json");
    expect(changed.out).toContain("the run is not the one whose digest is stored");
    expect(changed.code).toBe(EXIT.expectationFailed);
    const inCi = await world(files, { env: { CI: "true" } }).sim("test", "--update");
    expect(inCi).toMatchObject({ code: EXIT.usage, err: expect.stringContaining("refused in CI") });
  });

  test("several reporters write at once, each where it is told", async () => {
    const { folder, sim } = world(files);
    const words = ["--reporter", "default,json", "--output-file.json", "deep/er/report.json"];
    const { out } = await sim("test", "scenarios/holds.json", ...words);
    expect(out).toContain("1 passed");
    expect(JSON.parse(readFileSync(join(folder, "deep/er/report.json"), "utf8"))).toMatchObject({
      totals: { passed: 1, runs: 1 },
      scenarios: [{ file: "scenarios/holds.json", expectations: [{ status: "passed", line: expect.any(Number) }] }],
    });
  });
});

const REPORTS = ["default", "verbose", "json", "junit", "github"] as const;

test.each(REPORTS)("the %s reporter says what it said last time", async (reporter) => {
  const { out } = await world(files).sim("test", "scenarios", "--seeds", "8", "--reporter", reporter);
  const golden = join(import.meta.dirname, `golden/report.${reporter}.txt`);
  // The version of the package is no matter of the reporter's.
  await expect(out.replaceAll(/("tool": "|name="zeromq-sim" value=")[\d.]+/g, "$1X")).toMatchFileSnapshot(golden);
});

test("GitHub's annotations point at the expectation, and the summary has the full list", async () => {
  const { folder, sim } = world(files, {
    env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "", GITHUB_WORKSPACE: "/nowhere" },
  });
  const { out } = await sim("test", "scenarios/tossed.json");
  const line = files["scenarios/tossed.json"].split("\n").findIndex((text) => text.includes('"delivered": 2'));
  // The entry begins three lines above its count.
  expect(out).toContain(`,line=${line + 1 - 3},col=`);
  expect(out).toMatch(/::error file=\S*scenarios\/tossed\.json,/);
  expect(existsSync(join(folder, "scenarios"))).toBe(true);
});

describe("bad input is one clear error", () => {
  const blob = async ({ sim }: World, ...words: string[]) =>
    sim("test", "scenarios/holds.json", "--reporter", "blob", ...words);
  const share = { "a.json": coin({ expect: [{ ...TOSSED, probability: { min: 0.5 } }] }) };

  test("a probability without seeds, at its place", async () => {
    const { code, out } = await world(share).sim("test", "a.json");
    expect(out).toMatch(/a\.json:\d+:\d+: error ZS511: a probability needs many seeds, and there is one/);
    expect(code).toBe(EXIT.usage);
  });

  test.each([
    { words: ["test", "none.json"], says: "cannot test none.json: no such file or folder" },
    { words: ["test", "none/*.json"], says: "no scenario with expectations matched none/*.json" },
    { words: ["test", "scenarios", "--filter", "zzz"], says: 'matched scenarios with "zzz"' },
    { words: ["test", "--reporter", "xml"], says: 'there is no reporter "xml"' },
    { words: ["test", "--shard", "5/4"], says: "--shard takes i/n such as 2/4" },
    { words: ["test", "--shard", "1/4", "--bail", "1"], says: "exclude each other" },
    { words: ["test", "--seeds", "x"], says: "--seeds takes a range" },
    { words: ["test", "--check-determinism", "7"], says: "takes a share such as 5%" },
    { words: ["test", "--output-file.junit", "scenarios/idle.json/x"], says: "cannot write scenarios/idle.json/x" },
    { words: ["merge-reports"], says: "cannot read .sim-blobs: no such file or folder" },
    { words: ["merge-reports", "scenarios/idle.json"], says: "this is no blob" },
  ])("sim $words", async ({ words, says }) => {
    const { code, out, err } = await world(files).sim(...words);
    expect(err).toContain(says);
    expect([code, out]).toEqual([EXIT.usage, ""]);
  });

  test.each([
    { change: (text: string) => text.slice(0, -30), says: "the blob is damaged" },
    {
      change: (text: string) => text.replace(/"tool":"[^"]*"/, '"tool":"0.0.1"'),
      says: "the blob is of zeromq-sim 0.0.1",
    },
    { change: (text: string) => `{${text}`, says: "this is no blob" },
  ])("a blob with: $says", async ({ change, says }) => {
    const one = world(files);
    await blob(one);
    const path = join(one.folder, ".sim-blobs/blob-1-of-1.jsonl");
    writeFileSync(path, change(readFileSync(path, "utf8")));
    const { code, err } = await one.sim("merge-reports");
    expect(err).toContain(says);
    expect(code).toBe(EXIT.usage);
  });

  test("shards that do not make one whole", async () => {
    const one = world(files);
    await blob(one, "--shard", "1/3");
    expect((await one.sim("merge-reports")).err).toContain("shard 2/3, 3/3 is missing");
    await blob(one, "--shard", "2/3", "--seeds", "9");
    await blob(one, "--shard", "3/3");
    expect((await one.sim("merge-reports")).err).toContain("tested different things: scenarios/holds.json");
  });

  test("a scenario with errors is reported beside the others", async () => {
    const { code, out } = await world({ ...files, "scenarios/bad.json": '{ "about": "x", "nodes": {} }' }).sim(
      "test",
      "scenarios/bad.json",
      "scenarios/holds.json",
    );
    expect(out).toMatch(/scenarios\/bad\.json:1:\d+: error ZS\d+/);
    expect(out).toContain("2 scenarios: 1 passed, 1 broken");
    expect(code).toBe(EXIT.usage);
  });
});
