/** How much fits into a pipe: D6, D8, D9, D12; model 2.3. */
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Lab, type LabSocket } from "../support/lab.ts";
import { calls, run } from "../support/scenario.ts";

type Sides = readonly [sender: SocketTypeName, receiver: SocketTypeName];
const PAIRS: readonly Sides[] = [
  ["PUSH", "PULL"],
  ["DEALER", "DEALER"],
  ["PAIR", "PAIR"],
];
/** Far more than any finite capacity below. */
const CAP = 5000;

function connected(
  lab: Lab,
  [sender, receiver]: Sides,
  hwm: { snd: number; rcv: number },
  order: { binder: "sender" | "receiver"; first: "bind" | "connect" },
): { from: LabSocket; to: LabSocket } {
  const from = lab.socket(sender, { sndhwm: hwm.snd });
  const to = lab.socket(receiver, { rcvhwm: hwm.rcv });
  if (receiver === "SUB") to.subscribe("");
  const [binder, connecter] = order.binder === "sender" ? [from, to] : [to, from];
  if (order.first === "bind") binder.bind("inproc://a");
  connecter.connect("inproc://a");
  if (order.first === "connect") binder.bind("inproc://a");
  lab.settle();
  return { from, to };
}

describe("D6: inproc holds sndhwm + rcvhwm, whoever binds, whoever comes first, however many frames", () => {
  const HWMS = [1, 2, 10, 100, 1000, 0];
  const MIXED = [
    [1, 1000],
    [1000, 1],
    [3, 5],
    [0, 7],
    [7, 0],
  ] as const;
  const hwms = [...HWMS.map((hwm) => [hwm, hwm] as const), ...MIXED];
  const cases = PAIRS.flatMap((sides) =>
    hwms.flatMap(([snd, rcv]) =>
      (["receiver", "sender"] as const).flatMap((binder) =>
        (["bind", "connect"] as const).flatMap((first) =>
          [1, 3].map((parts) => ({ sides, snd, rcv, binder, first, parts })),
        ),
      ),
    ),
  );

  // 11 pairs of limits x 3 types x 2 binders x 2 orders x 2 shapes = the 264 measured combinations.
  test("all combinations", () => {
    expect(cases.length).toBe(264);
    for (const { sides, snd, rcv, binder, first, parts } of cases) {
      const lab = new Lab();
      const { from, to } = connected(lab, sides, { snd, rcv }, { binder, first });
      const accepted = from.sends(CAP, (number) => Array<string>(parts).fill(String(number)));
      const label = `${sides[0]} snd=${snd} rcv=${rcv} bind=${binder} ${first} first, parts=${parts}`;
      expect(accepted, label).toBe(snd === 0 || rcv === 0 ? CAP : snd + rcv);
      lab.settle();
      expect(to.recvs().length, label).toBe(accepted);
    }
  });

  test.each([
    [1, 1],
    [2, 2],
    [10, 10],
    [3, 5],
    [1000, 1000],
  ])("PUB %i to SUB %i (D8: the newest are dropped)", (snd, rcv) => {
    for (const binder of ["sender", "receiver"] as const) {
      const lab = new Lab();
      const { from, to } = connected(lab, ["PUB", "SUB"], { snd, rcv }, { binder, first: "bind" });
      to.events(); // a binding SUB subscribes when it hears of the connection
      lab.settle();
      const sent = 3 * (snd + rcv) + 20;
      expect(from.sends(sent)).toBe(sent);
      expect(to.recvs()).toEqual(Array.from({ length: snd + rcv }, (_, index) => String(index)));
      expect(lab.fates["hwm"]).toBe(sent - snd - rcv);
    }
  });

  test.each([1, 2, 3, 5, 10])(
    "before the bind only the connecter's sndhwm %i counts, the rest opens at once",
    (sndhwm) => {
      const lab = new Lab();
      const push = lab.socket("PUSH", { sndhwm });
      const pull = lab.socket("PULL", { rcvhwm: 7 });
      push.connect("inproc://a");
      expect(push.sends(CAP)).toBe(sndhwm);
      pull.bind("inproc://a");
      lab.settle();
      expect(push.sends(CAP)).toBe(7);
      expect(pull.recvs().length).toBe(sndhwm + 7);
    },
  );
});

