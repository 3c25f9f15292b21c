/** The library: scenarios in any form, runs that answer, matchers that tell the whole story. */
import { describe, expect, test } from "vitest";
import { formatTime, ScenarioError, simulate, topology } from "../../src/index.ts";
import { matchers } from "../../src/library/matchers.ts";

/** A late subscriber: of ten messages, 10 ms apart, it misses the first ones. */
const late = topology("A subscriber that comes late.")
  .node("sub", {
    startAt: "35ms",
    sockets: { in: { type: "SUB", subscribe: "", connect: "tcp://pub:5556" } },
    program: [{ forever: [{ recv: "in" }] }],
  })
  .node("pub", {
    sockets: { out: { type: "PUB", bind: "tcp://*:5556" } },
    program: [{ log: "begins" }, { repeat: 10, do: [{ send: "out", frames: ["tick"] }, { sleep: "10ms" }] }],
  })
  .until("1s")
  .expect({ from: "pub.out", to: "sub.in", sent: 10 });
const route = { from: "pub.out", to: "sub.in" };

describe("simulate", () => {
  test("takes code, an object, a text, and gives the same run", () => {
    const runs = [late.run(), simulate(late), simulate(late.toScenario()), simulate(JSON.stringify(late.toScenario()))];
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1);
    expect(runs[0]?.expectations).toMatchObject([{ ok: true }]);
  });

  test("a variant leaves the topology that it began with as it was", () => {
    expect(late.seed(9).run().seed).toBe("9");
    expect(late.run().seed).toBe("1");
    expect(late.run({ set: { "nodes.sub.startAt": "500ms" } }).flow("pub.out", "sub.in").lost).toBe(10);
  });

  test("says everything that is wrong, at its place", () => {
    expect(() => simulate('{ "about": "x", "nods": {} }', { file: "a.json" })).toThrow(ScenarioError);
    expect(() => simulate('{ "about": "x", "nods": {} }', { file: "a.json" })).toThrow(/a\.json:1:17: error ZS201/);
    expect(() => late.run().check({ from: "pub.ot", to: "sub.in", lost: 0 })).toThrow(/did you mean "pub.out"/);
  });
});

test("a run answers", () => {
  const run = late.run();
  const { sent, delivered, lost } = run.flow("pub.out", "sub.in");
  expect([sent, delivered + lost]).toEqual([10, 10]);
  expect(run.fate("pub.out#0")).toBe("no-peer");
  expect(run.fate("pub.out#9", "sub.in")).toBe("delivered");
  expect(run.received("sub.in")).toHaveLength(delivered);
  expect(run.latencies("pub.out", "sub.in")).toHaveLength(delivered);
  expect(formatTime(run.latency("pub.out", "sub.in", 0.5) as never)).toMatch(/ (us|ms)$/);
  expect(run.timeline({ until: 1e6 }).length).toBeGreaterThan(0);
  expect(run.outcome).toBe("until");
});

describe("matchers", () => {
  const run = late.run();
  test.each([
    { name: "toDeliver with a count", result: matchers.toDeliver(run, { ...route, count: { min: 5 } }), pass: true },
    { name: "toDeliver everything", result: matchers.toDeliver(run, route), pass: false },
    { name: "toDeliverWithin", result: matchers.toDeliverWithin(run, "5ms", route), pass: false },
    { name: "toLose", result: matchers.toLose(run, { min: 1 }, route), pass: true },
    { name: "toNeverDrop", result: matchers.toNeverDrop(run, "hwm"), pass: true },
    { name: "toNeverDrop of a flow", result: matchers.toNeverDrop(run, "no-peer", { from: "pub.out" }), pass: false },
    { name: "toHappenBefore", result: matchers.toHappenBefore(run, { log: "begins" }, "pub.out#0"), pass: true },
    { name: "toStayBelow", result: matchers.toStayBelow(run, 5, route), pass: true },
    { name: "toBlock", result: matchers.toBlock(run, { thread: "sub", call: "recv" }), pass: true },
    { name: "toBlock in a send", result: matchers.toBlock(run, { thread: "pub", call: "send" }), pass: false },
  ])("$name", ({ result, pass }) => {
    expect(result.pass).toBe(pass);
    expect(result.message()).toMatch(/seed 1, reproduce: simulate\(\.\.\., \{ seed: "1" \}\)$/);
    if (!pass) expect(result.message()).toMatch(/expected: .*\n {2}but was: /);
  });

  test("what is no run is refused in words", () => {
    expect(() => matchers.toDeliver({}, route)).toThrow("expect() takes a run here");
  });
});
