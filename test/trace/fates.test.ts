/** Whom a message was meant for and what became of it, on traces written by hand. */
import { describe, expect, test } from "vitest";
import { explain } from "../../src/trace/explain.ts";
import type { Analysis } from "../../src/trace/fates.ts";
import { quantile } from "../../src/trace/flows.ts";
import { at, fateLines, flowLines, TraceBuilder } from "./support/builder.ts";
import { lateJoiner, pushPull, sharedQueue } from "./support/scenes.ts";

const sentences = (analysis: Analysis): string[] =>
  analysis.messages.flatMap((message) =>
    message.deliveries.map((delivery) => explain(analysis, message, delivery, { hwm: () => 1000 })),
  );

describe("publish-subscribe through a proxy", () => {
  const analysis = lateJoiner().analyze();

  test("a message before the subscription is lost to the subscriber behind the proxy", () => {
    expect(fateLines(analysis)).toEqual([
      "publisher.sender#0 > subscriber.receiver: no-subscription",
      "publisher.sender#1 > subscriber.receiver: delivered",
      "publisher.sender#2 > subscriber.receiver: queued",
    ]);
    expect(flowLines(analysis)).toEqual(["publisher.sender > subscriber.receiver: 3 = 1 + 1 + 1"]);
    expect(analysis.totals).toEqual({ sent: 3, fates: { "no-subscription": 1, delivered: 1, queued: 1 } });
  });

  test("the sentences name the hop, the cause and how near it was", () => {
    expect(sentences(analysis)).toEqual([
      "publisher.sender#0 was dropped at 600.1 ms: the pipe to proxy.frontend had no subscription; it took effect 1.4 ms later",
      "publisher.sender#1 reached subscriber.receiver at 1600 ms, 310 us after it was sent",
      "publisher.sender#2 was still on the wire between proxy.backend and subscriber.receiver when the run ended",
    ]);
  });

  test("latency runs from the send to the final read", () => {
    expect([...analysis.flows[0]!.latencies]).toEqual([at(0.31)]);
  });
});

