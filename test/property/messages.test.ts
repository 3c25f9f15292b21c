/**
 * What holds for messages in any program of the fuzzer, without the real library: one sender's messages
 * come in their order through a pipe, and no pipe ever holds more than its limits.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Program, programs, transcript } from "../conformance/support/fuzz.ts";
import { VirtualBench } from "../conformance/support/virtual.ts";

const PAUSE = 20;
/** Numbers of the messages in a line of a transcript, in order. */
const numbers = (line: string): number[] => [...line.matchAll(/"[ab]*(\d+)\.0"/g)].map(([, number]) => Number(number));

/** One connection of each socket, from the beginning to the end. */
const steady = programs.filter(({ types, steps }) => {
  const connects = steps.filter(({ do: what }) => what === "connect").length;
  return connects === types.length - 1 && steps.every(({ do: what }) => what !== "disconnect");
});

/** Who sent each number: steps that send take numbers one after the other. */
function senders({ steps }: Program, lines: readonly string[]): number[] {
  const by: number[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.do !== "send" || lines[index]?.endsWith(": closed")) continue;
    for (let count = 0; count < step.count; count++) by.push(step.socket);
  }
  return by;
}

/** Number of the socket that receives in a line: "3 recv 1: ..." or "rest of 1: ...". */
const receiver = (line: string): number => Number(/^(?:\d+ recv(?:All)?|rest of) (\d+)/.exec(line)?.[1] ?? -1);

test("messages come in order, each once to a receiver", async () => {
  let received = 0;
  await fc.assert(
    fc.asyncProperty(steady, async (program) => {
      const lines = await transcript(new VirtualBench(), program, PAUSE);
      const by = senders(program, lines);
      const last = new Map<string, number>();
      for (const line of lines) {
        for (const number of receiver(line) < 0 ? [] : numbers(line)) {
          const pair = `${by[number]} to ${receiver(line)}`;
          expect(number, `${pair}: ${lines.join("\n")}`).toBeGreaterThan(last.get(pair) ?? -1);
          last.set(pair, number);
          received++;
        }
      }
    }),
    { numRuns: 250, seed: 19 },
  );
  expect(received).toBeGreaterThan(800);
});

const limits = fc.array(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })), {
  minLength: 4,
  maxLength: 4,
});

/** Number of a socket in its program, by the name that the bench gives it: "context0.push1". */
const numberOf = (name: string): number => Number(/(\d+)$/.exec(name)?.[1]);

test("no pipe holds more than its limits", async () => {
  let full = 0;
  await fc.assert(
    fc.asyncProperty(programs, limits, async (drawn, hwms) => {
      const steps = drawn.steps.filter(({ do: what }) => what !== "sndhwm" && what !== "rcvhwm");
      const program = { ...drawn, hwms, steps };
      const bench = new VirtualBench();
      await transcript(bench, program, PAUSE);
      for (const event of bench.world.journal.events) {
        if (event.ev !== "queue" && event.ev !== "arrive") continue;
        // Programs queue in a pipe to a peer (inproc) or to a session, sessions in one to their socket.
        const [send, receive] = hwms[numberOf(event.socket)] as [number, number];
        // An inproc name that nobody has bound yet holds as much as its sender allows.
        const peers = program.transport === "inproc" ? (hwms[numberOf(event.peer)]?.[1] ?? 0) : 0;
        const limit = event.ev === "arrive" ? receive : send + peers;
        expect(event.depth, JSON.stringify(event)).toBeLessThanOrEqual(limit);
        if (event.depth === limit) full++;
      }
    }),
    { numRuns: 250, seed: 23 },
  );
  expect(full).toBeGreaterThan(150);
});
