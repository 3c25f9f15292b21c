/** Runs one row of the benchmark in this process and prints what it cost as JSON: node main.mjs ROW */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { boundedBuffer, broker, fanOut, hold, reference, timers, type Work } from "./kernel.ts";
import * as model from "./model.ts";
import * as scenarios from "./scenarios.ts";

interface Measured {
  /** What the cost is divided by: events, deliveries, hops, subscribers. */
  readonly count: number;
  /** CPU seconds. */
  readonly cpu: number;
  readonly wall: number;
  /** Bytes that stay alive per counted thing; only for rows about memory. */
  readonly bytes?: number;
  /** Peak resident set, MB. */
  readonly rss: number;
}

/** Measures `work`, which returns what it counted. */
function measure(work: () => model.Done | number): Measured {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const done = work();
  const used = process.cpuUsage(cpu);
  return {
    count: typeof done === "number" ? done : done.count,
    cpu: (used.user + used.system) / 1e6,
    wall: (performance.now() - wall) / 1e3,
    rss: process.resourceUsage().maxRSS / 1024,
  };
}

/** Kernel workloads are warmed up with half their work. */
const kernel = (work: Work, events: number) => (): Measured => {
  work(events / 2);
  return measure(() => {
    work(events);
    return events;
  });
};
/** Whole-model workloads are warmed up with the same work in another world: compiled code is measured, as in the peers. */
const warmed = (work: (count: number) => model.Done | number, count: number) => (): Measured => {
  work(count);
  return measure(() => work(count));
};

/** Fan-out, measured from when all are connected, as the peers do. */
const connected = (transport: model.Transport, subscribers: number, deliveries: number) => (): Measured => {
  model.pubSub(transport, subscribers, deliveries);
  return measure(model.connectedPubSub(transport, subscribers, deliveries));
};

function idle(count: number): Measured {
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
  collect();
  const before = process.memoryUsage();
  let bench: model.Bench | undefined;
  const cost = measure(() => {
    bench = model.idleSubscribers(count);
    return count;
  });
  collect();
  const after = process.memoryUsage();
  if (bench === undefined) throw new Error("no bench");
  return { ...cost, bytes: (after.heapUsed + after.external - before.heapUsed - before.external) / count };
}

/** What lives per idle subscriber: [class, objects, bytes], most bytes first, from the difference of two heap snapshots. */
function idleObjects(): [string, number, number][] {
  const count = 1000;
  // What the engine itself is compiled to comes once, not per subscriber.
  model.idleSubscribers(10);
  const before = heapByClass();
  const bench = model.idleSubscribers(count);
  const after = heapByClass();
  if (bench.journal.written > 0) throw new Error("not idle");
  return [...after]
    .map(([name, { objects, bytes }]): [string, number, number] => {
      const known = before.get(name) ?? { objects: 0, bytes: 0 };
      return [name, (objects - known.objects) / count, (bytes - known.bytes) / count];
    })
    .filter(([name, objects, bytes]) => objects > 0.4 && bytes >= 8 && name !== "code")
    .sort((a, b) => b[2] - a[2]);
}

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: unknown[] } };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

function heapByClass(): Map<string, { objects: number; bytes: number }> {
  const file = writeHeapSnapshot(join(tmpdir(), `zeromq-sim-bench-${process.pid}.heapsnapshot`));
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  rmSync(file);
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const kinds = types[0] as readonly string[];
  const at = { type: fields.indexOf("type"), name: fields.indexOf("name"), size: fields.indexOf("self_size") };
  const classes = new Map<string, { objects: number; bytes: number }>();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const kind = kinds[nodes[node + at.type] as number] as string;
    const label = strings[nodes[node + at.name] as number] as string;
    const name = kind === "object" ? label.replace(/^_/, "") : kind;
    const sum = classes.get(name) ?? { objects: 0, bytes: 0 };
    sum.objects++;
    sum.bytes += nodes[node + at.size] as number;
    classes.set(name, sum);
  }
  return classes;
}

/** The trace goes to a real file, as a user's would. */
function traced(): number {
  const path = join(tmpdir(), `zeromq-sim-bench-${process.pid}.jsonl`);
  const file = openSync(path, "w");
  try {
    return scenarios.minute("full", (chunk) => void writeSync(file, chunk));
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

const TCP = "tcp://127.0.0.1:1";

export const ROWS: Readonly<Record<string, () => Measured>> = {
  reference: kernel(reference(1e4), 1e6),
  "hold 1e2": kernel(hold(1e2), 1e6),
  "hold 1e4": kernel(hold(1e4), 1e6),
  "hold 1e6": () => kernel(hold(1e6), 1e6)(),
  "W1 N=100": kernel(fanOut(100), 4e6),
  W2: kernel(boundedBuffer(), 1e6),
  W3: kernel(broker(), 1e6),
  "W4 N=1e6": kernel(timers(), 1e6),
  "PUSH/PULL tcp": warmed((count) => model.pushPull("tcp", count), 1e6),
  "PUSH/PULL inproc": warmed((count) => model.pushPull("inproc", count), 2e6),
  "PUB to 1 tcp": connected("tcp", 1, 5e5),
  "PUB to 10 tcp": connected("tcp", 10, 1e6),
  "PUB to 100 tcp": connected("tcp", 100, 1e6),
  "PUB to 10000 tcp": connected("tcp", 10_000, 1e6),
  "PUB to 1 inproc": connected("inproc", 1, 5e5),
  "PUB to 100 inproc": connected("inproc", 100, 2e6),
  "PUB to 10000 inproc": connected("inproc", 10_000, 1e6),
  "PUB to 100000 tcp": () => measure(model.connectedPubSub("tcp", 100_000, 2e6)),
  "proxy tcp": warmed((count) => model.proxied("tcp", count), 3e5),
  "shared queue tcp": warmed((count) => model.sharedQueue(count), 1e5),
  "idle 1e4": () => idle(1e4),
  "idle 1e5": () => idle(1e5),
  "idle 1e6": () => idle(1e6),
  "reconnect 1e6": () => measure(() => model.reconnecting(1e6)),
  "10000 topics": warmed((count) => model.manyTopics(10_000, count), 2e5),
  "scenario PUSH/PULL tcp": warmed((count) => scenarios.pushPull(TCP, count), 1e6),
  "scenario PUSH/PULL inproc": warmed((count) => scenarios.pushPull("inproc://a", count), 1e6),
  "scenario PUB to 100 tcp": warmed((count) => scenarios.pubSub(TCP, 100, count), 1e6),
  "minute off": () => measure(() => scenarios.minute("off")),
  "minute counts": () => measure(() => scenarios.minute("counts")),
  "minute full": () => measure(traced),
};

const [name = ""] = process.argv.slice(2);
const row = ROWS[name];
if (name === "memory of the idle") {
  console.log(JSON.stringify(idleObjects()));
} else if (row === undefined) {
  console.log(JSON.stringify(Object.keys(ROWS)));
} else {
  console.log(JSON.stringify(row()));
}
