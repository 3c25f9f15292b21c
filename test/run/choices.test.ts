/** Free choices: fixed by default, drawn when seeds are explored, and replayable from their log. */
import { expect, test } from "vitest";
import type { RunRecord } from "../../src/run/record.ts";
import { calls, run } from "../support/scenario.ts";

/** Three nodes start and send at the same instant; nothing but a choice orders them. */
const race = {
  until: "1s",
  nodes: {
    sink: { sockets: { in: { type: "PULL", bind: "tcp://*:1" } }, program: [{ forever: [{ recv: "in" }] }] },
    source: {
      count: 3,
      sockets: { out: { type: "PUSH", connect: "tcp://sink:1" } },
      program: [{ send: "out", frames: ["x"] }],
    },
  },
};
const order = (record: RunRecord): string =>
  calls(record, "recv", "sink.in")
    .map(({ message }) => message?.slice(7, 8))
    .join("");
const seeds = Array.from({ length: 60 }, (_, seed) => String(seed));

test("by default ties are broken by declaration, whatever the seed", () => {
  expect(new Set(seeds.map((seed) => order(run(race, { seed }))))).toEqual(new Set(["012"]));
  expect(run(race).choiceLog).toEqual([]);
});

test("explored seeds find every order", () => {
  const found = new Set(seeds.map((seed) => order(run(race, { seed, exploreChoices: true }))));
  expect([...found].sort()).toEqual(["012", "021", "102", "120", "201", "210"]);
});

test("the choice log replays a run event for event", () => {
  for (const seed of seeds.slice(0, 10)) {
    const explored = run(race, { seed, exploreChoices: true });
    expect(explored.choiceLog.length).toBeGreaterThan(0);
    expect(run(race, { seed, choiceLog: explored.choiceLog }).events).toEqual(explored.events);
  }
});

test("a choice log of another run is refused", () => {
  expect(() => run(race, { choiceLog: [0] })).toThrow(/choice 1 .* cannot be replayed/);
});
