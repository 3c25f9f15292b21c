/** What is sent after close: D27; model 6.7. */
import { describe, expect, test } from "vitest";
import { Lab, type LabProcess, type LabSocket } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";
type Peer = "live" | "late" | "none";
const BIND_AFTER = 500;
/** First attempt at or after 500 ms in a fresh process (D3). */
const ATTEMPT = 635;

/** Sends, closes and ends the context at once; ms until it has ended, and the messages that arrived. */
function play(
  linger: number | undefined,
  peer: Peer,
  count: number,
  size: number,
  settled = false,
): { time: number; received: number } {
  const lab = new Lab();
  const sender = lab.process("sender");
  const push = sender.socket("PUSH", linger === undefined ? {} : { linger });
  let pull: LabSocket | null = null;
  if (peer === "live") {
    pull = lab.lone("PULL");
    pull.bind(TCP);
  }
  push.connect(TCP);
  if (settled) lab.settle(50);
  expect(push.sends(count, () => [size])).toBe(count);
  push.close();
  const received: string[] = [];
  const time = termTime(lab, sender, 3000, (elapsed) => {
    if (peer === "late" && elapsed === BIND_AFTER) {
      pull = lab.lone("PULL");
      pull.bind(TCP);
    }
    received.push(...(pull?.recvs() ?? []));
  });
  for (let round = 0; round < 50; round++) {
    lab.settle(10);
    received.push(...(pull?.recvs() ?? []));
  }
  return { time, received: received.length };
}

function termTime(lab: Lab, process: LabProcess, limit: number, each: (elapsed: number) => void): number {
  for (let elapsed = 0; elapsed <= limit; elapsed++) {
    each(elapsed);
    if (process.term()) return elapsed;
    lab.settle(1);
  }
  return Infinity;
}

describe("D27: PUSH sends, closes and terminates at once", () => {
  test.each<[number | undefined, Peer, boolean, number, number, number, number]>([
    // LINGER, peer, settled, messages, bytes, received, ms until term returns
    [undefined, "live", true, 100, 1, 100, 0],
    [undefined, "live", false, 100, 1, 100, 0],
    [undefined, "late", false, 100, 1, 100, ATTEMPT],
    [undefined, "none", false, 100, 1, 0, Infinity],
    [0, "live", true, 100, 1, 100, 0],
    [0, "late", false, 100, 1, 0, 0],
    [0, "none", false, 100, 1, 0, 0],
    [100, "live", true, 100, 1, 100, 0],
    [100, "live", false, 100, 1, 100, 0],
    [100, "late", false, 100, 1, 0, 100],
    [100, "none", false, 100, 1, 0, 100],
    [undefined, "live", true, 200, 65_536, 200, 0],
    [undefined, "live", false, 200, 65_536, 200, 0],
    [undefined, "late", false, 200, 65_536, 200, ATTEMPT],
    [undefined, "none", false, 200, 65_536, 0, Infinity],
    [0, "late", false, 200, 65_536, 0, 0],
    [0, "none", false, 200, 65_536, 0, 0],
    [100, "live", false, 200, 65_536, 200, 0],
    [100, "late", false, 200, 65_536, 0, 100],
    [100, "none", false, 200, 65_536, 0, 100],
  ])(
    "LINGER %s, peer %s, settled %s, %i x %i B: %i received, ended after %d ms",
    (linger, peer, settled, count, size, received, time) => {
      const outcome = play(linger, peer, count, size, settled);
      expect(outcome.received).toBe(received);
      if (time === Infinity) expect(outcome.time).toBe(Infinity);
      else {
        // Term returned within a few ms of the deterministic times (measured 0.3 to 5 ms; 24 ms for the large ones).
        expect(outcome.time).toBeGreaterThanOrEqual(time);
        expect(outcome.time).toBeLessThanOrEqual(time + (size > 1 ? 25 : 2));
      }
    },
  );

  test("LINGER 0 with a live peer: some contiguous part arrives, and term returns at once (S4)", () => {
    const { time, received } = play(0, "live", 200, 65_536, true);
    expect(time).toBeLessThanOrEqual(15);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(200);
  });
});

