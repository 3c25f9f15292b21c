/** udp on real ZeroMQ: RADIO and DISH on ports of this machine; what cannot be had says so. */
import { describe, expect, test } from "vitest";
import { bench } from "./support.ts";

const GROUPS = {
  about: "Groups over udp, and over tcp.",
  until: "800ms",
  nodes: {
    sink: {
      sockets: {
        udp: { type: "DISH", join: ["news"], bind: "udp://*:5556" },
        tcp: { type: "DISH", connect: "tcp://source:5557" },
      },
      program: [
        { join: "tcp", group: "weather" },
        { recv: "udp", as: "first" },
        { recv: "tcp", as: "second" },
        { log: "${first.group}: ${first[0]}, ${second.group}: ${second[0]}" },
        { leave: "udp", group: "sports", error: "error" },
        { log: "${error}" },
      ],
    },
    source: {
      sockets: { udp: { type: "RADIO", connect: "udp://sink:5556" }, tcp: { type: "RADIO", bind: "tcp://*:5557" } },
      program: [
        { sleep: "300ms" },
        { send: "udp", group: "sports", frames: ["2:1"] },
        { send: "udp", group: "news", frames: ["none"] },
        { send: "tcp", group: "weather", frames: ["rain"] },
        { sleep: "1s" },
      ],
    },
  },
};

describe("sim record", { timeout: 60_000 }, () => {
  test("RADIO and DISH: groups by their names, udp by the ports of this machine", async () => {
    const on = bench({ "groups.json": GROUPS });
    const simulated = await on.sim("run", "groups.json", "--trace", "simulated.jsonl");
    expect(simulated.code).toBe(0);
    const recorded = await on.sim("record", "groups.json", "--out", "real");
    expect(recorded.code, recorded.err).toBe(0);
    for (const file of ["simulated.jsonl", "real/run-1.jsonl"]) {
      const { events } = on.trace(file);
      const logged = events.flatMap((event) => (event.ev === "log" ? [event.text] : []));
      expect(logged).toEqual(["news: none, weather: rain", "EINVAL"]);
      const read = events.flatMap((event) =>
        event.ev === "call" && event.call === "recv" && event.result === "ok" ? [event.message] : [],
      );
      expect(read).toEqual(["source.udp#1", "source.tcp#0"]);
    }
  });

  test.each([
    ["DGRAM", "the addresses in its messages"],
    ["CHANNEL", "zeromq.js has no such class"],
  ])("%s cannot be recorded: %s", async (type, why) => {
    const node = { sockets: { s: { type, bind: type === "DGRAM" ? "udp://*:5556" : "tcp://*:5556" } }, program: [] };
    const on = bench({ "one.json": { about: "One.", until: "1s", nodes: { one: node } } });
    const { err, code } = await on.sim("record", "one.json");
    expect(err).toContain(why);
    expect(code).toBe(2);
  });
});
