/**
 * Programs in JavaScript on npm zeromq and on simulated sockets: the same files, started by the command. What a
 * program prints is in both traces, so that the two arms have to agree on everything the programs see.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { TraceEvent } from "../../src/journal/events.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios/modules");
const VALIDATION = join(import.meta.dirname, "../validation");
let folder: string;

beforeAll(() => {
  expect(inject("bundleError")).toBe("");
  folder = mkdtempSync(join(tmpdir(), "zeromq-sim-real-modules-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sim(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(inject("bundles"), "sim.js"), ...words], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}

const eventsOf = (file: string): TraceEvent[] =>
  readFileSync(join(folder, file), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line) as TraceEvent);

/** Both arms of a scenario made of these nodes and files. */
function both(nodes: object, files: Record<string, string>, further: object = {}) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "it.json"), JSON.stringify({ about: "x", until: "3s", seed: 5, nodes, ...further }));
  const simulated = sim("run", "it.json", "--trace", "simulated.jsonl");
  expect(simulated.stderr).toBe("");
  const recorded = sim("record", "it.json", "--out", "real", "--quiet");
  expect(recorded.stderr).toBe("");
  return { simulated: eventsOf("simulated.jsonl"), real: eventsOf("real/run-1.jsonl") };
}

/** By thread, since their order among each other is free. */
function logs(events: readonly TraceEvent[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const event of events) if (event.ev === "log") (found[event.thread] ??= []).push(event.text);
  return found;
}

/** How nodes and their programs ended. */
const ends = (events: readonly TraceEvent[]): string[] =>
  events
    .flatMap((event) => {
      if (event.ev === "node" && event.what === "exit") return [`${event.node} exits with ${event.code}`];
      return event.ev === "thread" && event.what === "fail" ? [`${event.thread} fails: ${event.error}`] : [];
    })
    .sort();

describe("the examples", () => {
  /** A machine that is busy with other tests may hold up the real runs. */
  function compared(attempt: () => ReturnType<typeof sim>): void {
    for (let left = 2; ; left--) {
      const { status, stdout } = attempt();
      if (status !== 0 && left > 0) continue;
      expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^(equal|within)/);
      return;
    }
  }

  test("broker.json: the real runs are within", { timeout: 120_000 }, () => {
    const file = join(SCENARIOS, "broker.json");
    compared(() => {
      expect(sim("record", file, "--runs", "2", "--out", "runs").stderr).toMatch(/run 2\/2 -> runs/);
      return sim("compare", file, "runs", "--seeds", "1..100");
    });
  });

  test("the commands of the README hold for workers.json", { timeout: 120_000 }, () => {
    cpSync(SCENARIOS, join(folder, "scenarios/modules"), { recursive: true });
    const readme = readFileSync(join(SCENARIOS, "../../README.md"), "utf8");
    const block = /<!-- commands: modules -->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const [run = [], record = [], compare = []] = block
      .trim()
      .split("\n")
      .map((line) => line.split(" ").slice(1));
    expect(sim(...run).status).toBe(0);
    compared(() => {
      expect(sim(...record).status).toBe(0);
      return sim(...compare);
    });
  });
});

/** Facts of distribution, measured with zeromq.js in processes of their own; here one file for both arms. */
describe("what programs print is what they printed when it was measured", () => {
  const tasks = (first: number) => [0, 3, 6, 9].map((number) => `task ${number + first}`);
  const answers = (name: string, first: number) =>
    Array.from({ length: 8 }, (_, number) => `${name}${number} by ${(number + first) % 3}`);
  /** The first is what the simulator says; the others are what real runs say, too. */
  const measured: Record<string, Record<string, string[]>[]> = {
    // The first call of a program takes about as long as the handshake: the first message was in time
    // in 12 of 65 runs, and in three of three on another machine.
    "modules/js-mn-pub-sub.json": [
      { sub: ["message 1", "message 2"] },
      { sub: ["message 0", "message 1", "message 2"] },
    ],
    "js-streamer.json": [{ first: tasks(0), second: tasks(1), third: tasks(2) }],
    "js-shared-queue.json": [{ a: answers("a", 0), b: answers("b", 2), c: answers("c", 1) }],
    "js-async-server.json": [{ one: ["13 replies"], two: ["21 replies"] }],
  };

  test.each(Object.entries(measured))("%s", { timeout: 60_000 }, (name, outcomes) => {
    const file = join(VALIDATION, name);
    expect(sim("run", file, "--quiet", "--trace", "simulated.jsonl").status).toBe(0);
    expect(logs(eventsOf("simulated.jsonl"))).toEqual(outcomes[0]);
    for (let attempt = 1; ; attempt++) {
      expect(sim("record", file, "--quiet", "--out", "real").stderr).toBe("");
      const real = logs(eventsOf("real/run-1.jsonl"));
      if (attempt < 3 && !outcomes.some((outcome) => isDeepStrictEqual(outcome, real))) continue;
      return expect(outcomes).toContainEqual(real);
    }
  });
});

