/** When room returns: D7, D8; model 2.1 and 2.2. */
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { computeLwm } from "../../src/pipe/pipe.ts";
import { Lab } from "../support/lab.ts";

const CAP = 5000;

test.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 2],
  [5, 3],
  [6, 3],
  [7, 4],
  [10, 5],
  [1000, 500],
  [2000, 1000],
  [0, 0],
  [-1, 0],
])("a limit of %i gives credit every %i messages", (hwm, lwm) => expect(computeLwm(hwm)).toBe(lwm));

/** Measured, run-length encoded: sends accepted after each recv from a full pipe. */
const STAIRS: readonly (readonly [
  snd: number,
  rcv: number,
  capacity: number,
  pattern: readonly (readonly [number, number])[],
])[] = [
  [1, 1, 2, [[1, 6]]],
  [
    1,
    2,
    3,
    repeat(
      [
        [0, 1],
        [2, 1],
      ],
      4,
    ),
  ],
  [
    2,
    1,
    3,
    repeat(
      [
        [0, 1],
        [2, 1],
      ],
      4,
    ),
  ],
  [
    2,
    2,
    4,
    repeat(
      [
        [0, 1],
        [2, 1],
      ],
      5,
    ),
  ],
  [
    3,
    2,
    5,
    repeat(
      [
        [0, 2],
        [3, 1],
      ],
      4,
    ),
  ],
  [
    3,
    3,
    6,
    [
      ...repeat(
        [
          [0, 2],
          [3, 1],
        ],
        4,
      ),
      [0, 2],
    ],
  ],
  [
    5,
    5,
    10,
    [
      ...repeat(
        [
          [0, 4],
          [5, 1],
        ],
        4,
      ),
      [0, 2],
    ],
  ],
  [
    10,
    10,
    20,
    [
      ...repeat(
        [
          [0, 9],
          [10, 1],
        ],
        4,
      ),
      [0, 2],
    ],
  ],
  [
    100,
    100,
    200,
    [
      ...repeat(
        [
          [0, 99],
          [100, 1],
        ],
        4,
      ),
      [0, 2],
    ],
  ],
  [
    3,
    5,
    8,
    [
      ...repeat(
        [
          [0, 3],
          [4, 1],
        ],
        4,
      ),
      [0, 2],
    ],
  ],
  [
    50,
    51,
    101,
    repeat(
      [
        [0, 50],
        [51, 1],
      ],
      4,
    ),
  ],
];

function repeat(runs: readonly (readonly [number, number])[], times: number): (readonly [number, number])[] {
  return Array.from({ length: times }, () => runs).flat();
}

const expand = (runs: readonly (readonly [value: number, count: number])[]): number[] =>
  runs.flatMap(([value, count]) => Array<number>(count).fill(value));

describe.each<[SocketTypeName, SocketTypeName]>([
  ["PUSH", "PULL"],
  ["DEALER", "DEALER"],
  ["PAIR", "PAIR"],
])("D7: the staircase of %s", (sender, receiver) => {
  test.each(STAIRS)("inproc %i + %i: capacity %i", (sndhwm, rcvhwm, capacity, pattern) => {
    const lab = new Lab();
    const from = lab.socket(sender, { sndhwm });
    const to = lab.socket(receiver, { rcvhwm });
    to.bind("inproc://a");
    from.connect("inproc://a");
    lab.settle();
    expect(from.sends(CAP)).toBe(capacity);
    const accepted = expand(pattern).map(() => {
      expect(to.recv()).not.toBe(null);
      lab.settle(3);
      from.events();
      return from.sends(CAP);
    });
    expect(accepted).toEqual(expand(pattern));
  });
});

test("model 2.2: inproc 4 + 3 (limit 7, lwm 4): reads 1 to 3 free nothing, the fourth 4, the next three nothing", () => {
  const lab = new Lab();
  const push = lab.socket("PUSH", { sndhwm: 4 });
  const pull = lab.socket("PULL", { rcvhwm: 3 });
  pull.bind("inproc://a");
  push.connect("inproc://a");
  lab.settle();
  expect(push.sends(CAP)).toBe(7);
  const accepted = Array.from({ length: 8 }, () => {
    pull.recv();
    lab.settle();
    return push.sends(CAP);
  });
  expect(accepted).toEqual([0, 0, 0, 4, 0, 0, 0, 4]);
});