describe("D12: tcp", () => {
  const TCP = "tcp://127.0.0.1:7000";

  test.each([1, 2, 3, 5, 10])("unconnected, sndhwm %i: exactly that many (model 6.1)", (sndhwm) => {
    for (const type of ["PUSH", "DEALER", "PAIR"] as const) {
      const lab = new Lab();
      const socket = lab.socket(type, { sndhwm });
      socket.connect(TCP);
      expect(socket.sends(CAP)).toBe(sndhwm);
      lab.settle(50);
      expect(socket.sends(CAP)).toBe(0);
    }
  });

  /** Sends until nothing more is accepted for a while. */
  function fill(lab: Lab, from: LabSocket, size: number): { first: number; settled: number } {
    const first = from.sends(20_000, () => [size]);
    let settled = first;
    for (;;) {
      lab.settle(20);
      const more = from.sends(20_000 - settled, () => [size]);
      if (more === 0) return { first, settled };
      settled += more;
    }
  }

  test.each([
    // snd, rcv, bytes, kernel and engine hold so many beyond both limits (measured p0 to p100)
    [1, 1, 65_536, 41, 58],
    [10, 10, 65_536, 45, 65],
    [1, 1, 1024, 2500, 5700],
    [10, 10, 1024, 2500, 5700],
    [100, 100, 1024, 2500, 5700],
  ])(
    "%i + %i messages of %i bytes: sndhwm at least, both limits and the kernel's buffers in the end",
    (snd, rcv, size, least, most) => {
      const lab = new Lab();
      const push = lab.lone("PUSH", { sndhwm: snd });
      const pull = lab.lone("PULL", { rcvhwm: rcv });
      pull.bind(TCP);
      push.connect(TCP);
      lab.settle(50);
      const { first, settled } = fill(lab, push, size);
      expect(first).toBeGreaterThanOrEqual(snd);
      expect(settled - snd - rcv).toBeGreaterThanOrEqual(least);
      expect(settled - snd - rcv).toBeLessThanOrEqual(most);
      // Nothing accepted is lost while both live.
      let read = 0;
      for (let quiet = 0; quiet < 3; ) {
        const got = pull.recvs().length;
        read += got;
        quiet = got === 0 ? quiet + 1 : 0;
        lab.settle(10);
      }
      expect(read).toBe(settled);
    },
  );

  test("1000 + 1000 of 64 KiB: exactly 2000, for room comes in steps of lwm; 1000 + 1: exactly 1000", () => {
    for (const [rcvhwm, total] of [
      [1000, 2000],
      [1, 1000],
    ] as const) {
      const lab = new Lab();
      const push = lab.lone("PUSH", { sndhwm: 1000 });
      const pull = lab.lone("PULL", { rcvhwm });
      pull.bind(TCP);
      push.connect(TCP);
      lab.settle(50);
      expect(fill(lab, push, 65_536).settled).toBe(total);
    }
  });

  test("1 byte: more than 20000 fit whatever the limits are", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { sndhwm: 2 });
    const pull = lab.lone("PULL", { rcvhwm: 2 });
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle(50);
    expect(fill(lab, push, 1).settled).toBe(20_000);
  });

  test("buffers set by SNDBUF and RCVBUF bound the chain (DIFFERS(kernel-buffer))", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { sndhwm: 10, sndbuf: 4096 });
    const pull = lab.lone("PULL", { rcvhwm: 10, rcvbuf: 4096 });
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle(50);
    // Measured 160 with 100-byte messages; the kernel doubles what it is asked for.
    const { settled } = fill(lab, push, 100);
    expect(settled).toBeGreaterThan(20);
    expect(settled).toBeLessThan(400);
  });
});