test("a process leaves when its linger allows it to: at once, after 100 ms, when its peer came, never", () => {
  /** ms from the end of the program to the end of the process. */
  const stays = (events: readonly TraceEvent[]): Record<string, number> =>
    Object.fromEntries(
      events.flatMap((event) => {
        const end = events.find(
          (one) => one.ev === "thread" && one.what === "end" && event.ev === "node" && one.thread === event.node,
        );
        if (event.ev !== "node" || event.what !== "exit" || end === undefined) return [];
        return [[event.node, (event.t - end.t) / 1e6]];
      }),
    );
  const file = join(VALIDATION, "js-linger.json");
  expect(sim("run", file, "--quiet", "--trace", "simulated.jsonl").status).toBe(0);
  sim("record", file, "--quiet", "--out", "real");
  for (const trace of ["simulated.jsonl", "real/run-1.jsonl"]) {
    const { none, some, heard, forever } = stays(eventsOf(trace));
    expect(none).toBeLessThan(90);
    expect(some).toBeGreaterThan(99);
    expect(some).toBeLessThan(250);
    // The peer comes at 500 ms, and is tried every 100 to 200 ms.
    expect(heard).toBeGreaterThan(400);
    expect(heard).toBeLessThan(900);
    expect(forever).toBeUndefined();
  }
}, 60_000);

test("draws, arguments, output: equal in both arms, in ESM and in CommonJS", () => {
  const text = (get: string) => `${get}
console.log(process.argv.slice(2).join(" "), Math.random(), crypto.randomUUID(), crypto.randomBytes(4).toString("hex"));
console.log(crypto.randomInt(100), globalThis.crypto.getRandomValues(new Uint8Array(2)).join());
process.stdout.write("no end of line, "); console.error("said as error");`;
  const { simulated, real } = both(
    {
      esm: { count: 2, program: { module: "./draw.mjs", args: ["${index}"] } },
      cjs: { program: { module: "./draw.cjs", args: ["a", "b"] } },
    },
    {
      "draw.mjs": text(
        'import * as crypto from "node:crypto"; import { argv } from "node:process"; import "zeromq"; void argv;',
      ),
      "draw.cjs": text('const crypto = require("node:crypto"); require("zeromq");'),
    },
  );
  expect(Object.keys(logs(real)).sort()).toEqual(["cjs", "esm[0]", "esm[1]"]);
  expect(logs(real)).toEqual(logs(simulated));
  expect(ends(real)).toEqual(ends(simulated));
});

test("endpoints: host names, ports chosen by the system, ipc, inproc and a proxy", () => {
  const server = `import { Proxy, Pull, Push, Reply } from "zeromq";
const port = new Reply();
await port.bind("tcp://*:7001");
const hidden = new Pull();
hidden.bindSync("tcp://*:*");
console.log(/^tcp:\\/\\/0\\.0\\.0\\.0:\\d+$/.test(hidden.lastEndpoint));
await port.receive();
await port.send(hidden.lastEndpoint.replace("0.0.0.0", "server"));
console.log(String(await hidden.receive()));
const [front, back, end, last] = [new Pull(), new Push(), new Pull(), new Push()];
await front.bind("ipc:///somewhere/front");
await back.bind("inproc://back");
const proxy = new Proxy(front, back);
const over = proxy.run();
end.connect("inproc://back");
console.log(String(await end.receive()));
proxy.terminate();
console.log(await over.then(() => "over"), front.closed, back.closed);
for (const one of ["tcp://*:7001", "tcp://0.0.0.0:7001"]) console.log(await port.unbind(one).then(() => "ok", (error) => error.code + error.address));
try { last.connect("tcp://nobody:1"); } catch (error) { console.log(error.message); }
try { await last.bind("nonsense"); } catch (error) { console.log(error.code, error.address); }
for (const socket of [port, hidden, end, last]) socket.close();`;
  const client = `import { Push, Request } from "zeromq";
const ask = new Request();
ask.connect("tcp://server:7001");
await ask.send("where?");
const [where] = await ask.receive();
const push = new Push();
push.connect(String(where));
await push.send("found it");
const same = new Push();
same.connect("ipc:///somewhere/front");
await same.send("through the proxy");
console.log(same.lastEndpoint);
for (const socket of [ask, push, same]) socket.close();`;
  const { simulated, real } = both(
    {
      server: { host: "server", program: { module: "./server.mjs" } },
      client: { host: "server", startAt: "100ms", program: { module: "./client.mjs" } },
    },
    { "server.mjs": server, "client.mjs": client },
  );
  expect(logs(simulated)["server"]).toContain("through the proxy");
  expect(logs(real)).toEqual(logs(simulated));
  expect(ends(real)).toEqual(["client exits with 0", "server exits with 0"]);
  expect(ends(simulated)).toEqual(ends(real));
});

