/** Secured handshakes: outcomes, requests and keys. test/real/security.test.ts runs the table on npm zeromq. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { AddressedFrame, Frame } from "../../src/pipe/frame.ts";
import { eventMask, startMonitor } from "../../src/socket/monitor.ts";
import { decodeZ85, encodeZ85 } from "../../src/socket/security-options.ts";
import { publicKeyOf } from "../../src/zmtp/curve25519.ts";
import { Lab } from "../support/lab.ts";
import {
  ALONE,
  BAD,
  CURVE,
  DONE,
  EAGAIN,
  EFAULT,
  END,
  EPIPE,
  NULL,
  other,
  PLAIN,
  protocol,
  ROWS,
  SHORT,
  STUCK,
} from "../support/security-table.ts";
import { answer, KEYS, PLAIN_CLIENT, PLAIN_SERVER, type SecuredOptions, secured } from "../support/zap.ts";

/** What each side hears of the first connection, from its begin to its success or end; whether the client comes again. */
function outcome(options: SecuredOptions): { server: string[]; client: string[]; again: boolean } {
  const { server, client, work } = secured(new Lab(), options);
  work(400);
  const first = (events: readonly string[], skipped: number): string[] => {
    const end = events.findIndex((event) => event === DONE || event === END);
    return events.slice(skipped, end < 0 ? undefined : end + 1);
  };
  const again = client.monitored.some((event) => event.startsWith("CONNECT_RETRIED"));
  expect(client.monitored[0]).toBe("CONNECT_DELAYED(115)");
  return { server: first(server.monitored, 2), client: first(client.monitored, 2), again };
}

describe("outcomes", () => {
  test.each(ROWS)("%s", (_, options, server, client, again) => {
    expect(outcome(options)).toEqual({ server, client, again: again !== undefined });
  });
});

/** test/real/security.test.ts measures a slow way with a monitor and without. */
describe.each(Object.entries(ALONE))("%s, nobody to ask", (_, options) => {
  const SLOW = { extends: "ideal", loopback: { latency: 2_000_000, bandwidth: 0 } };
  const ENDS = [other(EFAULT), END];

  test.each<[string, string | object, readonly string[] | undefined, readonly string[]]>([
    ["a monitor that has just looked for commands", "ideal", undefined, ENDS],
    ["over a way of 2 ms", SLOW, undefined, STUCK],
    ["a monitor that has heard nothing before", "ideal", ["HANDSHAKE_FAILED_NO_DETAIL"], STUCK],
    ["a monitor that does not hear of failures", SLOW, ["DISCONNECTED"], ENDS],
    ["no monitor", SLOW, [], ENDS],
  ])("%s", (_, profile, watched, expected) => {
    const lab = new Lab({ profile: profile as string });
    const { server, client, work } = secured(lab, { ...options, server: { ...options.server, ...SHORT } });
    if (watched?.length !== 0) startMonitor(server.base, "inproc://monitor", eventMask(watched));
    lab.socket("PAIR").connect("inproc://monitor");
    work(200);
    const heard = server.monitored.slice(2);
    expect(heard.slice(0, heard.indexOf(END) + 1)).toEqual(expected);
    // The time of the server, not of the client, is up.
    expect(client.monitored.slice(2, 4)).toEqual([other(EPIPE), END]);
  });

  test("a server that reads no further does not hear that the client has gone", () => {
    const lab = new Lab({ profile: SLOW });
    const { server, client, work } = secured(lab, { ...options, server: { ...options.server, ...SHORT } });
    startMonitor(server.base, "inproc://monitor");
    lab.socket("PAIR").connect("inproc://monitor");
    work(50);
    client.close();
    work(50);
    expect(server.monitored.slice(2)).toEqual(STUCK.slice(0, 1));
    work(100);
    expect(server.monitored.slice(2)).toEqual(STUCK);
  });
});

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

describe("messages of every kind of socket", () => {
  test.each<[SocketTypeName, SocketTypeName]>([
    ["PULL", "PUSH"],
    ["REP", "REQ"],
    ["ROUTER", "DEALER"],
    ["PAIR", "PAIR"],
    ["SUB", "PUB"],
    ["SUB", "XPUB"],
    ["XSUB", "PUB"],
    ["DISH", "RADIO"],
    ["SERVER", "CLIENT"],
    ["GATHER", "SCATTER"],
    ["CHANNEL", "CHANNEL"],
  ])("%s from %s", (receiver, sender) => {
    for (const options of [PLAIN, CURVE]) {
      const { server, client, work } = secured(new Lab(), {
        ...options,
        types: [receiver, sender],
        answer: answer("200", receiver === "DISH" ? "" : "joe"),
      });
      if (receiver === "SUB") server.subscribe("a");
      if (receiver === "XSUB") server.send("\x01a");
      if (receiver === "DISH") server.base.xgroup("join", "group");
      // The bound side looks at its new pipe and subscribes through it, then the other takes note.
      for (const socket of [server, client]) {
        work(10);
        socket.events();
      }
      const body = "a".repeat(300);
      const frame = new AddressedFrame(Frame.of(body), { group: receiver === "DISH" ? "group" : "" });
      expect(client.base.send(frame, true)).toBe(null);
      work(10);
      server.events();
      expect(server.recvs().map((message) => message.split("|").at(-1))).toEqual([body]);
    }
  });
});

/** Measured: the first message from a peer with a user id ends the connection of a REQ or DISH, which then comes again. */
test.each<[SocketTypeName, SocketTypeName]>([
  ["REQ", "REP"],
  ["DISH", "RADIO"],
])("%s takes no user id of %s", (type, peer) => {
  const { server, client, work } = secured(new Lab(), {
    ...PLAIN,
    types: [type, peer],
    answer: answer("200", "joe"),
  });
  if (type === "DISH") server.base.xgroup("join", "group");
  for (const socket of [server, client]) {
    work(10);
    socket.events();
  }
  if (type === "REQ") {
    server.send("question");
    work(10);
    expect(client.recv()).toBe("question");
    client.send("answer");
  } else client.base.send(new AddressedFrame(Frame.of("x"), { group: "group" }), true);
  work(400);
  expect(server.recvs()).toEqual([]);
  expect(server.monitored.slice(1)).toEqual(["ACCEPTED", DONE, END, "ACCEPTED", DONE]);
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

/**
 * Measured with libzmq 4.3.4 in C: after a 400 zmq_ctx_term hangs if the program has made no call since, and
 * returns at once if it has. The session has asked to go, but nobody has read that yet.
 */
test.each([
  ["for ever without a call in between", false],
  ["not at all after a call", true],
])("a message for a server that refused holds zmq_ctx_term up, %s", (_, calls) => {
  const lab = new Lab();
  const client = lab.process("client");
  const push = client.socket("PUSH", PLAIN_CLIENT);
  const handler = lab.socket("REP");
  handler.bind("inproc://zeromq.zap.01");
  lab.socket("PULL", PLAIN_SERVER).bind("tcp://127.0.0.1:7100");
  push.connect("tcp://127.0.0.1:7100");
  push.send("x");
  lab.settle();
  handler.recv();
  handler.send("1.0", "1", "400", "", "", "");
  lab.settle(500);
  if (calls) push.events();
  lab.settle(100);
  push.close();
  expect(client.termTime(3000) === Infinity).toBe(!calls);
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
