/** Every kind of expectation, held and broken. */
import { describe, expect, test } from "vitest";
import type { Duration, Instant } from "../../src/kernel/time.ts";
import type { Expectation } from "../../src/scenario/expectation.ts";
import { checkExpectation, type ExpectationResult } from "../../src/trace/expectation.ts";
import { at, TraceBuilder } from "./support/builder.ts";
import { lateJoiner, pushPull } from "./support/scenes.ts";

type Bare = Expectation extends infer E ? (E extends Expectation ? Omit<E, "text" | "pointer"> : never) : never;

function check(trace: TraceBuilder, expectation: Bare): ExpectationResult {
  const full = { ...expectation, text: "it holds", pointer: "/expect/0" } as Expectation;
  return checkExpectation(full, { analysis: trace.analyze(5000), events: trace.events });
}

const PUB = "publisher.sender";
const SUB = "subscriber.receiver";
const exactly = (count: number): { min: number; max: number } => ({ min: count, max: count });

describe("flow", () => {
  test("counts hold", () => {
    expect(
      check(lateJoiner(), {
        kind: "flow",
        from: PUB,
        to: SUB,
        delivered: exactly(1),
        lost: { max: 1 },
        queued: { min: 1 },
      }),
    ).toEqual({
      ok: true,
      text: "it holds",
      expected: "delivered 1, lost at most 1, queued at least 1",
      actual: "sent 3, delivered 1, lost 1, queued 1",
      detail: [],
      pointer: "/expect/0",
    });
  });

  test("a broken count shows the first lost message on the timeline", () => {
    const result = check(lateJoiner(), { kind: "flow", from: PUB, to: SUB, lost: exactly(0) });
    expect(result.ok).toBe(false);
    expect(result.detail).toContain(
      "publisher.sender#0 was dropped at 600.1 ms: the pipe to proxy.frontend had no subscription; it took effect 1.4 ms later",
    );
    expect(result.detail).toContain('> 600.100 ms  publisher.sender     send publisher.sender#0 "Hello there"');
    expect(result.detail.at(-1)).toBe("  601.500 ms  publisher.sender     learns that proxy.frontend wants everything");
  });

  test("by an instant, what happens later is under way", () => {
    const by = at(1600.05) as Instant;
    expect(
      check(lateJoiner(), {
        kind: "flow",
        from: PUB,
        to: SUB,
        sent: exactly(2),
        delivered: exactly(0),
        queued: exactly(1),
        by,
      }).ok,
    ).toBe(true);
  });

  test("replicas count together", () => {
    expect(
      check(pushPull(), {
        kind: "flow",
        from: "ventilator.out",
        to: "sink.in",
        sent: exactly(4),
        delivered: exactly(3),
      }).ok,
    ).toBe(true);
    expect(
      check(pushPull(), { kind: "flow", from: "ventilator.out", to: "sink[1].in", delivered: exactly(1) }).ok,
    ).toBe(true);
  });

  test("a forwarding socket may be either end", () => {
    expect(
      check(lateJoiner(), { kind: "flow", from: PUB, to: "proxy.frontend", delivered: exactly(2), lost: exactly(1) })
        .ok,
    ).toBe(true);
    expect(
      check(lateJoiner(), { kind: "flow", from: "proxy.backend", to: SUB, delivered: exactly(1), queued: exactly(1) })
        .ok,
    ).toBe(true);
  });

  test("an unknown name names the nearest", () => {
    expect(check(lateJoiner(), { kind: "flow", from: "publisher.sendr", to: SUB, lost: exactly(0) }).actual).toBe(
      'no socket "publisher.sendr" was opened in this run; nearest: publisher.sender, proxy.backend, proxy.frontend',
    );
  });

  test("a flow without messages names the nearest", () => {
    const result = check(lateJoiner(), { kind: "flow", from: SUB, to: PUB, delivered: { min: 1 } });
    expect(result.actual).toBe(`no message from ${SUB} was meant for ${PUB}`);
    expect(result.detail).toEqual(["the nearest flows of this run:", `  ${PUB} > ${SUB}`]);
  });
});