test("monitor events that the program hears, pulled and emitted", () => {
  const server = `import { Pull } from "zeromq";
const pull = new Pull();
const heard = [];
for (const type of ["bind", "accept", "handshake", "end"]) pull.events.on(type, (event) => heard.push(event.type + " " + (event.address ?? "")));
await pull.bind("tcp://*:7002");
await pull.receive();
try { await pull.events.receive(); } catch (error) { console.log(error.message.slice(0, 34)); }
pull.close();
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(heard.join(), pull.events.closed);`;
  const client = `import { Push, Observer } from "zeromq";
const push = new Push();
const { events } = push;
console.log(events instanceof Observer, push.events === events);
push.connect("tcp://server:7002");
const kinds = [];
while (kinds.at(-1) !== "handshake") kinds.push((await events.receive()).type);
await push.send("x");
for await (const event of events) { kinds.push(event.type); if (event.type === "disconnect") break; }
console.log(kinds.join());
push.close();`;
  const { simulated, real } = both(
    {
      server: { program: { module: "./server.mjs" } },
      client: { startAt: "100ms", program: { module: "./client.mjs" } },
    },
    { "server.mjs": server, "client.mjs": client },
  );
  expect(logs(real)).toEqual(logs(simulated));
  expect(logs(real)["client"]?.[1]).toMatch(/^connect:delay,connect,handshake,disconnect/);
});

test("ends: by itself with sockets open, by exit, by an error nobody catches, by a crash; and a restart", () => {
  const open =
    'import { Push } from "zeromq"; const push = new Push(); push.connect("tcp://sink:7003"); await push.send("last words");';
  const { simulated, real } = both(
    {
      sink: {
        sockets: { in: { type: "PULL", bind: "tcp://*:7003" } },
        program: [{ repeat: 1, do: [{ recv: "in" }] }, { sleep: "1s" }],
      },
      open: { startAt: "50ms", program: { module: "./open.mjs" } },
      exit: { program: { module: "./exit.mjs" } },
      late: { program: { module: "./late.mjs" } },
      rejected: { program: { module: "./rejected.mjs" } },
      forever: { program: { module: "./forever.mjs" } },
    },
    {
      "open.mjs": open,
      "exit.mjs": "setTimeout(() => process.exit(3), 20);",
      "late.mjs": 'import "zeromq"; setTimeout(() => { throw new Error("too late"); }, 30);',
      "rejected.mjs":
        'import { Push } from "zeromq"; const push = new Push({ sendTimeout: 20, linger: 0 }); await push.send("x");',
      "forever.mjs":
        'import { Pull } from "zeromq"; console.log(Math.random()); const pull = new Pull(); await pull.bind("tcp://*:7004"); await pull.receive();',
    },
    {
      timeline: [
        { at: "300ms", restart: "forever" },
        { at: "600ms", crash: "forever" },
      ],
    },
  );
  expect(ends(simulated)).toEqual([
    "exit exits with 3",
    "late exits with 1",
    "late fails: too late",
    "open exits with 0",
    "rejected exits with 1",
    "rejected fails: Operation was not possible or timed out",
    "sink exits with 0",
  ]);
  expect(ends(real)).toEqual(ends(simulated));
  expect(new Set(logs(real)["forever"]).size).toBe(2);
  expect(logs(real)).toEqual(logs(simulated));
});

test("a module that is missing or cannot be loaded is an error before anything starts", () => {
  writeFileSync(join(folder, "broken.mjs"), "import { Push } from 'zeromq'; this is no program");
  for (const [module, message] of [
    ["./none.mjs", /node "a" runs \.\/none\.mjs, but there is no file/],
    ["./broken.mjs", /node "a" could not load its module/],
  ] as const) {
    writeFileSync(join(folder, "bad.json"), JSON.stringify({ about: "x", nodes: { a: { program: { module } } } }));
    const { status, stderr } = sim("record", "bad.json");
    expect({ status, clear: message.test(stderr) }).toEqual({ status: 2, clear: true });
  }
});
