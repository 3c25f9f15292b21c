/** Brokers between clients and workers: D16, rows A5, A6, A7, A8, N5 to N8 of the experiments. */
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../src/run/record.ts";
import { calls, run } from "../support/scenario.ts";

const SEEDS = Array.from({ length: 10 }, (_, index) => String(index + 1));

const POLL_LOOP = [
  {
    forever: [
      { poll: ["frontend", "backend"], as: "ready" },
      {
        if: "ready.frontend",
        then: [
          { recv: "frontend", as: "msg" },
          { send: "backend", message: "msg" },
        ],
      },
      {
        if: "ready.backend",
        then: [
          { recv: "backend", as: "msg" },
          { send: "frontend", message: "msg" },
        ],
      },
    ],
  },
];
const PROXY = [{ proxy: ["frontend", "backend"] }];

interface Parties {
  readonly broker: number;
  readonly worker: number;
  readonly client: number;
}

/** REQ clients in lock step, a ROUTER/DEALER broker, REP workers; when the first of each starts, ms; 20 ms between two. */
function sharedQueue(
  program: unknown,
  { broker, worker, client }: Parties,
  workers: number,
  clients: number,
  work = 0,
): Record<string, unknown> {
  const service = [
    { recv: "rep", as: "msg" },
    ...(work === 0 ? [] : [{ sleep: `${work}ms` }]),
    { send: "rep", frames: ["World"] },
  ];
  return {
    network: { profile: "loopback" },
    nodes: {
      broker: {
        startAt: `${broker}ms`,
        sockets: {
          frontend: { type: "ROUTER", bind: "tcp://*:5559" },
          backend: { type: "DEALER", bind: "tcp://*:5560" },
        },
        program,
      },
      worker: {
        count: workers,
        startAt: `\${${worker} + index * 20}ms`,
        sockets: { rep: { type: "REP", connect: "tcp://broker:5560" } },
        program: [{ forever: service }],
      },
      client: {
        count: clients,
        startAt: `\${${client} + index * 20}ms`,
        sockets: { req: { type: "REQ", connect: "tcp://broker:5559" } },
        program: [{ repeat: clients === 1 ? 12 : 8, do: [{ send: "req", frames: ["Hello"] }, { recv: "req" }] }],
      },
    },
  };
}

/** Indices of the workers, in the order in which the broker's backend handed requests out. */
function dispatched(record: RunRecord, backend: string): string {
  return record.events
    .flatMap((event) =>
      event.ev === "queue" && event.socket === backend ? [/worker\[(\d)\]/.exec(event.peer)?.[1] ?? "?"] : [],
    )
    .join("");
}

describe.each([
  ["a poll loop", POLL_LOOP],
  ["zmq_proxy", PROXY],
])("shared queue with %s, broker, workers, clients 20 ms apart", (_name, program) => {
  test.each([
    [3, 3, 0, "012".repeat(8)],
    [3, 1, 0, "012".repeat(4)],
    [5, 3, 10, "01234".repeat(5).slice(0, 24)],
  ])("%i workers, %i clients, %i ms of work: strictly in turn", (workers, clients, work, sequence) => {
    for (const seed of SEEDS) {
      const order = { broker: 0, worker: 20, client: 20 + 20 * workers };
      const record = run(sharedQueue(program, order, workers, clients, work), { seed });
      expect(dispatched(record, "broker.backend"), `seed ${seed}`).toBe(sequence);
      expect(
        calls(record, "recv").filter(({ socket, result }) => /client/.test(socket ?? "") && result === "ok").length,
      ).toBe(sequence.length);
    }
  });
});

test("A5, clients and workers before their broker: everything is answered, workers that connect late get less", () => {
  for (const seed of SEEDS.slice(0, 5)) {
    const record = run(sharedQueue(POLL_LOOP, { broker: 120, worker: 0, client: 60 }, 3, 3), { seed });
    const sequence = dispatched(record, "broker.backend");
    expect(sequence.length).toBe(24);
    expect(sequence).toMatch(/^[012]{24}$/);
  }
});

