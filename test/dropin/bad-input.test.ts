/** Misuse and broken programs: a clear error each time, and the globals as they were. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { simulate } from "../../src/dropin/simulate.ts";
import { Dealer, Pull, Push } from "../../src/dropin/zeromq.ts";

const GLOBALS = ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "Date"] as const;
let before: unknown[];
const now = () => [
  ...GLOBALS.map((name) => globalThis[name]),
  ...[Math.random, performance.now, process.hrtime, AbortSignal.timeout, process.exit],
  ...process.listeners("unhandledRejection"),
  ...process.listeners("uncaughtException"),
];
beforeEach(() => {
  before = now();
});
afterEach(() => expect(now()).toEqual(before));

const forever = () => new Promise<never>(() => {});

test("use outside a simulation", () => {
  expect(() => new Push()).toThrow(/new Push\(\) needs a simulation: call it inside simulate/);
});

test("two simulations at once", async () => {
  const first = simulate(() => new Promise((resolve) => setTimeout(resolve, 5)));
  await expect(simulate(() => {})).rejects.toThrow("a simulation is running already");
  await first;
});

test("no function", async () => {
  await expect(simulate(5 as never)).rejects.toThrow("simulate() needs a function");
});

test.each([
  [
    "throws at once",
    () => {
      throw new Error("boom");
    },
  ],
  [
    "rejects",
    async () => {
      throw new Error("boom");
    },
  ],
  [
    "rejects later",
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      throw new Error("boom");
    },
  ],
  [
    "throws in a timer",
    async () => {
      setTimeout(() => {
        throw new Error("boom");
      }, 3);
      await forever();
    },
  ],
  [
    "throws in nextTick",
    async () => {
      process.nextTick(() => {
        throw new Error("boom");
      });
      await forever();
    },
  ],
  [
    "throws in a microtask",
    async () => {
      queueMicrotask(() => {
        throw new Error("boom");
      });
      await forever();
    },
  ],
  [
    "leaves a rejection unhandled",
    async () => {
      void Promise.reject(new Error("boom"));
      await forever();
    },
  ],
])("a host that %s", async (_what, program) => {
  const run = simulate(async (sim) => {
    sim.host("worker", program);
    await sim.run({ until: "1s" });
  });
  await expect(run).rejects.toThrow(/^host "worker" failed at \S+ \S+: boom$/);
});

test("a host that may fail", async () => {
  const { value } = await simulate(async (sim) => {
    const worker = sim.host("worker", () => Promise.reject(new Error("boom")), { mayFail: true });
    await sim.run({ until: "1s" });
    return [worker.state, worker.exitCode];
  });
  expect(value).toEqual(["exited", 1]);
});

test("the function itself fails", async () => {
  await expect(simulate(() => Promise.reject(new TypeError("mine")))).rejects.toThrow(new TypeError("mine"));
});

test("an endless loop of promises", async () => {
  const run = simulate(
    async (sim) => {
      sim.host("spinner", async () => {
        for (;;) await null;
      });
      await sim.run({ until: "1s" });
    },
    { turnLimit: 300 },
  );
  await expect(run).rejects.toThrow(/host "spinner" ran for more than 300 ms of real time without giving control back/);
});

test("an endless loop of immediates", async () => {
  const run = simulate(async (sim) => {
    sim.host("spinner", () => {
      const again = () => setImmediate(again);
      again();
    });
    await sim.run({ until: "1s" });
  });
  await expect(run).rejects.toThrow(/more than 100000 events .* "spinner"/);
});

test("a program that swaps the clock", async () => {
  const run = simulate(() => {
    globalThis.Date = class extends Date {} as DateConstructor;
  });
  await expect(run).rejects.toThrow("a program replaced Date and did not put it back");
});

test("a clock that is faked already", async () => {
  vi.useFakeTimers();
  before = now();
  await expect(simulate(() => {})).rejects.toThrow("faked already");
  vi.useRealTimers();
  before = now();
});

test("endpoints with unknown host names", async () => {
  const run = simulate(async (sim) => {
    sim.host("broker", () => {});
    new Dealer().connect("tcp://brocker:5555");
  });
  await expect(run).rejects.toThrow(
    /host "test" uses tcp:\/\/brocker:5555, but no host .* "brocker" \(there are: test, broker\)/,
  );
});

test("hosts and times that cannot be", async () => {
  await simulate(async (sim) => {
    expect(() => sim.host("a b", () => {})).toThrow("a host's name");
    expect(() => sim.host("a", 5 as never)).toThrow("needs a function");
    sim.host("a", () => {});
    expect(() => sim.host("a", () => {})).toThrow('there is a host "a" already');
    expect(() => sim.link("a", "b", { latency: 1 })).toThrow('no host "b"; there are: test, a');
    expect(() => sim.link("a", "test", { latency: "1 parsec" })).toThrow();
    expect(() => sim.run({ until: -1 })).toThrow("a time is a number of ms");
    await sim.run({ until: 5 });
    expect(() => sim.run({ until: "4ms" })).toThrow("cannot go back");
  });
});

test("a deadlock says who waits in which call, with the state of the socket", async () => {
  const run = simulate(async (sim) => {
    const sink = sim.host("sink", async () => {
      const pull = new Pull();
      await pull.bind("tcp://*:5555");
      await pull.receive();
    });
    sim.host("lonely", () => new Pull().receive());
    await sink.done;
  });
  await expect(run).rejects.toThrow(
    /nothing can happen any more[\s\S]*host "sink" waits in receive\(\) on sink.pull since .*: it has no peer[\s\S]*host "lonely" waits in receive/,
  );
});

test("sockets that a program left open are told", async () => {
  const { leaks } = await simulate(async (sim) => {
    sim.host("careless", async () => {
      await new Pull().bind("tcp://*:5555");
      setInterval(() => {}, 1000);
    });
    await sim.run({ until: "10ms" });
  });
  expect(leaks).toEqual([expect.stringMatching(/^host "careless" returned without closing careless.pull/)]);
});

test("a file that a host awaits is an error under strict, and takes no time otherwise", async () => {
  const run = (strict: boolean) =>
    simulate(
      async (sim) => {
        const host = sim.host("reader", async () => {
          await readFile(import.meta.filename, "utf8");
          new Push().close();
          return performance.now();
        });
        sim.host("clock", () => void setInterval(() => {}, 1));
        await sim.run({ until: "20ms" });
        return await host.done;
      },
      { strict, realWork: strict ? "auto" : "instant", profile: "ideal" },
    );
  await expect(run(true)).rejects.toThrow(/host "reader".*outside virtual time/);
  expect((await run(false)).value).toBe(0);
});

test("process.exit ends the host", async () => {
  const { value } = await simulate(async (sim) => {
    const host = sim.host("quitter", async () => {
      new Push();
      process.exit(3);
    });
    await sim.run({ until: "1s" });
    return [host.state, host.exitCode];
  });
  expect(value).toEqual(["exited", 3]);
});
