/** `sim record` as a process: what it writes, what it refuses, and that it leaves nothing behind. */
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { analyze } from "../../src/trace/fates.ts";
import type { Trace } from "../../src/trace/format.ts";
import { type Bench, bench, left, processesOf, until } from "./support.ts";

const LONG = {
  about: "Nobody ever sends, and a timer keeps the run from settling.",
  until: "60s",
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ forever: [{ recv: "in" }] }] },
    clock: { program: [{ sleep: "50s" }] },
  },
};

/** Everything has the same content. In its first life the sender's last message finds no peer until the crash. */
const AGAIN = {
  about: "A socket is closed and opened again, and its process is killed and started again.",
  until: "1200ms",
  timeline: [
    { at: "500ms", crash: "sender" },
    { at: "700ms", restart: "sender" },
  ],
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ forever: [{ recv: "in" }] }] },
    late: {
      startAt: "600ms",
      sockets: { in: { type: "PULL", connect: "tcp://sender:5556" } },
      program: [{ forever: [{ recv: "in" }] }],
    },
    sender: {
      startAt: "100ms",
      sockets: {
        out: { type: "PUSH", connect: "tcp://sink:5555" },
        full: { type: "PUSH", bind: "tcp://*:5556" },
      },
      program: [
        { send: "out", frames: ["same"] },
        { send: "out", frames: ["same"] },
        { sleep: "50ms" },
        { close: "out" },
        { open: "out" },
        { send: "out", frames: ["same"] },
        { sleep: "50ms" },
        { send: "full", frames: ["same"] },
      ],
    },
  },
};

const readers = (trace: Trace, socket: string): (string | undefined)[] =>
  trace.events.flatMap((event) =>
    event.ev === "call" && event.call === "recv" && event.socket === socket && event.result === "ok"
      ? [event.message]
      : [],
  );

/** Its nodes have begun to write. */
const runs = ({ temporary }: Bench): boolean =>
  readdirSync(temporary, { recursive: true, encoding: "utf8" }).filter(
    (name) => /1\/\d+-0\.jsonl$/.test(name) && statSync(join(temporary, name)).size > 0,
  ).length === 2;

const nothingLeft = async (on: Bench): Promise<void> => {
  expect(await until(() => processesOf(on).length === 0)).toBe(true);
  expect(await until(() => left(on).length === 0)).toBe(true);
};

