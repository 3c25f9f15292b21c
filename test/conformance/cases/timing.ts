/** Heartbeats, reconnection, monitors. libzmq: tests/test_heartbeats.cpp, test_reconnect_options.cpp, test_monitor.cpp. */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import { type Bench, bounce, fails, file, type Sock } from "../support/bench.ts";

const GREETING = `\xff${"\0".repeat(8)}\x7f\x03\0NULL${"\0".repeat(48)}`.replace(
  "\xff\0\0\0\0\0\0\0\0",
  "\xff\0\0\0\0\0\0\0\x01",
);
const READY = "\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";

/** A peer that shakes hands and then keeps silent. */
async function mockPeer(b: Bench, address: string): Promise<void> {
  const stream = b.socket("STREAM");
  stream.connect(address);
  const [id] = (await stream.recv()) as [string];
  await stream.send(id, GREETING);
  await b.settle(20);
  await stream.send(id, READY);
}

const ends = (socket: Sock): string[] =>
  socket.monitored().filter((event) => event === "ACCEPTED" || event === "DISCONNECTED");

file("test_heartbeats", (test) => {
  test("test_heartbeat_timeout_router", async (b) => {
    const router = b.socket("ROUTER", { linger: 0, heartbeat_ivl: 50 });
    router.monitor();
    await mockPeer(b, await router.bind(b.address("tcp")));
    await b.settle(250);
    same(ends(router).slice(0, 2), ["ACCEPTED", "DISCONNECTED"]);
  });

  const pairs = [
    ["dealer", "router"],
    ["req", "rep"],
    ["pull", "push"],
    ["sub", "pub"],
    ["pair", "pair"],
    ["client", "server"],
    ["gather", "scatter"],
  ] as const;
  for (const [client, server] of pairs) {
    const types = [server.toUpperCase(), client.toUpperCase()] as [Sock["type"], Sock["type"]];

    test(`test_heartbeat_ttl_${client}_${server}`, async (b) => {
      const bound = b.socket(types[0], { linger: 0 });
      bound.monitor();
      const connected = b.socket(types[1], { heartbeat_ttl: 100, heartbeat_ivl: 250 });
      connected.connect(await bound.bind(b.address("tcp")));
      // A PING at 250 ms tells the server to give up after another 100.
      await b.settle(b.arm === "real" ? 450 : 400);
      same(ends(bound), ["ACCEPTED", "DISCONNECTED"]);
    });

    test(
      `test_heartbeat_notimeout_${client}_${server}`,
      async (b) => {
        const bound = b.socket(types[0], { linger: 0, heartbeat_ivl: 50 });
        bound.monitor();
        const connected = b.socket(types[1]);
        connected.connect(await bound.bind(b.address("tcp")));
        await b.settle(b.arm === "real" ? 500 : 3000);
        same(ends(bound), ["ACCEPTED"]);
      },
      { slow: client !== "dealer" },
    );
  }

  const ttl = (value: number, kept: number | "EINVAL") => async (b: Bench) => {
    const socket = b.socket("PAIR");
    if (kept === "EINVAL") return fails("EINVAL", () => socket.set("heartbeat_ttl", value));
    socket.set("heartbeat_ttl", value);
    same(socket.get("heartbeat_ttl"), kept);
  };
  test("test_setsockopt_heartbeat_ttl_max", ttl(6_553_599, 6_553_500));
  test("test_setsockopt_heartbeat_ttl_more_than_max_fails", ttl(6_553_600, "EINVAL"));
  test("test_setsockopt_heartbeat_ttl_near_zero", ttl(99, 0));
});

const CONNECTED = ["CONNECT_DELAYED", "CONNECTED", "HANDSHAKE_SUCCEEDED"];
const STOP_REFUSED = 1;
const STOP_HANDSHAKE = 2;
const STOP_DISCONNECT = 4;

