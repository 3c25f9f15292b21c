/**
 * How many messages a PUSH sends over ipc to a PULL that never receives, both with a high-water mark of 1.
 * Measured with npm zeromq 6.8 (libzmq 4.3.5) on Linux 6.18, `sim record` of the same scenario: what the
 * kernel holds depends on the memory of every single write, and messages of more than one write stop
 * earlier, because the descriptor must be writable for the rest. A few per cent are left to the batches.
 */
import { expect, test } from "vitest";
import { simulate } from "../../src/run/simulate.ts";
import { compileScenario } from "../../src/scenario/compile.ts";

const scenario = (bytes: number): string =>
  JSON.stringify({
    about: "A reader that does not read.",
    until: "5s",
    network: { profile: "loopback" },
    nodes: {
      sink: {
        host: "here",
        sockets: { in: { type: "PULL", options: { rcvhwm: 1 }, bind: "ipc:///tmp/x" } },
        program: [{ sleep: "4s" }],
      },
      source: {
        host: "here",
        startAt: "100ms",
        sockets: {
          out: { type: "PUSH", options: { sndhwm: 1, sndtimeo: "300ms" }, connect: "ipc:///tmp/x" },
        },
        program: [{ sleep: "100ms" }, { repeat: 2000, do: [{ send: "out", frames: [{ size: `${bytes}B` }] }] }],
      },
    },
  });

test.each([
  [100, 282],
  [1000, 97],
  [8000, 28],
  [20_000, 6],
  [65_536, 4],
  [300_000, 4],
  [1_000_000, 4],
])("messages of %i bytes: %i sent", (bytes, measured) => {
  const { plan } = compileScenario(scenario(bytes), { file: "unread.json" });
  if (plan === null) throw new Error("the scenario does not compile");
  const { events } = simulate(plan, { seed: "1" });
  const sent = events.filter((event) => event.ev === "call" && event.call === "send" && event.result === "ok").length;
  expect(Math.abs(sent - measured)).toBeLessThanOrEqual(measured * 0.05);
});
