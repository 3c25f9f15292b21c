import { describe, expect, test } from "vitest";
import { InvariantError } from "../../src/kernel/invariant.ts";
import type { EventId } from "../../src/kernel/kernel.ts";
import { Kernel, LimitError, NO_EVENT } from "../../src/kernel/kernel.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";
import { Recorder } from "./recorder.ts";

const delay = (count: number): Duration => count as Duration;
const instant = (count: number): Instant => count as Instant;
const FOREVER = instant(1e15);

function setup(then?: (kernel: Kernel, op: number, arg: number) => void) {
  const kernel = new Kernel({ seed: "1" });
  const history: string[] = [];
  const actor = (label: string) => new Recorder(label, kernel, history, (op, arg) => then?.(kernel, op, arg));
  return { kernel, history, actor };
}

describe("order", () => {
  test("at one instant the tiers interleave in the order of scheduling", () => {
    const { kernel, history, actor } = setup();
    const [a, b, c] = [actor("a"), actor("b"), actor("c")];
    const lane = kernel.lane(delay(10));
    kernel.schedule(delay(10), a, 1);
    lane.schedule(b, 2, 20);
    kernel.fanOut(delay(10), [a, b, c], 3, 30);
    lane.fanOut([c, b], 4);
    kernel.scheduleAt(instant(10), c, 5, -1);
    lane.schedule(a, 6);
    expect(kernel.pending).toBe(9);
    expect(kernel.run(FOREVER)).toBe("quiet");
    expect(history).toEqual([
      "10 a 1 0",
      "10 b 2 20",
      "10 a 3 30",
      "10 b 3 30",
      "10 c 3 30",
      "10 c 4 0",
      "10 b 4 0",
      "10 c 5 -1",
      "10 a 6 0",
    ]);
    expect([kernel.pending, kernel.executed, kernel.now]).toEqual([0, 9, 10]);
  });

  test("an event scheduled for the present instant from within one comes last at that instant", () => {
    const { kernel, history, actor } = setup((k, op) => {
      if (op === 1) k.schedule(delay(0), d, 9);
    });
    const [a, b, d] = [actor("a"), actor("b"), actor("d")];
    kernel.fanOut(delay(5), [a, b], 1);
    kernel.schedule(delay(5), b, 2);
    kernel.schedule(delay(6), b, 3);
    kernel.run(FOREVER);
    expect(history).toEqual(["5 a 1 0", "5 b 1 0", "5 b 2 0", "5 d 9 0", "5 d 9 0", "6 b 3 0"]);
  });

  test("lanes of one delay are one lane, and many lanes merge by time", () => {
    const { kernel, history, actor } = setup();
    const a = actor("a");
    expect(kernel.lane(delay(7))).toBe(kernel.lane(delay(7)));
    for (let count = 40; count >= 1; count--) kernel.lane(delay(count)).schedule(a, count);
    kernel.run(FOREVER);
    expect(history).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 1} a ${index + 1} 0`));
  });

  test("a fan-out to nobody is nothing, to one an event", () => {
    const { kernel, history, actor } = setup();
    kernel.fanOut(delay(1), [], 1);
    kernel.lane(delay(1)).fanOut([], 1);
    kernel.fanOut(delay(1), [actor("a")], 2);
    kernel.lane(delay(1)).fanOut([actor("b")], 3);
    expect(kernel.pending).toBe(2);
    kernel.run(FOREVER);
    expect(history).toEqual(["1 a 2 0", "1 b 3 0"]);
  });
});

describe("run", () => {
  test("executes what is at `until`, leaves what is later and the clock at `until`", () => {
    const { kernel, history, actor } = setup();
    for (const at of [1, 5, 6]) kernel.scheduleAt(instant(at), actor("a"), at);
    expect(kernel.run(instant(5))).toBe("until");
    expect([history.length, kernel.now, kernel.pending]).toEqual([2, 5, 1]);
    expect(kernel.run(instant(5))).toBe("until");
    expect(kernel.run(instant(9))).toBe("quiet");
    expect([history.length, kernel.now]).toEqual([3, 6]);
  });

  test("is quiet when all that is left is cancelled", () => {
    const { kernel, actor } = setup();
    const id = kernel.schedule(delay(50), actor("a"), 0);
    kernel.cancel(id);
    expect(kernel.run(instant(10))).toBe("quiet");
    expect(kernel.now).toBe(0);
  });

  test("stops between two targets of a fan-out and goes on there", () => {
    const { kernel, history, actor } = setup((k, _op, arg) => {
      if (arg === 1) k.stop();
    });
    kernel.fanOut(delay(1), [actor("a"), actor("b"), actor("c")], 0, 1);
    expect(kernel.run(FOREVER)).toBe("stopped");
    expect(history).toEqual(["1 a 0 1"]);
    expect(kernel.step()).toBe(true);
    expect(kernel.run(FOREVER)).toBe("stopped");
    expect(kernel.step()).toBe(false);
    expect(history).toEqual(["1 a 0 1", "1 b 0 1", "1 c 0 1"]);
  });

  test("an event that throws is over, and the next run goes on after it", () => {
    const { kernel, history, actor } = setup((_k, op) => {
      if (op === 1) throw new Error("boom");
    });
    const [a, b] = [actor("a"), actor("b")];
    kernel.schedule(delay(1), a, 1);
    kernel.lane(delay(2)).schedule(a, 1);
    kernel.schedule(delay(3), b, 2);
    expect(() => kernel.run(FOREVER)).toThrow("boom");
    expect(() => kernel.run(FOREVER)).toThrow("boom");
    expect(kernel.run(FOREVER)).toBe("quiet");
    expect(history).toEqual(["1 a 1 0", "2 a 1 0", "3 b 2 0"]);
  });

  test.each<[string, (kernel: Kernel, actor: Recorder) => void]>([
    ["a negative delay", (kernel, actor) => kernel.schedule(delay(-1), actor, 0)],
    ["a delay that is no number", (kernel, actor) => kernel.schedule(delay(NaN), actor, 0)],
    ["an endless delay", (kernel, actor) => kernel.schedule(delay(Infinity), actor, 0)],
    ["an instant that is over", (kernel, actor) => kernel.scheduleAt(instant(4), actor, 0)],
    ["an op beyond 32 bits", (kernel, actor) => kernel.schedule(delay(1), actor, 2 ** 31)],
    ["an arg that is not whole", (kernel, actor) => kernel.lane(delay(1)).schedule(actor, 0, 0.5)],
    ["a run into the past", (kernel) => kernel.run(instant(4))],
    ["a lane into the past", (kernel) => kernel.lane(delay(-1))],
  ])("refuses %s", (_title, act) => {
    const { kernel, actor } = setup();
    kernel.schedule(delay(5), actor("a"), 0);
    kernel.run(FOREVER);
    expect(() => act(kernel, actor("b"))).toThrow(InvariantError);
  });

  test("refuses to run inside itself", () => {
    const { kernel, actor } = setup((k) => k.run(FOREVER));
    kernel.schedule(delay(1), actor("a"), 0);
    expect(() => kernel.run(FOREVER)).toThrow("runs already");
  });
});

describe("cancel", () => {
  test("takes an event back once", () => {
    const { kernel, history, actor } = setup();
    const id = kernel.schedule(delay(1), actor("a"), 0);
    kernel.schedule(delay(2), actor("b"), 0);
    expect([kernel.cancel(id), kernel.cancel(id), kernel.cancel(NO_EVENT)]).toEqual([true, false, false]);
    expect(kernel.pending).toBe(1);
    kernel.run(FOREVER);
    expect(history).toEqual(["2 b 0 0"]);
  });

  test.each([0, -1, 1, NaN, 2 ** 25, 2 ** 52, 0.5])("%d names nothing", (id) => {
    const { kernel, actor } = setup();
    kernel.schedule(delay(1), actor("a"), 0);
    expect(kernel.cancel(id as EventId)).toBe(false);
    expect(kernel.pending).toBe(1);
  });

  test("old ids never match, though their slots are used again", () => {
    const { kernel, actor } = setup();
    const a = actor("a");
    const old: EventId[] = [];
    for (let round = 0; round < 50; round++) {
      const fired = kernel.schedule(delay(1), a, 0);
      const cancelled = kernel.schedule(delay(1), a, 0);
      kernel.cancel(cancelled);
      kernel.run(FOREVER);
      old.push(fired, cancelled);
    }
    const live = Array.from({ length: 300 }, () => kernel.schedule(delay(1), a, 0));
    expect(new Set([...old, ...live]).size).toBe(400);
    expect(old.some((id) => kernel.cancel(id))).toBe(false);
    expect(kernel.pending).toBe(300);
  });

  test("an event cannot cancel itself, but a later one of its own instant", () => {
    const ids: EventId[] = [];
    const results: boolean[] = [];
    const { kernel, history, actor } = setup((k) => results.push(k.cancel(ids[0]!), k.cancel(ids[1]!)));
    ids.push(kernel.schedule(delay(1), actor("a"), 0), kernel.schedule(delay(1), actor("b"), 0));
    kernel.run(FOREVER);
    expect(results).toEqual([false, true]);
    expect(history).toEqual(["1 a 0 0"]);
  });
});

describe("passTime", () => {
  /** Counts down by itself, each step 10 ns, with passTime where that is allowed. */
  const ticker = (kernel: Kernel, log: string[], name: string, inline: boolean) => {
    const actor = {
      label: name,
      fire(left: number): void {
        for (let count = left; count > 0; count--) {
          log.push(`${kernel.now} ${name}${count}`);
          if (inline && kernel.passTime(delay(10))) continue;
          kernel.schedule(delay(10), actor, count - 1);
          return;
        }
      },
    };
    return actor;
  };

  test.each([[0], [5], [10]])(
    "two actors, the second starting at %i ns, run in the order that events give",
    (start) => {
      const histories = [false, true].map((inline) => {
        const kernel = new Kernel({ seed: "1" });
        const log: string[] = [];
        kernel.schedule(delay(0), ticker(kernel, log, "a", inline), 4);
        kernel.schedule(delay(start), ticker(kernel, log, "b", inline), 4);
        kernel.run(instant(100));
        return { log, executed: kernel.executed, pending: kernel.pending, now: kernel.now };
      });
      expect(histories[1]).toEqual(histories[0]);
    },
  );

  test("does not pass the end of the run", () => {
    const kernel = new Kernel({ seed: "1" });
    const log: string[] = [];
    kernel.schedule(delay(0), ticker(kernel, log, "a", true), 9);
    expect(kernel.run(instant(25))).toBe("until");
    expect(log).toEqual(["0 a9", "10 a8", "20 a7"]);
  });

  test("counts against the limits", () => {
    const kernel = new Kernel({ seed: "1", limits: { events: 5, eventsPerInstant: 5 } });
    kernel.schedule(delay(0), ticker(kernel, [], "a", true), 9);
    expect(() => kernel.run(instant(1000))).toThrow(LimitError);
  });
});
