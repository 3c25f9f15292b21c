/** Options of sockets and contexts, and the end of a context. libzmq: tests/test_ctx_options.cpp, test_ctx_destroy.cpp, test_setsockopt.cpp, test_many_sockets.cpp, test_poller.cpp. */
import { deepStrictEqual as same } from "node:assert/strict";
import { fails, file, outcome, type Sock } from "../support/bench.ts";

file("test_ctx_options", (test) => {
  test("test_ctx_option_max_sockets", async (b) => same(b.context().get("max_sockets"), 1023));
  test("test_ctx_option_socket_limit", async (b) => same(b.context().get("socket_limit"), 65_535));
  test("test_ctx_option_io_threads", async (b) => same(b.context().get("io_threads"), 1));
  test("test_ctx_option_ipv6", async (b) => same(b.context().get("ipv6"), 0));
  test("test_ctx_option_ipv6_set", async (b) => {
    const context = b.context();
    context.set("ipv6", 1);
    same(context.get("ipv6"), 1);
  });
  test("test_ctx_option_blocky", async (b) => {
    const context = b.context();
    context.set("ipv6", 1);
    const router = context.socket("ROUTER");
    same(router.get("ipv6"), 1);
    same(router.get("linger"), -1);
    router.close();
    context.set("blocky", 0);
    same(context.get("blocky"), 0);
    same(context.socket("ROUTER").get("linger"), 0);
  });
  test("test_ctx_option_invalid", async (b) => {
    const context = b.context();
    same(await outcome(() => context.set("-1", 0)), "EINVAL");
    same(await outcome(() => context.get("-1")), "EINVAL");
  });
});

const NO_SHUTDOWN = { simulatedOnly: "zeromq.js has no zmq_ctx_shutdown" };

file("test_ctx_destroy", (test) => {
  test(
    "test_ctx_shutdown",
    async (b) => {
      const context = b.context();
      const pull = context.socket("PULL");
      // While another thread waits in zmq_recv.
      b.later(300, () => context.shutdown());
      await fails("ETERM", () => pull.recv());
      same(b.now(), 300);
      pull.close();
      same(await context.terminates(100), true);
    },
    NO_SHUTDOWN,
  );
  test(
    "test_ctx_shutdown_socket_opened_after",
    async (b) => {
      const context = b.context();
      context.socket("PULL").close();
      context.shutdown();
      await fails("ETERM", () => context.socket("PULL"));
      same(await context.terminates(100), true);
    },
    NO_SHUTDOWN,
  );
  test(
    "test_ctx_shutdown_only_socket_opened_after",
    async (b) => {
      const context = b.context();
      context.shutdown();
      await fails("ETERM", () => context.socket("PULL"));
      same(await context.terminates(100), true);
    },
    NO_SHUTDOWN,
  );
});

file("test_setsockopt", (test) => {
  for (const [name, option] of [
    ["test_setsockopt_tcp_recv_buffer", "rcvbuf"],
    ["test_setsockopt_tcp_send_buffer", "sndbuf"],
  ] as const) {
    test(name, async (b) => {
      const socket = b.socket("PUSH");
      same(socket.get(option), -1);
      socket.set(option, 16_384);
      same(socket.get(option), 16_384);
    });
  }
});

file("test_many_sockets", (test) => {
  test("test_zmq_default_max", async (b) => {
    const context = b.context();
    const sockets: Sock[] = [];
    const open = (): Promise<string> => outcome(() => void sockets.push(context.socket("PAIR")));
    while ((await open()) === "ok");
    same(sockets.length, 1023);
    for (let count = 0; count < 10; count++) same(await open(), "EMFILE");
    for (const socket of sockets) socket.close();
  });
});

file("test_poller", (test) => {
  test("test_poll_basic", async (b) => {
    const pull = b.socket("PULL");
    const push = b.socket("PUSH");
    push.connect(await pull.bind(b.address("tcp")));
    await push.send("H");
    await b.settle(50);
    same(pull.events(), { in: true, out: false });
    same(await pull.recv(), ["H"]);
    same(pull.events(), { in: false, out: false });
  });
  test("test_poll_client_server", async (b) => {
    const server = b.socket("SERVER");
    const client = b.socket("CLIENT");
    client.connect(await server.bind(b.address("tcp")));
    await client.send("I");
    await b.settle(50);
    same(server.events().in, true);
    same(await server.recv(), ["I"]);
    same(server.events(), { in: false, out: true });
  });
});
