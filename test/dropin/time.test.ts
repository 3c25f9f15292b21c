/** Virtual time: clocks, timers, the drain, determinism. */
import { setTimeout as imported } from "node:timers";
import { setInterval as every, scheduler, setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type SimulateOptions, simulate } from "../../src/dropin/simulate.ts";
import { Pull, Push, Reply, Request } from "../../src/dropin/zeromq.ts";

const IDEAL = { profile: "ideal" } as const;
const run = async <T>(body: () => T | Promise<T>, options: SimulateOptions = IDEAL): Promise<T> =>
  (await simulate(body, options)).value;

test("clocks and timers follow the virtual clock, and nothing waits", async () => {
  const begin = process.hrtime.bigint();
  const times = await run(async () => {
    const log: [string, number][] = [];
    const note = (what: string) => log.push([what, performance.now()]);
    const year = new Date().getFullYear();
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    note("setTimeout");
    await new Promise((resolve) => imported(resolve, 10));
    note("node:timers");
    await wait(10);
    note("promises");
    await scheduler.wait(10);
    note("scheduler");
    await promisify(setTimeout)(10);
    note("promisify");
    let ticks = 0;
    for await (const _ of every(10)) if (++ticks === 3) break;
    note("interval");
    await new Promise((resolve) => setImmediate(resolve));
    note("immediate");
    await new Promise((resolve) => AbortSignal.timeout(10).addEventListener("abort", resolve));
    note("AbortSignal");
    expect([year, new Date().toISOString(), process.uptime()]).toEqual([2026, "2026-01-01T01:00:00.080Z", 3600.08]);
    expect(process.hrtime()).toEqual([3600, 80_000_000]);
    return log;
  });
  expect(times).toEqual([
    ["setTimeout", 3_600_000],
    ["node:timers", 3_600_010],
    ["promises", 3_600_020],
    ["scheduler", 3_600_030],
    ["promisify", 3_600_040],
    ["interval", 3_600_070],
    ["immediate", 3_600_070],
    ["AbortSignal", 3_600_080],
  ]);
  expect(Number(process.hrtime.bigint() - begin) / 1e9).toBeLessThan(5);
});

test("cleared, refreshed and numbered timers", async () => {
  const log = await run(async () => {
    const log: string[] = [];
    clearTimeout(setTimeout(() => log.push("never"), 5));
    clearTimeout(Number(setTimeout(() => log.push("never"), 5)));
    const refreshed = setTimeout(() => log.push(`refreshed ${performance.now()}`), 5);
    setTimeout(() => refreshed.refresh(), 4);
    await wait(20);
    return log;
  });
  expect(log).toEqual(["refreshed 9"]);
});

/** What programs do between two waits; none of it may let the clock move. */
const TORTURE: Record<string, () => Promise<unknown>> = {
  "5,000 awaits": async () => {
    for (let i = 0; i < 5000; i++) await null;
  },
  "nextTick and microtasks by turns": async () => {
    for (let i = 0; i < 300; i++) {
      await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(() => process.nextTick(resolve))));
    }
  },
  "an async generator": async () => {
    for await (const _ of (async function* () {
      for (let i = 0; i < 500; i++) yield i;
    })());
  },
  "thenables and races": async () => {
    const thenable = { then: (resolve: (value: number) => void) => resolve(1) };
    await Promise.all([Promise.race([thenable, null]), Promise.any([thenable]), thenable]);
    for (let i = 0; i < 300; i++)
      await Promise.resolve()
        .then(() => Promise.resolve())
        .finally(() => {});
  },
  "import of a builtin": () => import("node:path"),
};

