/** One body of code, two modules: facts of the API run on npm zeromq and on the simulated one, and compared. */

import { describe, expect, test } from "vitest";
import * as real from "zeromq";
import { simulate } from "../../src/dropin/simulate.ts";
import * as sim from "../../src/dropin/zeromq.ts";

type Zmq = typeof real;
interface Sender {
  sendTimeout: number;
  send(message: unknown): Promise<void>;
}
interface Receiver {
  receiveTimeout: number;
  receive(): Promise<Buffer[]>;
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** "ok" or the code, errno and message of the error. */
const tried = async (call: () => unknown): Promise<string> => {
  try {
    await call();
    return "ok";
  } catch (error) {
    const { code, errno, message, address } = error as {
      code: string;
      errno: number;
      message: string;
      address?: string;
    };
    return [code, errno, message, address].join(" ");
  }
};
/** Sends until one is refused: how many were not, at most `max`. */
async function fill(socket: Sender, max = 40): Promise<number> {
  socket.sendTimeout = 0;
  for (let sent = 0; sent < max; sent++) if ((await tried(() => socket.send(`${sent}`))) !== "ok") return sent;
  return max;
}
/** Everything that can be read now. */
async function drain(socket: Receiver, max = 100): Promise<string[]> {
  socket.receiveTimeout = 0;
  const got: string[] = [];
  while (got.length < max && (await tried(async () => got.push((await socket.receive()).join("|")))) === "ok");
  return got;
}

let port = 7800;
const CASES: Record<string, (zmq: Zmq, address: (name: string) => string) => Promise<unknown>> = {
  "D6: capacity of inproc is the sum of both limits": async ({ Push, Pull }, address) => {
    const [push, pull] = [new Push({ sendHighWaterMark: 3, linger: 0 }), new Pull({ receiveHighWaterMark: 4 })];
    await pull.bind(address("d6"));
    push.connect(address("d6"));
    const accepted = await fill(push);
    return [accepted, (await drain(pull)).length];
  },
  "D6: before the bind only the connecting side's limit counts": async ({ Push, Pull }, address) => {
    const [push, pull] = [new Push({ sendHighWaterMark: 3, linger: 0 }), new Pull({ receiveHighWaterMark: 4 })];
    push.connect(address("d6b"));
    const before = await fill(push);
    await pull.bind(address("d6b"));
    return [before, await fill(push), (await drain(pull)).length];
  },
  "D7: room comes back at half the capacity": async ({ Push, Pull }, address) => {
    const [push, pull] = [new Push({ sendHighWaterMark: 4, linger: 0 }), new Pull({ receiveHighWaterMark: 4 })];
    await pull.bind(address("d7"));
    push.connect(address("d7"));
    const counts = [await fill(push)];
    for (let i = 0; i < 8; i++) {
      await pull.receive();
      await wait(3);
      counts.push(await fill(push));
    }
    return counts;
  },
  "D8: a publisher at its limit drops the newest": async ({ Publisher, Subscriber }, address) => {
    const [pub, sub] = [
      new Publisher({ sendHighWaterMark: 2, linger: 0 }),
      new Subscriber({ receiveHighWaterMark: 3 }),
    ];
    await pub.bind(address("d8"));
    sub.connect(address("d8"));
    sub.subscribe();
    await wait(20);
    for (let i = 0; i < 12; i++) await pub.send(`${i}`);
    return drain(sub);
  },
  "D13: PUSH takes its peers in turn": async ({ Push, Pull }, address) => {
    const push = new Push({ linger: 0 });
    const pulls = [new Pull(), new Pull(), new Pull()];
    for (const [index, pull] of pulls.entries()) {
      await pull.bind(address(`d13-${index}`));
      push.connect(address(`d13-${index}`));
    }
    for (let i = 0; i < 9; i++) await push.send(`${i}`);
    return Promise.all(pulls.map((pull) => drain(pull)));
  },
  "D15: fair queueing by depth (5, 2, 1)": async ({ Push, Pull }, address) => {
    const pull = new Pull();
    await pull.bind(address("d15"));
    for (const [index, depth] of [5, 2, 1].entries()) {
      const push = new Push();
      push.connect(address("d15"));
      for (let i = 0; i < depth; i++) await push.send(`${index}.${i}`);
    }
    return drain(pull);
  },
  "D21: CONFLATE on the receiver keeps the last": async ({ Push, Pull }, address) => {
    const [push, pull] = [new Push({ linger: 0 }), new Pull({ conflate: true })];
    await pull.bind(address("d21"));
    push.connect(address("d21"));
    for (let i = 0; i < 10; i++) await push.send(`${i}`);
    await wait(100);
    return drain(pull);
  },
  "D23: ROUTER and an id that nobody has": async ({ Router }, address) => {
    const router = new Router({ linger: 0 });
    await router.bind(address("d23"));
    const silent = await tried(() => router.send(["nobody", "x"]));
    router.mandatory = true;
    // Without any peer it is not writable and would wait.
    const writable = router.writable;
    router.sendTimeout = 0;
    return [silent, writable, await tried(() => router.send(["nobody", "x"]))];
  },
  "D25: bound and alone": async ({ Push, Dealer, Request, Pair, Publisher, Router }, address) => {
    const results: string[] = [];
    for (const Type of [Push, Dealer, Request, Pair, Publisher, Router] as (new (
      options: object,
    ) => real.Push)[]) {
      const socket = new Type({ linger: 0, sendTimeout: 5 });
      await socket.bind(address(`d25-${Type.name}`));
      results.push(`${Type.name} ${await tried(() => socket.send(["a", "b"] as never))}`);
      socket.close();
    }
    return results;
  },
  "D26: connected before the bind, nothing is lost": async ({ Push, Pull }, address) => {
    const [push, pull] = [new Push({ linger: 0 }), new Pull()];
    push.connect(address("d26"));
    for (let i = 0; i < 5; i++) await push.send(`${i}`);
    await pull.bind(address("d26"));
    return drain(pull);
  },
  "states and errors": async ({ Request, Reply, Dealer }, address) => {
    const [request, reply, dealer] = [new Request({ linger: 0 }), new Reply({ linger: 0 }), new Dealer({ linger: 0 })];
    await reply.bind(address("errors"));
    request.connect(address("errors"));
    const log = [
      await tried(() => dealer.disconnect("tcp://127.0.0.1:1")),
      await tried(() => dealer.bind("foo://bar")),
    ];
    log.push(await tried(() => dealer.unbind(address("none"))), await tried(() => dealer.connect("foo-bar")));
    reply.sendTimeout = 0;
    log.push(await tried(() => reply.send("first")));
    await request.send("a");
    request.sendTimeout = 0;
    log.push(await tried(() => request.send("b")), String(await reply.receive()));
    const pending = request.receive();
    log.push(await tried(() => request.receive()));
    request.close();
    log.push(await tried(() => pending), await tried(() => request.send("c")), String(request.closed));
    const binding = dealer.bind(address("busy"));
    log.push(await tried(() => dealer.bind(address("busy2"))), await tried(() => dealer.send("x")));
    dealer.close();
    log.push(String(dealer.closed), await tried(() => binding), String(dealer.closed));
    return log;
  },
  "what becomes of values": async ({ Pair }, address) => {
    const [a, b] = [new Pair({ linger: 0 }), new Pair({ linger: 0 })];
    await a.bind(address("values"));
    b.connect(address("values"));
    const values = [
      null,
      5,
      "ä€",
      undefined,
      true,
      {},
      Buffer.alloc(3, 7),
      new Uint16Array([1, 2]),
      new ArrayBuffer(2),
    ];
    for (const value of values) await tried(() => a.send([value] as never));
    for (const value of [[], ["x", ""], [["nested", "array"]]]) await tried(() => a.send(value as never));
    await wait(100);
    return (await drain(b)).map((text) => Buffer.from(text).toString("hex"));
  },
  "proxy between PULL and PUSH, ended": async ({ Proxy: Forwarder, Pull, Push }, address) => {
    const proxy = new Forwarder(new Pull(), new Push({ linger: 0 }));
    const log = [await tried(() => proxy.terminate())];
    await proxy.frontEnd.bind(address("front"));
    await proxy.backEnd.bind(address("back"));
    const done = proxy.run();
    const [push, pull] = [new Push({ linger: 0 }), new Pull()];
    push.connect(address("front"));
    pull.connect(address("back"));
    for (let i = 0; i < 3; i++) await push.send(`${i}`);
    for (let i = 0; i < 3; i++) log.push(String(await pull.receive()));
    proxy.terminate();
    log.push(await tried(() => done), String(proxy.frontEnd.closed), await tried(() => proxy.terminate()));
    return log;
  },
};

describe.each(["inproc", "tcp"])("over %s", (transport) => {
  /** Facts about capacity are exact over inproc only: kernel buffers take part over tcp. */
  const cases = Object.keys(CASES).filter((name) => transport === "inproc" || !/^D(6|7|8|13|15|26)/.test(name));

  test.each(cases)("%s", async (name) => {
    const body = CASES[name]!;
    const ports = new Map<string, number>();
    const address = (part: string): string => {
      if (transport === "inproc") return `inproc://${name}-${part}`;
      if (!ports.has(part)) ports.set(part, port++);
      return `tcp://127.0.0.1:${ports.get(part)}`;
    };
    const { value } = await simulate(() => body(sim as unknown as Zmq, address), { profile: "loopback" });
    expect(value).toEqual(await body(real, address));
  });
});
