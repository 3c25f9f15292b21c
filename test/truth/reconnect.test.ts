/** When connecters try again: D1 to D4; model 6.4. */
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Lab } from "../support/lab.ts";

const NOBODY = "tcp://127.0.0.1:7000";
/** D1: IVL=100 in a fresh process, ms. */
const DELAYS = [183, 125, 141, 186, 197, 110, 138, 163, 140, 172, 111, 115, 182, 110, 115, 129];

describe("D1: the delays of a fresh process are always the same", () => {
  test("the first sixteen", () => {
    const lab = new Lab();
    const sub = lab.socket("SUB");
    sub.connect(NOBODY);
    lab.settle(2500);
    expect(sub.values("CONNECT_RETRIED").slice(0, 16)).toEqual(DELAYS);
  });

  test("two sockets share one sequence, in the order of events", () => {
    const lab = new Lab();
    const first = lab.socket("PUSH");
    const second = lab.socket("PUSH");
    first.connect(NOBODY);
    second.connect("tcp://127.0.0.1:7001");
    lab.settle(900);
    expect(first.values("CONNECT_RETRIED").slice(0, 4)).toEqual([183, 186, 110, 163]);
    expect(second.values("CONNECT_RETRIED").slice(0, 4)).toEqual([125, 141, 197, 138]);
  });

  test("each process has its own", () => {
    const lab = new Lab();
    const sockets = [lab.lone("SUB"), lab.lone("PUSH"), lab.lone("DEALER")];
    for (const socket of sockets) socket.connect(NOBODY);
    lab.settle(500);
    for (const socket of sockets) expect(socket.values("CONNECT_RETRIED").slice(0, 3)).toEqual([183, 125, 141]);
  });
});

describe("D2: REQ, REP and ROUTER take one value when they are made", () => {
  test.each<[SocketTypeName, number[]]>([
    ["REQ", [125, 141, 186, 197]],
    ["REP", [125, 141, 186, 197]],
    ["ROUTER", [125, 141, 186, 197]],
    ["SUB", [183, 125, 141, 186]],
    ["PUB", [183, 125, 141, 186]],
    ["XSUB", [183, 125, 141, 186]],
    ["XPUB", [183, 125, 141, 186]],
    ["PUSH", [183, 125, 141, 186]],
    ["PULL", [183, 125, 141, 186]],
    ["DEALER", [183, 125, 141, 186]],
    ["PAIR", [183, 125, 141, 186]],
  ])("%s alone", (type, delays) => {
    const lab = new Lab();
    const socket = lab.socket(type);
    socket.connect(NOBODY);
    lab.settle(800);
    expect(socket.values("CONNECT_RETRIED").slice(0, 4)).toEqual(delays);
  });

  test.each<[SocketTypeName, SocketTypeName]>([
    ["REQ", "SUB"],
    ["REP", "PUB"],
    ["ROUTER", "DEALER"],
  ])("%s in the process of a %s", (drawer, type) => {
    const lab = new Lab();
    lab.socket(drawer);
    const socket = lab.socket(type);
    socket.connect(NOBODY);
    lab.settle(800);
    expect(socket.values("CONNECT_RETRIED").slice(0, 4)).toEqual([125, 141, 186, 197]);
  });
});

