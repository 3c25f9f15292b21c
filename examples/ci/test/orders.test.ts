import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Run, simulate, topology } from "zeromq-sim";
import "zeromq-sim/vitest";

const file = "scenarios/orders.json";
const text = readFileSync(file, "utf8");
const shop = (seed: number, set: Record<string, unknown> = {}): Run => simulate(text, { file, seed, set });

describe("the shop", () => {
  test.each([1, 2, 3])("serves every order in time (seed %i)", (seed) => {
    const run = shop(seed);
    expect(run).toDeliver({ from: "shop.orders", to: "worker.orders" });
    expect(run).toDeliverWithin("100ms", { from: "shop.orders", to: "worker.orders" });
    expect(run).toStayBelow(100, { from: "shop.orders", to: "worker.orders" });
    expect(run).toNeverDrop("hwm");
  });

  test("greets its dashboard before it takes the first order", () => {
    expect(shop(7)).toHappenBefore({ received: "dashboard.hello#0" }, "shop.orders#0");
  });

  test("does not wait for its workers", () => {
    expect(shop(1)).not.toBlock({ thread: "shop", call: "send" });
  });
});

test("without the hello the dashboard misses what comes before it", () => {
  const run = topology("A dashboard that says nothing.")
    .node("dashboard", {
      startAt: "50ms",
      sockets: { news: { type: "SUB", subscribe: "", connect: "tcp://shop:5556" } },
      program: [{ forever: [{ recv: "news" }] }],
    })
    .node("shop", {
      sockets: { news: { type: "PUB", bind: "tcp://*:5556" } },
      program: [{ repeat: 10, do: [{ send: "news", frames: ["ordered"] }, { sleep: "10ms" }] }],
    })
    .until("1s")
    .run();
  expect(run).toLose({ min: 1, max: 9 }, { from: "shop.news", to: "dashboard.news" });
  expect(run.fate("shop.news#0")).toBe("no-peer");
});
