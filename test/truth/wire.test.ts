/** Bytes and hops: model 7.1 to 7.3, 7.5, 7.7. */
import { describe, expect, test } from "vitest";
import { defaultOptions, type SocketTypeName } from "../../src/ctx/options.ts";
import { CANCEL, Frame, SUBSCRIBE } from "../../src/pipe/frame.ts";
import { ping, ready, wireSize } from "../../src/zmtp/wire.ts";
import { Lab } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

describe("model 7.2: READY", () => {
  test.each<[SocketTypeName, number]>([
    ["PUB", 27],
    ["SUB", 27],
    ["REP", 27],
    ["XPUB", 28],
    ["XSUB", 28],
    ["PUSH", 28],
    ["PULL", 28],
    ["PAIR", 28],
    ["REQ", 40],
    ["DEALER", 43],
    ["ROUTER", 43],
  ])("%s: %i bytes", (type, size) => {
    expect(ready(defaultOptions(type, true)).size).toBe(size);
    expect(ready({ ...defaultOptions(type, true), routingId: "abc" }).size).toBe(size + (size >= 40 ? 3 : 0));
  });
});

test("model 7.5: frames, subscriptions and pings", () => {
  expect([0, 1, 255, 256, 100_000].map((bytes) => wireSize(new Frame(null, bytes, 0, null)))).toEqual([
    2, 3, 257, 265, 100_009,
  ]);
  expect([wireSize(Frame.of("topic", SUBSCRIBE)), wireSize(Frame.of("topic", CANCEL))]).toEqual([17, 14]);
  expect([ping(0).size, ping(1550).ttl]).toEqual([9, 1500]);
});

/** Writes, in order, as departure in ms and bytes. Latency is 10 ms each way. */
function writes(
  connecting: SocketTypeName,
  binding: SocketTypeName,
  begin: (connecter: ReturnType<Lab["lone"]>) => void,
) {
  const lab = new Lab({ profile: { extends: "ideal", loopback: { latency: 10_000_000, bandwidth: 0 } } });
  const link = lab.world.network.link("host", "host", "tcp");
  const sent: [at: number, bytes: number][] = [];
  const transfer = link.transfer.bind(link);
  link.transfer = (departure, bytes) => {
    if (bytes > 0) sent.push([departure / 1e6, bytes]);
    return transfer(departure, bytes);
  };
  const binder = lab.lone(binding);
  const connecter = lab.lone(connecting);
  binder.bind(TCP);
  connecter.connect(TCP);
  begin(connecter);
  lab.settle(200);
  return sent;
}

/** Writes of one instant as one segment: the rest of the greeting and READY follow each other at once. */
function merged(sent: readonly (readonly [at: number, bytes: number])[]): [at: number, bytes: number][] {
  const hops: [number, number][] = [];
  for (const [at, bytes] of sent) {
    const last = hops.at(-1);
    if (last?.[0] === at) last[1] += bytes;
    else hops.push([at, bytes]);
  }
  return hops;
}

describe("model 7.3: the greeting, hop by hop, 10 ms one way", () => {
  test("DEALER to ROUTER with three messages of 5 bytes: 10, 11, 54, 96, 64", () => {
    const hops = writes("DEALER", "ROUTER", (dealer) => {
      for (let count = 0; count < 3; count++) dealer.send("12345");
    });
    expect(merged(hops)).toEqual([
      [20, 10],
      [30, 11],
      [40, 54],
      [50, 96],
      [60, 64],
    ]);
  });

  test("SUB to PUB with one topic: 10, 11, 54, 80, 44", () => {
    const hops = writes("SUB", "PUB", (sub) => void sub.subscribe("topic"));
    expect(merged(hops).map(([, bytes]) => bytes)).toEqual([10, 11, 54, 80, 44]);
  });
});

describe("model 7.7: batches", () => {
  test.each([
    [1, 20_000],
    [100, 500],
    [1000, 50],
  ])("messages of %i bytes travel in writes of 8192", (size, count) => {
    const data = writes("PUSH", "PULL", (push) => {
      push.set("sndhwm", 0);
      push.sends(count, () => [size]);
    })
      .slice(5)
      .map(([, bytes]) => bytes);
    const total = count * wireSize(new Frame(null, size, 0, null));
    // The READY goes out with the first batch.
    expect(data.reduce((sum, bytes) => sum + bytes, 0)).toBe(total + 28);
    expect(data.slice(0, -1).every((bytes) => bytes === 8192)).toBe(true);
  });
});
