/** Calls that wait: model 1.3, 8, 9.1 to 9.3. */
import { describe, expect, test } from "vitest";
import { calls, received, run } from "../support/scenario.ts";

const MS = 1e6;

describe("model 9.3: timeouts", () => {
  test.each([
    ["recv", { type: "PULL", options: { rcvtimeo: "30ms" }, bind: "inproc://a" }, { recv: "s", error: "e" }],
    [
      "send",
      { type: "PUSH", options: { sndtimeo: "30ms" }, bind: "inproc://a" },
      { send: "s", frames: ["x"], error: "e" },
    ],
  ])("%s gives up after exactly its time", (call, socket, step) => {
    const record = run({ nodes: { node: { sockets: { s: socket }, program: [{ sleep: "5ms" }, step] } } });
    const [event] = calls(record, call);
    expect([event?.result, event?.waited, event?.t]).toEqual(["EAGAIN", 30 * MS, 35 * MS]);
  });

  test("0 is DONTWAIT", () => {
    const record = run({
      nodes: {
        node: {
          sockets: { s: { type: "PULL", options: { rcvtimeo: 0 }, bind: "inproc://a" } },
          program: [{ recv: "s", error: "e" }],
        },
      },
    });
    expect([calls(record, "recv")[0]?.result, record.endTime]).toEqual(["EAGAIN", 0]);
  });

  test("commands in between do not prolong the wait", () => {
    const record = run({
      nodes: {
        node: {
          sockets: { s: { type: "SUB", options: { rcvtimeo: "50ms" }, subscribe: ["wanted"], bind: "inproc://a" } },
          program: [{ recv: "s", error: "e" }],
          threads: {
            other: {
              sockets: { pub: { type: "PUB", connect: "inproc://a" } },
              program: [{ repeat: 10, do: [{ sleep: "9ms" }, { send: "pub", frames: ["unwanted"] }] }],
            },
          },
        },
      },
    });
    expect(calls(record, "recv").map(({ result, waited }) => [result, waited])).toEqual([["EAGAIN", 50 * MS]]);
  });
});

describe("model 1.3: who waits is woken by commands", () => {
  test("a blocked send goes on when the peer connects, a blocked recv when a message comes", () => {
    const record = run({
      nodes: {
        sender: {
          sockets: { push: { type: "PUSH", bind: "tcp://*:5555" } },
          program: [{ send: "push", frames: ["x"] }],
        },
        receiver: {
          startAt: "40ms",
          sockets: { pull: { type: "PULL", connect: "tcp://sender:5555" } },
          program: [{ recv: "pull" }],
        },
      },
    });
    expect(calls(record, "send").map(({ result, waited }) => [result, waited])).toEqual([["ok", 40 * MS]]);
    expect(received(record, "receiver.pull")).toEqual(["x"]);
  });

  test("a full pipe frees a blocked sender in steps of lwm", () => {
    const record = run({
      nodes: {
        node: {
          sockets: { push: { type: "PUSH", options: { sndhwm: 3 }, connect: "inproc://a" } },
          program: [{ sleep: "1ms" }, { repeat: 16, as: "i", do: [{ send: "push", frames: ["${i}"] }] }],
          threads: {
            reader: {
              sockets: { pull: { type: "PULL", options: { rcvhwm: 5 }, bind: "inproc://a" } },
              program: [{ sleep: "10ms" }, { repeat: 16, do: [{ recv: "pull" }, { sleep: "1ms" }] }],
            },
          },
        },
      },
    });
    // 8 at once; four when the fourth has been read (13 ms), four at the eighth (17 ms).
    expect(calls(record, "send").map(({ t }) => t / MS)).toEqual([
      ...Array(8).fill(1),
      ...Array(4).fill(13),
      ...Array(4).fill(17),
    ]);
  });
});

