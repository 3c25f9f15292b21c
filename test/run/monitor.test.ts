/** zmq_socket_monitor: events of a socket as messages that a PAIR reads. Sequences and values are those of test/truth/monitor. */
import { expect, test } from "vitest";
import { run } from "../support/scenario.ts";

const logs = (scenario: Readonly<Record<string, unknown>>): string[] =>
  run(scenario).events.flatMap((event) => (event.ev === "log" ? [event.text] : []));

/** A node whose program monitors "socket" and then does something, while a thread reads the events. */
const watched = (
  socket: Readonly<Record<string, unknown>>,
  steps: readonly unknown[],
  monitor: Readonly<Record<string, unknown>> = {},
) => ({
  sockets: { socket },
  program: [{ monitor: "socket", endpoint: "inproc://events", ...monitor }, { sleep: "1ms" }, ...steps],
  threads: {
    reader: {
      sockets: { events: { type: "PAIR", connect: "inproc://events" } },
      program: [
        {
          forever: [
            { recv: "events", as: "msg" },
            { set: { told: "${event(msg)}" } },
            { log: "${told.event} ${told.value} ${told.endpoint}" },
          ],
        },
      ],
    },
  },
});

test("a refused connection", () => {
  const node = watched({ type: "DEALER", options: { reconnect_ivl: 100, linger: 0 }, open: false }, []);
  const program = [{ open: "socket" }, ...node.program, { connect: "socket", endpoint: "tcp://127.0.0.1:9" }];
  const told = logs({ until: "150ms", nodes: { one: { ...node, program } } });
  expect(told.slice(0, 3).map((line) => line.replace(/(CLOSED|RETRIED) \d+/, "$1 N"))).toEqual([
    "CONNECT_DELAYED 115 tcp://127.0.0.1:9",
    "CLOSED N tcp://127.0.0.1:9",
    "CONNECT_RETRIED N tcp://127.0.0.1:9",
  ]);
  // RECONNECT_IVL and less than as much again.
  const wait = Number(/RETRIED (\d+)/.exec(told[2] as string)?.[1]);
  expect(wait).toBeGreaterThanOrEqual(100);
  expect(wait).toBeLessThan(200);
});

test("accepted, shaken hands, left, stopped", () => {
  const server = watched({ type: "DEALER", open: false }, []);
  const steps = [{ bind: "socket", endpoint: "tcp://*:5555" }, { sleep: "50ms" }, { close: "socket" }];
  const told = logs({
    until: "100ms",
    nodes: {
      server: { ...server, program: [{ open: "socket" }, ...server.program, ...steps] },
      client: {
        startAt: "10ms",
        sockets: { client: { type: "DEALER", connect: "tcp://server:5555" } },
        program: [{ sleep: "10ms" }, { close: "client" }],
      },
    },
  });
  expect(told.map((line) => line.split(" ")[0])).toEqual([
    "LISTENING",
    "ACCEPTED",
    "HANDSHAKE_SUCCEEDED",
    "DISCONNECTED",
    "CLOSED",
    "MONITOR_STOPPED",
  ]);
});

test("some events only; a name that is taken; a second monitor in the place of the first", () => {
  const node = watched({ type: "DEALER", open: false }, [], { events: ["LISTENING"] });
  const told = logs({
    until: "100ms",
    nodes: {
      one: {
        ...node,
        program: [
          { open: "socket" },
          ...node.program,
          { bind: "socket", endpoint: "tcp://*:5555" },
          { bind: "socket", endpoint: "tcp://*:5555", error: "inUse" },
          { sleep: "1ms" },
          { monitor: "socket", endpoint: "tcp://*:5556", error: "protocol" },
          { monitor: "socket", endpoint: "inproc://other", events: ["CLOSED"] },
          { log: "${inUse}, ${protocol}" },
        ],
      },
    },
  });
  expect(told).toEqual([
    expect.stringMatching(/^LISTENING \d+ tcp:\/\/0\.0\.0\.0:5555$/),
    "EADDRINUSE, EPROTONOSUPPORT",
  ]);
});

test("DIFFERS(monitor-waits): without a reader nothing waits, and the events are gone", () => {
  const program = [
    { open: "socket" },
    { monitor: "socket", endpoint: "inproc://events" },
    { bind: "socket", endpoint: "tcp://*:5555" },
    { log: "goes on" },
    { open: "late" },
    { recv: "late", dontwait: true, error: "error" },
    { log: "${error}" },
  ];
  const late = { type: "PAIR", connect: "inproc://events", open: false };
  const sockets = { socket: { type: "DEALER", open: false }, late };
  expect(logs({ until: "1s", nodes: { one: { sockets, program } } })).toEqual(["goes on", "EAGAIN"]);
});