file("test_reconnect_options", (test) => {
  const lost = async (b: Bench, options: Readonly<Record<string, number>>): Promise<{ sub: Sock; address: string }> => {
    const pub = b.socket("PUB");
    const address = await pub.bind(b.address("tcp"));
    const sub = b.socket("SUB", options);
    sub.monitor();
    sub.connect(address);
    await b.settle(100);
    same(sub.monitored(), CONNECTED);
    pub.close();
    await b.settle(100);
    return { sub, address };
  };

  test("reconnect_default", async (b) => {
    const { sub } = await lost(b, { reconnect_ivl: 60_000 });
    await b.settle(b.arm === "real" ? 300 : 2000);
    same(sub.monitored(), [...CONNECTED, "DISCONNECTED", "CONNECT_RETRIED"]);
  });

  test(
    "reconnect_success",
    async (b) => {
      const { sub, address } = await lost(b, { reconnect_ivl: 1000 });
      // 300 ms in which nothing more comes.
      await b.settle(b.arm === "real" ? 299 : 300);
      same(sub.monitored(), [...CONNECTED, "DISCONNECTED", "CONNECT_RETRIED"]);
      const pub = b.socket("PUB");
      await pub.bind(address);
      await b.settle(1500);
      same(sub.monitored(), [...CONNECTED, "DISCONNECTED", "CONNECT_RETRIED", ...CONNECTED]);
    },
    { slow: true },
  );

  test("reconnect_stop_on_refused", async (b) => {
    const { sub } = await lost(b, { reconnect_stop: STOP_REFUSED });
    await b.settle(b.arm === "real" ? 500 : 2000);
    same(sub.monitored(), [...CONNECTED, "DISCONNECTED", "CONNECT_RETRIED", "CONNECT_DELAYED", "CLOSED"]);
  });

  test("reconnect_stop_on_handshake_failed", async (b) => {
    const stream = b.socket("STREAM");
    const address = await stream.bind(b.address("tcp"));
    const sub = b.socket("SUB", { handshake_ivl: 1000, reconnect_stop: STOP_HANDSHAKE });
    sub.monitor();
    sub.connect(address);
    await b.settle(1600);
    same(sub.monitored(), ["CONNECT_DELAYED", "CONNECTED", "HANDSHAKE_FAILED_NO_DETAIL", "DISCONNECTED"]);
  });

  test(
    "reconnect_stop_after_disconnect",
    async (b) => {
      const address = b.address("ipc");
      const sub = b.socket("SUB", { reconnect_ivl: 50, reconnect_stop: STOP_DISCONNECT });
      sub.monitor();
      sub.connect(address);
      await b.settle(40);
      same(sub.monitored(), ["CLOSED", "CONNECT_RETRIED"]);
      sub.disconnect(address);
      await b.settle(5);
      // The session goes when its socket has looked at its mailbox.
      sub.events();
      await b.settle(500);
      same(
        sub
          .monitored()
          .slice(2)
          .filter((event) => event !== "CLOSED"),
        [],
      );
    },
    { simulatedOnly: "4.3.5 reads a flag that it never set: stopped in 2 of 5 real runs" },
  );
});

file("test_monitor", (test) => {
  const talk = async (b: Bench, transport: "tcp" | "ipc", host?: string): Promise<void> => {
    const options = { linger: 0, ...(host === undefined ? {} : { ipv6: 1 }) };
    const server = b.socket("DEALER", options);
    const client = b.socket("DEALER", options);
    for (const socket of [server, client]) socket.monitor();
    const address = await server.bind(host === undefined ? b.address(transport) : `tcp://${host}:*`);
    client.connect(address);
    await bounce(server, client);
    for (const socket of [client, server]) socket.close();
    await b.settle(100);
    // Who hears of the other's end before its own is a race, and upstream takes either.
    const told = client.monitored().filter((event) => event !== "CONNECT_DELAYED");
    same(told.slice(0, 2), ["CONNECTED", "HANDSHAKE_SUCCEEDED"]);
    const end = told.slice(2).join();
    ok(end === "MONITOR_STOPPED" || end === "DISCONNECTED,CONNECT_RETRIED,MONITOR_STOPPED", end);
    same(client.monitored().includes("CONNECT_DELAYED"), transport === "tcp");
    same(server.monitored().slice(0, 3), ["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED"]);
    ok(["CLOSED", "DISCONNECTED", "MONITOR_STOPPED"].includes(server.monitored()[3] as string));
    same(server.monitored().at(-1), "MONITOR_STOPPED");
    // Either speaks of the server's endpoint: the one that is the client's remote end, and the server's own.
    for (const socket of [client, server]) {
      const places = socket.monitoredAt().map(([event, place]) => (event === "MONITOR_STOPPED" ? address : place));
      same(
        places,
        places.map(() => address),
      );
    }
  };
  test("test_monitor_basic", (b) => talk(b, "tcp"));
  test("test_monitor_versioned_basic_tcp_ipv4", (b) => talk(b, "tcp"));
  test("test_monitor_versioned_basic_tcp_ipv6", (b) => talk(b, "tcp", "[::1]"));
  test("test_monitor_versioned_basic_ipc", (b) => talk(b, "ipc"));
});