describe("who is meant by a publication", () => {
  const star = (): TraceBuilder =>
    new TraceBuilder().open(0, "p.pub", "PUB").open(0, "a.sub", "SUB").open(0, "b.sub", "SUB");

  test("a subscriber of another topic is not", () => {
    const trace = star()
      .call(0, "subscribe", "a.sub", "news")
      .call(0, "subscribe", "b.sub", "sport")
      .attach(1, "p.pub", "a.sub")
      .attach(1, "p.pub", "b.sub");
    trace
      .queue(2, "p.pub#0", "p.pub", "a.sub")
      .skip(2, "p.pub#0", "p.pub", ["b.sub"])
      .sent(2, "p.pub#0", "p.pub", ["news today"])
      .deliver(2.1, "p.pub#0", "p.pub", "a.sub");
    expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > a.sub: delivered"]);
  });

  test("nobody, when nobody ever subscribes: sent, but neither lost nor delivered", () => {
    const trace = star().attach(1, "p.pub", "a.sub").skip(2, "p.pub#0", "p.pub", ["a.sub"]).sent(2, "p.pub#0", "p.pub");
    expect(trace.analyze().totals).toEqual({ sent: 1, fates: {} });
  });

  test("a subscriber that comes later is, by no-peer or no-subscription", () => {
    const trace = star().fate(1, "p.pub#0", "no-peer", "p.pub").sent(1, "p.pub#0", "p.pub", ["x"]);
    trace.attach(5, "p.pub", "a.sub").skip(6, "p.pub#1", "p.pub", ["a.sub"]).sent(6, "p.pub#1", "p.pub", ["x"]);
    trace.call(7, "subscribe", "a.sub", "").subscription(8, "p.pub", "a.sub");
    const analysis = trace.analyze();
    expect(sentences(analysis)).toEqual([
      "p.pub#0 was dropped at 1 ms: p.pub had no connection to a.sub; it came 4 ms later",
      "p.pub#1 was dropped at 6 ms: the pipe to a.sub had no subscription; a.sub subscribed 1 ms later",
    ]);
  });

  test("one that had unsubscribed is not; what was on its way then is filtered", () => {
    const trace = star()
      .call(0, "subscribe", "a.sub", "")
      .attach(1, "p.pub", "a.sub")
      .subscription(1, "p.pub", "a.sub");
    trace.send(2, "p.pub#0", "p.pub", ["a.sub"]).call(2.05, "unsubscribe", "a.sub", "");
    trace.send(2.06, "p.pub#1", "p.pub", ["a.sub"]);
    trace.arrive(2.1, "p.pub#0", "a.sub", "p.pub").arrive(2.2, "p.pub#1", "a.sub", "p.pub");
    trace.fate(2.3, "p.pub#0", "filtered", "p.pub", "a.sub").fate(2.3, "p.pub#1", "filtered", "p.pub", "a.sub");
    trace
      .subscription(2.5, "p.pub", "a.sub", "", false)
      .skip(3, "p.pub#2", "p.pub", ["a.sub"])
      .sent(3, "p.pub#2", "p.pub");
    expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > a.sub: filtered"]);
  });

  test("one whose process crashed for good is, until the publisher notices", () => {
    const trace = star().call(0, "subscribe", "a.sub", "").attach(1, "p.pub", "a.sub").node(5, "a", "crash");
    trace
      .send(5.1, "p.pub#0", "p.pub", ["a.sub"])
      .fate(5.2, "p.pub#0", "connection-lost", "p.pub", "a.sub", "kernel")
      .attach(5.2, "p.pub", "a.sub", "end");
    trace.fate(6, "p.pub#1", "no-peer", "p.pub").sent(6, "p.pub#1", "p.pub");
    const analysis = trace.analyze();
    expect(fateLines(analysis)).toEqual(["p.pub#0 > a.sub: connection-lost"]);
    expect(sentences(analysis)[0]).toBe(
      "p.pub#0 was lost at 5.2 ms: the connection from p.pub to a.sub died while it was in the kernel's buffers",
    );
  });

  test("one that restarts misses what was sent while it was down", () => {
    const trace = star()
      .call(0, "subscribe", "a.sub", "")
      .attach(1, "p.pub", "a.sub")
      .node(5, "a", "crash")
      .attach(5, "p.pub", "a.sub", "end");
    trace
      .fate(6, "p.pub#0", "no-peer", "p.pub")
      .sent(6, "p.pub#0", "p.pub")
      .node(9, "a", "restart")
      .open(9, "a.sub", "SUB")
      .call(9, "subscribe", "a.sub", "");
    expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > a.sub: no-peer"]);
  });

  test("a subscriber with two ways to the publisher is meant once, and reads copies", () => {
    const trace = new TraceBuilder().open(0, "p.pub", "PUB");
    for (const x of ["x", "y"]) trace.open(0, `${x}.in`, "XSUB").open(0, `${x}.out`, "XPUB");
    trace
      .open(0, "s.sub", "SUB")
      .call(0, "subscribe", "s.sub", "")
      .attach(0, "x.out", "s.sub")
      .attach(0, "y.out", "s.sub");
    trace.send(1, "p.pub#0", "p.pub", ["x.in", "y.in"]);
    for (const x of ["x", "y"])
      trace.deliver(2, "p.pub#0", "p.pub", `${x}.in`).send(2.1, "p.pub#0", `${x}.out`, ["s.sub"]);
    for (const x of ["x", "y"]) trace.deliver(3, "p.pub#0", `${x}.out`, "s.sub");
    expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > s.sub: delivered x2"]);
  });

  test("full pipes drop per subscriber", () => {
    const trace = star()
      .call(0, "subscribe", "a.sub", "")
      .call(0, "subscribe", "b.sub", "")
      .attach(0, "p.pub", "a.sub")
      .attach(0, "p.pub", "b.sub");
    trace
      .queue(1, "p.pub#0", "p.pub", "a.sub")
      .fate(1, "p.pub#0", "hwm", "p.pub", "b.sub")
      .sent(1, "p.pub#0", "p.pub")
      .deliver(2, "p.pub#0", "p.pub", "a.sub");
    const analysis = trace.analyze();
    expect(fateLines(analysis)).toEqual(["p.pub#0 > a.sub: delivered", "p.pub#0 > b.sub: hwm"]);
    expect(sentences(analysis)[1]).toBe(
      "p.pub#0 was dropped at 1 ms: the pipe to b.sub was at its high-water mark (1000)",
    );
  });

  test("a proxy that crashes takes what it holds with it", () => {
    const trace = lateJoiner();
    const name = "publisher.sender#3";
    trace
      .send(3600, name, "publisher.sender", ["proxy.frontend"])
      .deliver(3600.1, name, "publisher.sender", "proxy.frontend")
      .node(3600.15, "proxy", "crash");
    const analysis = trace.analyze();
    expect(fateLines(analysis).at(-1)).toBe("publisher.sender#3 > subscriber.receiver: crashed");
    expect(sentences(analysis).at(-1)).toBe(
      "publisher.sender#3 was lost at 3600 ms: it was inside proxy when that process died",
    );
  });
});