describe("D16, A7: asynchronous clients, a proxy, five inproc workers", () => {
  const scenario = (count: number) => ({
    until: "20s",
    network: { profile: "loopback" },
    nodes: {
      server: {
        sockets: {
          frontend: { type: "ROUTER", bind: "tcp://*:5570" },
          backend: { type: "DEALER", bind: "inproc://backend" },
        },
        program: PROXY,
        threads: {
          worker: {
            count,
            startAt: "${1 + index}ms",
            sockets: { tasks: { type: "DEALER", connect: "inproc://backend" } },
            program: [
              {
                forever: [
                  { recv: "tasks", as: "msg" },
                  {
                    repeat: "${randint(0, 4)}",
                    do: [{ sleep: "${50 / randint(1, 10)}ms" }, { send: "tasks", frames: ["${msg[0]}", "${msg[1]}"] }],
                  },
                ],
              },
            ],
          },
        },
      },
      client: {
        count: 3,
        startAt: "20ms",
        sockets: { dealer: { type: "DEALER", options: { routing_id: "----${index}" }, connect: "tcp://server:5570" } },
        program: [
          {
            repeat: 10,
            as: "n",
            do: [
              { send: "dealer", frames: ["request ${n}"] },
              {
                repeat: 5,
                do: [
                  { poll: ["dealer"], timeout: "50ms", as: "ready" },
                  { if: "ready.dealer", then: [{ recv: "dealer" }] },
                ],
              },
            ],
          },
        ],
      },
    },
  });

  test("the k-th request goes to worker k mod 5, in the order of their connections", () => {
    for (const seed of SEEDS) {
      const record = run(scenario(5), { seed });
      const sequence = dispatched(record, "server.backend");
      expect(sequence.length).toBe(30);
      expect(sequence, `seed ${seed}`).toBe("01234".repeat(6));
    }
  });

  test("several requests that came at once are forwarded in one burst, still in turn", () => {
    const record = run(scenario(2), { seed: "1" });
    expect(dispatched(record, "server.backend")).toBe("01".repeat(15));
  });
});

describe("A8: a streamer", () => {
  test.each([
    ["proxy, consumers, producer", { streamer: 0, consumer: 20, producer: 80 }],
    ["producer, proxy, consumers", { producer: 0, streamer: 20, consumer: 40 }],
    ["consumers, producer, proxy", { consumer: 0, producer: 60, streamer: 80 }],
  ])("%s, 20 ms apart: all 12 arrive, each producer's in order", (_name, start) => {
    for (const seed of SEEDS.slice(0, 5)) {
      const record = run(
        {
          network: { profile: "loopback" },
          nodes: {
            streamer: {
              startAt: `${start.streamer}ms`,
              sockets: {
                frontend: { type: "PULL", bind: "tcp://*:5559" },
                backend: { type: "PUSH", bind: "tcp://*:5560" },
              },
              program: PROXY,
            },
            consumer: {
              count: 3,
              startAt: `\${${start.consumer} + index * 20}ms`,
              sockets: { pull: { type: "PULL", connect: "tcp://streamer:5560" } },
              program: [{ forever: [{ recv: "pull" }] }],
            },
            producer: {
              startAt: `${start.producer}ms`,
              sockets: { push: { type: "PUSH", connect: "tcp://streamer:5559" } },
              program: [{ repeat: 12, as: "i", do: [{ send: "push", frames: ["${i}"] }] }],
            },
          },
        },
        { seed },
      );
      const got = [0, 1, 2].map((index) =>
        calls(record, "recv", `consumer[${index}].pull`).flatMap(({ result, frames }) =>
          result === "ok" ? [Number(frames?.[0])] : [],
        ),
      );
      expect(got.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index));
      for (const numbers of got) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      if (start.streamer === 0) expect(got.map((numbers) => numbers.length)).toEqual([4, 4, 4]);
    }
  });
});

test("A4: a bridge passes a gapless run to the end to each topic's subscriber", () => {
  const record = run({
    network: { profile: "loopback" },
    nodes: {
      publisher: {
        sockets: { pub: { type: "PUB", bind: "tcp://*:5556" } },
        program: [
          {
            repeat: 100,
            as: "i",
            do: [{ send: "pub", frames: ["${i % 2 == 0 ? 'A' : 'B'}", "${i}"] }, { sleep: "5ms" }],
          },
          { sleep: "100ms" },
        ],
      },
      bridge: {
        startAt: "5ms",
        sockets: {
          upstream: { type: "XSUB", connect: "tcp://publisher:5556" },
          downstream: { type: "XPUB", bind: "tcp://*:8100" },
        },
        program: [{ proxy: ["upstream", "downstream"] }],
      },
      evens: {
        startAt: "10ms",
        sockets: { sub: { type: "SUB", subscribe: ["A"], connect: "tcp://bridge:8100" } },
        program: [{ forever: [{ recv: "sub" }] }],
      },
      all: {
        startAt: "15ms",
        sockets: { sub: { type: "SUB", subscribe: [""], connect: "tcp://bridge:8100" } },
        program: [{ forever: [{ recv: "sub" }] }],
      },
    },
  });
  for (const [socket, step] of [
    ["evens.sub", 2],
    ["all.sub", 1],
  ] as const) {
    const numbers = calls(record, "recv", socket).flatMap(({ frames }) =>
      frames === undefined ? [] : [Number(frames[1])],
    );
    const last = step === 2 ? 98 : 99;
    expect(numbers.at(-1)).toBe(last);
    expect(numbers).toEqual(
      Array.from({ length: numbers.length }, (_, index) => last - (numbers.length - 1 - index) * step),
    );
    expect(numbers[0]).toBeLessThanOrEqual(10); // measured: p50 3 to 4
  }
});
