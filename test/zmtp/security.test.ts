/**
 * What comes of secured handshakes: monitor events of both sides, by mechanism, handler and mistake. Every row was
 * seen on npm zeromq 6.8.0 (libzmq 4.3.5) as well; the cases of test_security_* in test/conformance run on both.
 */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeZ85, encodeZ85 } from "../../src/socket/security-options.ts";
import { publicKeyOf } from "../../src/zmtp/curve25519.ts";
import { Lab, type Options } from "../support/lab.ts";
import {
  type Answer,
  answer,
  CURVE_CLIENT,
  CURVE_SERVER,
  KEYS,
  PLAIN_CLIENT,
  PLAIN_SERVER,
  type SecuredOptions,
  secured,
} from "../support/zap.ts";

const DELAY = "CONNECT_DELAYED(115)";
const DONE = "HANDSHAKE_SUCCEEDED";
const END = "DISCONNECTED";
const auth = (status: number): string => `HANDSHAKE_FAILED_AUTH(${status})`;
const protocol = (value: number): string => `HANDSHAKE_FAILED_PROTOCOL(${value})`;
const other = (errno: number): string => `HANDSHAKE_FAILED_NO_DETAIL(${errno})`;
const [EAGAIN, EFAULT, EPIPE] = [11, 14, 32];
const CRYPTOGRAPHIC = protocol(0x1100_0001);
const MISMATCH = protocol(0x1100_0002);
const UNEXPECTED = protocol(0x1000_0001);

/** What each side hears of the first connection, from its begin to its success or end; whether the client comes again. */
function outcome(options: SecuredOptions): { server: string[]; client: string[]; again: boolean } {
  const { server, client, work } = secured(new Lab(), options);
  work(400);
  const first = (events: readonly string[], skipped: number): string[] => {
    const end = events.findIndex((event) => event === DONE || event === END);
    return events.slice(skipped, end < 0 ? undefined : end + 1);
  };
  const again = client.monitored.some((event) => event.startsWith("CONNECT_RETRIED"));
  expect(client.monitored[0]).toBe(DELAY);
  return { server: first(server.monitored, 2), client: first(client.monitored, 2), again };
}

const PLAIN = { server: PLAIN_SERVER, client: PLAIN_CLIENT };
const CURVE = { server: CURVE_SERVER, client: CURVE_CLIENT };
const NULL = { server: { zap_domain: "d" } };
const SHORT: Options = { handshake_ivl: 150 };

type Row = [
  what: string,
  options: SecuredOptions,
  server: readonly string[],
  client: readonly string[],
  again?: "comes again",
];

