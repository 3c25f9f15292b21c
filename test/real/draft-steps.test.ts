/** Draft and monitor steps on real ZeroMQ. A SERVER answers each CLIENT by the number under which it knows it; monitors are simulated only. */
import { expect, test } from "vitest";
import { bench } from "./support.ts";

const ANSWERS = {
  about: "Answers by number.",
  until: "800ms",
  nodes: {
    server: {
      sockets: { server: { type: "SERVER", bind: "tcp://*:5555" } },
      program: [
        { send: "server", frames: ["to nobody"], error: "nobody" },
        {
          repeat: 2,
          do: [
            { recv: "server", as: "msg" },
            { log: "known: ${msg.routingId > 0}" },
            { send: "server", routingId: "${msg.routingId}", frames: ["to ${msg}"] },
          ],
        },
        { send: "server", routingId: "4000000000", frames: ["to a stranger"], error: "stranger" },
        { log: "${nobody}, ${stranger}" },
      ],
    },
    client: {
      count: 2,
      sockets: { client: { type: "CLIENT", connect: "tcp://server:5555" } },
      program: [
        { send: "client", frames: ["${index}"] },
        { recv: "client", as: "msg" },
        { log: "${index} got ${msg} with ${msg.routingId}" },
      ],
    },
  },
};

test("a SERVER answers by routing id, simulated and recorded", { timeout: 60_000 }, async () => {
  const on = bench({ "answers.json": ANSWERS });
  const simulated = await on.sim("run", "answers.json", "--trace", "simulated.jsonl");
  expect(simulated.code, simulated.err).toBe(0);
  const recorded = await on.sim("record", "answers.json", "--out", "real");
  expect(recorded.code, recorded.err).toBe(0);
  for (const file of ["simulated.jsonl", "real/run-1.jsonl"]) {
    const { events } = on.trace(file);
    const logged = events.flatMap((event) => (event.ev === "log" ? [event.text] : []));
    expect(logged.sort(), file).toEqual([
      "0 got to 0 with 0",
      "1 got to 1 with 0",
      "EHOSTUNREACH, EHOSTUNREACH",
      "known: true",
      "known: true",
    ]);
  }
});

test("a monitor step cannot be recorded", async () => {
  const steps = [{ monitor: "s", endpoint: "inproc://events" }];
  const node = { sockets: { s: { type: "PUB" } }, program: [{ repeat: 1, do: steps }] };
  const on = bench({ "one.json": { about: "One.", until: "1s", nodes: { one: node } } });
  const { err, code } = await on.sim("record", "one.json");
  expect(err).toContain('it has a "monitor" step');
  expect(code).toBe(2);
});

test("only SERVER and PEER know numbers, and those are whole and not 0", async () => {
  const on = (program: readonly unknown[], type = "SERVER") =>
    bench({
      "one.json": {
        about: "One.",
        until: "1s",
        nodes: { one: { sockets: { s: { type, bind: "inproc://a" } }, program } },
      },
    });
  const send = { send: "s", routingId: "${1 - 1}", frames: ["x"] };
  const wrongType = await on([send], "PUB").sim("run", "one.json");
  expect(wrongType.err + wrongType.out).toContain("only SERVER and PEER sockets send by routing id");
  expect(wrongType.code).toBe(2);
  const zero = await on([send]).sim("run", "one.json");
  expect(zero.err + zero.out).toContain('a routing id is a whole number from 1 to 4294967295, found "0"');
});
