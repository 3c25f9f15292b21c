/** Deadlines, order of happenings, liveness and relations, on runs: held, and broken with what happened instead. */
import { describe, expect, test } from "vitest";
import type { ExpectationResult } from "../../src/index.ts";
import { type Node, topology } from "../../src/index.ts";
import { judgeShare, looks, wilson } from "../../src/trace/over-seeds.ts";

type Entry = Parameters<ReturnType<typeof base.run>["check"]>[0];

const client: Node = {
  startAt: "10ms",
  sockets: { req: { type: "REQ", connect: "tcp://server:5555" } },
  program: [{ repeat: 3, do: [{ send: "req", frames: ["ask"] }, { recv: "req" }] }, { log: "done" }],
};
/** Answers after 5 ms, but dies before the third. */
const base = topology("A client and a server, without costs so that the times are whole.")
  .profile("ideal")
  .node("server", {
    sockets: { rep: { type: "REP", bind: "tcp://*:5555" } },
    vars: { answers: 3 },
    program: [
      { log: "ready" },
      { repeat: "${answers}", do: [{ recv: "rep" }, { sleep: "5ms" }, { send: "rep", frames: ["answer"] }] },
      { sleep: "1s" },
    ],
  })
  .node("client", client)
  .until("500ms");
const whole = base.run();
const cut = base.run({ set: { "nodes.server.vars.answers": 2 } });

const CASES: readonly { name: string; entry: Entry; broken: RegExp }[] = [
  {
    name: "within",
    entry: { from: "client.req", to: "server.rep", within: "1ms" },
    broken: /1 message never arrived of 3; first client\.req#2/,
  },
  {
    name: "deadline",
    entry: { to: "server.rep", deadline: "30ms", after: "client", messages: 3 },
    broken: /got only 2 until the end/,
  },
  {
    name: "before",
    entry: { first: { log: "ready" }, then: { received: "client.req#2", socket: "server.rep" } },
    broken: /the first at 0 ns, the other never happens/,
  },
  {
    name: "answered",
    entry: { answered: "client.req", within: "6ms" },
    broken: /request 3 of client\.req, sent at 20 ms: 3 requests and 2 replies/,
  },
  { name: "ends", entry: { thread: "client", ends: true, by: "100ms" }, broken: /client was still busy/ },
  { name: "stuck", entry: { stuck: false }, broken: /client waits in recv on client\.req since 20 ms/ },
  { name: "stuck thread", entry: { stuck: false, thread: "client" }, broken: /client waits in recv/ },
];

describe.each(CASES)("$name", ({ entry, broken }) => {
  test("holds", () => {
    const { ok, actual, detail } = whole.check(entry);
    expect([ok, detail], actual).toEqual([true, []]);
  });

  test("broken, says what happened and shows the timeline", () => {
    const result: ExpectationResult = cut.check(entry);
    expect(result.ok).toBe(false);
    expect(result.actual).toMatch(broken);
    expect(result.detail.some((line) => /^[> ] +\d/.test(line))).toBe(true);
  });
});

test("the opposite can be expected, too", () => {
  expect(cut.check({ thread: "client", ends: false }).ok).toBe(true);
  expect(cut.check({ stuck: true }).ok).toBe(true);
  expect(whole.check({ stuck: true }).ok).toBe(false);
});

test("a relation compares with another setting, run with the same seed", () => {
  const fewer = { set: { "nodes.server.vars.answers": 2 } };
  const relation = (is: "more" | "at-most"): Entry => ({
    compare: "delivered",
    from: "client.req",
    to: "server.rep",
    is,
    with: fewer,
  });
  expect(whole.check(relation("more"))).toMatchObject({ ok: true, actual: "3 here, 2 there" });
  expect(whole.check(relation("at-most"))).toMatchObject({ ok: false, actual: "3 here, 2 there" });
});

test("a relation to what is no scenario is an error of the scenario", () => {
  const bad = base.expect({
    compare: "lost",
    from: "client.req",
    to: "server.rep",
    is: "less",
    with: { set: { "nodes.servr.startAt": "1s" } },
  });
  expect(() => bad.run()).toThrow(/there is no node "servr" to change/);
});

test("the depth of a queue in a span of time", () => {
  const entry = { from: "client.req", to: "server.rep", depth: { max: 0 } };
  expect(whole.check(entry).ok).toBe(false);
  expect(whole.check({ ...entry, after: "200ms" }).ok).toBe(true);
});

describe("over seeds", () => {
  // Values of Wilson's interval as in the literature: 8 of 10, and 0 of 20, at 95 %.
  test.each([
    { held: 8, runs: 10, low: 0.4902, high: 0.9433 },
    { held: 0, runs: 20, low: 0, high: 0.1611 },
    { held: 20, runs: 20, low: 0.8389, high: 1 },
  ])("$held of $runs", ({ held, runs, low, high }) => {
    const interval = wilson(held, runs, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("looks come at fixed numbers of runs, so that shards and workers agree", () => {
    expect(looks(100)).toEqual([20, 40, 80, 100]);
    expect(looks(7)).toEqual([7]);
  });

  test("the verdict ends early when it is certain, and stays open when it is not", () => {
    const always = Array.from({ length: 1000 }, () => true);
    const min = { min: 0.5, confidence: 0.95 };
    expect(judgeShare(always, 1000, min)).toMatchObject({ status: "passed", runs: 20 });
    expect(judgeShare(always.slice(0, 10), 1000, min)).toMatchObject({ status: "passed", runs: 10 });
    expect(judgeShare(always, 1000, { max: 0.5, confidence: 0.95 })).toMatchObject({ status: "failed", runs: 20 });
    const half = always.map((_, at) => at % 2 === 0);
    expect(judgeShare(half, 1000, min)).toMatchObject({ status: "open", runs: 1000, held: 500 });
  });
});
