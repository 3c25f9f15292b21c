/** Binding, connecting, ends of endpoints. libzmq: tests/test_inproc_connect.cpp, test_reqrep_*.cpp, test_pair_*.cpp, test_*_endpoint.cpp and others. */
import { deepStrictEqual as same } from "node:assert/strict";
import { type Bench, bounce, bounceFails, drain, fails, file, nothing, type Sock } from "../support/bench.ts";

file("test_inproc_connect", (test) => {
  test("test_bind_before_connect", async (b) => {
    const bound = b.socket("PAIR");
    const connected = b.socket("PAIR");
    connected.connect(await bound.bind(b.address("inproc")));
    await connected.send("foobar");
    same(await bound.recv(), ["foobar"]);
  });

  test("test_connect_before_bind", async (b) => {
    const address = b.address("inproc");
    const connected = b.socket("PAIR");
    connected.connect(address);
    await connected.send("foobar");
    const bound = b.socket("PAIR");
    await bound.bind(address);
    same(await bound.recv(), ["foobar"]);
  });

  test("test_connect_before_bind_pub_sub", async (b) => {
    const address = b.address("inproc");
    const pub = b.socket("PUB");
    pub.connect(address);
    await pub.send("before");
    const sub = b.socket("SUB", { subscribe: "" });
    await sub.bind(address);
    await b.settle();
    await pub.send("after");
    same(await sub.recv(), ["after"]);
    await nothing(sub);
  });

  test(
    "test_connect_before_bind_ctx_term",
    async (b) => {
      const context = b.context();
      for (let count = 0; count < 20; count++) {
        const socket = context.socket("ROUTER");
        socket.connect(b.address("inproc"));
        socket.close();
      }
      same(await context.terminates(1000), true);
    },
    { simulatedOnly: "zeromq.js has no zmq_ctx_term" },
  );

  test("test_multiple_connects", async (b) => {
    const address = b.address("inproc");
    for (let count = 0; count < 10; count++) {
      const push = b.socket("PUSH");
      push.connect(address);
      await push.send("foobar");
    }
    const pull = b.socket("PULL");
    await pull.bind(address);
    for (let count = 0; count < 10; count++) same(await pull.recv(), ["foobar"]);
    await nothing(pull);
  });

  test("test_multiple_threads", async (b) => {
    const address = b.address("inproc");
    const pushers = async (): Promise<void> => {
      for (let count = 0; count < 15; count++) {
        const pair = b.socket("PAIR");
        pair.connect(address);
        await pair.send("foobar");
        pair.close();
      }
    };
    // Upstream's thirty threads race against the bind: half of them come before it.
    await pushers();
    const pull = b.socket("PULL");
    await pull.bind(address);
    await pushers();
    for (let count = 0; count < 30; count++) same(await pull.recv(), ["foobar"]);
  });

  test("test_simultaneous_connect_bind_threads", async (b) => {
    for (let count = 0; count < 50; count++) {
      const address = b.address("inproc");
      const sender = b.socket("PAIR");
      const receiver = b.socket("PAIR");
      // Either may come first.
      if (count % 2 === 0) receiver.connect(address);
      await sender.bind(address);
      if (count % 2 === 1) receiver.connect(address);
      await sender.send("foobar");
      sender.close();
      same(await receiver.recv(), ["foobar"]);
      receiver.close();
    }
  });

  test("test_routing_id", async (b) => {
    const address = b.address("inproc");
    const dealer = b.socket("DEALER");
    dealer.connect(address);
    await dealer.send("A", "B");
    const router = b.socket("ROUTER");
    await router.bind(address);
    const [id, ...rest] = await router.recv();
    same(id?.length, 5);
    same(rest, ["A", "B"]);
  });

  test("test_connect_only", async (b) => {
    const push = b.socket("PUSH");
    push.connect(b.address("inproc"));
    push.close();
    await b.settle(5);
  });

  test("test_unbind", async (b) => {
    const address = b.address("inproc");
    const first = b.socket("PAIR");
    await first.bind(address);
    await first.unbind(address);
    const second = b.socket("PAIR");
    await second.bind(address);
    const connected = b.socket("PAIR");
    connected.connect(address);
    await connected.send("foobar");
    same(await second.recv(), ["foobar"]);
  });

  test(
    "test_shutdown_during_pend",
    async (b) => {
      const context = b.context();
      const pair = context.socket("PAIR");
      pair.connect(b.address("inproc"));
      context.shutdown();
      pair.close();
      same(await context.terminates(1000), true);
    },
    { simulatedOnly: "zeromq.js has no zmq_ctx_shutdown" },
  );
});

