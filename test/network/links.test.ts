/** Links: arithmetic of latency and bandwidth, partitions with TCP's repeats, changes, refusals, resets. */
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../../src/journal/events.ts";
import type { RunRecord } from "../../src/run/record.ts";
import { calls, received, run } from "../support/scenario.ts";

const monitor = (record: RunRecord, socket: string): [t: number, event: string][] =>
  record.events.flatMap((event: TraceEvent) =>
    event.ev === "monitor" && event.socket === socket ? [[event.t / 1e6, event.event]] : [],
  );

/** A PUSH that sends when it is told to, to a bound PULL on another host. */
const pushPull = (
  more: Readonly<Record<string, unknown>>,
  send: readonly unknown[] = [{ send: "out", frames: ["x"] }],
) => ({
  until: "60s",
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:1" } }, program: [{ forever: [{ recv: "in" }] }] },
    source: {
      sockets: { out: { type: "PUSH", connect: "tcp://sink:1" } },
      program: [{ sleep: "1s" }, ...send, { sleep: "60s" }],
    },
  },
  ...more,
});
const link = (more: Readonly<Record<string, unknown>>) => ({
  network: { profile: "ideal", links: [{ from: "source", to: "sink", ...more }] },
});
const at = (record: RunRecord): number[] => calls(record, "recv", "sink.in").map(({ t }) => t / 1e6);

describe("latency and bandwidth", () => {
  test("a message takes one latency", () => {
    expect(at(run(pushPull(link({ latency: "30ms" }))))).toEqual([1030]);
  });

  test("a connection stands after 1 round trip, and is ready after the hops of the greeting", () => {
    // 10 ms one way. C is connected after 20, S can accept after 30. C: 10 bytes at 20; S: 11 at 30; C: 54 at 40;
    // S: 53 + READY at 50; C is ready at 60 and answers READY, S is ready at 70.
    const record = run(pushPull(link({ latency: "10ms" })));
    expect(monitor(record, "source.out")).toEqual([
      [0, "CONNECT_DELAYED"],
      [20, "CONNECTED"],
      [60, "HANDSHAKE_SUCCEEDED"],
    ]);
    expect(monitor(record, "sink.in").slice(1)).toEqual([
      [30, "ACCEPTED"],
      [70, "HANDSHAKE_SUCCEEDED"],
    ]);
  });

  test("bytes leave one after the other: 100,000 bytes and a 9-byte header at 8 Mbit/s take 100.009 ms", () => {
    expect(
      at(
        run(pushPull(link({ latency: "10ms", bandwidth: "8Mbit" }), [{ send: "out", frames: [{ size: "100000B" }] }])),
      ),
    ).toEqual([1110.009]);
  });

  test("messages share the bandwidth and keep their order", () => {
    const sends = [{ repeat: 3, do: [{ send: "out", frames: [{ size: "9991B" }] }] }];
    // Each is 10,000 bytes on the wire: 10 ms apart at 8 Mbit/s; whole when its last batch has come.
    const times = at(run(pushPull(link({ latency: "1ms", bandwidth: "8Mbit" }), sends)));
    expect(times).toHaveLength(3);
    expect(times[2]).toBeCloseTo(1031, 0);
  });

  test("a change of the link applies to what is sent from then on", () => {
    const change = { timeline: [{ at: "1500ms", link: { from: "source", to: "sink", latency: "100ms" } }] };
    const sends = [{ send: "out", frames: ["a"] }, { sleep: "1s" }, { send: "out", frames: ["b"] }];
    expect(at(run(pushPull({ ...link({ latency: "5ms" }), ...change }, sends)))).toEqual([1005, 2100]);
  });
});