describe.each(["tick", "turn"] as const)("drain %s", (drain) => {
  test.each(Object.keys(TORTURE))("%s take no time", async (name) => {
    const { value } = await simulate(
      async (sim) => {
        let elapsed = -1;
        sim.host("ticker", () => void setInterval(() => {}, 1));
        const worker = sim.host("worker", async () => {
          await wait(3);
          const before = process.hrtime.bigint();
          await TORTURE[name]?.();
          elapsed = Number(process.hrtime.bigint() - before);
          return elapsed;
        });
        return worker.done;
      },
      { ...IDEAL, drain },
    );
    expect(value).toBe(0);
  });
});

/** Three hosts, timers, random numbers and a crash; `extra` gives awaits that must not matter. */
const story = (options: SimulateOptions, extra: () => number = () => 0) =>
  simulate(async (sim) => {
    const idle = async () => {
      for (let i = extra(); i > 0; i--) await null;
    };
    const server = sim.host("server", async () => {
      const reply = new Reply();
      await reply.bind("tcp://*:5555");
      for await (const [question] of reply) {
        await wait(Math.random() * 5);
        await idle();
        await reply.send(`${question} ${Math.random()} ${crypto.randomUUID()}`);
      }
    });
    for (const name of ["alice", "bob"]) {
      sim.host(name, async () => {
        const request = new Request({ relaxed: true, correlate: true, receiveTimeout: 50 });
        request.connect("tcp://server:5555");
        for (let i = 0; i < 20; i++) {
          await idle();
          await request.send(`${name} ${i} ${Date.now()}`);
          await request.receive().catch(() => {});
          await wait(Math.random() * 3);
        }
      });
    }
    await sim.run({ until: "40ms" });
    server.crash();
    await sim.run({ until: "90ms" });
    server.restart();
    await sim.run({ until: "2s" });
  }, options);

describe("one seed, one trace", () => {
  test("over 100 runs, with extra awaits at real random", async () => {
    const digests = new Set<string>();
    const dice = Math.random;
    for (let i = 0; i < 100; i++) {
      digests.add((await story({ seed: 7 }, () => (Number(process.hrtime.bigint() % 1000n) * dice()) % 6)).digest);
    }
    expect(digests.size).toBe(1);
  });

  test("with either drain; another seed is another trace", async () => {
    const { digest } = await story({ seed: 7 });
    expect((await story({ seed: 7, drain: "turn" })).digest).toBe(digest);
    expect((await story({ seed: 8 })).digest).not.toBe(digest);
  });
});

test("10,000 exchanges over a link of 1 ms end when arithmetic says, and soon", async () => {
  const begin = performance.now();
  const { value } = await simulate(
    async (sim) => {
      sim.host("server", async () => {
        const reply = new Reply();
        await reply.bind("tcp://*:5555");
        for await (const [message] of reply) await reply.send(message as Buffer);
      });
      const client = sim.host("client", async () => {
        const request = new Request();
        request.connect("tcp://server:5555");
        for (let i = 0; i < 10_000; i++) {
          await request.send("x");
          await request.receive();
        }
        return performance.now();
      });
      sim.link("client", "server", { latency: "1ms" });
      return client.done;
    },
    { ...IDEAL, level: "counts" },
  );
  // Two hops for the connection, four for the handshake, then two for each exchange.
  expect(value).toBe(6 + 2 * 10_000);
  // Under a second on an idle machine; tests share theirs.
  expect(performance.now() - begin).toBeLessThan(5000);
});

test("buffers above 128 bytes are shared over inproc and copied over tcp", async () => {
  const shared = async (address: string) => {
    const push = new Push();
    const pull = new Pull();
    await pull.bind(address);
    push.connect(address);
    const [small, large] = [Buffer.alloc(128, 1), Buffer.alloc(2000, 1)];
    await push.send([small, large]);
    await wait(100);
    small[0] = 2;
    const [first, second] = (await pull.receive()) as [Buffer, Buffer];
    second[1] = 3;
    return [first[0], large[1]];
  };
  expect(await run(() => shared("inproc://a"))).toEqual([1, 3]);
  expect(await run(() => shared("tcp://127.0.0.1:5555"))).toEqual([1, 1]);
});
