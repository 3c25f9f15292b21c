/** What threads of one machine take from each other: nothing. */
import { expect, test } from "vitest";
import { calls, run } from "../support/scenario.ts";

const SENDS = 5;

/** When each of these threads of one node made its last call, each of which takes 1 ms. */
function lastSends(threads: number): number[] {
  const record = run({
    network: { profile: { extends: "ideal", send: 1_000_000 } },
    nodes: {
      busy: {
        threads: {
          worker: {
            count: threads,
            sockets: {
              out: { type: "PUSH", bind: "inproc://${index}" },
              in: { type: "PULL", connect: "inproc://${index}" },
            },
            program: [{ repeat: SENDS, do: [{ send: "out", frames: ["x"] }] }],
          },
        },
      },
    },
  });
  return Array.from(
    { length: threads },
    (_, index) => calls(record, "send", `busy.worker[${index}].out`).at(-1)?.t ?? 0,
  );
}

// DIFFERS(free-processors)
test("a hundred threads that work at the same time are done when one is that has the machine to itself", () => {
  const [alone = 0] = lastSends(1);
  expect(alone).toBeGreaterThanOrEqual((SENDS - 1) * 1_000_000);
  expect(new Set(lastSends(100))).toEqual(new Set([alone]));
});
