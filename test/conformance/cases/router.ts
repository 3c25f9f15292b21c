/** Routing ids: handover, mandatory, notices, probes, CONNECT_ROUTING_ID. libzmq: tests/test_router_*.cpp, test_probe_router.cpp, test_connect_rid.cpp, test_issue_566.cpp, test_msg_flags.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, fails, file, fill, nothing, outcome, type Sock } from "../support/bench.ts";

file("test_router_handover", (test) => {
  const two = async (b: Bench, handover: number): Promise<{ router: Sock; one: Sock; two: Sock }> => {
    const router = b.socket("ROUTER", { router_handover: handover, rcvtimeo: 300 });
    const address = await router.bind(b.address("tcp"));
    const one = b.socket("DEALER", { routing_id: "X", rcvtimeo: 300 });
    one.connect(address);
    await one.send("Hello");
    same(await router.recv(), ["X", "Hello"]);
    const two = b.socket("DEALER", { routing_id: "X", rcvtimeo: 300 });
    two.connect(address);
    await two.send("Hello");
    return { router, one, two };
  };
  test("test_with_handover", async (b) => {
    const sockets = await two(b, 1);
    same(await sockets.router.recv(), ["X", "Hello"]);
    await sockets.router.send("X", "Hello");
    await fails("EAGAIN", () => sockets.one.recv());
    same(await sockets.two.recv(), ["Hello"]);
  });
  test("test_without_handover", async (b) => {
    const sockets = await two(b, 0);
    await fails("EAGAIN", () => sockets.router.recv());
    await sockets.router.send("X", "Hello");
    same(await sockets.one.recv(), ["Hello"]);
    await fails("EAGAIN", () => sockets.two.recv());
  });
});

file("test_router_mandatory", (test) => {
  test("test_basic", async (b) => {
    const router = b.socket("ROUTER");
    const address = await router.bind(b.address("tcp"));
    await router.send("UNKNOWN", "DATA");
    router.set("router_mandatory", 1);
    await fails("EHOSTUNREACH", () => router.send("UNKNOWN", "DATA"));
    const dealer = b.socket("DEALER", { routing_id: "X" });
    dealer.connect(address);
    await dealer.send("Hello");
    same(await router.recv(), ["X", "Hello"]);
    await router.send("X", "Hello");
    same(await dealer.recv(), ["Hello"]);
  });
});

file("test_router_mandatory_hwm", (test) => {
  test("test_router_mandatory_hwm", async (b) => {
    const router = b.socket("ROUTER", { router_mandatory: 1, sndhwm: 1, linger: 1, sndbuf: 65536 });
    const address = await router.bind(b.address("tcp"));
    const dealer = b.socket("DEALER", { routing_id: "X", rcvhwm: 1, rcvbuf: 65536 });
    dealer.connect(address);
    await dealer.send("Hello");
    same(await router.recv(), ["X", "Hello"]);
    const send = async (limit: number): Promise<number> => {
      for (let count = 0; count < limit; count++) {
        if ((await outcome(() => router.sendNow("X", 65_536))) === "EAGAIN") return count;
      }
      return limit;
    };
    ok((await send(100)) < 100);
    await b.settle(b.arm === "real" ? 200 : 1000);
    ok((await send(100)) < 100);
  });
});

file("test_router_notify", (test) => {
  test("test_sockopt_router_notify", async (b) => {
    const router = b.socket("ROUTER");
    same(router.get("router_notify"), 0);
    for (const bits of [1, 2, 3, 0]) {
      router.set("router_notify", bits);
      same(router.get("router_notify"), bits);
    }
    for (const bits of [-1, 4]) await fails("EINVAL", () => router.set("router_notify", bits));
    same(router.get("router_notify"), 0);
    const dealer = b.socket("DEALER");
    await fails("EINVAL", () => dealer.set("router_notify", 1));
    same(dealer.get("router_notify"), 0);
  });

  const conversation = async (b: Bench, bits: number): Promise<string[][]> => {
    const router = b.socket("ROUTER", { router_notify: bits });
    const dealer = b.socket("DEALER", { routing_id: "X", linger: 1000 });
    const address = await router.bind(b.address("tcp"));
    dealer.connect(address);
    await dealer.send("Hello");
    const got: string[][] = [];
    const read = async (): Promise<void> => {
      await b.settle(100);
      await outcome(async () => {
        for (;;) got.push(await router.recvNow());
      });
    };
    await read();
    dealer.disconnect(address);
    // The pipe of the connection goes only when its socket looks at its mailbox.
    await b.settle(20);
    dealer.events();
    await read();
    await read();
    return got;
  };
  const notice = ["X", ""];
  const hello = ["X", "Hello"];
  test("test_router_notify_connect", async (b) => same(await conversation(b, 1), [notice, hello]));
  test("test_router_notify_disconnect", async (b) => same(await conversation(b, 2), [hello, notice]));
  test("test_router_notify_both", async (b) => same(await conversation(b, 3), [notice, hello, notice]));

  test("test_handshake_fail", async (b) => {
    const router = b.socket("ROUTER", { router_notify: 3, rcvtimeo: 200 });
    const stream = b.socket("STREAM");
    stream.connect(await router.bind(b.address("tcp")));
    const [id] = (await stream.recv()) as [string];
    await stream.send(id, "x".repeat(30));
    await b.settle(20);
    await outcome(() => stream.send(id, ""));
    await b.settle(20);
    stream.close();
    await fails("EAGAIN", () => router.recv());
  });

  test("test_error_during_multipart", async (b) => {
    const router = b.socket("ROUTER", { router_notify: 2, maxmsgsize: 64 });
    const dealer = b.socket("DEALER", { routing_id: "X" });
    dealer.connect(await router.bind(b.address("tcp")));
    await dealer.send("Hello2", "x".repeat(127));
    same(await router.recv(), ["X", ""]);
    await b.settle(20);
    await nothing(router);
  });
});

file("test_probe_router", (test) => {
  test("test_probe_router_router", async (b) => {
    const server = b.socket("ROUTER");
    const client = b.socket("ROUTER", { routing_id: "X", probe_router: 1 });
    client.connect(await server.bind(b.address("tcp")));
    same(await server.recv(), ["X", ""]);
    await server.send("X", "Hello");
    const [id, text] = await client.recv();
    same(id?.length, 5);
    same(text, "Hello");
  });
  test("test_probe_router_dealer", async (b) => {
    const server = b.socket("ROUTER");
    const client = b.socket("DEALER", { routing_id: "X", probe_router: 1 });
    client.connect(await server.bind(b.address("tcp")));
    same(await server.recv(), ["X", ""]);
    await server.send("X", "Hello");
    same(await client.recv(), ["Hello"]);
  });
});

file("test_connect_rid", (test) => {
  test("test_stream_2_stream", async (b) => {
    const bound = b.socket("STREAM", { linger: 0 });
    const connected = b.socket("STREAM", { linger: 0, connect_routing_id: "conn1" });
    const address = await bound.bind(b.address("tcp"));
    connected.connect(address);
    same((await connected.recv())[0], "conn1");
    await connected.send("conn1", "hi 1");
    const [id, empty] = (await bound.recv()) as [string, string];
    same([id.length, id[0], empty], [5, "\0", ""]);
    same(await bound.recv(), [id, "hi 1"]);
    await bound.send(id, "ho");
    same(await connected.recv(), ["conn1", "ho"]);
  });

  const routers = async (b: Bench, named: boolean): Promise<void> => {
    const bound = b.socket("ROUTER", { linger: 0, ...(named ? { routing_id: "X" } : {}) });
    const connected = b.socket("ROUTER", { linger: 0, ...(named ? { routing_id: "Y" } : {}) });
    const address = await bound.bind(b.address("tcp"));
    connected.set("connect_routing_id", "conn1");
    connected.connect(address);
    await connected.send("conn1", "hi 1");
    const [id, text] = (await bound.recv()) as [string, string];
    if (named) same(id, "Y");
    else same([id.length, id[0]], [5, "\0"]);
    same(text, "hi 1");
    await bound.send(id, "ho");
    same(await connected.recv(), ["conn1", "ho"]);
  };
  test("test_router_2_router_unnamed", (b) => routers(b, false));
  test("test_router_2_router_named", (b) => routers(b, true));

  test("test_router_2_router_while_receiving", async (b) => {
    const x = b.socket("ROUTER", { linger: 0, routing_id: "X" });
    const y = b.socket("ROUTER", { linger: 0, routing_id: "Y" });
    const z = b.socket("ROUTER", { linger: 0, routing_id: "Z" });
    const atX = await x.bind(b.address("tcp"));
    const atZ = await z.bind(b.address("tcp"));
    y.set("connect_routing_id", "X");
    y.connect(atX);
    await b.settle();
    await y.send("X", "msg");
    await b.settle();
    x.set("connect_routing_id", "Z");
    x.connect(atZ);
    await b.settle();
    await x.send("Z", "msg");
    await b.settle();
    same(await z.recv(), ["X", "msg"]);
    same(await x.recv(), ["Y", "msg"]);
  });
});

file("test_issue_566", (test) => {
  test("test_issue_566", async (b) => {
    const router = b.socket("ROUTER", { router_mandatory: 1 });
    const address = await router.bind(b.address("tcp"));
    for (let cycle = 0; cycle < (b.arm === "real" ? 10 : 100); cycle++) {
      const id = `id-${cycle}`;
      const dealer = b.socket("DEALER", { routing_id: id, linger: 0 });
      dealer.connect(address);
      for (let attempt = 0; attempt < 500; attempt++) {
        const code = await outcome(() => router.sendNow(id, "HELLO"));
        if (code === "ok") break;
        same(code, "EHOSTUNREACH");
        await b.settle(2);
      }
      same(await dealer.recv(), ["HELLO"]);
      dealer.close();
    }
  });
});

file("test_msg_flags", (test) => {
  test("test_more", async (b) => {
    const router = b.socket("ROUTER");
    const dealer = b.socket("DEALER");
    dealer.connect(await router.bind(b.address("inproc")));
    await dealer.send("A", "B");
    const [id, ...rest] = await router.recv();
    same(id?.length, 5);
    same(rest, ["A", "B"]);
    same(await fill(dealer, 1), 1);
  });
});
