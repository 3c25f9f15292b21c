/** A ZAP handler in a trace: what it answers is between the program and the library, no message to anybody. */
import { expect, test } from "vitest";
import { explain } from "../../src/trace/explain.ts";
import { analyze } from "../../src/trace/fates.ts";
import { run } from "../scenarios/support/run.ts";

test("answers of a handler are in no flow", () => {
  const { header, events } = run("zap").record;
  const { flows, messages } = analyze(header, events);
  expect(flows.map(({ from, to }) => `${from} > ${to}`).sort()).toEqual([
    "ann.out > server.door",
    "bob.out > server.door",
    "cas.out > server.door",
  ]);
  const answers = messages.filter(({ origin }) => origin === "server.porter.zap");
  expect(answers.length).toBe(6);
  expect(answers.flatMap(({ deliveries }) => deliveries)).toEqual([]);
});

test("why a message of somebody who was refused never left is told", () => {
  const { header, events } = run("zap").record;
  const analysis = analyze(header, events);
  const told = analysis.messages
    .filter(({ origin }) => origin === "bob.out")
    .flatMap((message) => message.deliveries.map((delivery) => explain(analysis, message, delivery)));
  expect(told).toEqual([expect.stringMatching(/; bob\.out had been refused at 20\d\S* ms \(ZAP status 400\)$/)]);
});
