/** What is read off the runs that measure a machine, on a simulated one whose times are known. */
import { expect, test } from "vitest";
import { CALIBRATION_RUNS, measure, type Samples } from "../../src/real/calibration-runs.ts";
import { simulate } from "../../src/run/simulate.ts";
import { compileScenario } from "../../src/scenario/compile.ts";

/** ns */
const SLACK = 300_000;
const SEND = 20_000;

function runOnce(name: string): Samples {
  const text = CALIBRATION_RUNS.find((run) => run.name === name)?.text ?? "";
  const { plan } = compileScenario(text, { file: `${name}.json` });
  if (plan === null) throw new Error(`${name} does not compile`);
  const profile = { sleepSlack: { kind: "constant", value: SLACK }, send: { kind: "constant", value: SEND } } as const;
  const { header, events } = simulate({ ...plan, network: { ...plan.network, profile } }, { seed: "1" });
  const samples: Samples = new Map();
  measure(name, header, events, samples);
  return samples;
}

const counts = (samples: Samples): Record<string, number> =>
  Object.fromEntries([...samples].map(([quantity, runs]) => [quantity, runs.flat().length]));

// Whoever ends too early has fewer.
test.each([
  ["start", { open: 1, "connect to handshake": 1, "first connect to send": 1, "connect to send": 9 }],
  ["tcp", { sleep: 60, "tcp 1 B": 60, "tcp 1 KiB": 30, "tcp 64 KiB": 30, "tcp 1 MiB": 30 }],
  ["ipc", { sleep: 60, "ipc 1 B": 60, "ipc 1 KiB": 30, "ipc 64 KiB": 30, "ipc 1 MiB": 30 }],
  ["round-trip", { "round trip": 150 }],
  ["burst", { send: 950, recv: 350, "poll and recv": 350 }],
  ["retry", { "retry after its time": 8 }],
  ["subscription", { "connect to first message": 1, "bind to send": 1 }],
])("all that a run of %s is made for is read off it", (name, expected) => {
  expect(counts(runOnce(name))).toEqual(expected);
});

test("a sleep is measured between small messages: to make a large one would count as sleeping late", () => {
  const sleeps = runOnce("tcp").get("sleep")?.flat() ?? [];
  expect(Math.min(...sleeps) / (SLACK + SEND)).toBeGreaterThan(0.99);
  expect(Math.max(...sleeps) / (SLACK + SEND)).toBeLessThan(1.01);
});
