/** What comparing two sides of runs concludes: equal, within, differs, free. */
import { describe, expect, test } from "vitest";
import type { TraceEvent, TraceHeader } from "../../src/journal/events.ts";
import { compareSides, totalVariation } from "../../src/trace/compare.ts";
import { comparisonText, judge } from "../../src/trace/compare-report.ts";
import { type Run, runOf } from "../../src/trace/facts.ts";
import { PLAIN } from "../../src/trace/text.ts";

const header = (arm: "simulated" | "real"): TraceHeader => ({
  ...{ format: "zeromq-sim-trace", version: 1, tool: "0", model: "libzmq 4.3.5", scenario: "pipe" },
  ...{ scenarioHash: "", seed: "1", profile: "", arm },
});

const MS = 1_000_000;

interface Cut {
  /** When the last receipt is, ns. */
  readonly last: number;
  readonly until: number;
}

/** A PUSH sends as many messages as `count`; the PULL receives those in `received`, in that order. */
function run(
  arm: "simulated" | "real",
  received: readonly number[],
  count = 4,
  more: readonly TraceEvent[] = [],
  cut?: Cut,
): Run {
  const call = { ev: "call", result: "ok" } as const;
  const sent = Array.from(
    { length: count },
    (_, n): TraceEvent => ({
      ...call,
      t: 10 + n,
      thread: "a",
      call: "send",
      socket: "a.out",
      message: `a.out#${n}`,
      sizes: [1],
      frames: [`${n}`],
    }),
  );
  const got = received.map(
    (n, i): TraceEvent => ({
      ...call,
      t: i === received.length - 1 && cut !== undefined ? cut.last : 100 + 10 * i,
      thread: "b",
      call: "recv",
      socket: "b.in",
      message: `a.out#${n}`,
      sizes: [1],
      frames: [`${n}`],
    }),
  );
  const events: TraceEvent[] = [
    { t: 0, ev: "socket", socket: "a.out", what: "open", type: "PUSH" },
    { t: 0, ev: "socket", socket: "b.in", what: "open", type: "PULL" },
    { ...call, t: 1, thread: "b", call: "bind", socket: "b.in", arg: "tcp://*:1" },
    { ...call, t: 2, thread: "a", call: "connect", socket: "a.out", arg: "tcp://b:1" },
    ...sent,
    ...more,
    ...got,
  ];
  const trace = { header: header(arm), events };
  return runOf({ name: `${arm} ${received.join()}`, trace, until: cut?.until, events: () => events });
}

const times = (count: number, make: () => Run): Run[] => Array.from({ length: count }, make);
const all = [0, 1, 2, 3];

describe("comparing sides", () => {
  test("how many datagrams a receive buffer holds is the kernel's affair", () => {
    const lost = { ev: "fate", message: "a.out#3", fate: "overflow", socket: "a.out", peer: "b.in" } as const;
    const verdicts = (where: string): string[] => {
      const simulated = run("simulated", [0, 1, 2], 4, [{ t: 20, ...lost, where }]);
      const { rows } = compareSides({ name: "a", runs: [simulated] }, { name: "b", runs: [run("real", [0, 1])] });
      return rows.filter(({ kind }) => kind === "count").map(({ verdict }) => verdict);
    };
    expect(verdicts("receive buffer")).toEqual(["kernel"]);
    expect(verdicts("pipe")).toEqual(["differs"]);
  });

  test("one run with itself is equal", () => {
    const { verdict, rows } = compareSides(
      { name: "a", runs: [run("real", all)] },
      { name: "b", runs: [run("real", all)] },
    );
    expect(verdict).toBe("equal");
    expect(rows.every(({ distance }) => distance === 0)).toBe(true);
  });

  test("a real outcome that the simulation shows, too, is within, with its frequencies", () => {
    const simulated = [...times(190, () => run("simulated", all)), ...times(10, () => run("simulated", [1, 2, 3]))];
    const comparison = compareSides(
      { name: "real", runs: times(5, () => run("real", [1, 2, 3])) },
      { name: "sim", runs: simulated },
    );
    expect(comparison.reference.name).toBe("sim");
    expect(comparison.verdict).toBe("within");
    expect(comparison.rows.find(({ kind }) => kind === "messages")).toMatchObject({
      subject: "a.out > b.in",
      verdict: "within",
      distance: 0.95,
    });
  });

  test("one that it never shows differs, and both contexts stand side by side", async () => {
    const comparison = compareSides(
      { name: "sim", runs: times(200, () => run("simulated", all)) },
      { name: "real", runs: [run("real", [0, 1, 3])] },
    );
    expect(comparison.verdict).toBe("differs");
    const lines = (await comparisonText(judge(comparison, false), PLAIN)).trimEnd().split("\n");
    expect(lines).toContain("First difference: a.out > b.in, messages delivered, per flow");
    expect(lines.some((line) => line.includes("simulated 0,1,2,3: 4") && line.includes("| real 0,1,3: 3"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^differs: \d+ facts$/);
  });

  test("messages of a flow out of order differ whatever the numbers", () => {
    const { rows } = compareSides(
      { name: "sim", runs: times(30, () => run("simulated", all)) },
      { name: "real", runs: [run("real", [0, 2, 1, 3])] },
    );
    expect(rows.find(({ kind }) => kind === "order")).toMatchObject({
      verdict: "differs",
      other: [{ value: "a.out#1 after #2" }],
    });
    expect(rows.find(({ kind }) => kind === "messages")?.verdict).toBe("equal");
  });

  test("where the simulation shows something new in nearly every run, a new real value proves nothing", () => {
    const simulated = Array.from({ length: 40 }, (_, n) =>
      run(
        "simulated",
        all.map((k) => k + n),
        50,
      ),
    );
    const { rows } = compareSides(
      { name: "sim", runs: simulated },
      { name: "real", runs: [run("real", [5, 9, 20, 30], 50)] },
    );
    expect(rows.find(({ kind }) => kind === "messages")?.verdict).toBe("free");
    expect(rows.find(({ kind }) => kind === "count")?.verdict).toBe("equal");
  });

  test("what happens just before a run is cut off may be missing on one side, and nothing else may", () => {
    const verdict = (received: readonly number[], last: number, other: readonly number[], otherLast: number): string =>
      compareSides(
        { name: "sim", runs: times(200, () => run("simulated", received, 4, [], { last, until: 1000 * MS })) },
        { name: "real", runs: [run("real", other, 4, [], { last: otherLast, until: 1000 * MS })] },
      ).verdict;
    expect(verdict(all, 990 * MS, [0, 1, 2], 500 * MS)).toBe("within");
    expect(verdict([0, 1, 2], 500 * MS, all, 990 * MS)).toBe("within");
    expect(verdict(all, 900 * MS, [0, 1, 2], 500 * MS)).toBe("differs");
    expect(verdict(all, 990 * MS, [0, 1], 500 * MS)).toBe("differs");
  });

  test("total variation is 0 for equal and 1 for disjoint frequencies", () => {
    const share = (value: string, count: number) => ({ value, count, run: "" });
    expect(totalVariation([share("x", 3), share("y", 1)], [share("y", 10), share("x", 30)])).toBe(0);
    expect(totalVariation([share("x", 3)], [share("y", 5)])).toBe(1);
  });
});
