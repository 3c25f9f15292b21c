/** The text of a run, read as a whole. */
import { describe, expect, test } from "vitest";
import type { Instant } from "../../src/kernel/time.ts";
import type { RunRecord } from "../../src/run/record.ts";
import type { ExpectationResult } from "../../src/trace/expectation.ts";
import { reportJson, reportText } from "../../src/trace/report.ts";
import { PLAIN, type Style } from "../../src/trace/text.ts";
import { at, HEADER, TraceBuilder } from "./support/builder.ts";
import { lateJoiner } from "./support/scenes.ts";

const ABOUT = "The publisher starts last, so its first message finds no subscription.";

function recordOf(trace: TraceBuilder, more: Partial<RunRecord> = {}): RunRecord {
  const header = { ...HEADER, scenario: "late-joiner" };
  const legs = { sent: 3, written: 5, delivered: 4, fates: { queued: 1 } };
  return {
    header,
    events: trace.events,
    endTime: at(5000) as Instant,
    outcome: "until",
    kernelEvents: 100,
    legs,
    threads: [],
    sockets: [],
    warnings: [],
    choiceLog: [],
    ...more,
  };
}

const held: ExpectationResult = {
  ok: true,
  text: "message 1 is delivered",
  expected: "delivered 1",
  actual: "delivered 1",
  detail: [],
  pointer: "/expect/0",
};
const broken: ExpectationResult = {
  ok: false,
  text: "nothing is lost",
  expected: "lost 0",
  actual: "lost 1",
  detail: ["publisher.sender#0 was dropped at 600.1 ms", "> 600.100 ms  publisher.sender  send publisher.sender#0"],
  pointer: "/expect/1",
};

test("title, flows, losses, waiting threads, expectations, digest", () => {
  const trace = lateJoiner();
  const record = recordOf(trace, {
    threads: [
      {
        thread: "subscriber",
        state: "blocked",
        call: "recv",
        socket: "subscriber.receiver",
        since: at(1600.4) as Instant,
        forever: true,
      },
      { thread: "proxy", state: "blocked", call: "proxy", since: at(300) as Instant, forever: true },
      { thread: "publisher", state: "ended" },
    ],
    warnings: [{ id: "ZS1001", text: "option affinity is accepted but not modelled" }],
  });
  const input = {
    record,
    about: ABOUT,
    analysis: trace.analyze(5000),
    expectations: [held, broken],
    digest: "ab12",
    reproduce: "sim run late-joiner.json --seed 1",
  };
  expect(reportText(input)).toBe(`late-joiner: ${ABOUT}
profile loopback, seed 1; 5 s of virtual time, then its time was up

from              to                   sent  delivered  lost  queued     p50     p95
publisher.sender  subscriber.receiver     3          1     1       1  310 us  310 us

Not delivered
  publisher.sender#0 was dropped at 600.1 ms: the pipe to proxy.frontend had no subscription; it
    took effect 1.4 ms later
  publisher.sender#2 was still on the wire between proxy.backend and subscriber.receiver when the
    run ended

Waiting at the end
  waiting for input, with empty queues: subscriber, proxy

Warnings
  ZS1001: option affinity is accepted but not modelled

Expectations
  ✓ message 1 is delivered
  ✗ nothing is lost
      expected: lost 0
      but was:  lost 1
      publisher.sender#0 was dropped at 600.1 ms
      > 600.100 ms  publisher.sender  send publisher.sender#0

1 of 2 expectations failed
digest     ab12
reproduce  sim run late-joiner.json --seed 1
`);
});

test("like losses are told once, with the numbers and the high-water mark", () => {
  const trace = new TraceBuilder()
    .open(0, "p.pub", "PUB")
    .open(0, "s.sub", "SUB")
    .call(0, "subscribe", "s.sub", "")
    .attach(0, "p.pub", "s.sub");
  trace.send(1, "p.pub#0", "p.pub", ["s.sub"]).recv(1.1, "p.pub#0", "s.sub");
  for (let n = 1; n <= 5; n++)
    trace.fate(n + 1, `p.pub#${n}`, "hwm", "p.pub", "s.sub").sent(n + 1, `p.pub#${n}`, "p.pub");
  const pipe = { peer: "s.sub", incoming: 0, outgoing: 0, incomingHwm: 0, outgoingHwm: 2, connected: true };
  const record = recordOf(trace, { sockets: [{ socket: "p.pub", type: "PUB", pipes: [pipe] }] });
  expect(reportText({ record, about: "", analysis: trace.analyze(), expectations: [] })).toContain(`Not delivered
  p.pub#1 was dropped at 2 ms: the pipe to s.sub was at its high-water mark (2)
    ... and 4 more like this: p.pub#2-5
`);
});