describe("addressed and load-balanced messages", () => {
  test("a request through a broker is a flow from the client to the worker that got it, and a reply back", () => {
    const analysis = sharedQueue().analyze();
    expect(flowLines(analysis)).toEqual([
      "client[0].req > worker[0].rep: 1 = 1 + 0 + 0",
      "worker[0].rep > client[0].req: 1 = 1 + 0 + 0",
      "client[1].req > worker[1].rep: 1 = 1 + 0 + 0",
      "worker[1].rep > client[1].req: 1 = 0 + 1 + 0",
    ]);
    expect(sentences(analysis).at(-1)).toBe(
      "worker[1].rep#0 was lost at 21.3 ms: the connection from broker.frontend to client[1].req died while it was on the wire",
    );
  });

  test("PUSH counts for the PULL that it was written to", () => {
    const analysis = pushPull().analyze();
    expect(flowLines(analysis)).toEqual([
      "ventilator.out > sink[0].in: 2 = 2 + 0 + 0",
      "ventilator.out > sink[1].in: 2 = 1 + 0 + 1",
    ]);
    expect(sentences(analysis).at(-1)).toBe(
      "ventilator.out#3 was still queued in the pipe from ventilator.out to sink[1].in when the run ended",
    );
  });

  test("what is written for an endpoint where nobody ever was counts for the endpoint", () => {
    const trace = new TraceBuilder()
      .open(0, "a.push", "PUSH")
      .send(1, "a.push#0", "a.push", ["tcp://nowhere:1"])
      .fate(9, "a.push#0", "queued", "a.push", "tcp://nowhere:1", "pipe");
    expect(flowLines(trace.analyze())).toEqual(["a.push > tcp://nowhere:1: 1 = 0 + 0 + 1"]);
  });

  test("an unroutable message died before it had a receiver", () => {
    const trace = new TraceBuilder()
      .open(0, "a.router", "ROUTER")
      .fate(1, "a.router#0", "unroutable", "a.router")
      .sent(1, "a.router#0", "a.router", ["id", "x"]);
    expect(flowLines(trace.analyze())).toEqual(["a.router > (nobody): 1 = 0 + 1 + 0"]);
  });

  test("a refused send is no message", () => {
    const trace = new TraceBuilder()
      .open(0, "a.push", "PUSH")
      .call(1, "send", "a.push", undefined, { message: "a.push#0", sizes: [1], frames: ["x"], result: "EAGAIN" });
    expect(trace.analyze().totals).toEqual({ sent: 0, fates: {} });
  });

  test("a worker that forwards what it got makes the sink the receiver; a message lost before it counts for the worker", () => {
    const trace = new TraceBuilder()
      .open(0, "v.out", "PUSH")
      .open(0, "w.in", "PULL")
      .open(0, "w.out", "PUSH")
      .open(0, "s.in", "PULL");
    trace
      .send(1, "v.out#0", "v.out", ["w.in"])
      .deliver(1.1, "v.out#0", "v.out", "w.in")
      .send(2, "v.out#0", "w.out", ["s.in"])
      .deliver(2.1, "v.out#0", "w.out", "s.in");
    trace.send(3, "v.out#1", "v.out", ["w.in"]).fate(4, "v.out#1", "pipe-closed", "v.out", "w.in");
    expect(fateLines(trace.analyze())).toEqual(["v.out#0 > s.in: delivered", "v.out#1 > w.in: pipe-closed"]);
  });

  test("a message that comes back over the same broker keeps its way", () => {
    // client -> frontend -> backend -> worker, which forwards the very message back the same way, twice.
    const trace = new TraceBuilder()
      .open(0, "b.front", "ROUTER")
      .open(0, "b.back", "DEALER")
      .open(0, "c.dealer", "DEALER")
      .open(0, "w.dealer", "DEALER");
    const name = "c.dealer#0";
    trace
      .send(1, name, "c.dealer", ["b.front"])
      .deliver(1.1, name, "c.dealer", "b.front")
      .send(1.2, name, "b.back", ["w.dealer"])
      .deliver(1.3, name, "b.back", "w.dealer");
    for (const t of [2, 3]) {
      trace.send(t, name, "w.dealer", ["b.back"]).deliver(t + 0.1, name, "w.dealer", "b.back");
      trace.send(t + 0.2, name, "b.front", ["c.dealer"]).deliver(t + 0.3, name, "b.front", "c.dealer");
    }
    expect(fateLines(trace.analyze())).toEqual(["c.dealer#0 > c.dealer: delivered x2"]);
  });
});