describe("message", () => {
  test.each<{ name: string; expectation: Bare; ok: boolean; actual: string }>([
    {
      name: "held",
      expectation: { kind: "message", message: `${PUB}#0`, fate: "no-subscription" },
      ok: true,
      actual: "no-subscription",
    },
    {
      name: "broken",
      expectation: { kind: "message", message: `${PUB}#1`, to: SUB, fate: "hwm" },
      ok: false,
      actual: `delivered for ${SUB}`,
    },
    {
      name: "never sent",
      expectation: { kind: "message", message: `${PUB}#9`, fate: "delivered" },
      ok: false,
      actual: `${PUB} sent only 3 messages`,
    },
    {
      name: "unknown sender",
      expectation: { kind: "message", message: "publisher.sendr#0", fate: "delivered" },
      ok: false,
      actual: `publisher.sendr sent no message; senders of this run: ${PUB}`,
    },
    {
      name: "forwarder",
      expectation: { kind: "message", message: `${PUB}#1`, to: "proxy.frontend", fate: "delivered" },
      ok: true,
      actual: "delivered",
    },
  ])("$name", ({ expectation, ok, actual }) => expect(check(lateJoiner(), expectation)).toMatchObject({ ok, actual }));
});

test("never", () => {
  expect(check(lateJoiner(), { kind: "never", never: "hwm" }).ok).toBe(true);
  expect(check(lateJoiner(), { kind: "never", never: "no-subscription", from: PUB })).toMatchObject({
    ok: false,
    actual: `once, first ${PUB}#0`,
  });
});

test("latency", () => {
  const limit = at(0.31);
  expect(
    check(lateJoiner(), {
      kind: "latency",
      from: PUB,
      to: SUB,
      latency: { p50: exactly(limit), max: { max: limit }, mean: { min: 1 } },
    }).ok,
  ).toBe(true);
  const broken = check(lateJoiner(), { kind: "latency", from: PUB, to: SUB, latency: { p95: { max: limit - 1 } } });
  expect(broken).toMatchObject({ ok: false, expected: "p95 at most 310 us", actual: "p95 310 us" });
  expect(broken.detail[0]).toBe(`${PUB}#1 reached ${SUB} at 1600 ms, 310 us after it was sent`);
});

