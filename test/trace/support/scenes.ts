/** Traces of the topologies that the tests share. */
import { TraceBuilder } from "./builder.ts";

const PROXY = "proxy.frontend";
const BACK = "proxy.backend";
const SUB = "subscriber.receiver";
const PUB = "publisher.sender";

/** The publisher starts last: its first message finds no subscription; message 2 is still on the wire at the end. */
export function lateJoiner(): TraceBuilder {
  const trace = new TraceBuilder();
  trace
    .node(0, "subscriber", "start")
    .open(0, SUB, "SUB")
    .call(0, "subscribe", SUB, "")
    .call(0, "connect", SUB, "tcp://proxy:5560");
  trace.block(0.1, "subscriber", "recv", SUB);
  trace.node(300, "proxy", "start").open(300, PROXY, "XSUB").open(300, BACK, "XPUB");
  trace
    .call(300, "bind", PROXY, "tcp://*:5559")
    .call(300, "bind", BACK, "tcp://*:5560")
    .block(300.1, "proxy", "proxy", `${PROXY}, ${BACK}`);
  trace.attach(450, BACK, SUB).subscription(451, BACK, SUB);
  trace
    .node(600, "publisher", "start")
    .open(600, PUB, "PUB")
    .call(600, "connect", PUB, "tcp://proxy:5559")
    .attach(600, PUB, "tcp://proxy:5559");
  trace.skip(600.1, `${PUB}#0`, PUB, ["tcp://proxy:5559"]).sent(600.1, `${PUB}#0`, PUB);
  trace.attach(600.8, PROXY, PUB).subscription(601.5, PUB, PROXY);
  for (const number of [1, 2]) {
    const t = 600 + 1000 * number;
    const name = `${PUB}#${number}`;
    trace.send(t, name, PUB, [PROXY]).deliver(t + 0.1, name, PUB, PROXY);
    trace.send(t + 0.15, name, BACK, [SUB]);
    if (number === 1) trace.deliver(t + 0.3, name, BACK, SUB);
  }
  return trace.fate(2600.2, `${PUB}#2`, "queued", BACK, SUB, "wire");
}

/** Two clients' requests through ROUTER and DEALER to two workers, replies under their own names. */
export function sharedQueue(): TraceBuilder {
  const trace = new TraceBuilder();
  const [front, back] = ["broker.frontend", "broker.backend"];
  trace.open(0, front, "ROUTER").open(0, back, "DEALER");
  for (const i of [0, 1]) trace.open(0, `client[${i}].req`, "REQ").open(0, `worker[${i}].rep`, "REP");
  for (const i of [0, 1]) {
    const [client, worker] = [`client[${i}].req`, `worker[${i}].rep`];
    const t = 10 * (i + 1);
    const request = `${client}#0`;
    const reply = `${worker}#0`;
    trace.send(t, request, client, [front], ["q"]).deliver(t + 0.1, request, client, front, ["id", "", "q"]);
    trace.send(t + 0.2, request, back, [worker], ["id", "", "q"]).deliver(t + 0.3, request, back, worker, ["q"]);
    trace.send(t + 1, reply, worker, [back], ["a"]).deliver(t + 1.1, reply, worker, back, ["id", "", "a"]);
    trace.send(t + 1.2, reply, front, [client], ["id", "", "a"]);
    if (i === 0) trace.deliver(t + 1.3, reply, front, client, ["a"]);
  }
  return trace
    .node(21.25, "client[1]", "crash")
    .fate(21.3, "worker[1].rep#0", "connection-lost", front, "client[1].req", "wire");
}

/** PUSH to two PULLs, then to nobody any more. */
export function pushPull(): TraceBuilder {
  const trace = new TraceBuilder();
  trace.open(0, "ventilator.out", "PUSH").open(0, "sink[0].in", "PULL").open(0, "sink[1].in", "PULL");
  for (const number of [0, 1, 2, 3]) {
    const sink = `sink[${number % 2}].in`;
    trace.send(number + 1, `ventilator.out#${number}`, "ventilator.out", [sink], [`job ${number}`]);
    if (number < 3) trace.deliver(number + 1.1, `ventilator.out#${number}`, "ventilator.out", sink, [`job ${number}`]);
  }
  return trace.fate(5, "ventilator.out#3", "queued", "ventilator.out", "sink[1].in", "pipe");
}