test("a recorded real run has no legs: what was not read is lost for unknown reasons", () => {
  const trace = new TraceBuilder()
    .open(0, "p.pub", "PUB")
    .open(0, "s.sub", "SUB")
    .call(0, "bind", "p.pub", "tcp://*:1")
    .call(0, "subscribe", "s.sub", "")
    .call(0, "connect", "s.sub", "tcp://p:1");
  trace.sent(1, "p.pub#0", "p.pub").sent(2, "p.pub#1", "p.pub").recv(2.1, "p.pub#1", "s.sub");
  expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > s.sub: unknown", "p.pub#1 > s.sub: delivered"]);
});

test.each([
  { p: 0.5, expected: 2 },
  { p: 0.95, expected: 4 },
  { p: 0, expected: 1 },
  { p: 1, expected: 4 },
])("quantile $p of 1, 2, 3, 4 is $expected", ({ p, expected }) =>
  expect(quantile(Float64Array.of(1, 2, 3, 4), p)).toBe(expected),
);

describe("fate events find their leg", () => {
  // A broker's message on its last leg, which the receiver reports in its own way.
  const brokered = (): TraceBuilder => {
    const trace = new TraceBuilder().open(0, "c.req", "REQ").open(0, "b.front", "ROUTER").open(0, "b.back", "DEALER");
    trace.open(0, "w.rep", "REP").call(0, "bind", "b.back", "tcp://*:2").call(0, "connect", "w.rep", "tcp://b:2");
    trace.send(1, "c.req#0", "c.req", ["b.front"]).deliver(1.1, "c.req#0", "c.req", "b.front");
    return trace.send(1.2, "c.req#0", "b.back", ["w.rep"]);
  };

  test.each([
    { name: "both ends", socket: "b.back" },
    { name: "the origin instead of the last sender", socket: "c.req" },
    { name: "the sender's endpoint", socket: "tcp://b:2" },
    { name: "no sender", socket: "" },
  ])("by $name", ({ socket }) => {
    const trace = brokered().fate(2, "c.req#0", "malformed", socket, "w.rep", "socket");
    expect(fateLines(trace.analyze())).toEqual(["c.req#0 > w.rep: malformed"]);
  });

  test("a drop is not taken for the end of another leg", () => {
    const trace = new TraceBuilder().open(0, "p.pub", "PUB").open(0, "x.in", "XSUB").open(0, "x.out", "XPUB");
    trace.open(0, "s.sub", "SUB").call(0, "subscribe", "s.sub", "");
    trace.send(1, "p.pub#0", "p.pub", ["x.in", "s.sub"]).deliver(1.1, "p.pub#0", "p.pub", "x.in");
    trace
      .fate(1.2, "p.pub#0", "hwm", "x.out", "s.sub")
      .sent(1.2, "p.pub#0", "x.out")
      .deliver(2, "p.pub#0", "p.pub", "s.sub");
    expect(fateLines(trace.analyze())).toEqual(["p.pub#0 > s.sub: delivered"]);
  });
});

describe("topics and frames as shown", () => {
  const sent = (topic: string, frame: string): string[] => {
    const trace = new TraceBuilder()
      .open(0, "p.pub", "PUB")
      .open(0, "s.sub", "SUB")
      .call(0, "subscribe", "s.sub", topic);
    trace.attach(0, "p.pub", "s.sub").skip(1, "p.pub#0", "p.pub", ["s.sub"]).sent(1, "p.pub#0", "p.pub", [frame]);
    return fateLines(trace.analyze());
  };
  const meant = ["p.pub#0 > s.sub: no-subscription"];

  test.each([
    {
      name: "bytes outside ASCII are escaped in the frame only",
      topic: "é",
      frame: "\\xc3\\xa9t\\xc3\\xa9",
      fates: meant,
    },
    {
      name: "a cut frame may go on as the topic does",
      topic: `${"x".repeat(64)}y`,
      frame: `${"x".repeat(64)}...`,
      fates: meant,
    },
    {
      name: "a cut frame that has already parted does not",
      topic: `${"x".repeat(63)}y`,
      frame: `${"x".repeat(64)}...`,
      fates: [],
    },
  ])("$name", ({ topic, frame, fates }) => expect(sent(topic, frame)).toEqual(fates));
});