test("a thread that cannot go on shows its queues, a failed one its error", () => {
  const pipe = { peer: "sink.in", incoming: 0, outgoing: 1000, incomingHwm: 1000, outgoingHwm: 1000, connected: false };
  const record = recordOf(lateJoiner(), {
    threads: [
      {
        thread: "source",
        state: "blocked",
        call: "send",
        socket: "source.out",
        since: at(4) as Instant,
        forever: true,
      },
      {
        thread: "client",
        state: "blocked",
        call: "recv",
        socket: "client.req",
        since: at(5) as Instant,
        forever: true,
      },
      { thread: "odd", state: "failed", error: "EFSM", pointer: "/nodes/odd/program/1" },
    ],
    sockets: [
      { socket: "source.out", type: "PUSH", pipes: [pipe] },
      { socket: "client.req", type: "REQ", pipes: [] },
    ],
  });
  const text = reportText({ record, about: "", expectations: [] });
  expect(text).toContain(`Failed
  odd failed: EFSM (step /nodes/odd/program/1)

Waiting at the end
  source is blocked for ever in send on source.out since 4 ms
    source.out (PUSH) <> sink.in: 1000 of 1000 to send, 0 of 1000 to read, not connected
  client is blocked for ever in recv on client.req since 5 ms
    client.req (REQ) has no peer
`);
  expect(text).toContain("3 messages sent, written to 5 pipes: delivered 4, queued 1\n");
});

describe("shape", () => {
  const wide = (): TraceBuilder => {
    const trace = new TraceBuilder();
    const long = "a-node-with-a-very-long-name-that-does-not-fit.and-a-socket-with-another-long-one";
    trace.open(0, long, "PUSH");
    for (let i = 0; i < 40; i++) {
      const sink = `another-node-with-a-long-name[${i}].and-its-receiving-socket`;
      trace
        .open(0, sink, "PULL")
        .send(i, `${long}#${i}`, long, [sink])
        .fate(100, `${long}#${i}`, "connection-lost", long, sink, "wire");
    }
    return trace;
  };
  const style: Style = {
    bold: (s) => `\u001b[1m${s}\u001b[22m`,
    dim: (s) => `\u001b[2m${s}\u001b[22m`,
    red: (s) => `\u001b[31m${s}\u001b[39m`,
    green: (s) => `\u001b[32m${s}\u001b[39m`,
    yellow: (s) => `\u001b[33m${s}\u001b[39m`,
  };

  test.each([
    { name: "small", trace: lateJoiner() },
    { name: "wide, many flows", trace: wide() },
  ])("$name: at most 100 columns, no trailing spaces, colour adds nothing but colour", ({ trace }) => {
    const input = {
      record: recordOf(trace),
      about: `${ABOUT} ${ABOUT}`,
      analysis: trace.analyze(),
      expectations: [held, broken],
      digest: "0".repeat(64),
    };
    const text = reportText(input, PLAIN);
    for (const line of text.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(100);
      expect(line, line).toBe(line.trimEnd());
    }
    expect(reportText(input, style).replace(/\u001b\[\d+m/g, "")).toBe(text);
  });
});

test("the same as one JSON document", () => {
  const trace = lateJoiner();
  const json = reportJson({
    record: recordOf(trace),
    about: ABOUT,
    analysis: trace.analyze(5000),
    expectations: [broken],
    digest: "ab12",
  });
  expect(json).toEqual({
    scenario: "late-joiner",
    about: ABOUT,
    seed: "1",
    profile: "loopback",
    arm: "simulated",
    digest: "ab12",
    endTime: 5_000_000_000,
    outcome: "until",
    messages: { sent: 3, fates: { "no-subscription": 1, delivered: 1, queued: 1 } },
    flows: [
      {
        from: "publisher.sender",
        to: "subscriber.receiver",
        sent: 3,
        delivered: 1,
        lost: 1,
        queued: 1,
        latency: { p50: 310_000, p95: 310_000, max: 310_000 },
      },
    ],
    expectations: [{ ok: false, text: "nothing is lost", expected: "lost 0", actual: "lost 1", pointer: "/expect/1" }],
    blocked: [],
    failures: [],
    warnings: [],
  });
});
