import { describe, expect, test } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import type { EventId } from "../../src/kernel/event-queue.ts";
import { EventQueue } from "../../src/kernel/event-queue.ts";
import { KeyHeap } from "../../src/kernel/key-heap.ts";
import { Ladder } from "../../src/kernel/ladder.ts";
import { RandomStreams } from "../../src/kernel/random.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";

const nobody: Actor = { label: "nobody", fire: () => undefined };

/** Delays that put thousands of events in different relations to each other. */
const DELAYS: Readonly<Record<string, (draw: (n: number) => number) => number>> = {
  "all at one instant": () => 0,
  "a few instants": (draw) => draw(3) * 1e6,
  "every nanosecond": (draw) => draw(2000),
  "near and far": (draw) => (draw(4) === 0 ? 1e15 - draw(1e6) : draw(1e5)),
  "over twelve decades": (draw) => Math.floor(10 ** (draw(12_000) / 1000)),
  "mostly late": (draw) => 1e9 + draw(1000) * draw(1000),
};

describe("thousands of pending events come in the order of a plain sort", () => {
  test.each(Object.keys(DELAYS))("%s", (name) => {
    const delay = DELAYS[name] as (draw: (n: number) => number) => number;
    const queue = new EventQueue();
    const stream = new RandomStreams("1").stream(name);
    const draw = (n: number): number => stream.int(n);
    const clock = { now: 0 as Instant };
    const lane = queue.lane(clock, 1000 as Duration);
    // The plain sort: what is pending, by arg; sequence numbers rise with it.
    const pending = new Map<number, { at: number; id: EventId | null }>();
    let args = 0;
    const add = (): void => {
      const arg = args++;
      const at = clock.now + delay(draw);
      if (draw(10) === 0) {
        lane.schedule(nobody, 0, arg);
        pending.set(arg, { at: clock.now + 1000, id: null });
      } else pending.set(arg, { at, id: queue.schedule(at as Instant, nobody, 0, arg) });
    };
    const expectedOrder: number[] = [];
    const order: number[] = [];
    for (let index = 0; index < 5000; index++) add();
    for (let round = 0; round < 30; round++) {
      const cancels = draw(3) === 0 ? 400 : 10;
      const all = [...pending.keys()];
      for (let index = 0; index < cancels; index++) {
        const arg = all[draw(all.length)] as number;
        const { id } = pending.get(arg) ?? { id: null };
        if (id === null) continue;
        expect(queue.cancel(id)).toBe(true);
        pending.delete(arg);
      }
      const due = [...pending].sort(([a, x], [b, y]) => x.at - y.at || a - b).slice(0, draw(300));
      for (const [arg, { at }] of due) {
        expectedOrder.push(arg);
        expect(queue.advance(Number.MAX_VALUE)).toBe(true);
        order.push(queue.arg);
        expect(queue.time).toBe(at);
        clock.now = at as Instant;
        pending.delete(arg);
      }
      for (let index = 0; index < draw(400); index++) add();
    }
    const rest = [...pending].sort(([a, x], [b, y]) => x.at - y.at || a - b).map(([arg]) => arg);
    while (queue.advance(Number.MAX_VALUE)) order.push(queue.arg);
    expect(order).toEqual([...expectedOrder, ...rest]);
    expect(queue.heapEntries).toBeLessThanOrEqual(1);
  });
});

test("cancelled events of the farther future do not pile up", () => {
  const queue = new EventQueue();
  for (let index = 0; index < 5000; index++) queue.schedule((1e9 + 1000 * index) as Instant, nobody, 0, index);
  let most = 0;
  for (let count = 0; count < 50_000; count++) {
    queue.cancel(queue.schedule((2e9 + count) as Instant, nobody, 0, 0));
    most = Math.max(most, queue.heapEntries);
  }
  expect(most).toBeLessThanOrEqual(2 * 5000 + 66);
  let taken = 0;
  while (queue.advance(Number.MAX_VALUE)) expect(queue.arg).toBe(taken++);
  expect(taken).toBe(5000);
});

test("time passes within an event only where nothing is due, near or far", () => {
  const queue = new EventQueue();
  for (let index = 0; index < 3000; index++) queue.schedule((index * 1000) as Instant, nobody, 0, index);
  for (let taken = 0; taken < 2999; taken++) {
    expect(queue.advance(Number.MAX_VALUE)).toBe(true);
    expect(queue.idleUntil(queue.time + 1000)).toBe(false);
  }
});

test("whatever remains in the ladder is at its limit or later, whatever has come to the heap is earlier", () => {
  for (let round = 0; round < 100; round++) {
    const stream = new RandomStreams("1").stream(`rungs/${round}`);
    const capacity = 4096;
    const ladder = new Ladder(capacity);
    const times = new Map<number, number>();
    let slot = 0;
    const span = 1 + stream.int(3000);
    const add = (time: number): void => {
      times.set(slot, time);
      ladder.add(time, slot++);
    };
    for (let index = 0; index < 1 + stream.int(800); index++) add(stream.int(span));
    while (ladder.count > 0) {
      const heap = new KeyHeap(capacity);
      ladder.refill(heap);
      const taken = [...heap.slots.subarray(0, heap.size)];
      expect(Math.max(...taken.map((one) => times.get(one) as number))).toBeLessThan(ladder.limit);
      for (const one of taken) times.delete(one);
      expect(times.size).toBe(ladder.count);
      expect(Math.min(...times.values())).toBeGreaterThanOrEqual(ladder.limit);
      // A little beyond the last rung is where the top begins.
      if (ladder.limit < Infinity && slot < capacity - 4)
        for (let index = 0; index < 3; index++) add(Math.max(ladder.limit, span - 5 + stream.int(20)));
      if (slot > 1500) break;
    }
  }
});
