/** A ZAP handler in a trace: what it answers is between the program and the library, no message to anybody. */
import { expect, test } from "vitest";
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
