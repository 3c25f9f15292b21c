/** Pipes that exist only with a connection: D25; model 6.1, 2.6, 6.5. */
import { describe, expect, test } from "vitest";
import { Lab } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

describe("D25: a PUSH of SNDHWM 5 to a dead endpoint, 8 sends", () => {
  test.each([
    [0, "ok ok ok ok ok EAGAIN EAGAIN EAGAIN"],
    [1, "EAGAIN EAGAIN EAGAIN EAGAIN EAGAIN EAGAIN EAGAIN EAGAIN"],
  ])("IMMEDIATE %i", (immediate, results) => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 5, immediate });
    push.connect(TCP);
    expect(Array.from({ length: 8 }, () => push.send("x")).join(" ")).toBe(results);
  });
});

describe("IMMEDIATE 1", () => {
  test("EAGAIN until the handshake, then one pipe with the limits of the connect", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { immediate: 1, sndhwm: 3, sndbuf: 1 });
    push.connect(TCP);
    push.set("sndhwm", 100);
    const pull = lab.lone("PULL", { rcvhwm: 1, rcvbuf: 1 });
    pull.bind(TCP);
    expect(push.events()).toBe("");
    lab.settle(500);
    expect(push.events()).toBe("out");
    expect(push.sends(50, () => [100_000])).toBe(3);
  });

  test("gotcha 13: what waited in the pipe is lost with the connection, and nothing is queued meanwhile", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { immediate: 1, sndbuf: 1 });
    const server = lab.process("server");
    server.socket("PULL", { rcvhwm: 1, rcvbuf: 1 }).bind(TCP);
    push.connect(TCP);
    lab.settle();
    expect(push.sends(20, () => [100_000])).toBe(20);
    lab.settle();
    server.kill();
    lab.settle();
    expect(push.events()).toBe("");
    expect(push.send("x")).toBe("EAGAIN");
    const next = lab.lone("PULL");
    next.bind(TCP);
    lab.settle(500);
    expect(push.send("again")).toBe("ok");
    lab.settle();
    expect(next.recvs()).toEqual(["again"]);
    const { crashed = 0, "connection-lost": lost = 0, "pipe-closed": closed = 0 } = lab.fates as Record<string, number>;
    expect(crashed + lost + closed).toBe(20);
    expect(closed).toBeGreaterThan(0);
  });

  test("IMMEDIATE 0 keeps what waited in the pipe", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { sndbuf: 1 });
    const server = lab.process("server");
    server.socket("PULL", { rcvhwm: 1, rcvbuf: 1 }).bind(TCP);
    push.connect(TCP);
    lab.settle();
    expect(push.sends(20, () => [100_000])).toBe(20);
    lab.settle();
    server.kill();
    lab.settle();
    const next = lab.lone("PULL");
    next.bind(TCP);
    lab.settle(500);
    const rest = next.recvs().length;
    const { crashed = 0, "connection-lost": lost = 0 } = lab.fates as Record<string, number>;
    expect(rest).toBeGreaterThan(10);
    expect(rest + crashed + lost).toBe(20);
  });

  test("subscriptions are kept and sent when the pipe comes", () => {
    const lab = new Lab();
    const sub = lab.lone("SUB", { immediate: 1 }).subscribe("b", "a");
    sub.connect(TCP);
    lab.settle(20);
    sub.subscribe("c");
    const xpub = lab.lone("XPUB");
    xpub.bind(TCP);
    lab.settle(500);
    sub.events(); // attaches the pipe
    lab.settle();
    xpub.events();
    lab.settle();
    expect(xpub.recvs()).toEqual(["\x01a", "\x01b", "\x01c"]);
  });
});