const ROWS: readonly Row[] = [
  ["NULL 200", { ...NULL, answer: answer("200") }, [DONE], [DONE]],
  ["NULL 400", { ...NULL, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["NULL 500", { ...NULL, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "NULL 300: the client hears nothing",
    { server: { zap_domain: "d", handshake_ivl: 200 }, client: SHORT, answer: answer("300") },
    [auth(300), END],
    [other(EAGAIN), END],
    "comes again",
  ],
  ["NULL, nobody to ask", NULL, [DONE], [DONE]],
  [
    "NULL, nobody to ask, a domain enforced: at the greeting and at READY",
    { server: { zap_domain: "d", zap_enforce_domain: 1, ...SHORT } },
    [other(EFAULT), other(EFAULT), other(EAGAIN), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["NULL without a domain: nobody is asked", { answer: answer("400") }, [DONE], [DONE]],
  ["PLAIN 200", { ...PLAIN, answer: answer("200") }, [DONE], [DONE]],
  ["PLAIN 400", { ...PLAIN, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["PLAIN 500", { ...PLAIN, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "PLAIN 300: the server waits until its time is up",
    { server: { ...PLAIN_SERVER, ...SHORT }, client: PLAIN_CLIENT, answer: answer("300") },
    [auth(300), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["PLAIN, nobody to ask", PLAIN, [other(EFAULT), END], [other(EPIPE), END], "comes again"],
  ["CURVE, nobody to ask", CURVE, [DONE], [DONE]],
  ["CURVE 200", { ...CURVE, answer: answer("200") }, [DONE], [DONE]],
  ["CURVE 400", { ...CURVE, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["CURVE 500", { ...CURVE, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "CURVE 300",
    { server: { ...CURVE_SERVER, ...SHORT }, client: CURVE_CLIENT, answer: answer("300") },
    [auth(300), END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE without a domain where one is enforced: nobody is asked",
    { ...CURVE, server: { ...CURVE_SERVER, zap_enforce_domain: 1 }, answer: answer("400") },
    [DONE],
    [DONE],
  ],
  [
    "CURVE, nobody to ask, a domain enforced",
    { ...CURVE, server: { ...CURVE_SERVER, zap_domain: "d", zap_enforce_domain: 1 } },
    [other(EFAULT), END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, another server's key",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_serverkey: KEYS[2][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a public key that is not the client's",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_publickey: KEYS[2][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a secret key that is not the client's",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_secretkey: KEYS[2][1] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a client without keys of its own",
    { ...CURVE, client: { curve_serverkey: KEYS[0][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a client without the server's key",
    { ...CURVE, client: { curve_publickey: KEYS[1][0], curve_secretkey: KEYS[1][1], ...SHORT } },
    [other(EPIPE), END],
    [CRYPTOGRAPHIC, other(EAGAIN), END],
    "comes again",
  ],
  [
    "CURVE, a server without a key",
    { ...CURVE, server: { curve_server: 1 } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "two servers wait for each other",
    { server: { ...PLAIN_SERVER, ...SHORT }, client: { ...PLAIN_SERVER, handshake_ivl: 200 } },
    [other(EAGAIN), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["two clients of PLAIN", { server: PLAIN_CLIENT, client: PLAIN_CLIENT }, [UNEXPECTED, END], [UNEXPECTED, END]],
  ["two clients of CURVE", { server: CURVE_CLIENT, client: CURVE_CLIENT }, [UNEXPECTED, END], [UNEXPECTED, END]],
  ["PLAIN and CURVE", { server: PLAIN_SERVER, client: CURVE_CLIENT }, [MISMATCH, END], [MISMATCH, END]],
  ["PLAIN and NULL", { server: PLAIN_SERVER }, [MISMATCH, END], [MISMATCH, END]],
  ["NULL and PLAIN", { client: PLAIN_CLIENT }, [MISMATCH, END], [MISMATCH, END]],
  [
    "types that do not fit, under PLAIN",
    { ...PLAIN, types: ["PULL", "PULL"], answer: answer("200") },
    [END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "types that do not fit, under CURVE",
    { ...CURVE, types: ["PULL", "PULL"], answer: answer("200") },
    [END],
    [other(EPIPE), END],
    "comes again",
  ],
];

describe("outcomes", () => {
  test.each(ROWS)("%s", (_, options, server, client, again) => {
    expect(outcome(options)).toEqual({ server, client, again: again !== undefined });
  });
});

const BAD: readonly [what: string, reply: Answer, value: number][] = [
  ["too short", ([version = "", id = ""]) => [version, id], 0x2000_0001],
  ["too long", (request) => [...(answer("200")(request) ?? []), "x"], 0x2000_0001],
  ["another request's", ([version = ""]) => [version, "bad", "200", "", "", ""], 0x2000_0002],
  ["another version", ([, id = ""]) => ["9.9", id, "200", "", "", ""], 0x2000_0003],
  ["status 600", answer("600"), 0x2000_0004],
  ["status 210", answer("210"), 0x2000_0004],
  ["bad metadata", answer("200", "", "xx"), 0x2000_0005],
];

describe("replies that break the protocol", () => {
  for (const [mechanism, options] of Object.entries({ NULL, PLAIN, CURVE })) {
    test.each(BAD)(`${mechanism}: %s`, (_, reply, value) => {
      expect(outcome({ ...options, answer: reply })).toEqual({
        server: [protocol(value), END],
        client: [other(EPIPE), END],
        again: true,
      });
    });
  }

  test("a route that does not end", () => {
    const lab = new Lab();
    const handler = lab.socket("ROUTER");
    handler.bind("inproc://zeromq.zap.01");
    const { server, work } = secured(lab, NULL);
    work(5);
    const [route = "", , version = "", id = ""] = handler.recv()?.split("|") ?? [];
    handler.send(route, "no", version, id, "200", "", "", "");
    work(5);
    expect(server.monitored).toContain(protocol(0x2000_0000));
  });
});

describe("requests", () => {
  test.each<[string, SecuredOptions, readonly string[]]>([
    ["NULL", NULL, ["d", "127.0.0.1", "", "NULL"]],
    ["PLAIN", PLAIN, ["", "127.0.0.1", "", "PLAIN", "bob", "pass"]],
    ["CURVE", CURVE, ["", "127.0.0.1", "", "CURVE", decodeZ85(KEYS[1][0]) as string]],
  ])("%s", (_, options, rest) => {
    const { requests, work } = secured(new Lab(), { ...options, answer: answer("200") });
    work(10);
    expect(requests).toEqual([["1.0", "1", ...rest]]);
  });

  test("the routing id is the server's own", () => {
    const options = { server: { ...PLAIN_SERVER, routing_id: "srv" }, client: { ...PLAIN_CLIENT, routing_id: "cli" } };
    const { requests, work } = secured(new Lab(), { ...options, types: ["DEALER", "DEALER"], answer: answer("200") });
    work(10);
    expect(requests[0]?.[4]).toBe("srv");
  });

  /** DIFFERS(peer-address): the real library names the address of the host, and user and process of an ipc peer. */
  test("over ipc", () => {
    const lab = new Lab();
    const handler = lab.socket("REP");
    handler.bind("inproc://zeromq.zap.01");
    lab.socket("PULL", PLAIN_SERVER).bind("ipc:///tmp/a");
    lab.lone("PUSH", PLAIN_CLIENT).connect("ipc:///tmp/a");
    lab.settle();
    expect(handler.recv()).toBe("1.0|1||localhost:0:0:1||PLAIN|bob|pass");
  });

  test("a handler that goes without an answer", () => {
    const lab = new Lab();
    const handler = lab.socket("REP");
    handler.bind("inproc://zeromq.zap.01");
    const { server, work } = secured(lab, { ...PLAIN, server: { ...PLAIN_SERVER, handshake_ivl: 200 } });
    work(80);
    handler.close();
    work(420);
    const events = server.monitored.filter((event) => event.startsWith("HANDSHAKE"));
    expect(events.slice(0, 2)).toEqual([other(EAGAIN), other(EFAULT)]);
  });
});

test("a second answer is not looked at", () => {
  const lab = new Lab();
  const handler = lab.socket("ROUTER");
  handler.bind("inproc://zeromq.zap.01");
  const { server, work } = secured(lab, PLAIN);
  work(5);
  const [route = ""] = handler.recv()?.split("|") ?? [];
  for (const status of ["200", "400"]) {
    handler.send(route, "", "1.0", "1", status, "", "", "");
    work(5);
  }
  expect(server.monitored.slice(2)).toEqual([DONE]);
});

/** DIFFERS(zap-abort): the real process aborts. */
describe("where libzmq aborts", () => {
  test("a handler of another type hears nothing that it could answer", () => {
    const lab = new Lab();
    lab.socket("PULL").bind("inproc://zeromq.zap.01");
    const { server, work } = secured(lab, { ...PLAIN, server: { ...PLAIN_SERVER, ...SHORT } });
    work(200);
    expect(server.monitored.slice(2, 4)).toEqual([other(EAGAIN), END]);
  });

  test("PLAIN without a domain where one is enforced asks all the same", () => {
    const server = { ...PLAIN_SERVER, zap_enforce_domain: 1 };
    expect(outcome({ ...PLAIN, server, answer: answer("200") }).server).toEqual([DONE]);
  });
});

/** Measured: with RCVHWM 1 nothing ever arrives from a peer that the handler gave a user id, with 2 all does. */
test("a user id takes one place of the receiver's high-water mark for ever", () => {
  for (const [userId, rcvhwm, received] of [
    ["", 1, 10],
    ["joe", 1, 0],
    ["joe", 2, 10],
    ["joe", 3, 10],
  ] as const) {
    const server = { ...PLAIN_SERVER, rcvhwm };
    const {
      server: pull,
      client: push,
      work,
    } = secured(new Lab(), { ...PLAIN, server, answer: answer("200", userId) });
    push.sends(10);
    work(10);
    let count = 0;
    for (let round = 0; round < 20; round++) {
      count += pull.recvs().length;
      work(1);
    }
    expect([userId, rcvhwm, count]).toEqual([userId, rcvhwm, received]);
  }
});

describe("keys", () => {
  test("a public key is computed from the secret one as libsodium and node:crypto do", () => {
    for (const [publicKey, secretKey] of KEYS) {
      const secret = decodeZ85(secretKey) as string;
      expect(encodeZ85(publicKeyOf(secret))).toBe(publicKey);
      const der = Buffer.concat([
        Buffer.from("302e020100300506032b656e04220420", "hex"),
        Buffer.from(secret, "latin1"),
      ]);
      const { x } = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({
        format: "jwk",
      });
      expect(Buffer.from(publicKeyOf(secret), "latin1").toString("base64url")).toBe(x);
    }
  });
});
