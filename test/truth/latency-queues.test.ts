/**
 * D12: what fits between a PUSH and a PULL that does not read, over tcp: both high-water marks and
 * what the kernel holds. The totals are the ranges of 6 to 20 real runs each.
 */
import { expect, test } from "vitest";
import { Lab } from "../support/lab.ts";

/** Sends until nothing has been accepted for 150 ms. */
function settledTotal(sndhwm: number, rcvhwm: number, size: number): { first: number; total: number } {
  const lab = new Lab({ profile: "loopback" });
  const pull = lab.socket("PULL", { rcvhwm });
  const push = lab.socket("PUSH", { sndhwm });
  pull.bind("tcp://*:5555");
  push.connect("tcp://localhost:5555");
  lab.settle(50);
  const first = push.sends(CAP, () => [size]);
  let total = first;
  for (let idle = 0; idle < 150 && total < CAP; ) {
    lab.settle(2);
    push.events();
    const accepted = push.sends(CAP - total, () => [size]);
    total += accepted;
    idle = accepted === 0 ? idle + 2 : 0;
  }
  return { first, total };
}

const CAP = 20_000;

test.each([
  [10, 10, 1024, 2620, 2815],
  [100, 100, 1024, 2850, 3000],
  [1000, 1, 1024, 3500, 3500],
  [1, 1, 65_536, 43, 56],
  [2, 2, 65_536, 49, 58],
  [10, 10, 65_536, 65, 85],
  [100, 100, 65_536, 200, 250],
  [1000, 1, 65_536, 1000, 1000],
  [1000, 1000, 65_536, 2000, 2000],
  [1, 1, 1, 20_000, 20_000],
  [1000, 1000, 1, 20_000, 20_000],
])("D12: sndhwm %i, rcvhwm %i, messages of %i bytes: %i to %i fit", (sndhwm, rcvhwm, size, least, most) => {
  const { first, total } = settledTotal(sndhwm, rcvhwm, size);
  expect(first).toBeGreaterThanOrEqual(sndhwm);
  expect(total).toBeGreaterThanOrEqual(least);
  expect(total).toBeLessThanOrEqual(most);
});

/** DIFFERS(kernel-buffer): Linux takes more of small messages that come one by one, and grows its buffers with time. */
test.each([
  [1, 1, 1024, 3849, 4150],
  [2, 2, 1024, 3819, 4106],
  [1, 1000, 1024, 5134, 6658],
  [1000, 1000, 1024, 5000, 5000],
  [1, 1000, 65_536, 1051, 1076],
])(
  "DIFFERS(kernel-buffer): sndhwm %i, rcvhwm %i, messages of %i bytes: fewer than the %i to %i of Linux",
  (sndhwm, rcvhwm, size, least, most) => {
    const { total } = settledTotal(sndhwm, rcvhwm, size);
    expect(total).toBeLessThan(least);
    expect(total).toBeGreaterThan(most / 2);
  },
);