file("test_pair_inproc", (test) => {
  test("test_roundtrip", (b) => roundtrip(b, "PAIR", "PAIR", "inproc"));
  test("test_zmq_send_const", async (b) => {
    const bound = b.socket("PAIR");
    const connected = b.socket("PAIR");
    connected.connect(await bound.bind(b.address("inproc")));
    await bound.send("foo", "foobar");
    same(await connected.recv(), ["foo", "foobar"]);
  });
});

async function roundtrip(
  b: Bench,
  server: Sock["type"],
  client: Sock["type"],
  transport: "tcp" | "inproc" | "ipc",
): Promise<void> {
  const bound = b.socket(server);
  const connected = b.socket(client);
  connected.connect(await bound.bind(b.address(transport)));
  await bounce(bound, connected);
}

file("test_pair_tcp", (test) => {
  test("test_pair_tcp_regular", (b) => roundtrip(b, "PAIR", "PAIR", "tcp"));
  test("test_pair_tcp_connect_by_name", async (b) => {
    const bound = b.socket("PAIR");
    const port = (await bound.bind(b.address("tcp"))).split(":").at(-1);
    const connected = b.socket("PAIR");
    connected.connect(`tcp://localhost:${port}`);
    await bounce(bound, connected);
  });
});

file("test_pair_ipc", (test) => {
  test("test_roundtrip", (b) => roundtrip(b, "PAIR", "PAIR", "ipc"));
});

file("test_reqrep_inproc", (test) => {
  test("test_roundtrip", (b) => roundtrip(b, "REP", "REQ", "inproc"));
});

file("test_reqrep_ipc", (test) => {
  test("test_simple", (b) => roundtrip(b, "REP", "REQ", "ipc"));
  test("test_leak", async (b) => {
    const rep = b.socket("REP");
    const req = b.socket("REQ", { linger: 0 });
    req.connect(await rep.bind(b.address("ipc")));
    await req.send("leakymsg");
    same(await rep.recv(), ["leakymsg"]);
    req.close();
    await b.settle();
    await rep.send("leakymsg");
  });
});

file("test_reqrep_tcp", (test) => {
  for (const version of ["ipv4", "ipv6"] as const) {
    const options = version === "ipv6" ? { ipv6: 1 } : {};
    const any = version === "ipv6" ? "tcp://[::1]:*" : "tcp://127.0.0.1:*";

    test(`test_single_connect_${version}`, async (b) => {
      const rep = b.socket("REP", options);
      const req = b.socket("REQ", options);
      const address = await rep.bind(any);
      req.connect(address);
      await bounce(rep, req);
      req.disconnect(address);
      await rep.unbind(address);
    });

    test(`test_multi_connect_${version}`, async (b) => {
      const req = b.socket("REQ", options);
      const reps = [0, 1, 2].map(() => b.socket("REP", options));
      const bound: string[] = [];
      for (const rep of reps) bound.push(await rep.bind(any));
      const [first, second, third] = bound as [string, string, string];
      const sourced = `${await freePort(b, any, options)};${third.slice(6)}`;
      for (const address of [first, second, sourced]) req.connect(address);
      for (const index of [0, 1, 2, 0, 1, 2, 0]) await bounce(reps[index] as Sock, req);
      for (const address of [first, sourced, second]) req.disconnect(address);
      for (const [index, rep] of reps.entries()) await rep.unbind(bound[index] as string);
    });

    test(`test_multi_connect_same_port_${version}`, async (b) => {
      const reps = [b.socket("REP", options), b.socket("REP", options)] as const;
      const addresses = [await reps[0].bind(any), await reps[1].bind(any)] as const;
      // Each port is the source of a connection of either socket, to different peers.
      const ports = [await freePort(b, any, options), await freePort(b, any, options)] as const;
      const from = (port: 0 | 1, to: 0 | 1): string => `${ports[port]};${addresses[to].slice(6)}`;
      const ends = [
        [from(0, 0), from(1, 1)],
        [from(1, 0), from(0, 1)],
      ] as const;
      const reqs = [b.socket("REQ", options), b.socket("REQ", options)] as const;
      for (const index of [0, 1] as const) for (const end of ends[index]) reqs[index].connect(end);
      for (const index of [0, 1, 0] as const) for (const rep of reps) await bounce(rep, reqs[index]);
      for (const index of [1, 0] as const) for (const end of ends[index]) reqs[index].disconnect(end);
      for (const index of [0, 1] as const) await reps[index].unbind(addresses[index]);
    });
  }
});