describe("D8: a PUB gets through again after lwm reads", () => {
  /** Measured: is a marker delivered that is sent after k reads of a full pipe, k = 1, 2, ...? */
  test.each([
    [
      1,
      1,
      2,
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      1,
      2,
      3,
      [
        [0, 2],
        [1, 2],
      ],
    ],
    [
      2,
      1,
      3,
      [
        [0, 2],
        [1, 2],
      ],
    ],
    [
      2,
      2,
      4,
      [
        [0, 2],
        [1, 3],
      ],
    ],
    [
      3,
      2,
      5,
      [
        [0, 3],
        [1, 3],
      ],
    ],
    [
      3,
      3,
      6,
      [
        [0, 3],
        [1, 4],
      ],
    ],
    [
      5,
      5,
      10,
      [
        [0, 5],
        [1, 6],
      ],
    ],
    [
      10,
      10,
      20,
      [
        [0, 10],
        [1, 11],
      ],
    ],
    [
      100,
      100,
      200,
      [
        [0, 100],
        [1, 101],
      ],
    ],
    [
      3,
      5,
      8,
      [
        [0, 4],
        [1, 5],
      ],
    ],
    [
      50,
      51,
      101,
      [
        [0, 51],
        [1, 51],
      ],
    ],
  ] as const)("inproc %i + %i: capacity %i", (sndhwm, rcvhwm, capacity, pattern) => {
    // pattern[k] is about a marker after k reads; its first entry is about none.
    for (const [reads, delivered] of expand(pattern).entries()) {
      const lab = new Lab();
      const pub = lab.socket("PUB", { sndhwm });
      const sub = lab.socket("SUB", { rcvhwm }).subscribe("");
      pub.bind("inproc://a");
      sub.connect("inproc://a");
      lab.settle();
      expect(pub.sends(capacity + 1)).toBe(capacity + 1);
      expect(sub.recvs(reads).length).toBe(Math.min(reads, capacity));
      lab.settle(3);
      pub.events();
      pub.send("marker");
      expect(sub.recvs().includes("marker"), `after ${reads} reads`).toBe(delivered === 1);
    }
  });
});

describe("model 2.1: credit repeats after every frame at a multiple of lwm", () => {
  /** DEALER with three full peers; read C, A, then B, C, B, A; who gets the next sends? */
  function nextSends(parts: number): string {
    const lab = new Lab();
    const dealer = lab.socket("DEALER", { sndhwm: 2 });
    const peers = ["A", "B", "C"].map((name) => {
      const peer = lab.socket("DEALER", { rcvhwm: 2 });
      peer.bind(`inproc://${name}`);
      dealer.connect(`inproc://${name}`);
      return peer;
    });
    lab.settle();
    for (const peer of peers) peer.events();
    const body = (number: number): string[] => Array<string>(parts).fill(String(number));
    expect(dealer.sends(CAP, body)).toBe(12);
    const [a, b, c] = peers as [typeof dealer, typeof dealer, typeof dealer];
    const read = (...order: (typeof dealer)[]): void => {
      for (const peer of order) expect(peer.recv()).not.toBe(null);
      lab.settle();
      dealer.events();
    };
    read(c, a);
    read(b, c, b, a);
    for (const peer of peers) peer.recvs();
    const owners: string[] = [];
    for (let sent = 0; sent < 3; sent++) {
      expect(dealer.send(...body(sent))).toBe("ok");
      for (const [index, peer] of peers.entries()) if (peer.recvs().length > 0) owners.push("ABC"[index] as string);
    }
    return owners.join(",");
  }

  test("one-frame messages: C,B,A", () => expect(nextSends(1)).toBe("C,B,A"));
  test("three-frame messages: B,C,A", () => expect(nextSends(3)).toBe("B,C,A"));
});