describe("sequences", () => {
  const trace = (): TraceBuilder => {
    const t = new TraceBuilder().open(0, "a.push", "PUSH").open(0, "b.pull", "PULL");
    for (const n of [0, 1, 2]) t.send(n + 1, `a.push#${n}`, "a.push", ["b.pull"], [`m${n}`, "x"]);
    for (const n of [0, 2, 1]) t.recv(5, `a.push#${n}`, "b.pull", [`m${n}`, "x"]);
    t.call(6, "recv", "b.pull", undefined, { result: "EAGAIN" });
    t.event({ t: at(7), ev: "monitor", socket: "b.pull", event: "ACCEPTED", value: 1, endpoint: "tcp://*:1" });
    t.event({
      t: at(8),
      ev: "monitor",
      socket: "b.pull",
      event: "HANDSHAKE_SUCCEEDED",
      value: 0,
      endpoint: "tcp://*:1",
    });
    return t.event({ t: at(9), ev: "log", thread: "b", text: "done" });
  };

  test("order", () => {
    expect(check(trace(), { kind: "order", to: "b.pull", order: "fifo" })).toMatchObject({
      ok: false,
      actual: "b.pull read a.push#1 after a.push#2",
    });
    expect(check(lateJoiner(), { kind: "order", from: PUB, to: SUB, order: "fifo" }).ok).toBe(true);
  });

  test("rotation", () => {
    const turns = (receivers: readonly number[]): TraceBuilder => {
      const t = new TraceBuilder().open(0, "a.push", "PUSH");
      for (const i of [0, 1, 2]) t.open(0, `worker[${i}].pull`, "PULL");
      for (const [n, i] of receivers.entries()) t.send(n + 1, `a.push#${n}`, "a.push", [`worker[${i}].pull`]);
      return t;
    };
    const rotation = { kind: "order", from: "a.push", to: "worker.pull", order: "rotation" } as const;
    expect(check(turns([1, 0, 2, 1, 0, 2, 1]), rotation)).toMatchObject({ ok: true, actual: "1 0 2 1 0 2 1" });
    expect(check(turns([0, 1, 2, 0, 2, 1, 0]), rotation)).toMatchObject({
      ok: false,
      expected: "3 receivers in turn, always in the same cycle",
      actual: "receivers 0 1 2 0 2 ...",
    });
    expect(check(turns([0, 1, 0]), rotation).ok).toBe(false);
    expect(check(turns([0, 1]), rotation).ok).toBe(false);
    expect(check(turns([]), rotation)).toMatchObject({ ok: false, actual: "no message" });
    expect(check(turns([0, 0, 0, 1, 2, 0, 1]), { ...rotation, after: 2 }).ok).toBe(true);
    expect(check(turns([0, 0, 0, 1, 2, 1, 0]), { ...rotation, after: 2 }).ok).toBe(false);
  });

  test("receives", () => {
    expect(check(trace(), { kind: "receives", socket: "b.pull", receives: ["m0|x", "m2|x", "m1|x"] }).ok).toBe(true);
    expect(check(trace(), { kind: "receives", socket: "b.pull", receives: ["m0|x", "m1|x"] })).toMatchObject({
      ok: false,
      expected: 'number 2 is "m1|x"; in all 2: "m0|x", "m1|x"',
      actual: 'number 2 is "m2|x"; in all 3: "m0|x", "m2|x", "m1|x"',
    });
  });

  test("calls", () => {
    expect(
      check(trace(), { kind: "calls", socket: "b.pull", call: "recv", results: ["ok", "ok", "ok", "EAGAIN"] }).ok,
    ).toBe(true);
    expect(check(trace(), { kind: "calls", socket: "b.pull", call: "recv", results: ["ok"] }).expected).toBe(
      'the end after 1; in all 1: "ok"',
    );
  });

  test("monitor", () => {
    expect(check(trace(), { kind: "monitor", socket: "b.pull", events: ["ACCEPTED", "..."] }).ok).toBe(true);
    expect(check(trace(), { kind: "monitor", socket: "b.pull", events: ["ACCEPTED"] }).ok).toBe(false);
  });

  test("retries", () => {
    const t = new TraceBuilder().open(0, "a.push", "PUSH");
    const monitor = { ev: "monitor", socket: "a.push", endpoint: "tcp://b:1" } as const;
    for (const value of [183, 125]) {
      t.event({ ...monitor, t: at(value), event: "CLOSED", value: 111 });
      t.event({ ...monitor, t: at(value), event: "CONNECT_RETRIED", value });
    }
    const waits = (...list: number[]): Bare => ({
      kind: "retries",
      socket: "a.push",
      retries: list.map(at) as Duration[],
    });
    expect(check(t, waits(183, 125)).ok).toBe(true);
    expect(check(t, waits(183)).ok).toBe(false);
    expect(check(t, waits(183, 126))).toMatchObject({
      ok: false,
      expected: 'number 2 is "126 ms"; in all 2: "183 ms", "126 ms"',
    });
  });

  test("log", () => {
    expect(check(trace(), { kind: "log", log: "done" }).ok).toBe(true);
    expect(check(trace(), { kind: "log", thread: "b", log: "done", count: exactly(2) })).toMatchObject({
      ok: false,
      actual: "1 time",
    });
  });
});

test("queue", () => {
  const trace = new TraceBuilder().open(0, "a.push", "PUSH").open(0, "b.pull", "PULL");
  for (const n of [0, 1, 2]) trace.send(n + 1, `a.push#${n}`, "a.push", ["b.pull"]);
  expect(check(trace, { kind: "queue", from: "a.push", to: "b.pull", depth: exactly(3) })).toMatchObject({
    ok: true,
    actual: "3 at 3 ms",
  });
  expect(check(trace, { kind: "queue", from: "a.push", to: "b.pull", depth: { max: 2 } }).ok).toBe(false);
});

describe("blocked", () => {
  const trace = (): TraceBuilder =>
    new TraceBuilder()
      .open(0, "a.pull", "PULL")
      .block(10, "a", "recv", "a.pull")
      .call(30, "recv", "a.pull")
      .block(40, "a", "recv", "a.pull");
  test.each<{ name: string; more: Partial<Extract<Bare, { kind: "blocked" }>>; found: boolean }>([
    { name: "ever", more: {}, found: true },
    { name: "in another call", more: { call: "send" }, found: false },
    { name: "on the socket", more: { socket: "a.pull" }, found: true },
    { name: "before it did", more: { by: at(10) as Instant }, found: false },
    {
      name: "for as long as the first wait, before the second",
      more: { by: at(40) as Instant, longerThan: at(20) as Duration },
      found: false,
    },
    { name: "for less than that", more: { by: at(40) as Instant, longerThan: at(19) as Duration }, found: true },
    { name: "until the end of the run", more: { longerThan: at(4000) as Duration }, found: true },
  ])("$name: $found", ({ more, found }) => {
    for (const blocked of [true, false])
      expect(check(trace(), { kind: "blocked", thread: "a", blocked, ...more }).ok).toBe(blocked === found);
  });
});
