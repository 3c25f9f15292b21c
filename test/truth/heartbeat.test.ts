/** Heartbeats and other timers of a connection: D28; model 7.6, 6.4. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket, type Options } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

/** A connected pair; the handshake is over at 0 ms. */
function connected(options: Options, peerOptions: Options = {}): { lab: Lab; dealer: LabSocket; peer: LabSocket } {
  const lab = new Lab();
  const dealer = lab.lone("DEALER", options);
  const peer = lab.lone("DEALER", peerOptions);
  peer.bind(TCP);
  dealer.connect(TCP);
  lab.settle(1);
  expect(dealer.times("HANDSHAKE_SUCCEEDED")).toEqual([0]);
  return { lab, dealer, peer };
}

/** From now on nothing arrives any more, and nobody is told. */
const silence = (lab: Lab): void => lab.world.network.setPartition("host", "host", true);

describe("D28: a silent peer", () => {
  test.each([
    [100, -1, 200],
    [100, 50, 150],
    [100, 250, 350],
    [100, 100, 200],
    [200, 30, 230],
  ])("IVL %i, TIMEOUT %i: closed after %i ms", (heartbeat_ivl, heartbeat_timeout, closed) => {
    const { lab, dealer } = connected({ heartbeat_ivl, heartbeat_timeout });
    silence(lab);
    lab.settle(1000);
    expect(dealer.times("DISCONNECTED")[0]).toBe(closed);
    expect(dealer.values("CONNECT_RETRIED")[0]).toBe(183);
  });

  test("IVL 0: never", () => {
    const { lab, dealer } = connected({});
    silence(lab);
    lab.settle(60_000);
    expect(dealer.times("DISCONNECTED")).toEqual([]);
  });

  test("silence that begins later: the first PING without an answer counts", () => {
    const { lab, dealer } = connected({ heartbeat_ivl: 100, heartbeat_timeout: 250 });
    lab.settle(449); // PINGs at 100, 200, 300, 400 were answered
    silence(lab);
    lab.settle(1000);
    expect(dealer.times("DISCONNECTED")[0]).toBe(750);
  });
});

test("D28: a peer that answers with PONG keeps the connection", () => {
  const { lab, dealer, peer } = connected({ heartbeat_ivl: 100, heartbeat_timeout: 50 });
  lab.settle(10_000);
  expect([dealer.times("DISCONNECTED"), peer.times("DISCONNECTED")]).toEqual([[], []]);
  dealer.send("x");
  lab.settle();
  expect(peer.recv()).toBe("x");
});

describe("model 7.6: TTL", () => {
  test("the receiver closes when nothing came for the time that the last PING gave", () => {
    const { lab, dealer, peer } = connected({ heartbeat_ivl: 100, heartbeat_ttl: 300, heartbeat_timeout: 10_000 });
    lab.settle(100); // one PING
    silence(lab);
    lab.settle(1000);
    expect(peer.times("DISCONNECTED")).toEqual([400]);
    expect(dealer.times("DISCONNECTED")).toEqual([]);
  });

  test("TTL 0: never", () => {
    const { lab, peer } = connected({ heartbeat_ivl: 100, heartbeat_timeout: 100_000 });
    lab.settle(100);
    silence(lab);
    lab.settle(60_000);
    expect(peer.times("DISCONNECTED")).toEqual([]);
  });

  test.each([
    [350, 300],
    [1599, 1500],
    [65_600, 64],
    [70_000, 4464],
  ])("TTL %i ms travels in tenths of a second and is kept in 16 bits: %i ms", (heartbeat_ttl, time) => {
    const { lab, peer } = connected({ heartbeat_ivl: 100_000, heartbeat_ttl, heartbeat_timeout: 1_000_000 });
    lab.settle(100_000 - 1);
    silence(lab);
    // The PING was not sent yet; heal long enough for it to pass.
    lab.world.network.setPartition("host", "host", false);
    lab.settle(0.5);
    silence(lab);
    lab.settle(100_000);
    expect(peer.times("DISCONNECTED")[0]).toBe(100_000 + time);
  });
});

