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

/** To a Pull of the same program. */
async function connectedPush(): Promise<Push> {
  const push = new Push();
  await new Pull().bind("inproc://a");
  push.connect("inproc://a");
  await new Promise((resolve) => setImmediate(resolve));
  return push;
}

// DIFFERS(one-instant-turns)
test("the calls of a turn happen at one instant; the time they cost comes before the next turn", async () => {
  const { value, record } = await simulate(
    async () => {
      const push = await connectedPush();
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

test("what a call costs may be drawn", async () => {
  const elapsed = async (seed: string): Promise<number> => {
    const { value } = await simulate(
      async () => {
        const push = await connectedPush();
        const before = process.hrtime.bigint();
        await push.send("a");
        await new Promise((resolve) => setImmediate(resolve));
        return Number(process.hrtime.bigint() - before);
      },
      { seed, profile: { extends: "ideal", send: { kind: "uniform", min: 1000, max: 9000 } } },
    );
    expect(value).toBeGreaterThanOrEqual(1000);
    expect(value).toBeLessThanOrEqual(9000);
    return value;
  };
  expect(await elapsed("1")).toBe(await elapsed("1"));
  expect(await elapsed("1")).not.toBe(await elapsed("2"));
});

// DIFFERS(udp-address): another host is called by its name in an address. DIFFERS(udp-order): what a link carries it carries in order.
test("udp: groups, datagrams with addresses, and nothing is sent again", async () => {
  const { value, record } = await simulate(async (sim) => {
    const pause = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
    const listener = sim.host("listener", async () => {
      const dish = new Dish();
      await dish.bind("udp://*:5555");
      dish.join("news");
      const got: string[] = [];
      for await (const [message, { group }] of dish) {
        if (got.push(`${group} ${message}`) === 3) dish.close();
      }
      return got;
    });
    sim.host("echo", async () => {
      const socket = new Datagram();
      await socket.bind("udp://*:7000");
      for await (const [from, message] of socket)
        await socket.send([from, `${from.toString().slice(0, -1)}: ${message}`]);
    });
    sim.host("caster", async () => {
      const radio = new Radio();
      radio.connect("udp://listener:5555");
      await pause(10);
      for (const [group, body] of [
        ["news", "1"],
        ["weather", "2"],
        ["news", "3"],
      ] as const)
        await radio.send(body, { group });
      await pause(10);
      sim.partition("caster", "listener");
      await radio.send("4", { group: "news" });
      await pause(10);
      sim.heal("caster", "listener");
      await radio.send("5", { group: "news" });
    });
    const socket = new Datagram();
    expect(() => socket.connect("udp://echo:7000")).toThrow("The protocol is not compatible with the socket type");
    await socket.bind("udp://*:7001");
    await pause(20);
    await socket.send(["echo:7000", "hello"]);
    const [from, answer] = await socket.receive();
    return [`${from}`, `${answer}`, ...(await listener.done)];
  });
  expect(value).toEqual(["echo:7000\0", "test:7001: hello", "news 1", "news 3", "news 5"]);
  expect(record.legs.fates).toEqual({ filtered: 1, "no-receiver": 1 });
});
