/** The warm-up runs what a run will run, marks included: the first marked message of a process once took a ms longer. */
import { devNull, tmpdir } from "node:os";
import { expect, test, vi } from "vitest";
import type { Plan } from "../../src/program/plan.ts";
import { readMark, withMark } from "../../src/real/mark.ts";
import { warmUp } from "../../src/real/warm-up.ts";
import { loadZeroMQ } from "../../src/real/zeromq.ts";
import { compileScenario } from "../../src/scenario/compile.ts";

vi.mock("../../src/real/mark.ts", { spy: true });

/** By then an optimizing compiler has seen them often enough. */
const OFTEN = 100;

test("messages of the warm-up are marked on their way out and read on their way in, of both forms", async () => {
  const { plan } = compileScenario(JSON.stringify({ about: "One node.", nodes: { node: { program: [] } } }), {
    file: "one.json",
  });
  const job = {
    kind: "job",
    plan: plan as Plan,
    seed: "1",
    node: 0,
    life: 0,
    file: devNull,
    folder: tmpdir(),
    ports: [],
    sockets: [],
    marked: [],
    script: "",
    spares: [],
  } as const;
  await warmUp(job, await loadZeroMQ());
  const forms = vi.mocked(withMark).mock.calls.map(([, , inside]) => inside);
  expect(forms.filter((inside) => inside).length).toBeGreaterThanOrEqual(OFTEN);
  expect(forms.filter((inside) => !inside).length).toBeGreaterThanOrEqual(OFTEN);
  const read = vi.mocked(readMark).mock.results.filter(({ value }) => value !== undefined);
  expect(read.length).toBeGreaterThanOrEqual(OFTEN);
});