test("gotcha 43: heartbeats kill a healthy link whose receiver is stopped by its limit", () => {
  const { lab, dealer, peer } = connected({ sndhwm: 10 }, { rcvhwm: 1, heartbeat_ivl: 100 });
  for (let round = 0; round < 5; round++) {
    dealer.sends(10);
    lab.settle();
  }
  lab.settle(1000);
  // The peer's PINGs go out and are answered, but it decodes nothing.
  expect(peer.times("DISCONNECTED")[0]).toBe(200);
  expect(dealer.monitored).toContain("DISCONNECTED");
});

describe("model 6.4: other timers", () => {
  test.each([
    ["after reading", 32],
    ["with our bytes unread", 104],
  ])("measured with npm zeromq: a peer that closes in the handshake %s: errno %i, and another try", (how, errno) => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const network = lab.world.network;
    const listening = network.listen(
      { transport: "tcp", host: "127.0.0.1", port: 7000, address: "127.0.0.1:7000" },
      {
        host: "host",
        ownerName: "raw",
        backlog: 10,
        buffers: { sndbuf: -1, rcvbuf: -1 },
        user: { acceptable: () => {} },
      },
    );
    if (typeof listening === "string") throw new Error(listening);
    push.connect(TCP);
    lab.settle(50);
    const [end] = listening.socket.waiting;
    if (how === "after reading") end?.read(100);
    end?.close(lab.world.kernel.now);
    lab.settle();
    expect(push.monitored).toEqual([
      "CONNECT_DELAYED(115)",
      "CONNECTED",
      `HANDSHAKE_FAILED_NO_DETAIL(${errno})`,
      "DISCONNECTED",
      "CONNECT_RETRIED(183)",
    ]);
  });

  test("HANDSHAKE_IVL: a peer that accepts and says nothing", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { handshake_ivl: 300 });
    const listener = { host: "host", ownerName: "silent", backlog: 10, buffers: { sndbuf: -1, rcvbuf: -1 } };
    lab.world.network.listen(
      { transport: "tcp", host: "127.0.0.1", port: 7000, address: "127.0.0.1:7000" },
      { ...listener, user: { acceptable: () => {} } },
    );
    push.connect(TCP);
    lab.settle(310);
    expect(push.monitored).toEqual([
      "CONNECT_DELAYED(115)",
      "CONNECTED",
      "HANDSHAKE_FAILED_NO_DETAIL(11)",
      "DISCONNECTED",
      "CONNECT_RETRIED(183)",
    ]);
    expect(push.times("DISCONNECTED")).toEqual([300]);
  });

  test("HANDSHAKE_IVL 0 waits for ever; the default is 30 s", () => {
    for (const [options, closed] of [
      [{ handshake_ivl: 0 }, undefined],
      [{}, 30_000],
    ] as const) {
      const lab = new Lab();
      const push = lab.lone("PUSH", options);
      const listener = { host: "host", ownerName: "silent", backlog: 10, buffers: { sndbuf: -1, rcvbuf: -1 } };
      lab.world.network.listen(
        { transport: "tcp", host: "127.0.0.1", port: 7000, address: "127.0.0.1:7000" },
        { ...listener, user: { acceptable: () => {} } },
      );
      push.connect(TCP);
      lab.settle(31_000);
      expect(push.times("DISCONNECTED")[0]).toBe(closed);
    }
  });

  test("CONNECT_TIMEOUT: CLOSED and RETRIED when it runs out; 0: as long as the kernel tries", () => {
    const lab = new Lab();
    const [hasty, patient] = [lab.lone("PUSH", { connect_timeout: 200 }), lab.lone("PUSH")];
    silence(lab);
    for (const push of [hasty, patient]) push.connect(TCP);
    lab.settle(250);
    expect(hasty.monitored).toEqual(["CONNECT_DELAYED(115)", "CLOSED", "CONNECT_RETRIED(183)"]);
    expect(hasty.times("CLOSED")).toEqual([200]);
    lab.settle(60_000);
    expect(patient.monitored).toEqual(["CONNECT_DELAYED(115)"]);
  });
});
