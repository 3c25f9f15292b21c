/** Draft types and messages that the library sends itself. libzmq: tests/test_client_server.cpp, test_radio_dish.cpp, test_scatter_gather.cpp, test_channel.cpp, test_peer*.cpp, test_*_msg.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, fails, file, nothing, type Sock } from "../support/bench.ts";

file("test_client_server", (test) => {
  const pair = async (b: Bench): Promise<{ server: Sock; client: Sock }> => {
    const server = b.socket("SERVER");
    const client = b.socket("CLIENT");
    client.connect(await server.bind(b.address("inproc")));
    return { server, client };
  };
  test("test_client_sndmore_fails", async (b) => {
    const { client } = await pair(b);
    await fails("EINVAL", () => client.send("X", "X"));
  });
  test("test_server_sndmore_fails", async (b) => {
    const { server } = await pair(b);
    await fails("EINVAL", () => server.send("X", "X"));
  });
  test("test_routing_id", async (b) => {
    const { server, client } = await pair(b);
    await client.send("X");
    same(await server.recv(), ["X"]);
    const { routingId } = server;
    ok(routingId !== 0);
    await server.sendTo(routingId, "HELLO");
    same(await client.recv(), ["HELLO"]);
    same(client.routingId, 0);
  });
});

file("test_scatter_gather", (test) => {
  test("test_scatter_gather", async (b) => {
    const scatter = b.socket("SCATTER");
    const address = await scatter.bind(b.address("inproc"));
    const gathers = [b.socket("GATHER"), b.socket("GATHER")];
    for (const gather of gathers) gather.connect(address);
    for (const text of ["1", "2"]) await scatter.send(text);
    for (const [index, gather] of gathers.entries()) {
      same(await gather.recv(), [String(index + 1)]);
      await nothing(gather);
    }
  });
  test("test_scatter_gather_multipart_fails", async (b) => {
    const scatter = b.socket("SCATTER");
    const gather = b.socket("GATHER");
    gather.connect(await scatter.bind(b.address("inproc")));
    await fails("EINVAL", () => scatter.send("1", "2"));
  });
});

file("test_channel", (test) => {
  test("test_roundtrip", async (b) => {
    const bound = b.socket("CHANNEL");
    const connected = b.socket("CHANNEL");
    connected.connect(await bound.bind(b.address("inproc")));
    await bound.send("HELLO");
    same(await connected.recv(), ["HELLO"]);
    await connected.send("WORLD");
    same(await bound.recv(), ["WORLD"]);
  });
  test("test_sndmore_fails", async (b) => {
    const bound = b.socket("CHANNEL");
    const connected = b.socket("CHANNEL");
    connected.connect(await bound.bind(b.address("inproc")));
    await fails("EINVAL", () => connected.send("X", "X"));
  });
});

const PEER_ONLY = { simulatedOnly: "zeromq.js reaches neither zmq_connect_peer nor zmq_disconnect_peer" };

file("test_peer", (test) => {
  test(
    "test_peer",
    async (b) => {
      const first = b.socket("PEER");
      const second = b.socket("PEER");
      const id = second.connectPeer(await first.bind(b.address("tcp")));
      ok(id !== 0);
      await second.sendTo(id, "X");
      same(await first.recv(), ["X"]);
      ok(first.routingId !== 0);
      await first.sendTo(first.routingId, "HELLO");
      same(await second.recv(), ["HELLO"]);
      same(second.routingId, id);
    },
    PEER_ONLY,
  );
});

file("test_peer_disconnect", (test) => {
  test(
    "test_peer_disconnect",
    async (b) => {
      const server = b.socket("PEER");
      const address = await server.bind(b.address("tcp"));
      const peers = [b.socket("PEER"), b.socket("PEER")];
      for (const peer of peers) {
        const id = peer.connectPeer(address);
        await peer.sendTo(id, "X");
        same(await server.recv(), ["X"]);
        const { routingId } = server;
        await server.sendTo(routingId, "HELLO");
        same(await peer.recv(), ["HELLO"]);
        server.disconnectPeer(routingId);
        await b.settle(50);
        server.events();
        await fails("EHOSTUNREACH", () => server.sendTo(routingId, "HELLO"));
      }
    },
    PEER_ONLY,
  );
});

file("test_hello_msg", (test) => {
  for (const transport of ["tcp", "inproc"] as const) {
    test(`test_${transport}`, async (b) => {
      const router = b.socket("ROUTER", { hello_msg: "H" });
      const dealer = b.socket("DEALER");
      dealer.connect(await router.bind(b.address(transport)));
      same(await dealer.recv(), ["H"]);
    });
  }
  test("test_inproc_late_bind", async (b) => {
    const address = b.address("inproc");
    const server = b.socket("SERVER", { hello_msg: "W" });
    const client = b.socket("CLIENT", { hello_msg: "H" });
    client.connect(address);
    await server.bind(address);
    same(await server.recv(), ["H"]);
    same(await client.recv(), ["W"]);
  });
});

file("test_disconnect_msg", (test) => {
  const ends = async (b: Bench, transport: "tcp" | "inproc", disconnect: boolean): Promise<void> => {
    const server = b.socket("SERVER", { disconnect_msg: "D" });
    const address = await server.bind(b.address(transport));
    const client = b.socket("CLIENT", { hello_msg: "H" });
    client.connect(address);
    same(await server.recv(), ["H"]);
    if (disconnect) client.disconnect(address);
    else client.close();
    same(await server.recv(), ["D"]);
  };
  test("test_tcp", (b) => ends(b, "tcp", false));
  test("test_inproc", (b) => ends(b, "inproc", false));
  test("test_inproc_disconnect", (b) => ends(b, "inproc", true));
});

file("test_hiccup_msg", (test) => {
  test("test", async (b) => {
    const server = b.socket("SERVER");
    const address = await server.bind(b.address("tcp"));
    const client = b.socket("CLIENT", { hello_msg: "HELLO", hiccup_msg: "HICCUP" });
    client.connect(address);
    same(await server.recv(), ["HELLO"]);
    server.close();
    same(await client.recv(), ["HICCUP"]);
  });
});

file("test_radio_dish", (test) => {
  test("test_leave_unjoined_fails", async (b) => fails("EINVAL", () => b.socket("DISH").leave("Movies")));
  test("test_join_too_long_fails", async (b) => fails("EINVAL", () => b.socket("DISH").join("x".repeat(256))));
  test("test_join_twice_fails", async (b) => {
    const dish = b.socket("DISH");
    dish.join("Movies");
    await fails("EINVAL", () => dish.join("Movies"));
  });
  test("test_long_group", async (b) => {
    const group = "0123456789ABCDEFGH";
    const radio = b.socket("RADIO");
    const dish = b.socket("DISH");
    const address = await radio.bind(b.address("tcp"));
    dish.join(group);
    dish.connect(address);
    await b.settle();
    await radio.sendGroup(group, "HELLO");
    same(await dish.recv(), ["HELLO"]);
    same(dish.group, group);
  });
  for (const [version, host] of [
    ["ipv4", "127.0.0.1"],
    ["ipv6", "[::1]"],
  ] as const) {
    const options = version === "ipv6" ? { ipv6: 1 } : {};
    test(`test_radio_bind_fails_${version}`, async (b) =>
      fails("ENOCOMPATPROTO", () => codeOf(() => b.socket("RADIO", options).bind("udp://*:5556"))));
    test(`test_dish_connect_fails_${version}`, async (b) =>
      fails("ENOCOMPATPROTO", () => codeOf(async () => b.socket("DISH", options).connect(`udp://${host}:5556`))));

    test(`test_radio_dish_udp_${version}`, async (b) => {
      const dish = b.socket("DISH", options);
      const radio = b.socket("RADIO", options);
      await dish.bind("udp://*:5556");
      radio.connect(`udp://${host}:5556`);
      await b.settle();
      dish.join("TV");
      await radio.sendGroup("TV", "Friends");
      same(await dish.recv(), ["Friends"]);
      same(dish.group, "TV");
    });

    test(`test_radio_dish_tcp_poll_${version}`, async (b) => {
      const radio = b.socket("RADIO", options);
      const address = await radio.bind(`tcp://${host}:*`);
      const dish = b.socket("DISH", options);
      dish.join("Movies");
      dish.connect(address);
      await b.settle();
      await radio.sendGroup("TV", "Friends");
      await radio.sendGroup("Movies", "Godfather");
      same(await receives(b, dish), "Movies Godfather");
      dish.join("TV");
      await b.settle();
      await radio.sendGroup("TV", "Friends");
      same(await receives(b, dish), "TV Friends");
      same(radio.events().in, false);
      dish.leave("TV");
      await b.settle();
      await radio.sendGroup("TV", "Friends");
      await radio.sendGroup("Movies", "Godfather");
      same(await receives(b, dish), "Movies Godfather");
      await b.settle(20);
      same(dish.events().in, false);
    });
  }
});

file("test_dgram", (test) => {
  test("test_connect_fails", async (b) =>
    fails("ENOCOMPATPROTO", () => codeOf(async () => b.socket("DGRAM").connect("udp://127.0.0.1:5560"))));
  test("test_roundtrip", async (b) => {
    const listener = b.socket("DGRAM");
    const sender = b.socket("DGRAM");
    await listener.bind("udp://127.0.0.1:5560");
    await sender.bind("udp://127.0.0.1:5561");
    await sender.send("127.0.0.1:5560", "Is someone there ?");
    const [address = "", question] = await listener.recv();
    same([address, question], ["127.0.0.1:5561\0", "Is someone there ?"]);
    await listener.send(address, "Yes, there is !");
    same(await sender.recv(), ["127.0.0.1:5560\0", "Yes, there is !"]);
  });
});

/** zeromq.js knows no name for this code. */
async function codeOf(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const { errno, code } = error as { errno?: number; code?: string };
    throw Object.assign(new Error("call failed"), { code: errno === 156_384_764 ? "ENOCOMPATPROTO" : code });
  }
}

async function receives(b: Bench, dish: Sock): Promise<string> {
  for (let waited = 0; waited < 100 && !dish.events().in; waited++) await b.settle(2);
  const [text] = await dish.recvNow();
  return `${dish.group} ${text}`;
}