describe("model 6.7", () => {
  test("nothing queued: term returns at once whatever LINGER is", () => {
    for (const linger of [-1, 0, 200]) {
      const lab = new Lab();
      const process = lab.process("p");
      const push = process.socket("PUSH", { linger });
      push.connect(TCP);
      lab.settle(20);
      push.close();
      expect(process.termTime()).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    [0, 0],
    [200, 200],
  ])("LINGER %i, a bound PUSH whose peer does not read: %i ms", (linger, time) => {
    const lab = new Lab();
    const process = lab.process("p");
    const push = process.socket("PUSH", { linger, sndhwm: 0 });
    const pull = lab.lone("PULL", { rcvhwm: 1 });
    push.bind(TCP);
    pull.connect(TCP);
    lab.settle();
    push.events();
    push.sends(200, () => [65_536]);
    lab.settle();
    push.close();
    const elapsed = process.termTime();
    expect(elapsed).toBeGreaterThanOrEqual(time);
    expect(elapsed).toBeLessThanOrEqual(time + 2);
  });

  test("LINGER as it is at close counts, not as it was at connect", () => {
    const lab = new Lab();
    const process = lab.process("p");
    const push = process.socket("PUSH", { linger: -1 });
    push.connect(TCP);
    push.send("x");
    push.set("linger", 50);
    push.close();
    expect(process.termTime()).toBe(50);
    expect(lab.fates).toEqual({ linger: 1 });
  });

  test("a disconnect under LINGER -1 with a queued message hangs term, also if LINGER is set to 0 afterwards", () => {
    const lab = new Lab();
    const process = lab.process("p");
    const push = process.socket("PUSH");
    push.connect(TCP);
    push.send("x");
    expect(push.disconnect(TCP)).toBe("ok");
    push.set("linger", 0);
    lab.settle();
    push.close();
    expect(process.termTime(1000)).toBe(Infinity);
  });

  test("gotcha 34: SUB and XSUB linger 0, the others for ever; not BLOCKY: all 0", () => {
    const lab = new Lab();
    const lingers = (blocky: boolean) => {
      const process = lab.process(String(blocky), { blocky });
      return (["SUB", "XSUB", "PUSH", "PUB", "REQ"] as const).map((type) => process.socket(type).get("linger"));
    };
    expect(lingers(true)).toEqual([0, 0, -1, -1, -1]);
    expect(lingers(false)).toEqual([0, 0, 0, 0, 0]);
  });

  test("after term has begun every call is ETERM; it returns once the socket is closed", () => {
    const lab = new Lab();
    const process = lab.process("p");
    const push = process.socket("PUSH");
    push.bind("inproc://a");
    expect(process.term()).toBe(false);
    lab.settle();
    expect([push.send("x"), push.connect("inproc://b"), push.bind("inproc://c"), push.unbind("inproc://a")]).toEqual(
      Array(4).fill("ETERM"),
    );
    expect([push.events(), push.get("events"), push.set("linger", 0)]).toEqual(["ETERM", "ETERM", "ETERM"]);
    expect([push.recv(), push.errno]).toEqual([null, "ETERM"]);
    push.close();
    lab.settle();
    expect(process.term()).toBe(true);
  });

  test("pending inproc connects do not keep a context alive", () => {
    const lab = new Lab();
    const process = lab.process("p");
    const push = process.socket("PUSH");
    push.connect("inproc://nobody");
    push.send("x");
    push.close();
    expect(process.termTime()).toBeLessThanOrEqual(1);
  });

  test("a closed socket goes on connecting while it lingers, and delivers", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    push.connect(TCP);
    push.sends(3);
    push.close();
    lab.settle(1000);
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    lab.settle(500);
    expect(pull.recvs()).toEqual(["0", "1", "2"]);
    lab.settle(100);
    expect(pull.monitored.at(-1)).toBe("DISCONNECTED");
  });

  test("close drops what was received and not read", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    push.connect(TCP);
    push.sends(5);
    lab.settle();
    expect(pull.recv()).toBe("0");
    pull.close();
    lab.settle();
    expect(lab.fates).toEqual({ "receiver-closed": 4 });
  });
});