describe("model 9.1: poll", () => {
  test("waits for any of its sockets, and for the time given", () => {
    const record = run({
      nodes: {
        node: {
          sockets: { a: { type: "PULL", bind: "inproc://a" }, b: { type: "PULL", bind: "inproc://b" } },
          program: [
            { poll: ["a", "b"], timeout: "100ms", as: "ready" },
            { log: "${ready.a} ${ready.b}" },
            { recv: "b" },
            { poll: ["a", "b"], timeout: "100ms", as: "ready" },
            { log: "${ready.a} ${ready.b}" },
            { poll: ["a"], timeout: 0, as: "ready" },
          ],
          threads: {
            other: {
              sockets: { push: { type: "PUSH", connect: "inproc://b" } },
              program: [{ sleep: "20ms" }, { send: "push", frames: ["x"] }, { sleep: "1s" }],
            },
          },
        },
      },
    });
    const logs = record.events.flatMap((event) => (event.ev === "log" ? [[event.text, event.t / MS]] : []));
    expect(logs).toEqual([
      ["false true", 20],
      ["false false", 120],
    ]);
    expect(calls(record, "poll").map(({ t }) => t / MS)).toEqual([20, 120, 120]);
  });

  test("waits for POLLOUT, too: a PUSH whose peer comes late", () => {
    const record = run({
      nodes: {
        sender: {
          sockets: { push: { type: "PUSH", bind: "tcp://*:5555" } },
          program: [
            { poll: { push: "out" }, as: "ready" },
            { send: "push", frames: ["x"], dontwait: true },
          ],
        },
        receiver: {
          startAt: "30ms",
          sockets: { pull: { type: "PULL", connect: "tcp://sender:5555" } },
          program: [{ recv: "pull" }],
        },
      },
    });
    expect(calls(record, "poll").map(({ t }) => t / MS)).toEqual([30]);
    expect(received(record, "receiver.pull")).toEqual(["x"]);
  });
});

describe("model 8: zmq_proxy", () => {
  /** Requests and replies that wait when the proxy starts; who was forwarded, in order. */
  function forwarding(queued: number, backend: Record<string, unknown>, more: Record<string, unknown> = {}) {
    return run({
      nodes: {
        node: {
          startAt: "0ms",
          sockets: {
            frontend: { type: "ROUTER", options: { rcvhwm: 0, sndhwm: 0 }, bind: "inproc://front" },
            backend: { type: "DEALER", options: { rcvhwm: 0, ...backend }, bind: "inproc://back" },
            ...more,
          },
          program: [
            { sleep: "50ms" },
            { proxy: ["frontend", "backend"], ...("capture" in more ? { capture: "capture" } : {}) },
          ],
          threads: {
            client: {
              startAt: "1ms",
              sockets: {
                dealer: { type: "DEALER", options: { routing_id: "C", sndhwm: 0 }, connect: "inproc://front" },
              },
              program: [{ repeat: queued, do: [{ send: "dealer", frames: ["request"] }] }, { sleep: "1s" }],
            },
            server: {
              startAt: "2ms",
              sockets: { dealer: { type: "DEALER", options: { sndhwm: 0, rcvhwm: 1 }, connect: "inproc://back" } },
              program: [
                { repeat: queued, do: [{ send: "dealer", frames: ["C", "reply"] }] },
                { sleep: "500ms" },
                { repeat: queued, do: [{ recv: "dealer" }] },
                { sleep: "1s" },
              ],
            },
          },
        },
      },
    });
  }

  /** Runs of messages forwarded from each side: "F1000 B1000 ...". */
  function runs(record: ReturnType<typeof forwarding>): string {
    const sides = calls(record, "send").flatMap(({ socket }) =>
      socket === "node.backend" ? ["F"] : socket === "node.frontend" ? ["B"] : [],
    );
    const lengths: [string, number][] = [];
    for (const side of sides) {
      const last = lengths.at(-1);
      if (last?.[0] === side) last[1]++;
      else lengths.push([side, 1]);
    }
    return lengths.map(([side, length]) => `${side}${length}`).join(" ");
  }

  test("2500 requests and 2500 replies: 1000, 1000, 1000, 1000, 500, 500, the frontend first", () => {
    expect(runs(forwarding(2500, { sndhwm: 0 }))).toBe("F1000 B1000 F1000 B1000 F500 B500");
  });

  test("a burst with room for 3 in the backend blocks in send after 3; replies wait until all 50 are through (DIFFERS(proxy-spin))", () => {
    const record = forwarding(50, { sndhwm: 2 });
    const sends = calls(record, "send").filter(({ socket }) => socket === "node.backend" || socket === "node.frontend");
    const early = sends.filter(({ t }) => t < 500 * MS).map(({ socket }) => socket);
    expect(early).toEqual(Array(3).fill("node.backend"));
    expect(runs(record)).toBe("F50 B50");
  });

  test("a capture PUSH without a reader blocks it at the first message", () => {
    const record = forwarding(5, { sndhwm: 0 }, { capture: { type: "PUSH", bind: "inproc://capture" } });
    expect(calls(record, "send").filter(({ socket }) => socket === "node.backend")).toEqual([]);
    expect(record.threads.find(({ thread }) => thread === "node")).toMatchObject({ state: "blocked", call: "proxy" });
  });
});
