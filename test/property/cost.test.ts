/**
 * The short form of the benchmark: what a message costs in operations, which no machine changes, and
 * limits on memory and on time beside the reference heap so wide that only a gross regression meets them.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { reference } from "../bench/kernel.ts";
import { type Done, idleSubscribers, manyTopics, proxied, pubSub, pushPull, sharedQueue } from "../bench/model.ts";

describe("kernel events per message", () => {
  const eventsPerMessage = ({ count, events }: Done): number => events / count;

  // One per call that takes time, and what the I/O threads and the network add: a batch is one read and one write.
  test.each<[string, () => Done, number]>([
    ["PUSH/PULL over inproc: a send and a receive", () => pushPull("inproc", 20_000), 2.1],
    ["PUSH/PULL over tcp: half an event for batches", () => pushPull("tcp", 20_000), 2.7],
    ["PUB to 100 over inproc: the receives", () => pubSub("inproc", 100, 20_000), 1.1],
    ["PUB to 100 over tcp: batches shared by many messages", () => pubSub("tcp", 100, 20_000), 1.4],
    ["through a proxy over tcp", () => proxied("tcp", 5_000), 3.7],
    ["a request and its reply through a shared queue", () => sharedQueue(2_000), 21],
    ["10,000 topics", () => manyTopics(10_000, 10_000), 0.5],
  ])("%s", (_name, work, most) => {
    expect(eventsPerMessage(work())).toBeLessThan(most);
  });
});

test("an idle subscriber, both ends of its connection, holds a few kilobytes", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = (count: number): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const bench = idleSubscribers(count);
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    expect(bench.journal.written).toBe(0);
    return bytes;
  };
  held(100);
  expect(held(3000) / 3000).toBeLessThan(8000);
});

test("a message of the whole model costs a handful of steps of a plain heap", () => {
  const cpu = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const heap = reference(10_000);
  const [steps, messages]: [number[], number[]] = [[], []];
  // The compiler is done after two to five of them. The fastest of each: a step that was held up makes no message cheap.
  for (let round = 0; round < 10; round++) {
    steps.push(cpu(() => heap(200_000)) / 200_000);
    messages.push(cpu(() => void pushPull("tcp", 50_000)) / 50_000);
  }
  // 3 to 4 as measured.
  expect(Math.min(...messages) / Math.min(...steps)).toBeLessThan(15);
});
