/** `sim record` where something is not as it should be: what it says, and what it keeps. */
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { bench, left, processesOf, until } from "./support.ts";

const NODE = { sockets: { in: { type: "PULL", bind: "tcp://*:5555" } }, program: [{ recv: "in" }] };

describe.skipIf(process.platform !== "linux")("sim record", () => {
  test("a program that fails and one that waits for ever: the run ends in time and is whole", {
    timeout: 60_000,
  }, async () => {
    const nodes = {
      failing: { sockets: { out: { type: "REQ", bind: "tcp://*:5556" } }, program: [{ recv: "out" }] },
      waiting: NODE,
      timer: { program: [{ sleep: "50s" }] },
    };
    const on = bench({ "it.json": { about: "Nobody comes.", until: "1s", nodes } });
    const { code, err } = await on.sim("record", "it.json", "--out", "real");
    expect(err).toBe("it: run 1/1 -> real/run-1.jsonl\n");
    expect(code).toBe(0);
    const { header, events } = on.trace("real/run-1.jsonl");
    expect(header.incomplete).toBeUndefined();
    expect(events).toContainEqual(
      expect.objectContaining({ ev: "thread", thread: "failing", what: "fail", error: "recv failed with EFSM" }),
    );
    expect(events).toContainEqual(expect.objectContaining({ ev: "block", thread: "waiting", call: "recv" }));
    expect(events.every(({ t }) => t <= 1e9)).toBe(true);
  });

  test("commands that do not work", { timeout: 60_000 }, async () => {
    const on = bench({ "it.json": { about: "Nobody comes.", until: "1s", nodes: { sink: NODE } } });
    const unstarted = await on.sim("record", "it.json", "--with", "no-such-command -x");
    expect(unstarted.err).toContain("the process of sink could not be started: spawn no-such-command ENOENT");
    expect(unstarted.code).toBe(2);
    const unready = await on.sim("record", "it.json", "--when-ready", "no-such-command -x");
    expect(unready.err).toMatch(/no-such-command -x \d+: spawn no-such-command ENOENT/);
    expect(unready.code).toBe(3);
    expect(await until(() => processesOf(on).length === 0 && left(on).length === 0)).toBe(true);
  });

  test("a port that another program takes before the bind: said, and the trace is marked", {
    timeout: 60_000,
  }, async () => {
    const late = { ...NODE, startAt: "3s" };
    const on = bench({ "it.json": { about: "Somebody else is there.", until: "8s", nodes: { late } } });
    const { child, done } = on.start("record", "it.json", "--out", "real");
    let ports: number[] = [];
    expect(await until(() => (ports = claimsOf(child.pid as number)).length > 0, 15_000)).toBe(true);
    const thief = createServer().listen((ports[0] as number) - CLAIM, "127.0.0.1");
    await once(thief, "listening");
    const { code, err } = await done;
    thief.close();
    expect(err).toContain(
      `error: another program took port ${(ports[0] as number) - CLAIM}, which stood for late:5555`,
    );
    expect(code).toBe(3);
    expect(on.trace("real/run-1.jsonl").header.incomplete).toContain("another program took port");
    expect(await until(() => processesOf(on).length === 0 && left(on).length === 0)).toBe(true);
  });
});

/** A recorder claims a port by listening on the one so much higher. */
const CLAIM = 6000;
const LISTENING = "0A";

function claimsOf(pid: number): number[] {
  const files = `/proc/${pid}/fd`;
  const own = new Set(
    readdirSync(files).flatMap((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${files}/${name}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTENING && own.has(inode ?? ""))
    .map(([, address = ""]) => Number.parseInt(address.split(":")[1] ?? "", 16))
    .filter((port) => port >= 26_000 && port < 32_000);
}
