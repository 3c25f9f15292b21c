/** Programs in virtual time: two hosts, timers, links. */
import { expect, test } from "vitest";
import { simulate } from "../../src/dropin/simulate.ts";
import { Pull, Push } from "../../src/dropin/zeromq.ts";
import { Datagram, Dish, Radio } from "../../src/dropin/zeromq-draft.ts";

test("a message over tcp", async () => {
  const { value, record } = await simulate(
    async (sim) => {
      const sink = sim.host("sink", async () => {
        const pull = new Pull();
        await pull.bind("tcp://*:5555");
        const got: string[] = [];
        for await (const [message] of pull) {
          got.push(`${Date.now() - 1767225600000} ${message}`);
          if (got.length === 3) pull.close();
        }
        return got;
      });
      sim.host("source", async () => {
        const push = new Push();
        push.connect("tcp://sink:5555");
        for (let i = 0; i < 3; i++) {
          await push.send(`hello ${i}`);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      });
      sim.link("source", "sink", { latency: "1ms" });
      return await sink.done;
    },
    { profile: "ideal" },
  );
  expect(value).toEqual(["7 hello 0", "11 hello 1", "21 hello 2"]);
  expect(record.legs).toMatchObject({ sent: 3, delivered: 3 });
});

test("a message over inproc, in the body", async () => {
  const { value } = await simulate(async () => {
    const push = new Push();
    const pull = new Pull();
    await pull.bind("inproc://a");
    push.connect("inproc://a");
    await push.send(["a", Buffer.from("b"), null]);
    return (await pull.receive()).map(String);
  });
  expect(value).toEqual(["a", "b", ""]);
});

// DIFFERS(one-instant-turns)
test("the calls of a turn happen at one instant; the time they cost comes before the next turn", async () => {
  const { value, record } = await simulate(
    async () => {
      const push = new Push();
      const pull = new Pull();
      await pull.bind("inproc://a");
      push.connect("inproc://a");
      await new Promise((resolve) => setImmediate(resolve));
      const before = process.hrtime.bigint();
      await push.send("a");
      await push.send("b");
      const meanwhile = process.hrtime.bigint();
      await new Promise((resolve) => setImmediate(resolve));
      return [meanwhile - before, process.hrtime.bigint() - before];
    },
    { profile: { extends: "ideal", send: 1500 } },
  );
  expect(value).toEqual([0n, 3000n]);
  const sends = record.events.filter((event) => event.ev === "call" && event.call === "send");
  expect(new Set(sends.map(({ t }) => t)).size).toBe(1);
});

// DIFFERS(dgram): a Datagram is made and configured, and that is all. DIFFERS(udp): nothing is lost between these two.
test("udp between RADIO and DISH is reliable; datagrams to others are not there", async () => {
  const { value } = await simulate(async () => {
    const dish = new Dish();
    const radio = new Radio();
    await dish.bind("udp://127.0.0.1:5555");
    radio.connect("udp://127.0.0.1:5555");
    dish.join("news");
    // Only a socket that waits in a call hears of a new peer.
    const first = dish.receive();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let i = 0; i < 100; i++) await radio.send(`${i}`, { group: "news" });
    const last: unknown[] = [await first];
    for (let i = 1; i < 100; i++) last[0] = await dish.receive();
    expect(() => new Datagram().connect("udp://127.0.0.1:5555")).toThrow(/not (supported|compatible)/);
    return last[0];
  });
  expect(value).toEqual([Buffer.from("99"), { group: Buffer.from("news") }]);
});