describe.skipIf(process.platform !== "linux")("sim record", () => {
  test("tells equal messages apart behind a proxy, a ROUTER, and among several workers", {
    timeout: 40_000,
  }, async () => {
    // The contents are the same throughout, so content alone could not name them.
    const on = bench({ "same.json": SAME });
    const { code, err } = await on.sim("record", "same.json", "--out", "real");
    expect(err).toContain("run 1/1 -> real/run-1.jsonl");
    expect(code).toBe(0);
    const trace = on.trace("real/run-1.jsonl");
    expect(trace.header).toMatchObject({
      arm: "real",
      binding: expect.stringMatching(/^zeromq\.js 6/),
      model: "libzmq 4.3.5",
    });
    expect(trace.header.incomplete).toBeUndefined();
    expect(readers(trace, "subscriber.in")).toEqual([4, 5, 6, 7, 8, 9].map((n) => `publisher.out#${n}`));
    expect(readers(trace, "broker.clients")).toEqual([0, 1, 2].map((n) => `client.out#${n}`));
    expect(readers(trace, "server.in")).toEqual([0, 1, 2].map((n) => `client.out#${n}`));
    expect(readers(trace, "worker[0].in")).toEqual([0, 2, 4].map((n) => `ventilator.out#${n}`));
    expect(readers(trace, "worker[1].in")).toEqual([1, 3, 5].map((n) => `ventilator.out#${n}`));
    const { flows } = analyze(trace.header, trace.events);
    expect(flows.find(({ from }) => from === "publisher.out")).toMatchObject({
      to: "subscriber.in",
      sent: 10,
      delivered: 6,
    });
    await nothingLeft(on);
  });

  test("a socket that opens again, here or after a restart, goes on counting its messages, as the simulator does", {
    timeout: 40_000,
  }, async () => {
    const on = bench({ "again.json": AGAIN });
    expect(await on.sim("run", "again.json", "--quiet", "--trace", "simulated.jsonl")).toMatchObject({ code: 0 });
    expect(await on.sim("record", "again.json", "--quiet", "--out", "real")).toMatchObject({ code: 0 });
    for (const trace of ["simulated.jsonl", "real/run-1.jsonl"].map(on.trace)) {
      expect(readers(trace, "sink.in")).toEqual([0, 1, 2, 3, 4, 5].map((n) => `sender.out#${n}`));
      // The one that waited when the process died never was one.
      expect(readers(trace, "late.in")).toEqual(["sender.full#0"]);
      const { flows } = analyze(trace.header, trace.events);
      expect(flows.find(({ to }) => to === "sink.in")).toMatchObject({ sent: 6, delivered: 6, lost: 0 });
    }
    expect((await on.sim("compare", "simulated.jsonl", "real")).out).toMatch(/\n(equal|within)[^\n]*\n$/);
  });

  test("refuses what cannot be had for real", async () => {
    const on = bench({ "cut.json": { ...LONG, timeline: [{ at: "1s", partition: [["sink"], ["clock"]] }] } });
    const { code, err } = await on.sim("record", "cut.json");
    expect(err).toContain("cannot be recorded");
    expect(code).toBe(2);
  });

  test("Ctrl-C ends it, and what was recorded stays, marked", { timeout: 30_000 }, async () => {
    const on = bench({ "long.json": LONG });
    const { child, done } = on.start("record", "long.json", "--out", "real");
    expect(await until(() => runs(on), 15_000)).toBe(true);
    child.kill("SIGINT");
    expect((await done).code).toBe(130);
    const { header, events } = on.trace("real/run-1.jsonl");
    expect(header.incomplete).toBe("interrupted");
    expect(events.length).toBeGreaterThan(0);
    await nothingLeft(on);
    const compared = await on.sim("compare", "long.json", "real");
    expect(compared.err).toContain("broke off (interrupted)");
    expect(compared.code).toBe(2);
  });

  test("a recorder that is killed takes its processes and its folder along", { timeout: 30_000 }, async () => {
    const on = bench({ "long.json": LONG });
    const { child, done } = on.start("record", "long.json");
    expect(await until(() => runs(on), 15_000)).toBe(true);
    child.kill("SIGKILL");
    await done;
    await nothingLeft(on);
  });

  test("a process that dies makes the run incomplete", { timeout: 30_000 }, async () => {
    const on = bench({ "long.json": LONG });
    const { done } = on.start("record", "long.json", "--out", "real");
    expect(await until(() => runs(on), 15_000)).toBe(true);
    // The guard is the oldest.
    const victim = Math.max(...processesOf(on).map(Number));
    process.kill(victim, "SIGSEGV");
    const { code, err } = await done;
    expect(err).toMatch(/the process of (sink|clock) was ended by SIGSEGV/);
    expect(code).toBe(3);
    expect(on.trace("real/run-1.jsonl").header.incomplete).toContain("SIGSEGV");
    await nothingLeft(on);
  });

  test("says how to install zeromq when it is missing or broken", { timeout: 30_000 }, async () => {
    const on = bench({ "long.json": LONG });
    const dist = join(on.folder, "dist");
    cpSync(inject("bundles"), dist, { recursive: true });
    const alone = bench({ "long.json": LONG }, dist);
    const missing = await alone.sim("record", "long.json");
    expect(missing.err).toContain("npm zeromq is not installed here: npm install zeromq@6.8.0");
    expect(missing.code).toBe(2);
    mkdirSync(join(alone.folder, "node_modules/zeromq"), { recursive: true });
    writeFileSync(join(alone.folder, "node_modules/zeromq/index.js"), 'throw new Error("no native build");');
    const broken = await alone.sim("record", "long.json");
    expect(broken.err).toContain("npm zeromq does not work here (no native build): npm install zeromq@6.8.0");
    expect(broken.code).toBe(2);
    await nothingLeft(alone);
  });
});

const SAME = {
  about: "Everything has the same content.",
  until: "3s",
  nodes: {
    publisher: {
      sockets: { out: { type: "PUB", connect: "tcp://proxy:5559" } },
      startAt: "100ms",
      program: [
        { sleep: "50ms" },
        { repeat: 4, do: [{ send: "out", frames: ["tick"] }] },
        { sleep: "350ms" },
        { repeat: 6, do: [{ send: "out", frames: ["tick"] }] },
        { sleep: "200ms" },
      ],
    },
    proxy: {
      sockets: { front: { type: "XSUB", bind: "tcp://*:5559" }, back: { type: "XPUB", bind: "tcp://*:5560" } },
      program: [{ proxy: ["front", "back"] }],
    },
    subscriber: {
      startAt: "300ms",
      sockets: { in: { type: "SUB", subscribe: "", connect: "tcp://proxy:5560" } },
      program: [{ forever: [{ recv: "in" }] }],
    },
    broker: {
      sockets: { clients: { type: "ROUTER", bind: "tcp://*:5561" }, servers: { type: "DEALER", bind: "tcp://*:5562" } },
      program: [
        {
          forever: [
            { recv: "clients", as: "m" },
            { send: "servers", message: "m" },
          ],
        },
      ],
    },
    client: {
      startAt: "200ms",
      sockets: { out: { type: "DEALER", connect: "tcp://broker:5561" } },
      program: [{ repeat: 3, do: [{ send: "out", frames: ["", "same"] }] }, { sleep: "300ms" }],
    },
    server: {
      startAt: "100ms",
      sockets: { in: { type: "REP", connect: "tcp://broker:5562" } },
      program: [{ forever: [{ recv: "in" }, { send: "in", frames: ["ok"] }] }],
    },
    ventilator: {
      startAt: "200ms",
      sockets: { out: { type: "PUSH", connect: ["tcp://worker[0]:5563", "tcp://worker[1]:5563"] } },
      program: [{ repeat: 6, do: [{ send: "out", frames: ["work"] }] }, { sleep: "300ms" }],
    },
    worker: {
      count: 2,
      sockets: { in: { type: "PULL", bind: "tcp://*:5563" } },
      program: [{ forever: [{ recv: "in" }] }],
    },
  },
};
