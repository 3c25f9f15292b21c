/** Timeline, Mermaid and Chrome renderings of small runs, compared whole. */
import { describe, expect, test } from "vitest";
import { chromeTrace } from "../../src/trace/export/chrome.ts";
import { mermaid } from "../../src/trace/export/mermaid.ts";
import { timelineLines } from "../../src/trace/export/timeline.ts";
import { at, TraceBuilder } from "./support/builder.ts";
import { lateJoiner, pushPull, sharedQueue } from "./support/scenes.ts";

describe("timeline", () => {
  test("one event a line, filtered by message", () => {
    expect(timelineLines(lateJoiner().events, { message: "publisher.sender#1" })).toEqual([
      "1600.000 ms  publisher.sender     -> proxy.frontend: publisher.sender#1 (1 in pipe)",
      '1600.000 ms  publisher.sender     send publisher.sender#1 "Hello there"',
      "1600.100 ms  proxy.frontend       <- publisher.sender: publisher.sender#1 (1 in pipe)",
      '1600.110 ms  proxy.frontend       recv publisher.sender#1 "Hello there"',
      "1600.150 ms  proxy.backend        -> subscriber.receiver: publisher.sender#1 (1 in pipe)",
      '1600.150 ms  proxy.backend        send publisher.sender#1 "Hello there"',
      "1600.300 ms  subscriber.receiver  <- proxy.backend: publisher.sender#1 (1 in pipe)",
      '1600.310 ms  subscriber.receiver  recv publisher.sender#1 "Hello there"',
    ]);
  });

  test("by node, kind and time", () => {
    expect(
      timelineLines(lateJoiner().events, {
        name: "publisher",
        until: at(700),
        kinds: new Set(["node", "subscription", "skip"]),
      }),
    ).toEqual([
      "600.000 ms  publisher         starts",
      "600.100 ms  publisher.sender  publisher.sender#0 not for tcp://proxy:5559: no subscription",
      "601.500 ms  publisher.sender  learns that proxy.frontend wants everything",
    ]);
  });

  test("replicas by their group", () => {
    expect(timelineLines(sharedQueue().events, { name: "client", kinds: new Set(["socket"]) })).toHaveLength(2);
  });
});

describe("Mermaid", () => {
  test("a lifeline per socket, an arrow per leg, lost ones crossed out", () => {
    const trace = lateJoiner();
    expect(mermaid(trace.analyze(), trace.events)).toBe(`sequenceDiagram
  participant s0 as publisher.sender
  box proxy
    participant s1 as proxy.frontend
    participant s2 as proxy.backend
  end
  participant s3 as subscriber.receiver
  s3-->>s2: subscribe everything (451.000 ms)
  s0--xs1: #35;0 lost: no-subscription (600.100 ms)
  s1-->>s0: subscribe everything (601.500 ms)
  s0->>s1: #35;1 "Hello there" (1600.000 ms to 1600.110 ms)
  s2->>s3: publisher.sender#35;1 (1600.150 ms to 1600.310 ms)
  s0->>s1: #35;2 "Hello there" (2600.000 ms to 2600.110 ms)
  s2--)s3: publisher.sender#35;2 still queued at the end (2600.150 ms)
`);
  });

  test("a cap that is announced", () => {
    const trace = pushPull();
    expect(mermaid(trace.analyze(), trace.events, { arrowsMax: 1 })).toBe(`sequenceDiagram
  participant s0 as ventilator.out
  participant s1 as sink[0].in
  Note over s0,s1: 1 of 4 arrows are shown
  s0->>s1: #35;0 "job 0" (1.000 ms to 1.110 ms)
  Note over s0,s1: 3 more arrows are not shown
`);
  });

  test("text that Mermaid would read as syntax is escaped", () => {
    const trace = new TraceBuilder().open(0, "a.push", "PUSH").open(0, "b.pull", "PULL");
    trace.send(1, "a.push#0", "a.push", ["b.pull"], ["<b>;%%#&"]).recv(2, "a.push#0", "b.pull");
    expect(mermaid(trace.analyze(), trace.events)).toContain(
      's0->>s1: #35;0 "#60;b#62;#59;#37;#37;#35;#38;" (1.000 ms to 2.000 ms)',
    );
  });

  test("a crash is a note where it happened", () => {
    const trace = sharedQueue();
    expect(mermaid(trace.analyze(), trace.events)).toContain("  Note over s4: client[1] crashes (21.250 ms)\n");
  });

  test("a run without messages is still a diagram", () => {
    expect(mermaid(new TraceBuilder().analyze(), [])).toBe("sequenceDiagram\n");
  });
});

