/**
 * Secured connections. libzmq: tests/test_security_null.cpp, test_security_plain.cpp, test_security_curve.cpp,
 * test_security_no_zap_handler.cpp. Beyond the count: their catalogue puts them outside of what a simulator must do.
 */
import { deepStrictEqual as same } from "node:assert/strict";
import { defaultOptions, NO_SECURITY } from "../../../src/ctx/options.ts";
import { decodeZ85 } from "../../../src/socket/security-options.ts";
import { encode } from "../../../src/zmtp/codec.ts";
import { createMechanism } from "../../../src/zmtp/mechanism.ts";
import type { Control } from "../../../src/zmtp/wire.ts";
import { CURVE_CLIENT, CURVE_SERVER, KEYS, PLAIN_SERVER } from "../../support/zap.ts";
import { type Bench, bounce, file, nothing, type Options, type Sock } from "../support/bench.ts";
import {
  allEnded,
  auth,
  bindHandler,
  connect,
  DONE,
  EFAULT,
  EPIPE,
  type Handshakes,
  OWN,
  other,
  protocol,
  type Reply,
  refused,
  reply,
  serve,
  watch,
} from "../support/handshakes.ts";

/** Raw bytes after a greeting, from a peer that does no handshake of its own. */
async function raw(
  b: Bench,
  options: Options,
  ...writes: readonly string[]
): Promise<{ server: Sock; seen: Handshakes }> {
  const server = b.socket("DEALER", { ...options, linger: 0 });
  const seen = watch(b, server);
  const peer = b.socket("STREAM", { linger: 0 });
  peer.connect(await server.bind(b.address("tcp")));
  const [id] = (await peer.recv()) as [string];
  for (const bytes of writes) {
    await peer.send(id, bytes);
    await b.settle(20);
  }
  await b.settle(30);
  return { server, seen };
}

/** A ZMTP 1.0 peer gets nothing through. */
async function vanilla(b: Bench, options: Options): Promise<void> {
  const { server } = await raw(b, options, "\x01\0", "\x08\0sneaky\0");
  await nothing(server);
}

file("test_security_null", (test) => {
  const answer: Reply = (request) => reply(request[2] === "TEST" ? "200" : "400")(request);

  test(
    "test_no_domain",
    async (b) => {
      await bindHandler(b);
      const { server, client } = await connect(b, {});
      await bounce(server, client);
    },
    OWN,
  );
  test(
    "test_wrong_domain_fails",
    async (b) => {
      const handler = await bindHandler(b);
      const pair = await connect(b, { zap_domain: "WRONG" });
      same(await refused(b, pair, handler, answer), 1);
      same([pair.atServer(), pair.atClient()], [[auth(400)], [auth(400)]]);
    },
    OWN,
  );
  test(
    "test_success",
    async (b) => {
      const handler = await bindHandler(b);
      const { server, client } = await connect(b, { zap_domain: "TEST" });
      same(await serve(b, handler, answer, 100), 1);
      await bounce(server, client);
    },
    OWN,
  );
  test("test_vanilla_socket", async (b) => vanilla(b, { zap_domain: "WRONG" }), OWN);
});

file("test_security_no_zap_handler", (test) => {
  test(
    "test_no_zap_handler",
    async (b) => {
      const { server, client } = await connect(b, { zap_domain: "TEST" });
      await bounce(server, client);
    },
    OWN,
  );
  test(
    "test_no_zap_handler_enforce_domain",
    async (b) => {
      const pair = await connect(b, { zap_domain: "TEST", zap_enforce_domain: 1 });
      await refused(b, pair, null, reply("200"));
      allEnded(pair.atServer(), other(EFAULT));
    },
    OWN,
  );
});

file("test_security_plain", (test) => {
  const server = { ...PLAIN_SERVER, zap_domain: "test", routing_id: "IDENT" };
  const answer: Reply = (request) => {
    same(request.slice(0, 3), ["1.0", "1", "test"]);
    same(request.slice(4, 6), ["IDENT", "PLAIN"]);
    return reply(request.slice(6).join() === "admin,password" ? "200" : "400")(request);
  };

  test(
    "test_plain_success",
    async (b) => {
      const handler = await bindHandler(b);
      const pair = await connect(b, server, { plain_username: "admin", plain_password: "password" });
      same(await serve(b, handler, answer, 100), 1);
      await bounce(pair.server, pair.client);
    },
    OWN,
  );
  test(
    "test_plain_client_as_server_fails",
    async (b) => {
      const handler = await bindHandler(b);
      const pair = await connect(b, server, { zap_domain: "test", plain_server: 1 });
      same(await refused(b, pair, handler, answer), 0);
    },
    OWN,
  );
  test(
    "test_plain_wrong_credentials_fails",
    async (b) => {
      const handler = await bindHandler(b);
      const pair = await connect(b, server, { plain_username: "wronguser", plain_password: "wrongpass" });
      same(await refused(b, pair, handler, answer), 1);
      same([pair.atServer(), pair.atClient()], [[auth(400)], [auth(400)]]);
    },
    OWN,
  );
  test("test_plain_vanilla_socket", async (b) => vanilla(b, server), OWN);
});

const CURVE = { ...CURVE_SERVER, zap_domain: "ZAPTEST", zap_enforce_domain: 1 };
const byKey: Reply = (request) => reply(request[6] === decodeZ85(KEYS[1][0]) ? "200" : "400")(request);
const NO_KEY = "\0".repeat(32);

