/**
 * Handlers that break the protocol, refuse or stay away, heartbeats under CURVE, and what user ids do.
 * libzmq: tests/test_security_zap.cpp, test_heartbeats.cpp. Beyond the count, as security.ts.
 */
import { ok, deepStrictEqual as same } from "node:assert/strict";
import type { SocketTypeName } from "../../../src/ctx/options.ts";
import { CURVE_CLIENT, CURVE_SERVER, PLAIN_CLIENT, PLAIN_SERVER } from "../../support/zap.ts";
import { file, nothing, type Options, outcome } from "../support/bench.ts";
import {
  allEnded,
  auth,
  bindHandler,
  connect,
  DONE,
  EFAULT,
  EPIPE,
  OWN,
  other,
  protocol,
  type Reply,
  refused,
  reply,
  serve,
  watch,
} from "../support/handshakes.ts";

const CURVE = { ...CURVE_SERVER, zap_domain: "ZAPTEST", zap_enforce_domain: 1 };

const MECHANISMS: Readonly<Record<string, readonly [server: Options, client: Options]>> = {
  null: [{ zap_domain: "ZAPTEST" }, {}],
  plain: [{ ...PLAIN_SERVER, zap_domain: "ZAPTEST" }, PLAIN_CLIENT],
  curve: [CURVE, CURVE_CLIENT],
};

file("test_security_zap", (test) => {
  for (const [mechanism, [server, client]] of Object.entries(MECHANISMS)) {
    for (const [name, answer, value] of [
      ["wrong_version", ([, id = ""]) => ["invalid_version", id, "200", "OK", "anonymous", ""], 0x2000_0003],
      ["wrong_request_id", ([v = ""]) => [v, "invalid_request_id", "200", "OK", "anonymous", ""], 0x2000_0002],
      ["wrong_status_invalid", reply("invalid_status"), 0x2000_0004],
      ["too_many_parts", (request) => [...(reply("200")(request) ?? []), ""], 0x2000_0001],
    ] as [string, Reply, number][]) {
      test(
        `test_zap_protocol_error_${name}_${mechanism}`,
        async (b) => {
          const handler = await bindHandler(b);
          const pair = await connect(b, server, client);
          ok((await refused(b, pair, handler, answer)) >= 1);
          allEnded(pair.atServer(), protocol(value));
        },
        OWN,
      );
    }
    test(
      `test_zap_wrong_status_temporary_failure_${mechanism}`,
      async (b) => {
        const handler = await bindHandler(b);
        const pair = await connect(b, server, client);
        ok((await refused(b, pair, handler, reply("300"))) >= 1);
        allEnded(pair.atServer(), auth(300));
        same(pair.atClient(), []);
      },
      OWN,
    );
    test(
      `test_zap_wrong_status_internal_error_${mechanism}`,
      async (b) => {
        const handler = await bindHandler(b);
        const pair = await connect(b, server, client);
        same(await refused(b, pair, handler, reply("500")), 1);
        same([pair.atServer(), pair.atClient()], [[auth(500)], [auth(500)]]);
      },
      OWN,
    );
    test(
      `test_zap_unsuccessful_no_handler_started_${mechanism}`,
      async (b) => {
        const pair = await connect(b, { ...server, zap_enforce_domain: 1 }, client);
        await refused(b, pair, null, reply("200"));
        allEnded(pair.atServer(), other(EFAULT));
      },
      OWN,
    );
    for (const [name, answered] of [
      ["disconnect", "goes"],
      ["do_not_recv", "looks away"],
      ["do_not_send", "is silent"],
    ] as const) {
      test(
        `test_zap_unsuccessful_${name}_${mechanism}`,
        async (b) => {
          const handler = await bindHandler(b);
          const pair = await connect(b, server, client);
          if (answered === "goes") {
            await handler.recv();
            handler.close();
          }
          await refused(b, pair, answered === "is silent" ? handler : null, () => null);
          pair.client.close();
          await b.settle(50);
          same(pair.atServer()[0], other(EPIPE));
        },
        OWN,
      );
    }
  }
});

const HEARTBEATS: readonly [name: string, server: SocketTypeName, client: SocketTypeName][] = [
  ["dealer_router", "ROUTER", "DEALER"],
  ["req_rep", "REP", "REQ"],
  ["pull_push", "PUSH", "PULL"],
  ["sub_pub", "PUB", "SUB"],
  ["pair_pair", "PAIR", "PAIR"],
  ["client_server", "SERVER", "CLIENT"],
  ["gather_scatter", "SCATTER", "GATHER"],
];

file("test_heartbeats", (test) => {
  for (const [name, bound, connected] of HEARTBEATS) {
    test(
      `test_heartbeat_notimeout_${name}_with_curve`,
      async (b) => {
        const server = b.socket(bound, { ...CURVE_SERVER, linger: 0, heartbeat_ivl: 50 });
        server.monitor();
        const client = b.socket(connected, CURVE_CLIENT);
        client.connect(await server.bind(b.address("tcp")));
        await b.settle(b.arm === "real" ? 500 : 3000);
        same(
          server.monitored().filter((event) => event === "ACCEPTED" || event === "DISCONNECTED"),
          ["ACCEPTED"],
        );
      },
      { own: true, slow: name !== "dealer_router" },
    );
  }
});

file("own_security", (test) => {
  test(
    "user_id_takes_a_place",
    async (b) => {
      const handler = await bindHandler(b);
      for (const [userId, rcvhwm, received] of [
        ["joe", 1, 0],
        ["joe", 2, 5],
        ["", 1, 5],
      ] as const) {
        const server = b.socket("PULL", { ...PLAIN_SERVER, rcvhwm, linger: 0 });
        const client = b.socket("PUSH", { ...PLAIN_CLIENT, linger: 0 });
        client.connect(await server.bind(b.address("tcp")));
        same(await serve(b, handler, reply("200", userId), 100), 1);
        for (let number = 0; number < 5; number++) await client.send(`${number}`);
        await b.settle(100);
        let count = 0;
        while (count < 5 && (await outcome(() => server.recvNow())) === "ok") {
          count++;
          await b.settle(20);
        }
        same([userId, rcvhwm, count], [userId, rcvhwm, received]);
      }
    },
    OWN,
  );
  test(
    "no_user_id_for_req",
    async (b) => {
      const handler = await bindHandler(b);
      const req = b.socket("REQ", { ...PLAIN_SERVER, linger: 0 });
      const rep = b.socket("REP", { ...PLAIN_CLIENT, linger: 0 });
      const seen = watch(b, req);
      rep.connect(await req.bind(b.address("tcp")));
      await serve(b, handler, reply("200", "joe"), 100);
      await req.send("question");
      same(await rep.recv(), ["question"]);
      await rep.send("answer");
      await serve(b, handler, reply("200", "joe"), 400);
      await nothing(req);
      same(seen(), [DONE, DONE]);
    },
    OWN,
  );
});
