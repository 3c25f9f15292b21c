import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import type { EventId } from "../../src/kernel/event-queue.ts";
import { EventQueue } from "../../src/kernel/event-queue.ts";
import { RandomStreams } from "../../src/kernel/random.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";

const nobody: Actor = { label: "nobody", fire: () => undefined };

test("cancelled entries do not pile up", () => {
  // The timers of a request that is always answered in time: set far ahead, taken back at once.
  const queue = new EventQueue();
  const live = Array.from({ length: 100 }, (_, index) => queue.schedule((1e9 + index) as Instant, nobody, 0, index));
  let most = 0;
  for (let count = 0; count < 10_000; count++) {
    expect(queue.cancel(queue.schedule((2e9 + count) as Instant, nobody, 0, 0))).toBe(true);
    most = Math.max(most, queue.heapEntries);
  }
  expect(most).toBeLessThanOrEqual(2 * live.length + 66);
  const order: number[] = [];
  while (queue.advance(Number.MAX_VALUE)) order.push(queue.arg);
  expect(order).toEqual(live.map((_, index) => index));
  expect(queue.heapEntries).toBeLessThanOrEqual(1);
});

test("a compaction while the root is open keeps every entry", () => {
  const queue = new EventQueue();
  const ids: EventId[] = [];
  for (let index = 0; index < 1000; index++)
    ids.push(queue.schedule(((index * 7919) % 1000) as Instant, nobody, index, 0));
  expect(queue.advance(0)).toBe(true);
  for (const [index, id] of ids.entries()) if (index % 10 !== 0) queue.cancel(id);
  const seen = [queue.time];
  while (queue.advance(Number.MAX_VALUE)) seen.push(queue.time);
  expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index * 10));
});

test.each([130, 131, 150, 400])("a compaction of %d shuffled entries leaves a heap", (count) => {
  for (let round = 1; round <= 50; round++) {
    const queue = new EventQueue();
    const stream = new RandomStreams("1").stream(`round/${round}`);
    const times = Array.from({ length: count }, () => stream.int(1e9));
    const ids = times.map((time) => queue.schedule(time as Instant, nobody, 0, 0));
    const cancelled = new Set<number>();
    for (let index = 0; queue.heapEntries === count; index = stream.int(count)) {
      if (queue.cancel(ids[index]!)) cancelled.add(index);
    }
    const seen: number[] = [];
    while (queue.advance(Number.MAX_VALUE)) seen.push(queue.time);
    expect(seen).toEqual(times.filter((_, index) => !cancelled.has(index)).sort((a, b) => a - b));
  }
});

test("a lane that grows while its ring is wrapped around keeps its order", () => {
  const queue = new EventQueue();
  const lane = queue.lane({ now: 0 as Instant }, 5 as Duration);
  const seen: number[] = [];
  for (let arg = 0; arg < 100; arg++) {
    lane.schedule(nobody, 0, arg);
    if (arg % 3 === 0 && queue.advance(5)) seen.push(queue.arg);
  }
  while (queue.advance(5)) seen.push(queue.arg);
  expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("neither a cancelled nor a taken event holds its actor", async () => {
  const queue = new EventQueue();
  const references = ["cancelled", "lane", "heap", "fan-out"].map((kind) => new WeakRef(add(queue, kind)));
  while (queue.advance(10)) queue.actor.fire(queue.op, queue.arg);
  queue.schedule(11 as Instant, nobody, 0, 0);
  queue.advance(11);
  // A weak reference keeps its target for the rest of the turn that made it.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined, undefined, undefined]);
});

function add(queue: EventQueue, kind: string): Actor {
  const actor: Actor = { label: kind, fire: () => undefined };
  if (kind === "cancelled") queue.cancel(queue.schedule(1e9 as Instant, actor, 0, 0));
  if (kind === "lane") queue.lane({ now: 0 as Instant }, 5 as Duration).schedule(actor, 0);
  if (kind === "heap") queue.schedule(5 as Instant, actor, 0, 0);
  if (kind === "fan-out") queue.fanOut(5 as Instant, [actor, actor], 0, 0);
  return actor;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