file("test_security_curve", (test) => {
  test(
    "test_curve_security_with_valid_credentials",
    async (b) => {
      const handler = await bindHandler(b);
      const { server, client, atServer, atClient } = await connect(b, CURVE, CURVE_CLIENT);
      same(await serve(b, handler, byKey, 100), 1);
      await bounce(server, client);
      same([atServer(), atClient()], [[DONE], [DONE]]);
    },
    OWN,
  );
  for (const [name, missing, atServer] of [
    ["test_null_server_key", { curve_serverkey: NO_KEY }, other(EPIPE)],
    ["test_null_client_public_key", { curve_publickey: NO_KEY }, protocol(0x1100_0001)],
    ["test_null_client_secret_key", { curve_secretkey: NO_KEY }, protocol(0x1100_0001)],
  ] as const) {
    test(
      name,
      async (b) => {
        const handler = await bindHandler(b);
        const pair = await connect(b, CURVE, { ...CURVE_CLIENT, ...missing });
        same(await refused(b, pair, handler, byKey), 0);
        pair.client.close();
        await b.settle(30);
        allEnded(pair.atServer(), atServer);
      },
      OWN,
    );
  }
  test(
    "test_curve_security_with_bogus_client_credentials",
    async (b) => {
      const handler = await bindHandler(b);
      const bogus = { ...CURVE_CLIENT, curve_publickey: KEYS[2][0], curve_secretkey: KEYS[2][1] };
      const pair = await connect(b, CURVE, bogus);
      same(await refused(b, pair, handler, byKey), 1);
      same([pair.atServer(), pair.atClient()], [[auth(400)], [auth(400)]]);
    },
    OWN,
  );
  for (const [name, options] of [
    ["test_curve_security_with_null_client_credentials", {}],
    ["test_curve_security_with_plain_client_credentials", { plain_username: "admin", plain_password: "password" }],
  ] as const) {
    test(
      name,
      async (b) => {
        const handler = await bindHandler(b);
        const pair = await connect(b, CURVE, options);
        same(await refused(b, pair, handler, byKey), 0);
        allEnded(pair.atServer(), protocol(0x1100_0002));
      },
      OWN,
    );
  }
  test("test_curve_security_unauthenticated_message", async (b) => vanilla(b, CURVE), OWN);
});

const GREETING = `\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE${"\0".repeat(15 + 32)}`;
const FORGED = { own: true, simulatedOnly: "a HELLO that the server can open needs cryptography" } as const;

/** The bytes of the commands that a client of CURVE sends, as the simulator has them. */
function forged(): { hello: string; initiate: string } {
  const { curve_publickey, curve_secretkey, curve_serverkey } = CURVE_CLIENT;
  const security = {
    ...NO_SECURITY,
    mechanism: "CURVE",
    curvePublicKey: decodeZ85(curve_publickey) as string,
    curveSecretKey: decodeZ85(curve_secretkey) as string,
    curveServerKey: decodeZ85(curve_serverkey) as string,
  } as const;
  const session = {
    monitor: () => false,
    zapConnect: () => false,
    zapSend: () => undefined,
    zapReceive: () => null,
  };
  const options = { ...defaultOptions("DEALER", true), security };
  const client = createMechanism({ options, session, peerAddress: "" });
  const server = createMechanism({
    options: { ...options, security: { ...security, asServer: true, curveSecretKey: decodeZ85(KEYS[0][1]) as string } },
    session,
    peerAddress: "",
  });
  const hello = client.next() as Control;
  server.process(hello);
  client.process(server.next() as Control);
  return { hello: encode(hello), initiate: encode(client.next() as Control) };
}

/** Puts `text` where a command has something else; the header before it stays. */
const replaced = (command: string, at: number, text: string): string =>
  command.slice(0, at) + text + command.slice(at + text.length);

file("test_security_curve", (test) => {
  const hello = (body: string): string => `\x04${String.fromCharCode(body.length)}${body}`;
  const HELLO = `\x05HELLO\x01\0${"\0".repeat(192)}`;

  for (const [name, bytes, value] of [
    ["test_curve_security_invalid_hello_wrong_length", hello("\x05HELLO"), 0x1000_0013],
    ["test_curve_security_invalid_hello_command_name", hello(HELLO.replace("HELLO", "HELLX")), 0x1000_0001],
    ["test_curve_security_invalid_hello_version", hello(HELLO.replace("\x01\0", "\x02\0")), 0x1000_0013],
  ] as const) {
    test(
      name,
      async (b) => {
        const { seen } = await raw(b, CURVE, GREETING, bytes);
        allEnded(seen(), protocol(value));
      },
      OWN,
    );
  }
  for (const [name, change, value] of [
    ["wrong_length", () => "\x04\x09\x08INITIATE", 0x1000_0014],
    ["command_name", (initiate: string) => initiate.replace("INITIATE", "INITIATX"), 0x1000_0001],
    ["command_encrypted_content", (initiate: string) => replaced(initiate, 9 + 113, "\xff".repeat(16)), 0x1100_0001],
  ] as const) {
    test(
      `test_curve_security_invalid_initiate_${name}`,
      async (b) => {
        const commands = forged();
        const { seen } = await raw(b, CURVE, GREETING, commands.hello, change(commands.initiate));
        allEnded(seen(), protocol(value));
      },
      FORGED,
    );
  }
});
