import { expect, test } from "vitest";
import type { ChoicesOptions } from "../../src/kernel/choices.ts";
import { Choices, ReplayError } from "../../src/kernel/choices.ts";
import { RandomStreams } from "../../src/kernel/random.ts";

const choices = (options: ChoicesOptions, seed = "1") => new Choices(options, new RandomStreams(seed));
const draw = (from: Choices, count: number) => Array.from({ length: count }, () => from.choose("tie", 3));

test("by default the first alternative, recorded with its label", () => {
  const made = choices({ mode: "default" });
  expect([made.choose("tie", 2), made.choose("greeting", 5)]).toEqual([0, 0]);
  expect([made.log, made.labels, made.count]).toEqual([[0, 0], ["tie", "greeting"], 2]);
});

test("seeded choices repeat with the seed and use every alternative", () => {
  const values = draw(choices({ mode: "seeded" }), 100);
  expect(draw(choices({ mode: "seeded" }), 100)).toEqual(values);
  expect(draw(choices({ mode: "seeded" }, "2"), 100)).not.toEqual(values);
  expect(new Set(values)).toEqual(new Set([0, 1, 2]));
});

test("a choice among one is none", () => {
  const made = choices({ mode: "seeded" });
  const values = [1, 3, 1, 3, 3].map((n) => made.choose("tie", n)).filter((_, index) => index !== 0 && index !== 2);
  expect(values).toEqual(draw(choices({ mode: "seeded" }), 3));
  expect(made.log).toEqual(values);
});

test("a recorded log replays itself", () => {
  const first = choices({ mode: "seeded" });
  const values = draw(first, 20);
  const second = choices({ mode: "replay", log: first.log }, "another seed");
  expect(draw(second, 20)).toEqual(values);
  expect(second.log).toEqual(values);
});

test.each([
  { log: [1, 0], position: 2, problem: "the log ends after 2 choices" },
  { log: [1, 3, 0], position: 1, problem: "the log has 3, allowed are 0 to 2" },
  { log: [1, 2, -1], position: 2, problem: "the log has -1, allowed are 0 to 2" },
  { log: [0.5], position: 0, problem: "the log has 0.5, allowed are 0 to 2" },
])("a log that does not fit is refused: $problem", ({ log, position, problem }) => {
  const replay = choices({ mode: "replay", log });
  draw(replay, position);
  let caught: unknown;
  try {
    replay.choose("tie", 3);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ReplayError);
  expect(caught).toMatchObject({ position, label: "tie" });
  expect((caught as Error).message).toContain(`choice ${position} ("tie") cannot be replayed: ${problem}`);
});

test("without recording the log stays empty", () => {
  const made = choices({ mode: "seeded", record: false });
  draw(made, 10);
  expect([made.log, made.labels, made.count]).toEqual([[], [], 10]);
});
