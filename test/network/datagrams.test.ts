/** Datagrams between hosts: links, partitions, crashes, multicast; every message has its fate. */
import { describe, expect, test } from "vitest";
import { DatagramSocket } from "../../src/network/datagram.ts";
import type { RunRecord } from "../../src/run/record.ts";
import { analyze } from "../../src/trace/fates.ts";
import { Lab } from "../support/lab.ts";
import { calls, received, run } from "../support/scenario.ts";

/** "from > to: fate xN, ..." */
const flows = (record: RunRecord): string[] =>
  analyze(record.header, record.events, record.endTime).flows.map(
    ({ from, to, fates }) => `${from} > ${to}: ${[...fates].map(([fate, count]) => `${fate} x${count}`).join(", ")}`,
  );

const dish = (more: Readonly<Record<string, unknown>> = {}) => ({
  sockets: { in: { type: "DISH", join: "news", bind: "udp://*:1" } },
  program: [{ forever: [{ recv: "in", as: "msg" }, { log: "${msg.group}" }] }],
  ...more,
});
const news = (text: string) => ({ send: "out", group: "news", frames: [text] });
const radio = (program: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => ({
  sockets: { out: { type: "RADIO", connect: "udp://sink:1" } },
  program: [{ sleep: "1s" }, ...program, { sleep: "60s" }],
  ...more,
});

// Numbers of Linux 6.18, with datagrams of one byte: 256 fit, and their room comes back a quarter of the buffer at a time.
test.each([
  [1, 0],
  [63, 0],
  [64, 64],
  [127, 64],
  [128, 128],
  [256, 256],
])("of a full receive buffer %i datagrams are read: %i more fit", (reads, fit) => {
  const { process } = new Lab().process("main");
  const sender = new DatagramSocket(process, "sender", { datagramReadable: () => {} });
  const receiver = new DatagramSocket(process, "receiver", { datagramReadable: () => {} });
  const send = (item: string): void => receiver.arrive({ message: null, bytes: 1, item, from: sender, source: "" });
  for (let i = 0; i < 400; i++) send("first");
  for (let i = 0; i < reads; i++) expect(receiver.receive()?.item).toBe("first");
  for (let i = 0; i < 400; i++) send("second");
  let found = 0;
  for (let next = receiver.receive(); next !== undefined; next = receiver.receive())
    if (next.item === "second") found++;
  expect(found).toBe(fit);
});

describe("one sender, one receiver", () => {
  const scenario = (program: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => ({
    until: "5s",
    nodes: { sink: dish(), source: radio(program) },
    network: { profile: "ideal", links: [{ from: "source", to: "sink", latency: "30ms", bandwidth: "8kbit" }] },
    ...more,
  });

  test("a datagram takes latency and bandwidth, and no handshake", () => {
    // 5 bytes of group, 4 of body and the link's 8 kbit/s: 10 bytes a message with the length of the group.
    const record = run(scenario([news("12345"), news("12345")]));
    expect(calls(record, "recv", "sink.in").map(({ t }) => t / 1e6)).toEqual([1040, 1050]);
    expect(record.events.filter((event) => event.ev === "log").map(({ text }) => text)).toEqual(["news", "news"]);
    expect(record.events.filter(({ ev }) => ev === "monitor")).toEqual([]);
  });

  test("what a cut link gets is gone; there is no second try", () => {
    const record = run(
      scenario([news("1"), { sleep: "1s" }, news("2"), { sleep: "1s" }, news("3")], {
        timeline: [
          { at: "1500ms", partition: [["source"], ["sink"]] },
          { at: "2500ms", heal: [["source"], ["sink"]] },
        ],
      }),
    );
    expect(received(record, "sink.in")).toEqual(["1", "3"]);
    expect(flows(record)).toEqual(["source.out > sink.in: delivered x2, no-receiver x1"]);
  });

  test("what is under way when the run ends is queued", () => {
    expect(flows(run(scenario([news("x")], { until: "1020ms" })))).toEqual(["source.out > sink.in: queued x1"]);
  });

  test("a crash of the sender does not call back what is under way; one of the receiver takes what it has", () => {
    const after = run(scenario([news("x")], { timeline: [{ at: "1010ms", crash: "source" }] }));
    expect(received(after, "sink.in")).toEqual(["x"]);
    const asleep = scenario([news("1"), news("2"), { sleep: "2s" }, news("3")], {
      nodes: {
        sink: dish({ program: [{ sleep: "60s" }] }),
        source: radio([news("1"), news("2"), { sleep: "2s" }, news("3")]),
      },
      timeline: [{ at: "2s", crash: "sink" }],
    });
    expect(flows(run(asleep))).toEqual(["source.out > sink.in: crashed x2, no-receiver x1"]);
  });

  test("a DISH that another group is in discards what it gets", () => {
    const record = run(scenario([{ send: "out", group: "weather", frames: ["rain"] }, news("x")]));
    expect(flows(record)).toEqual(["source.out > sink.in: filtered x1, delivered x1"]);
  });

  test("groups are joined and left by steps; twice is an error", () => {
    const record = run({
      until: "2s",
      nodes: {
        sink: {
          sockets: { in: { type: "DISH", bind: "udp://*:1" } },
          program: [
            { join: "in", group: "a" },
            { join: "in", group: "a", error: "twice" },
            { leave: "in", group: "b", error: "never" },
            { log: "${twice} ${never}" },
            { recv: "in" },
            { leave: "in", group: "a" },
            { recv: "in", error: "none" },
          ],
        },
        source: radio(["a", "b", "a"].map((group) => ({ send: "out", group, frames: [group] }))),
      },
    });
    expect(record.events.find(({ ev }) => ev === "log")).toMatchObject({ text: "EINVAL EINVAL" });
    expect(flows(record)).toEqual(["source.out > sink.in: delivered x1, filtered x2"]);
  });
});

describe("multicast", () => {
  const all = (count: number) => ({
    until: "2s",
    network: { profile: "lan" },
    nodes: {
      sink: { ...dish(), count, sockets: { in: { type: "DISH", join: "news", bind: "udp://239.1.1.1:1" } } },
      other: dish({ sockets: { in: { type: "DISH", join: "news", bind: "udp://239.1.1.2:1" } } }),
      source: radio([news("1"), news("2")], { sockets: { out: { type: "RADIO", connect: "udp://239.1.1.1:1" } } }),
    },
  });

  test.each([2, 12])("comes to %i hosts of the group and no other", (count) => {
    const record = run(all(count));
    const expected = Array.from({ length: count }, (_, index) => `source.out > sink[${index}].in: delivered x2`);
    expect(flows(record)).toEqual(expected);
    expect(record.legs).toMatchObject({ sent: 2, written: 2 * count, delivered: 2 * count });
  });

  test("a host that is cut off misses it alone", () => {
    const record = run({ ...all(3), timeline: [{ at: "500ms", partition: [["source"], ["sink[1]"]] }] });
    expect(flows(record)).toEqual([
      "source.out > sink[0].in: delivered x2",
      "source.out > sink[1].in: no-receiver x2",
      "source.out > sink[2].in: delivered x2",
    ]);
  });
});

// DIFFERS(udp-address): hosts are called by their names.
describe("DGRAM", () => {
  test("the first frame is the address: of the receiver when it is sent, of the sender when it comes", () => {
    const record = run({
      until: "2s",
      nodes: {
        echo: {
          sockets: { s: { type: "DGRAM", bind: "udp://*:7" } },
          program: [
            {
              forever: [
                { recv: "s", as: "msg" },
                { send: "s", frames: ["${msg[0]}", "${msg[1]}!"] },
              ],
            },
          ],
        },
        client: {
          sockets: { s: { type: "DGRAM", bind: "udp://*:8" }, t: { type: "DGRAM", bind: "udp://*:9" } },
          program: [
            { sleep: "10ms" },
            { send: "s", frames: ["echo:7", "hello"] },
            { recv: "s", as: "msg" },
            { send: "s", frames: ["127.0.0.1:9", "neighbour"] },
            { recv: "t", as: "other" },
            { send: "s", frames: ["echo:70", "nobody"] },
            { send: "s", frames: ["nonsense", "nothing"] },
            { sleep: "10ms" },
          ],
        },
      },
    });
    expect(received(record, "client.s")).toEqual(["echo:7\\x00|hello!"]);
    expect(received(record, "client.t")).toEqual(["127.0.0.1:8\\x00|neighbour"]);
    expect(flows(record)).toEqual([
      "client.s > echo.s: delivered x1",
      "client.s > client.t: delivered x1",
      "client.s > udp://echo:70: no-receiver x1",
      "client.s > udp://nonsense: no-receiver x1",
      "echo.s > client.s: delivered x1",
    ]);
  });

  test("closed with linger 0 before the I/O thread gets to it, what is left is lost to whom it was for", () => {
    const record = run({
      until: "1s",
      nodes: {
        echo: { sockets: { s: { type: "DGRAM", bind: "udp://*:7" } }, program: [{ forever: [{ recv: "s" }] }] },
        client: {
          startAt: "1ms",
          sockets: { s: { type: "DGRAM", options: { linger: 0 }, bind: "udp://*:8" } },
          program: [{ repeat: 3, do: [{ send: "s", frames: ["echo:7", "hello"] }] }, { close: "s" }],
        },
      },
      network: { profile: { extends: "ideal", ioWake: 1_000_000 } },
    });
    expect(flows(record)).toEqual(["client.s > echo.s: delivered x1, linger x2"]);
  });
});