/** An address with a port that nobody uses. */
async function freePort(b: Bench, any: string, options: Readonly<Record<string, number>> = {}): Promise<string> {
  const socket = b.socket("PAIR", { ...options, linger: 0 });
  const address = await socket.bind(any);
  await socket.unbind(address);
  socket.close();
  await b.settle(20);
  return address;
}

file("test_reqrep_device", (test) => {
  test("test_roundtrip", async (b) => {
    const dealer = b.socket("DEALER");
    const router = b.socket("ROUTER");
    const rep = b.socket("REP");
    const req = b.socket("REQ");
    rep.connect(await dealer.bind(b.address("tcp")));
    req.connect(await router.bind(b.address("tcp")));
    await req.send("ABC", "DEF");
    const request = await router.recv();
    same(request.length, 4);
    await dealer.send(...request);
    same(await rep.recv(), ["ABC", "DEF"]);
    await rep.send("GHI", "JKL");
    const reply = await dealer.recv();
    same(reply.length, 4);
    await router.send(...reply);
    same(await req.recv(), ["GHI", "JKL"]);
  });
});

file("test_last_endpoint", (test) => {
  test("test_last_endpoint", async (b) => {
    const router = b.socket("ROUTER");
    for (const _ of [1, 2]) {
      const free = await freePort(b, b.address("tcp"));
      same(await router.bind(free), free);
      same(router.get("last_endpoint"), free);
    }
  });
});

file("test_term_endpoint", (test) => {
  const pair = async (b: Bench): Promise<{ push: Sock; pull: Sock }> => {
    const push = b.socket("PUSH");
    const pull = b.socket("PULL");
    return { push, pull };
  };
  test("test_send_after_unbind_fails", async (b) => {
    const { push, pull } = await pair(b);
    const address = await push.bind(b.address("tcp"));
    pull.connect(address);
    await push.send("ABC");
    same(await pull.recv(), ["ABC"]);
    await push.unbind(address);
    await b.settle();
    await fails("EAGAIN", () => push.sendNow("DEF"));
  });

  test("test_send_after_disconnect_fails", async (b) => {
    const { push, pull } = await pair(b);
    const address = await pull.bind(b.address("tcp"));
    push.connect(address);
    await push.send("ABC");
    same(await pull.recv(), ["ABC"]);
    push.disconnect(address);
    await b.settle();
    await fails("EAGAIN", () => push.sendNow("ABC"));
  });

  test("test_unbind_via_last_endpoint", async (b) => {
    const { push, pull } = await pair(b);
    await push.unbind(await push.bind("tcp://127.0.0.1:*"));
    await pull.unbind(await pull.bind("ipc://*"));
  });

  test("test_wildcard_unbind_fails", async (b) => {
    const { push, pull } = await pair(b);
    await push.bind("tcp://127.0.0.1:*");
    await pull.bind("ipc://*");
    await fails("ENOENT", () => push.unbind("tcp://127.0.0.1:*"));
    await fails("ENOENT", () => pull.unbind("ipc://*"));
  });
});

file("test_unbind_wildcard", (test) => {
  const wildcard = async (b: Bench, address: string, ipv6: number): Promise<void> => {
    const bound = b.socket("REP", { ipv6 });
    const connected = b.socket("REQ", { ipv6 });
    const resolved = await bound.bind(address);
    connected.connect(resolved);
    await bounce(bound, connected);
    connected.disconnect(resolved);
    await bound.unbind(resolved);
  };
  test("test_address_wildcard_ipv4", (b) => wildcard(b, "tcp://*:*", 0));
  test("test_address_wildcard_ipv6", (b) => wildcard(b, "tcp://*:*", 1));
  test("test_port_wildcard_ipv4_address", (b) => wildcard(b, "tcp://127.0.0.1:*", 0));
  test("test_port_wildcard_ipv4_address_ipv6", (b) => wildcard(b, "tcp://127.0.0.1:*", 1));
  test("test_port_wildcard_ipv6_address", (b) => wildcard(b, "tcp://[::1]:*", 1));
});

