/** Proxies. libzmq: tests/test_proxy*.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, drain, file, fill, outcome, type Sock } from "../support/bench.ts";

file("test_proxy", (test) => {
  test("test_proxy", async (b) => {
    const frontend = b.socket("ROUTER");
    const backend = b.socket("DEALER");
    const front = await frontend.bind(b.address("tcp"));
    const back = await backend.bind(b.address("inproc"));
    const proxy = b.proxy(frontend, backend);
    const connect = (type: Sock["type"], address: string) => () => {
      const socket = b.socket(type, { linger: 0 });
      socket.connect(address);
      return socket;
    };
    const clients = Array.from({ length: 3 }, connect("DEALER", front));
    const workers = Array.from({ length: 5 }, connect("DEALER", back));
    let requests = 0;
    let replies = 0;
    for (let round = 0; round < 10; round++) {
      for (const client of clients) await client.send(`request #${String(requests++).padStart(3, "0")}`);
      await b.settle(20);
      for (const [index, worker] of workers.entries()) {
        for (const [id, text] of await drain(worker)) {
          for (let count = 0; count < index; count++) await worker.send(id as string, text as string);
        }
      }
      await b.settle(20);
      for (const client of clients) {
        for (const message of await drain(client)) {
          same([message.length, message[0]?.length], [1, 12]);
          ok(message[0]?.startsWith("request #"));
          replies++;
        }
      }
    }
    ok(replies > 0);
    await proxy.stop();
  });
});

file("test_proxy_hwm", (test) => {
  test("main", async (b) => {
    const options = { sndhwm: 10, rcvhwm: 10, linger: 0 };
    const xsub = b.socket("XSUB", options);
    const xpub = b.socket("XPUB", { ...options, xpub_nodrop: 1 });
    const front = await xsub.bind(b.address("inproc"));
    const back = await xpub.bind(b.address("inproc"));
    const pub = b.socket("XPUB", { ...options, xpub_nodrop: 1 });
    const sub = b.socket("SUB", { ...options, subscribe: "" });
    pub.connect(front);
    sub.connect(back);
    const proxy = b.proxy(xsub, xpub);
    await b.settle(100);
    same(await pub.recv(), ["\x01"]);
    let sent = 0;
    for (let idle = 0; idle < 20; idle++) {
      const more = await fill(pub, 100);
      sent += more;
      if (more > 0) idle = 0;
      await b.settle(5);
    }
    ok(sent >= 20 && sent <= 60, `sent ${sent}`);
    let received = 0;
    for (let idle = 0; idle < 20; idle++) {
      received += (await drain(sub)).length;
      await b.settle(5);
    }
    same(received, sent);
    await proxy.stop();
  });
});

file("test_proxy_single_socket", (test) => {
  test(
    "test_proxy_single_socket",
    async (b) => {
      const rep = b.socket("REP");
      const req = b.socket("REQ");
      req.connect(await rep.bind(b.address("tcp")));
      const proxy = b.proxy(rep, rep);
      for (const text of ["msg1", "msg22"]) {
        await req.send(text);
        same(await req.recv(), [text]);
      }
      await proxy.stop();
    },
    {
      simulatedOnly:
        "the poller proxy of draft builds takes a null poller when the two are one and control is given, as zeromq.js does",
    },
  );
});

file("test_proxy_steerable", (test) => {
  test(
    "test_proxy_steerable",
    async (b) => {
      const pull = b.socket("PULL");
      const push = b.socket("PUSH");
      const control = b.socket("PAIR");
      const steer = b.socket("PAIR");
      const front = await pull.bind(b.address("inproc"));
      const back = await push.bind(b.address("inproc"));
      steer.connect(await control.bind(b.address("inproc")));
      const source = b.socket("PUSH");
      const sink = b.socket("PULL");
      source.connect(front);
      sink.connect(back);
      const proxy = b.proxy(pull, push, control);
      const statistics = async (): Promise<number[]> => {
        await steer.send("STATISTICS");
        await b.settle(10);
        return (await steer.recv()).map((frame) => frame.charCodeAt(0) + 256 * frame.charCodeAt(1));
      };
      const command = async (text: string): Promise<void> => {
        await steer.send(text);
        await b.settle(10);
        same(await steer.recv(), [""]);
      };
      const run = async (): Promise<void> => {
        await fill(source, 10, "12345");
        await b.settle(10);
      };
      same(await statistics(), [0, 0, 0, 0, 0, 0, 0, 0]);
      await run();
      same(await statistics(), [10, 50, 0, 0, 0, 0, 10, 50]);
      // 4.3.5 has the two the wrong way round.
      await command("RESUME");
      await run();
      same((await statistics())[0], 10);
      await command("PAUSE");
      await b.settle(10);
      same((await statistics())[0], 20);
      same((await drain(sink)).length, 20);
      await command("TERMINATE");
      same(proxy.ended(), true);
    },
    { simulatedOnly: "zeromq.js steers its proxies without STATISTICS" },
  );
});

file("test_proxy_terminate", (test) => {
  test(
    "test_proxy_terminate",
    async (b: Bench) => {
      const context = b.context();
      const sub = context.socket("SUB", { subscribe: "" });
      const push = context.socket("PUSH");
      const front = await sub.bind(b.address("tcp"));
      await push.bind(b.address("tcp"));
      const proxy = b.proxy(sub, push);
      const pub = context.socket("PUB", { linger: 0 });
      pub.connect(front);
      await b.settle();
      for (let count = 0; count < 3; count++) await pub.send("This is a test");
      await b.settle();
      pub.close();
      same(await context.terminates(10), false);
      await b.settle(10);
      same(proxy.ended(), true);
      for (const socket of [sub, push]) socket.close();
      same(await context.terminates(1000), true);
      same(await outcome(() => context.socket("PAIR")), "ETERM");
    },
    { simulatedOnly: "zeromq.js has no zmq_ctx_term" },
  );
});
