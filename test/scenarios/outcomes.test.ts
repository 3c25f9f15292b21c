/**
 * What the scenarios come to over many seeds, against what real ZeroMQ came to: every outcome is one that was
 * seen or is legal, and the most frequent one is the same.
 */
import { describe, expect, test } from "vitest";
import type { Finished } from "../../src/cli/engine.ts";
import { received, tally } from "./support/run.ts";

const SUBSCRIBER = "subscriber.receiver";
const bySubscriber = (finished: Finished): string => received(finished, SUBSCRIBER);

describe("pub-sub through a proxy", () => {
  test("late-joiner loses message 0, or nothing in a few of a hundred runs", () => {
    const outcomes = tally("late-joiner", 200, bySubscriber);
    expect([...outcomes.keys()]).toEqual(["1,2", "0,1,2"]);
    expect(outcomes.get("0,1,2")).toBeLessThan(40);
  });

  // Measured with the same gaps and pauses, 10 to 80 runs each.
  test.each([
    ["start-order-sub-proxy-pub", ["1,2", "0,1,2"]],
    ["start-order-sub-pub-proxy", [""]],
    ["start-order-proxy-sub-pub", ["1,2", "0,1,2"]],
    ["start-order-proxy-pub-sub", ["", "2"]],
    ["start-order-pub-sub-proxy", [""]],
    ["start-order-pub-proxy-sub", [""]],
  ])("%s", (name, measured) => {
    expect([...tally(name, 200, bySubscriber).keys()]).toEqual(measured);
  });

  test("the stable publisher reaches its subscriber with everything or with nothing", () => {
    expect([...tally("stable-pub-sub", 200, bySubscriber).keys()]).toEqual(["0,1,2", ""]);
  });

  test("a bridge joins late, but misses nothing from then on", () => {
    expect([...tally("bridge", 50, (finished) => missed(finished, "archive.receiver"))]).toEqual([["prefix", 50]]);
  });
});

test("node coordination: everybody gets everything, or in a few runs one gets nothing at all", () => {
  const subscribers = Array.from({ length: 8 }, (_, i) => `subscriber[${i}].receiver`);
  const outcomes = tally("node-coordination", 100, (finished) =>
    [...new Set(subscribers.map((receiver) => missed(finished, receiver)))].sort().join(),
  );
  expect([...outcomes.keys()]).toEqual(["nothing", "everything,nothing"]);
  expect(outcomes.get("nothing")).toBeGreaterThan(75);
});

/** What a receiver missed of the messages that it wanted: nothing, everything, those before its first one, or others. */
function missed({ analysis }: Finished, receiver: string): "nothing" | "everything" | "prefix" | "others" {
  const got = analysis.messages
    .flatMap(({ deliveries }) => deliveries.filter((one) => one.receiver === receiver))
    .map(({ fate }) => fate === "delivered");
  if (!got.includes(false)) return "nothing";
  if (!got.includes(true)) return "everything";
  return got.lastIndexOf(false) < got.indexOf(true) ? "prefix" : "others";
}

/** "yes", or what failed. */
const holds = ({ expectations }: Finished): string =>
  expectations
    .filter(({ ok }) => !ok)
    .map(({ text, actual }) => `${text}: ${actual}`)
    .join("; ") || "yes";

// What real runs showed every time holds for every seed.
test.each([
  "async-server",
  "connect-before-bind",
  "forwarder",
  "hwm-inproc",
  "hwm-tcp",
  "least-recently-used",
  "mn-pub-sub",
  "mute-states",
  "req-without-reply",
  "shared-queue-poll",
  "shared-queue-proxy",
  "streamer",
  "udp",
])("%s holds for every seed", (name) => {
  expect([...tally(name, 40, holds)]).toEqual([["yes", 40]]);
});