file("test_bind_after_connect_tcp", (test) => {
  test("test_x", async (b) => {
    const address = await freePort(b, b.address("tcp"));
    const connected = b.socket("DEALER");
    connected.connect(address);
    for (const text of ["foobar", "baz", "buzz"]) await connected.send(text);
    const bound = b.socket("DEALER");
    await bound.bind(address);
    for (const text of ["foobar", "baz", "buzz"]) same(await bound.recv(), [text]);
  });
});

file("test_reconnect_ivl", (test) => {
  const reconnect = async (b: Bench, any: string, options: Readonly<Record<string, number>> = {}): Promise<void> => {
    const bound = b.socket("PAIR", options);
    const connected = b.socket("PAIR", { ...options, reconnect_ivl: -1 });
    const address = await bound.bind(any);
    connected.connect(address);
    await bounce(bound, connected);
    await bound.unbind(address);
    await bounceFails(b, bound, connected);
    await bound.bind(address);
    await bounceFails(b, bound, connected);
    connected.connect(address);
    await bounce(bound, connected);
  };
  test("test_reconnect_ivl_ipc", (b) => reconnect(b, b.address("ipc")), { slow: true });
  test("test_reconnect_ivl_tcp_ipv4", (b) => reconnect(b, "tcp://127.0.0.1:*"), { slow: true });
  test("test_reconnect_ivl_tcp_ipv6", (b) => reconnect(b, "tcp://[::1]:*", { ipv6: 1 }), { slow: true });
});

file("test_rebind_ipc", (test) => {
  test("test_rebind_ipc", async (b) => {
    const address = b.address("ipc");
    const first = b.socket("PUSH");
    const second = b.socket("PUSH");
    await first.bind(address);
    const pull = b.socket("PULL");
    pull.connect(address);
    await first.send("42");
    same(await pull.recv(), ["42"]);
    first.close();
    await second.bind(address);
    await second.send("42");
    same(await pull.recv(), ["42"]);
  });
});

file("test_ipc_wildcard", (test) => {
  test("test_ipc_wildcard", async (b) => {
    const bound = b.socket("PAIR");
    const connected = b.socket("PAIR");
    connected.connect(await bound.bind("ipc://*"));
    await bounce(bound, connected);
  });
});

file("test_connect_resolve", (test) => {
  const connects = (address: string) => async (b: Bench) => b.socket("PUB").connect(address);
  const refuses = (code: string, address: string) => async (b: Bench) =>
    fails(code, () => b.socket("PUB").connect(address));
  test("test_hostname_ipv4", connects("tcp://localhost:1234"));
  test("test_loopback_ipv6", connects("tcp://[::1]:1234"));
  test("test_hostname_with_spaces_fails", refuses("EINVAL", "tcp://in val id:1234"));
  test("test_no_hostname_fails", refuses("EINVAL", "tcp://"));
  test("test_invalid_service_fails", refuses("EINVAL", "tcp://localhost:invalid"));
  test("test_invalid_proto_fails", refuses("EPROTONOSUPPORT", "invalid://localhost:1234"));
});

file("test_disconnect_inproc", (test) => {
  test("test_disconnect_inproc", async (b) => {
    const address = b.address("inproc");
    const pub = b.socket("XPUB");
    const sub = b.socket("SUB", { subscribe: "foo" });
    await pub.bind(address);
    let received = 0;
    const told: string[][] = [];
    for (let iteration = 0; iteration < 10; iteration++) {
      told.push(...(await drain(pub)));
      received += (await drain(sub)).length;
      if (iteration === 1) sub.connect(address);
      if (iteration === 4) sub.disconnect(address);
      await b.settle(5);
      told.push(...(await drain(pub)));
      await pub.send("foo", "this is foo!");
      await b.settle(5);
    }
    same(received, 3);
    same(told, [["\x01foo"], ["\0foo"]]);
  });
});
