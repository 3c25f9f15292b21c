/**
 * Random topologies of RADIO, DISH and DGRAM with faults: the books balance, and the story that a trace tells of each
 * message is the one that the engine booked.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FATES } from "../../src/journal/fates.ts";
import type { RunRecord } from "../../src/run/record.ts";
import { analyze } from "../../src/trace/fates.ts";
import { run } from "../support/scenario.ts";

const HOSTS = ["a", "b", "c"];
const GROUPS = ["239.1.1.1", "239.1.1.2"];
const port = fc.constantFrom(1, 2);
const destination = fc
  .tuple(fc.constantFrom(...HOSTS, ...GROUPS, "127.0.0.1"), port)
  .map(([host, number]) => `${host}:${number}`);
const bound = fc
  .tuple(fc.constantFrom("*", "*", "127.0.0.1", ...GROUPS), port)
  .map(([host, number]) => `udp://${host}:${number}`);
const group = fc.constantFrom("g", "h");
const limits = fc.record({ sndhwm: fc.constantFrom(0, 2, 1000), rcvhwm: fc.constantFrom(0, 1, 3, 1000) });
const linger = fc.constantFrom(-1, 0, 5);

const sends = (name: string, frames: fc.Arbitrary<readonly string[]>, more: object) =>
  fc.tuple(fc.integer({ min: 1, max: 30 }), frames).map(([repeat, texts]) => ({
    repeat,
    do: [{ send: name, dontwait: true, error: "error", frames: texts, ...more }],
  }));
const receives = (name: string) =>
  fc.integer({ max: 20, min: 1 }).map((repeat) => ({ repeat, do: [{ recv: name, dontwait: true, error: "error" }] }));
const sleeps = fc.constantFrom("1ms", "3ms", "10ms").map((sleep) => ({ sleep }));
const body = fc.nat({ max: 9000 }).map((size) => "x".repeat(size));

const radio = (name: string) =>
  fc.record({
    socket: fc.tuple(limits, linger, fc.constantFrom(0, 1), destination).map(([own, lingers, loop, to]) => ({
      type: "RADIO",
      options: { ...own, linger: lingers, multicast_loop: loop },
      connect: `udp://${to}`,
    })),
    steps: fc.array(
      group.chain((to) =>
        sends(
          name,
          body.map((text) => [text]),
          { group: to },
        ),
      ),
      { maxLength: 4 },
    ),
  });
const dish = (name: string) =>
  fc.record({
    socket: fc
      .tuple(limits, linger, group, bound)
      .map(([own, lingers, join, bind]) => ({ type: "DISH", options: { ...own, linger: lingers }, join, bind })),
    steps: fc.array(receives(name), { maxLength: 4 }),
  });
const dgram = (name: string) =>
  fc.record({
    socket: fc
      .tuple(limits, linger, bound)
      .map(([own, lingers, bind]) => ({ type: "DGRAM", options: { ...own, linger: lingers }, bind })),
    steps: fc.array(fc.oneof(receives(name), sends(name, fc.tuple(destination, body), {})), { maxLength: 5 }),
  });

const node = fc
  .tuple(...["x", "y", "z"].map((name) => fc.option(fc.oneof(radio(name), dish(name), dgram(name)))), sleeps)
  .map((parts) => {
    const pause = parts.at(-1);
    const used = parts.slice(0, -1).flatMap((part, index) => (part === null ? [] : [["xyz"[index], part] as const]));
    const own = used as unknown as (readonly [string, { socket: object; steps: readonly object[] }])[];
    return {
      sockets: Object.fromEntries(own.map(([name, { socket }]) => [name, socket])),
      program: own.flatMap(([, { steps }]) => steps.flatMap((step) => [step, pause])),
    };
  });

const scenario = fc
  .record({
    nodes: fc.tuple(...HOSTS.map(() => node)),
    profile: fc.constantFrom("ideal", "loopback", "wan"),
    until: fc.constantFrom("20ms", "100ms"),
    crash: fc.option(fc.constantFrom(...HOSTS)),
    cut: fc.boolean(),
  })
  .map(({ nodes, profile, until, crash, cut }) => ({
    until,
    network: { profile },
    nodes: Object.fromEntries(nodes.map((one, index) => [HOSTS[index] as string, one])),
    timeline: [
      ...(cut ? [{ at: "5ms", partition: [["a"], ["b"]] }] : []),
      ...(crash === null ? [] : [{ at: "8ms", crash }]),
      ...(cut ? [{ at: "15ms", heal: [["a"], ["b"]] }] : []),
    ],
  }));

/** Legs by fate, as the engine counted them and as the trace tells. */
function counts({ header, events, endTime, legs }: RunRecord): [Record<string, number>, Record<string, number>] {
  const told: Record<string, number> = {};
  for (const { fates } of analyze(header, events, endTime).flows)
    for (const [fate, count] of fates) told[fate] = (told[fate] ?? 0) + count;
  // Full pipes are told as drops, beside the legs.
  const wanted = Object.keys(FATES).filter((fate) => fate !== "hwm");
  const booked: Readonly<Record<string, number>> = { ...legs.fates, delivered: legs.delivered };
  const pick = (all: Readonly<Record<string, number>>) =>
    Object.fromEntries(wanted.map((fate) => [fate, all[fate] ?? 0]));
  return [pick(booked), pick(told)];
}

test("what the books say and what the trace tells is the same", () => {
  fc.assert(
    fc.property(scenario, (one) => {
      const [booked, told] = counts(run(one));
      expect(told).toEqual(booked);
    }),
    { numRuns: 30, seed: 1 },
  );
});
