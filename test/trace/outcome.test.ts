/** Outcomes of runs and how they are counted. */
import { expect, test } from "vitest";
import { OutcomeTally, outcomeOf, rangesText, summaryOf } from "../../src/trace/outcome.ts";
import { outcomesText } from "../../src/trace/report-outcomes.ts";
import { lateJoiner, pushPull, sharedQueue } from "./support/scenes.ts";

test.each([
  { numbers: [], text: "" },
  { numbers: [3], text: "3" },
  { numbers: [0, 1], text: "0,1" },
  { numbers: [2, 1, 0, 5, 5], text: "0-2,5" },
  { numbers: [0, 2, 4, 5, 6, 7], text: "0,2,4-7" },
])("$numbers is $text", ({ numbers, text }) => expect(rangesText(numbers)).toBe(text));

test("an outcome says per flow which messages had which fate, and nothing of times", () => {
  expect(outcomeOf(lateJoiner().analyze()).lines).toEqual([
    "publisher.sender > subscriber.receiver: delivered 1; queued 2; no-subscription 0",
  ]);
  expect(outcomeOf(pushPull().analyze(), ["ventilator blocked"]).lines).toEqual([
    "ventilator.out > sink[0].in: delivered 0,2",
    "ventilator.out > sink[1].in: delivered 1; queued 3",
    "ventilator blocked",
  ]);
});

test("a summary takes replicas together and counts messages", () => {
  expect(summaryOf(lateJoiner().analyze()).lines).toEqual([
    "publisher.sender > subscriber.receiver: 1 delivered, 1 queued, 1 no-subscription",
  ]);
  expect(summaryOf(pushPull().analyze(), ["ventilator blocked"]).lines).toEqual([
    "ventilator.out > sink[*].in: 3 delivered, 1 queued",
    "ventilator blocked",
  ]);
  expect(summaryOf(sharedQueue().analyze()).lines[0]).toBe("client[*].req > worker[*].rep: all delivered");
});

test("summaries say of how many outcomes they are", () => {
  const shares = [{ lines: ["all"], count: 3, share: 1, seed: "1" }];
  expect(outcomesText({ scenario: "x", runs: 3, shares, distinct: 3 })).toBe(`x: 3 distinct outcomes in 3 runs
1 when replicas are taken together and messages only counted:

 100 %  3 runs, for instance seed 1
        all
`);
});

test("a tally counts equal outcomes and keeps a seed for each, the frequent ones first", () => {
  const tally = new OutcomeTally();
  for (const [seed, line] of Object.entries({ a: "lost 0", b: "all", c: "lost 0", d: "lost 0" }))
    tally.add(seed, { lines: [line] });
  expect(tally.shares()).toEqual([
    { lines: ["lost 0"], count: 3, share: 0.75, seed: "a" },
    { lines: ["all"], count: 1, share: 0.25, seed: "b" },
  ]);
  expect(
    outcomesText({
      scenario: "late-joiner",
      runs: tally.runs,
      shares: tally.shares(),
      reproduce: (seed) => `sim run x.json --seed ${seed}`,
    }),
  ).toBe(`late-joiner: 2 distinct outcomes in 4 runs

75.0 %  3 runs, for instance sim run x.json --seed a
        lost 0

25.0 %  1 run, for instance sim run x.json --seed b
        all
`);
});
