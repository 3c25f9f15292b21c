/**
 * How soon an inproc name is free again. Measured on npm zeromq 6.8.0: of 300 binds of a new socket right after the
 * close of the one that had the name, 4 and 25 failed with EADDRINUSE: the reaper is nearly always faster than a
 * program that makes a socket and hands its bind to another thread.
 */
import { expect, test } from "vitest";
import { simulate } from "../../src/dropin/simulate.ts";
import * as zmq from "../../src/dropin/zeromq.ts";

const ROUNDS = 15;
const SEEDS = 20;

async function failures(): Promise<number> {
  let failed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const address = `inproc://name${round}`;
    const first = new zmq.Router();
    first.bindSync(address);
    await new Promise((resolve) => setTimeout(resolve, round % 3));
    first.close();
    const second = new zmq.Router();
    await second.bind(address).catch(() => failed++);
    second.close();
  }
  return failed;
}

test("a name is nearly always free when a new socket binds it", async () => {
  let failed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) failed += (await simulate(failures, { seed: String(seed) })).value;
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(0.15 * ROUNDS * SEEDS);
});