describe("model 2.3: limits set on a live socket", () => {
  test.each([
    ["pull", "push"],
    ["pull", "pull"],
    ["push", "push"],
    ["push", "pull"],
  ] as const)("inproc 3 + 4, %s binds, then 10 set at the %s: 14, credits in steps of 7", (binder, changed) => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 3 });
    const pull = lab.socket("PULL", { rcvhwm: 4 });
    const [first, second] = binder === "pull" ? [pull, push] : [push, pull];
    first.bind("inproc://a");
    second.connect("inproc://a");
    lab.settle();
    expect([push.events(), pull.events()]).toEqual(["out", ""]);
    if (changed === "push") push.set("sndhwm", 10);
    else pull.set("rcvhwm", 10);
    lab.settle();
    expect([push.events(), pull.events()]).toEqual(["out", ""]);
    expect(push.sends(CAP)).toBe(14);
    const pattern = Array.from({ length: 14 }, () => {
      pull.recv();
      lab.settle();
      return push.sends(CAP);
    });
    expect(pattern).toEqual([0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 7]);
  });

  test("SNDHWM 0 set live: unlimited", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 3 });
    const pull = lab.socket("PULL", { rcvhwm: 4 });
    pull.bind("inproc://a");
    push.connect("inproc://a");
    lab.settle();
    expect(push.set("sndhwm", 0)).toBe("ok");
    lab.settle();
    expect(push.sends(CAP)).toBe(CAP);
  });

  test("a blocked writer stays blocked until the next credit", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 2 });
    const pull = lab.socket("PULL", { rcvhwm: 2 });
    pull.bind("inproc://a");
    push.connect("inproc://a");
    lab.settle();
    expect(push.sends(CAP)).toBe(4);
    push.set("sndhwm", 10);
    lab.settle();
    expect(push.sends(CAP)).toBe(0);
    pull.events(); // hears of the new limit: 10 + 2, and so credits in steps of 6
    pull.recvs(4);
    lab.settle();
    expect(push.sends(CAP)).toBe(0);
  });

  test("tcp: accepted pipes keep the limits of the bind", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 5 });
    push.bind("tcp://127.0.0.1:7000");
    push.set("sndhwm", 2);
    const pull = lab.lone("PULL", { rcvhwm: 1, rcvbuf: 1 });
    pull.connect("tcp://127.0.0.1:7000");
    lab.settle();
    push.events();
    // The first goes on its way before the pipe fills.
    expect(push.sends(CAP, () => [100_000])).toBe(5);
  });
});

describe("PUB over tcp, nothing read meanwhile (rows Ba_hwm_pubsub_drop)", () => {
  test.each([
    [1, 1, 8],
    [2, 2, 8],
    [10, 10, 8],
    [10, 10, 1024],
    [100, 100, 8],
    [3, 5, 1024],
    [10, 10, 65_536],
  ])(
    "%i + %i, %i bytes: the first range has sndhwm messages at least, later ones are whole steps of lwm",
    (sndhwm, rcvhwm, size) => {
      for (const seed of ["1", "2", "3"]) {
        const record = run(
          {
            network: { profile: "loopback" },
            until: "5s",
            nodes: {
              publisher: {
                sockets: { pub: { type: "PUB", options: { sndhwm }, bind: "tcp://*:5555" } },
                program: [
                  { sleep: "100ms" },
                  { repeat: 2000, do: [{ send: "pub", frames: [{ size: `${size}B` }] }] },
                  { sleep: "3s" },
                ],
              },
              subscriber: {
                sockets: {
                  sub: { type: "SUB", options: { rcvhwm }, subscribe: [""], connect: "tcp://publisher:5555" },
                },
                program: [{ sleep: "500ms" }, { forever: [{ recv: "sub" }] }],
              },
            },
          },
          { seed },
        );
        const numbers = calls(record, "recv", "subscriber.sub").flatMap(({ message }) =>
          message === undefined ? [] : [Number(message.split("#")[1])],
        );
        const ranges: number[] = [];
        for (const [at, number] of numbers.entries()) {
          if (at > 0 && numbers[at - 1] === number - 1) ranges[ranges.length - 1] = (ranges.at(-1) as number) + 1;
          else ranges.push(1);
        }
        expect(numbers[0]).toBe(0);
        expect(ranges[0]).toBeGreaterThanOrEqual(sndhwm);
        const lwm = Math.floor((sndhwm + 1) / 2);
        for (const length of ranges.slice(1, -1)) expect(length % lwm).toBe(0);
      }
    },
  );
});

describe("D9: a full ROUTER pipe (sndhwm 2, rcvhwm 3, inproc)", () => {
  test.each([
    [0, ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"]],
    [1, ["ok", "ok", "ok", "ok", "ok", "EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"]],
  ])("mandatory %i", (router_mandatory, results) => {
    const lab = new Lab();
    const router = lab.socket("ROUTER", { router_mandatory, sndhwm: 2 });
    const dealer = lab.socket("DEALER", { routing_id: "D", rcvhwm: 3 });
    router.bind("inproc://a");
    dealer.connect("inproc://a");
    lab.settle();
    expect(results.map((_, number) => router.send("D", String(number)))).toEqual(results);
    expect(dealer.recvs()).toEqual(["0", "1", "2", "3", "4"]);
  });
});