interface ChromeRecord {
  readonly ph: string;
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: number;
  readonly args?: Record<string, unknown>;
}

describe("Chrome trace", () => {
  const records = (trace: TraceBuilder): ChromeRecord[] =>
    (JSON.parse(chromeTrace(trace.analyze(), trace.events)) as { traceEvents: ChromeRecord[] }).traceEvents;

  test("a process per node, a track per thread and socket", () => {
    const names = records(lateJoiner()).filter(({ ph, name }) => ph === "M" && name.endsWith("_name"));
    expect(names.map(({ pid, tid, args }) => `${pid}/${tid} ${args?.["name"] as string}`)).toEqual([
      "1/0 subscriber",
      "2/0 proxy",
      "3/0 publisher",
      "1/1 thread subscriber",
      "2/2 thread proxy",
      "3/3 thread publisher",
      "1/4 subscriber.receiver (SUB)",
      "2/5 proxy.frontend (XSUB)",
      "2/6 proxy.backend (XPUB)",
      "3/7 publisher.sender (PUB)",
    ]);
  });

  test("a flow arrow per leg that was read, inside the slices of send and recv", () => {
    const all = records(lateJoiner());
    const arrows = all.filter(({ ph }) => ph === "s" || ph === "f");
    expect(arrows.map(({ ph, id, ts, pid, tid }) => `${ph}${id} ${pid}/${tid} ${ts}`)).toEqual([
      "s1 3/7 1600000",
      "f1 2/5 1600110",
      "s2 2/6 1600150",
      "f2 1/4 1600310",
      "s3 3/7 2600000",
      "f3 2/5 2600110",
    ]);
    const slices = all.filter(({ ph }) => ph === "X");
    for (const arrow of arrows) {
      expect(
        slices.some(
          (slice) => slice.tid === arrow.tid && slice.ts! <= arrow.ts! && arrow.ts! <= slice.ts! + slice.dur!,
        ),
      ).toBe(true);
    }
  });

  test("slices of a track nest or stand apart", () => {
    const slicesOf = records(sharedQueue()).filter(({ ph }) => ph === "X");
    const tracks = [...new Set(slicesOf.map(({ tid }) => tid))].map((tid) => slicesOf.filter((one) => one.tid === tid));
    expect(tracks.length).toBeGreaterThan(3);
    for (const slices of tracks) {
      for (const a of slices) {
        for (const b of slices) {
          const crossing = a.ts! < b.ts! && b.ts! < a.ts! + a.dur! && a.ts! + a.dur! < b.ts! + b.dur!;
          expect(crossing).toBe(false);
        }
      }
    }
  });

  test("blocked calls, losses and queue depths", () => {
    const all = records(lateJoiner());
    expect(
      all.filter(({ name }) => name.endsWith("(blocked)")).map(({ name, ts, dur }) => `${name} ${ts} ${dur}`),
    ).toEqual(["recv (blocked) 100 1600210", "proxy (blocked) 300100 2300100"]);
    expect(all.filter(({ name }) => name.includes("lost")).map(({ name }) => name)).toEqual([
      "publisher.sender#0 lost: no-subscription",
    ]);
    const depths = all.filter(({ ph, name }) => ph === "C" && name.startsWith("pipe proxy.backend"));
    expect(depths.map(({ ts, args }) => [ts, args?.["sending"], args?.["waiting"]])).toEqual([
      [1600150, 1, 0],
      [1600300, 0, 1],
      [1600310, 0, 0],
      [2600150, 1, 0],
    ]);
  });
});
