/** Proxies. libzmq: tests/test_proxy*.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, drain, file, outcome, type Sock } from "../support/bench.ts";

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
  const HWM = 10;
  test("main", async (b) => {
    const lower = { sndhwm: HWM, rcvhwm: HWM };
    const xsub = b.socket("XSUB", lower);
    const xpub = b.socket("XPUB", { ...lower, xpub_nodrop: 1 });
    const front = await xsub.bind(b.address("inproc"));
    const back = await xpub.bind(b.address("inproc"));
    const pub = b.socket("XPUB", lower);
    pub.connect(front);
    pub.set("xpub_nodrop", 1);
    const sub = b.socket("SUB", { ...lower, subscribe: "" });
    sub.connect(back);
    const proxy = b.proxy(xsub, xpub);
    same(await pub.recv(), ["\x01"]);
    let sent = 0;
    while ((await outcome(() => pub.sendNow(50_000))) === "ok") {
      sent++;
      // The publisher's thread is slow enough for the proxy to take each message at once.
      await b.settle(1);
    }
    // Two queues of 2 * HWM: the proxy holds the 21st in its hands, and has told of the first 20.
    ok(sent >= 2 * HWM && sent <= 4 * HWM, `sent ${sent}`);
    if (b.arm === "simulated") same(sent, 4 * HWM);
    let received = 0;
    while ((await outcome(() => sub.recv())) === "ok") {
      received++;
      sub.set("rcvtimeo", 100);
      await b.settle(b.arm === "simulated" ? 100 : 5);
    }
    ok(received >= 2 * HWM && received <= 4 * HWM, `received ${received}`);
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
      const frontend = b.socket("ROUTER", { linger: 0 });
      const backend = b.socket("DEALER", { linger: 0 });
      const control = b.socket("REP");
      const steer = b.socket("REQ", { linger: 0 });
      const front = await frontend.bind(b.address("tcp"));
      const back = await backend.bind(b.address("inproc"));
      steer.connect(await control.bind(b.address("inproc")));
      const connected = (type: Sock["type"], address: string, routingId: string): Sock => {
        const socket = b.socket(type, { linger: 0, routing_id: routingId });
        socket.connect(address);
        return socket;
      };
      const clients = [0, 1, 2].map((index) => connected("DEALER", front, `0000-000${index}`));
      const workers = [0, 1, 2, 3, 4].map((index) => connected("DEALER", back, `worker-${index}`));
      const proxy = b.proxy(frontend, backend, control);
      await b.settle();
      const statistics = async (): Promise<number[]> => {
        await steer.send("STATISTICS");
        return (await steer.recv()).map((frame) => frame.charCodeAt(0) + 256 * frame.charCodeAt(1));
      };
      const command = async (text: string): Promise<void> => {
        await steer.send(text);
        same(await steer.recv(), [""]);
      };
      /** Each client asks once, each request is answered twice. */
      const exchange = async (): Promise<number> => {
        for (const client of clients) await client.send("request #001\0");
        await b.settle();
        for (const worker of workers) {
          for (const [id, text] of await drain(worker)) {
            for (const _ of [1, 2]) await worker.send(id as string, text as string);
          }
        }
        await b.settle();
        let replies = 0;
        for (const client of clients) replies += (await drain(client)).length;
        return replies;
      };
      same(await statistics(), [0, 0, 0, 0, 0, 0, 0, 0]);
      same(await exchange(), 6);
      // Frames and bytes: 3 requests of 9 and 13 bytes forth, twice as many back.
      same(await statistics(), [6, 66, 12, 132, 12, 132, 6, 66]);
      // 4.3.5 has the two the wrong way round.
      await command("RESUME");
      same(await exchange(), 0);
      same(await statistics(), [6, 66, 12, 132, 12, 132, 6, 66]);
      await command("PAUSE");
      await b.settle();
      // The requests of the pause are with the workers now, and three more come.
      same(await exchange(), 12);
      same((await statistics())[0], 18);
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
      await b.settle(500);
      const pub = context.socket("PUB");
      pub.connect(front);
      await b.settle();
      for (let count = 0; count < 3; count++) {
        await pub.send("This is a test");
        await b.settle(50);
      }
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
