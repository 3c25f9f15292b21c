/** The same topologies as scenario files, so that the step interpreter and the journal are measured, too. */
import type { TraceLevel } from "../../src/run/record.ts";
import { simulate } from "../../src/run/simulate.ts";
import { compileScenario } from "../../src/scenario/compile.ts";
import { traceChunks } from "../../src/trace/format.ts";

const forever = { until: "100000s", limits: { events: 1e12, eventsPerInstant: 1e12 } };
const payload = [{ size: "100B" }];

function run(scenario: Readonly<Record<string, unknown>>, level: TraceLevel, sink?: (chunk: string) => void): number {
  const { plan, issues } = compileScenario(JSON.stringify({ about: "A benchmark.", ...forever, ...scenario }), {
    file: "bench.json",
  });
  if (plan === null) throw new Error(issues.map(({ message }) => message).join("\n"));
  const record = simulate(plan, { level });
  if (sink !== undefined)
    for (const chunk of traceChunks({ header: record.header, events: record.events })) sink(chunk);
  return record.legs.delivered;
}

/** Sockets of the two threads of one node. */
const twoThreads = (sender: unknown, senderProgram: unknown, receiver: unknown, receiverProgram: unknown) => ({
  nodes: {
    bench: {
      sockets: { s: sender },
      program: senderProgram,
      threads: { receiver: { sockets: receiver, program: receiverProgram } },
    },
  },
});

export const pushPull = (endpoint: string, messages: number, level: TraceLevel = "counts"): number =>
  run(
    twoThreads(
      { type: "PUSH", bind: endpoint },
      [{ repeat: messages, do: [{ send: "s", frames: payload }] }],
      { r: { type: "PULL", connect: endpoint } },
      [{ repeat: messages, do: [{ recv: "r" }] }],
    ),
    level,
  );

export function pubSub(endpoint: string, subscribers: number, deliveries: number): number {
  const names = Array.from({ length: subscribers }, (_, index) => `r${index}`);
  const messages = Math.ceil(deliveries / subscribers);
  const sub = { type: "SUB", subscribe: "", connect: endpoint, options: { rcvhwm: 0 } };
  return run(
    twoThreads(
      { type: "PUB", bind: endpoint, options: { sndhwm: 0 } },
      [{ sleep: "1s" }, { repeat: messages, do: [{ send: "s", frames: payload }] }],
      Object.fromEntries(names.map((name) => [name, sub])),
      [{ repeat: messages, do: names.map((name) => ({ recv: name })) }],
    ),
    "counts",
  );
}

/** A minute of one message per millisecond through PUB and SUB. */
export const minute = (level: TraceLevel, sink?: (chunk: string) => void): number =>
  run(
    {
      nodes: {
        subscriber: {
          sockets: { in: { type: "SUB", subscribe: "", connect: "tcp://publisher:1" } },
          program: [{ repeat: 60000, do: [{ recv: "in" }] }],
        },
        publisher: {
          sockets: { out: { type: "PUB", bind: "tcp://*:1" } },
          program: [
            { sleep: "1s" },
            { repeat: 60000, do: [{ send: "out", frames: ["measurement"] }, { sleep: "1ms" }] },
          ],
        },
      },
    },
    level,
    sink,
  );