describe("D3: the timeline of attempts", () => {
  const ATTEMPTS = [0, 183, 308, 449, 635, 832, 942, 1080, 1243, 1383, 1555, 1666, 1781, 1963, 2073];

  test("exact without costs", () => {
    const lab = new Lab();
    const sub = lab.socket("SUB");
    sub.connect(NOBODY);
    lab.settle(2080);
    expect(sub.times("CONNECT_DELAYED")).toEqual(ATTEMPTS);
  });

  test.each(["1", "2", "3", "4", "5"])(
    "loopback, seed %s: 0.2 to 0.7 ms late per attempt, 1 to 5 ms after a second",
    (seed) => {
      const lab = new Lab({ profile: "loopback", seed });
      const sub = lab.socket("SUB");
      sub.connect(NOBODY);
      lab.settle(2100);
      const times = sub.times("CONNECT_DELAYED");
      for (const [index, nominal] of ATTEMPTS.slice(0, 12).entries()) {
        const late = (times[index] as number) - nominal;
        expect(late).toBeGreaterThanOrEqual(0.2 * index);
        expect(late).toBeLessThanOrEqual(1 + 1.2 * index);
      }
    },
  );

  test.each([
    [0, 0],
    [10, 183],
    [182, 183],
    [184, 308],
    [300, 308],
    [500, 635],
    [1000, 1080],
  ])("a bind %i ms after the connect delivers at the first attempt after it, %i ms", (bindAt, deliveredAt) => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const pull = lab.lone("PULL");
    if (bindAt === 0) pull.bind(NOBODY);
    push.connect(NOBODY);
    push.send("x");
    lab.settle(bindAt);
    if (bindAt > 0) expect(pull.bind(NOBODY)).toBe("ok");
    lab.settle(2000);
    expect(pull.recv()).toBe("x");
    expect(push.times("HANDSHAKE_SUCCEEDED")).toEqual([deliveredAt]);
  });

  test("after a lost connection the first attempt waits for the next value of the same sequence", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const pull = lab.lone("PULL");
    push.connect(NOBODY);
    lab.settle(100);
    pull.bind(NOBODY);
    lab.settle(100); // 183 is used up
    pull.unbind(NOBODY);
    lab.settle(1);
    pull.events();
    lab.settle(1);
    pull.events();
    lab.settle(600);
    expect(push.values("CONNECT_RETRIED").slice(0, 4)).toEqual([183, 125, 141, 186]);
    const [lostAt] = push.times("DISCONNECTED") as [number];
    expect(push.times("CONNECT_DELAYED").slice(0, 5)).toEqual([0, 183, lostAt + 125, lostAt + 266, lostAt + 452]);
  });
});

describe("D4: RECONNECT_IVL_MAX and RECONNECT_IVL -1", () => {
  test("libzmq 4.3.5 doubles without jitter up to the maximum (model 6.4)", () => {
    const lab = new Lab();
    const sub = lab.socket("SUB", { reconnect_ivl: 50, reconnect_ivl_max: 400 });
    sub.connect(NOBODY);
    lab.settle(2000);
    expect(sub.values("CONNECT_RETRIED").slice(0, 6)).toEqual([50, 100, 200, 400, 400, 400]);
    const short = lab.socket("SUB", { reconnect_ivl: 40, reconnect_ivl_max: 160 });
    short.connect(NOBODY);
    lab.settle(500);
    expect(short.values("CONNECT_RETRIED").slice(0, 3)).toEqual([40, 80, 160]);
  });

  test("a maximum below the interval is used instead of it", () => {
    const lab = new Lab();
    const sub = lab.socket("SUB", { reconnect_ivl: 100, reconnect_ivl_max: 30 });
    sub.connect(NOBODY);
    lab.settle(200);
    expect(sub.values("CONNECT_RETRIED").slice(0, 3)).toEqual([30, 30, 30]);
  });

  test("the doubling starts anew after every connection", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { reconnect_ivl: 50, reconnect_ivl_max: 400 });
    push.connect(NOBODY);
    lab.settle(200);
    const server = lab.process("server");
    server.socket("PULL").bind(NOBODY);
    lab.settle(400);
    expect(push.values("CONNECT_RETRIED")).toEqual([50, 100, 200]);
    server.kill();
    lab.settle(200);
    expect(push.values("CONNECT_RETRIED")).toEqual([50, 100, 200, 50, 100, 200]);
  });

  test.each([-1, 0])("RECONNECT_IVL %i: one attempt, never connected later", (reconnect_ivl) => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { reconnect_ivl });
    const pull = lab.lone("PULL");
    push.connect(NOBODY);
    push.send("x");
    lab.settle(50);
    pull.bind(NOBODY);
    lab.settle(5000);
    expect(push.monitored).toEqual(["CONNECT_DELAYED(115)", "CLOSED"]);
    expect(pull.recv()).toBe(null);
  });

  test("RECONNECT_IVL -1: a lost connection takes the endpoint with it", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { reconnect_ivl: -1 });
    const server = lab.process("server");
    server.socket("PULL").bind(NOBODY);
    push.connect(NOBODY);
    lab.settle();
    expect(push.send("x")).toBe("ok");
    lab.settle();
    server.kill();
    lab.settle();
    expect(push.events()).toBe("");
    expect(push.disconnect(NOBODY)).toBe("ENOENT");
    expect(push.monitored).toEqual(["CONNECT_DELAYED(115)", "CONNECTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED"]);
  });
});
