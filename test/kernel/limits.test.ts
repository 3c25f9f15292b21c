import { expect, test } from "vitest";
import type { Actor } from "../../src/kernel/kernel.ts";
import { Kernel, LimitError } from "../../src/kernel/kernel.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";

const FOREVER = 1e15 as Instant;

/** Schedules itself `copies` times after each event. */
function repeater(kernel: Kernel, label: string, delay: number): Actor {
  const actor: Actor = { label, fire: () => void kernel.schedule(delay as Duration, actor, 0) };
  return actor;
}

function limitOf(kernel: Kernel): LimitError {
  try {
    kernel.run(FOREVER);
  } catch (error) {
    if (error instanceof LimitError) return error;
    throw error;
  }
  throw new Error("no limit was hit");
}

test("a loop without a wait is named", () => {
  // Of three events in turn two are the spinner's.
  const kernel = new Kernel({ seed: "1", limits: { events: 1e6, eventsPerInstant: 300 } });
  const spinner = repeater(kernel, "client/main", 0);
  for (const actor of [repeater(kernel, "clock", 0), spinner, spinner])
    kernel.schedule(2_500_000 as Duration, actor, 0);
  const error = limitOf(kernel);
  expect([error.limit, error.suspect, error.instant]).toEqual(["eventsPerInstant", "client/main", 2_500_000]);
  expect(error.message).toBe(
    'more than 300 events at 2.5 ms without the clock moving, most of the last ones for "client/main"; ' +
      "a loop that never waits is likely: give it a sleep or a blocking call, or raise limits.eventsPerInstant",
  );
  expect(kernel.executed).toBe(300);
});

test("a run without end is named", () => {
  const kernel = new Kernel({ seed: "1", limits: { events: 1000, eventsPerInstant: 10 } });
  kernel.schedule(0 as Duration, repeater(kernel, "slow", 7), 0);
  kernel.schedule(0 as Duration, repeater(kernel, "fast", 3), 0);
  const error = limitOf(kernel);
  expect([error.limit, error.suspect, kernel.executed]).toEqual(["events", "fast", 1000]);
  expect(error.message).toMatch(
    /^more than 1000 events by 2\.1 us, most of the last ones for "fast"; end the run sooner/,
  );
});

test.each([
  { events: 10, eventsPerInstant: 10 },
  { events: 1000, eventsPerInstant: 1 },
])("as many events as allowed are no error: %o", (limits) => {
  const kernel = new Kernel({ seed: "1", limits });
  const actor: Actor = { label: "a", fire: () => undefined };
  for (let count = 1; count <= 10; count++) kernel.schedule(count as Duration, actor, 0);
  expect(kernel.run(FOREVER)).toBe("quiet");
});

test("every target of a fan-out counts", () => {
  const kernel = new Kernel({ seed: "1", limits: { events: 1e6, eventsPerInstant: 4 } });
  const actor: Actor = { label: "subscriber", fire: () => undefined };
  kernel.fanOut(1 as Duration, [actor, actor, actor, actor, actor], 0);
  expect(limitOf(kernel).suspect).toBe("subscriber");
  expect(kernel.executed).toBe(4);
});
