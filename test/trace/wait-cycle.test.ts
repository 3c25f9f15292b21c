/** Who waits for whom: a cycle is a mistake, a server that waits for requests is not. */
import { expect, test } from "vitest";
import { waitCycle } from "../../src/trace/wait-cycle.ts";
import { run } from "../support/scenario.ts";

const pair = (left: readonly unknown[], right: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) =>
  run({
    nodes: {
      left: { sockets: { s: { type: "PAIR", bind: "tcp://*:1" } }, program: left },
      right: { sockets: { s: { type: "PAIR", connect: "tcp://left:1" } }, program: right },
      ...more,
    },
  });
const listen = [{ recv: "s" }, { send: "s", frames: ["x"] }];
const members = (record: Parameters<typeof waitCycle>[0]): string[] =>
  waitCycle(record).map(({ thread, waitsFor }) => `${thread} > ${waitsFor}`);

test("two programs that both receive first wait for each other", () => {
  expect(members(pair(listen, listen))).toEqual(["left > right", "right > left"]);
  expect(waitCycle(pair(listen, listen))[0]).toMatchObject({
    call: "recv",
    socket: "left.s",
    pointer: "/nodes/left/program/0",
  });
});

test.each([
  ["a server that waits for more requests", [{ forever: [{ recv: "s" }] }], listen],
  [
    "a wait with a timeout",
    [
      { poll: ["s"], timeout: "1s" },
      { recv: "s", dontwait: true, error: "e" },
    ],
    listen,
  ],
  ["a peer that has gone", [{ sleep: "10ms" }], listen],
  ["programs that get their answers", [{ send: "s", frames: ["x"] }, { recv: "s" }], listen],
])("%s is no cycle", (_, left, right) => {
  expect(members(pair(left, right))).toEqual([]);
});

test("three nodes in a ring", () => {
  const node = (own: number, next: string) => ({
    sockets: { in: { type: "PULL", bind: `tcp://*:${own}` }, out: { type: "PUSH", connect: next } },
    program: [{ recv: "in" }, { send: "out", frames: ["x"] }],
  });
  const record = run({ nodes: { a: node(1, "tcp://b:2"), b: node(2, "tcp://c:3"), c: node(3, "tcp://a:1") } });
  expect(members(record)).toEqual(["a > c", "b > a", "c > b"]);
});