/** DIFFERS(tcp-retransmission): the timers are those of this table, whatever the round trip. */
describe("partitions", () => {
  const cut = (from: string, heal: string) => ({
    timeline: [
      { at: from, partition: [["source"], ["sink"]] },
      { at: heal, heal: true },
    ],
  });

  test("data sent meanwhile comes with TCP's first repeat after the heal: 0.2, 0.6, 1.4 s after it was sent", () => {
    expect(at(run(pushPull(cut("500ms", "1100ms"))))).toEqual([1200]);
    expect(at(run(pushPull(cut("500ms", "1300ms"))))).toEqual([1600]);
    expect(at(run(pushPull(cut("500ms", "1700ms"))))).toEqual([2400]);
  });

  test("nothing is lost and nothing overtakes", () => {
    const sends = [{ repeat: 20, as: "i", do: [{ send: "out", frames: ["${i}"] }, { sleep: "50ms" }] }];
    const record = run(pushPull(cut("1200ms", "1600ms"), sends));
    expect(received(record, "sink.in")).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  test("a connect repeats its SYN after 1, 3, 7 s", () => {
    const record = run(pushPull(cut("0s", "2s"), []));
    expect(monitor(record, "source.out")).toEqual([
      [0, "CONNECT_DELAYED"],
      [3000, "CONNECTED"],
      [3000, "HANDSHAKE_SUCCEEDED"],
    ]);
  });

  test("ZMQ_CONNECT_TIMEOUT ends an attempt before", () => {
    const scenario = pushPull(cut("0s", "450ms"), []);
    const source = scenario.nodes.source as { sockets: { out: Record<string, unknown> } };
    source.sockets.out.options = { connect_timeout: 200 };
    expect(monitor(run(scenario), "source.out")).toEqual([
      [0, "CONNECT_DELAYED"],
      [200, "CLOSED"],
      [200, "CONNECT_RETRIED"],
      [383, "CONNECT_DELAYED"],
      [583, "CLOSED"],
      [583, "CONNECT_RETRIED"],
      [708, "CONNECT_DELAYED"],
      [708, "CONNECTED"],
      [708, "HANDSHAKE_SUCCEEDED"],
    ]);
  });

  test("one way: the other direction still flows", () => {
    const record = run({
      until: "10s",
      nodes: {
        a: {
          sockets: { s: { type: "DEALER", bind: "tcp://*:1" } },
          program: [{ sleep: "1s" }, { send: "s", frames: ["to b"] }, { recv: "s" }, { sleep: "9s" }],
        },
        b: {
          sockets: { s: { type: "DEALER", connect: "tcp://a:1" } },
          program: [{ sleep: "1s" }, { send: "s", frames: ["to a"] }, { recv: "s" }, { sleep: "9s" }],
        },
      },
      timeline: [
        { at: "500ms", partition: [["a"], ["b"]], oneWay: true },
        { at: "1300ms", heal: [["a"], ["b"]] },
      ],
    });
    expect(calls(record, "recv", "a.s").map(({ t }) => t / 1e6)).toEqual([1000]);
    expect(calls(record, "recv", "b.s").map(({ t }) => t / 1e6)).toEqual([1600]);
  });

  test("a heartbeat notices a partition, and the connection comes back after it", () => {
    const scenario = pushPull(cut("1s", "3s"), []);
    const source = scenario.nodes.source as { sockets: { out: Record<string, unknown> } };
    source.sockets.out.options = { heartbeat_ivl: 100, heartbeat_timeout: 250 };
    const events = monitor(run(scenario), "source.out");
    // The PING of 1000 ms went out as the link went down, at the same instant but before; that of 1100 ms is not answered.
    expect(events.slice(3, 5).map(([, event]) => event)).toEqual(["DISCONNECTED", "CONNECT_RETRIED"]);
    expect(events[3]?.[0]).toBeGreaterThanOrEqual(1250);
    expect(events[3]?.[0]).toBeLessThanOrEqual(1350);
    expect(events.at(-1)?.[1]).toBe("HANDSHAKE_SUCCEEDED");
    expect(events.at(-1)?.[0]).toBeGreaterThan(3000);
  });
});

describe("ends of connections", () => {
  test("nobody listens: refused after one round trip", () => {
    const scenario = pushPull(link({ latency: "10ms" }), []);
    const { source } = scenario.nodes;
    const record = run({
      ...link({ latency: "10ms" }),
      until: "100ms",
      nodes: { source, sink: { program: [{ sleep: "1s" }] } },
    });
    expect(monitor(record, "source.out")).toEqual([
      [0, "CONNECT_DELAYED"],
      [20, "CLOSED"],
      [20, "CONNECT_RETRIED"],
    ]);
  });

  test("a full backlog delays the connection until the next SYN", () => {
    // The I/O thread of the sink takes 300 ms for each accept: it is at a, b and c wait (Linux lets backlog + 1 wait).
    const profile = { extends: "ideal", open: 300_000_000 };
    const source = (name: string) => ({
      sockets: { out: { type: "PUSH", connect: "tcp://sink:1" } },
      program: [{ sleep: "5s" }, { log: name }],
    });
    const record = run({
      until: "10s",
      network: { profile },
      nodes: {
        sink: {
          sockets: { in: { type: "PULL", options: { backlog: 1 }, bind: "tcp://*:1" } },
          program: [{ sleep: "9s" }],
        },
        a: source("a"),
        b: source("b"),
        c: source("c"),
        d: source("d"),
      },
    });
    const accepted = monitor(record, "sink.in").filter(([, event]) => event === "ACCEPTED");
    expect(accepted).toHaveLength(4);
    expect(accepted[3]?.[0]).toBeGreaterThanOrEqual(1000);
  });

  test("a killed process sends FIN, and what it had sent is still delivered", () => {
    const record = run(
      pushPull({ ...link({ latency: "50ms" }), timeline: [{ at: "1010ms", crash: "source" }] }, [
        { repeat: 3, do: [{ send: "out", frames: ["x"] }] },
      ]),
    );
    expect(at(record)).toEqual([1050, 1050, 1050]);
    expect(monitor(record, "sink.in").at(-1)).toEqual([1060, "DISCONNECTED"]);
  });

  test("messages to a dead process are lost with its connection, later ones wait for its return", () => {
    const sends = [{ repeat: 5, as: "i", do: [{ send: "out", frames: ["${i}"] }, { sleep: "30ms" }] }];
    const record = run(
      pushPull(
        {
          ...link({ latency: "50ms" }),
          timeline: [
            { at: "1040ms", crash: "sink" },
            { at: "1500ms", restart: "sink" },
          ],
        },
        sends,
      ),
    );
    // 0 and 1 (sent at 1000, 1030) are on the wire at the crash, 2 (1060) goes out before the FIN of 1090 is there.
    const fates = record.events.flatMap((event) => (event.ev === "fate" ? [`${event.message} ${event.fate}`] : []));
    expect(fates.filter((fate) => fate.endsWith("connection-lost")).length).toBeGreaterThanOrEqual(3);
    expect(received(record, "sink.in")).toContain("4");
    expect(received(record, "sink.in").length + fates.length).toBe(5);
  });
});

test("descriptors in monitor events count up and are never used again (DIFFERS(fd-numbers))", () => {
  const { source } = pushPull({}, []).nodes;
  const record = run({ until: "400ms", nodes: { source, sink: { program: [{ sleep: "1s" }] } } });
  const fds = record.events.flatMap((event) =>
    event.ev === "monitor" && event.event === "CLOSED" ? [event.value] : [],
  );
  expect(fds).toEqual([9, 10, 11]);
});
