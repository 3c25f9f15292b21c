/**
 * Secured connections as bytes and hops. The sizes were measured on npm zeromq 6.8.0 through a relay:
 * PLAIN as C10 S11 C54 S53 C17 S10 C31 S28, CURVE as C10 S11 C54 S53 C202 S170 C301 S67 and so on.
 */
import { describe, expect, test, vi } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { StreamEnd } from "../../src/network/stream.ts";
import { AddressedFrame, CANCEL, Frame, JOIN, LEAVE, MORE, SEALED, SUBSCRIBE } from "../../src/pipe/frame.ts";
import { decodeZ85 } from "../../src/socket/security-options.ts";
import { encode } from "../../src/zmtp/codec.ts";
import { Control, wireSize } from "../../src/zmtp/wire.ts";
import { Lab, type Options } from "../support/lab.ts";
import { CURVE, PLAIN, SIZES, type SizeRow } from "../support/security-table.ts";
import {
  answer,
  CURVE_CLIENT,
  CURVE_SERVER,
  KEYS,
  PLAIN_SERVER,
  type Secured,
  type SecuredOptions,
  secured,
} from "../support/zap.ts";

const DEALERS: readonly [SocketTypeName, SocketTypeName] = ["DEALER", "DEALER"];

/** Writes of both sides in order, each 10 ms before it arrives; those of one instant as one. */
function hops(options: SecuredOptions, act: (connection: Secured) => void = () => undefined): number[] {
  const lab = new Lab({ profile: { extends: "ideal", loopback: { latency: 10_000_000, bandwidth: 0 } } });
  const link = lab.world.network.link("host", "host", "tcp");
  const sent: { at: number; bytes: number }[] = [];
  const transfer = link.transfer.bind(link);
  link.transfer = (departure, bytes) => {
    const last = sent.at(-1);
    if (bytes > 0 && last?.at === departure) last.bytes += bytes;
    else if (bytes > 0) sent.push({ at: departure, bytes });
    return transfer(departure, bytes);
  };
  const connection = secured(lab, options);
  connection.work(200);
  act(connection);
  connection.work(100);
  return sent.map(({ bytes }) => bytes);
}

const GREETING = [10, 11, 54, 53];

/** Sizes of what each side puts on the wire after its greeting. */
function written({ options, acts = [] }: SizeRow): { client: number[]; server: number[] } {
  const lab = new Lab();
  const sizes: Record<string, number[]> = {};
  const { announce } = StreamEnd.prototype;
  const spy = vi.spyOn(StreamEnd.prototype, "announce").mockImplementation(function (this: StreamEnd, item, bytes) {
    const greeting = item instanceof Control && ["signature", "major", "rest"].includes(item.kind);
    sizes[this.ownerName] ??= [];
    if (!greeting) sizes[this.ownerName]?.push(bytes);
    announce.call(this, item, bytes);
  });
  const sockets = secured(lab, options);
  sockets.work(150);
  for (const { by, send, subscribe, unsubscribe } of acts) {
    if (send !== undefined) sockets[by].send(...send);
    if (subscribe !== undefined) sockets[by].subscribe(subscribe);
    if (unsubscribe !== undefined) sockets[by].unsubscribe(unsubscribe);
    sockets.work(5);
  }
  spy.mockRestore();
  return { client: sizes[sockets.client.base.name] ?? [], server: sizes[sockets.server.base.name] ?? [] };
}

describe("sizes", () => {
  test.each(SIZES.map((row) => [row.what, row] as const))("%s", (_, row) => {
    expect(written(row)).toEqual({ client: row.client, server: row.server });
  });
});

describe("hops", () => {
  test("PLAIN takes turns: HELLO, WELCOME, INITIATE, READY", () => {
    expect(hops({ ...PLAIN, answer: answer("200") })).toEqual([...GREETING, 17, 10, 31, 28]);
    expect(hops({ ...PLAIN, types: ["PUB", "SUB"], answer: answer("200") }).slice(6)).toEqual([30, 27]);
  });

  test("NULL with a handler that answers within the instant: an ERROR that overtakes READY leaves the client free to come again", () => {
    const server = { zap_domain: "d" };
    expect(hops({ server, answer: answer("200") })).toEqual([10, 11, 54, 53 + 28, 28]);
    expect(hops({ server, answer: answer("400") })).toEqual([10, 11, 54, 53 + 12, 28, 10, 11]);
  });

  test("CURVE takes turns: HELLO, WELCOME, INITIATE, READY", () => {
    expect(hops({ ...CURVE, types: DEALERS })).toEqual([...GREETING, 202, 170, 301, 67]);
    expect(hops({ ...CURVE, answer: answer("400") })).toEqual([...GREETING, 202, 170, 286, 12]);
  });
});

describe("MAXMSGSIZE counts what is on the wire", () => {
  const events = (options: SecuredOptions, act: (connection: Secured) => void): string[] => {
    const connection = secured(new Lab(), { ...options, types: DEALERS });
    connection.work(20);
    act(connection);
    connection.work(20);
    return connection.server.monitored.slice(2, 4);
  };

  test.each([
    [199, "DISCONNECTED"],
    [291, "DISCONNECTED"],
    [292, "HANDSHAKE_SUCCEEDED"],
  ])("CURVE commands: a limit of %i against 292", (maxmsgsize, event) => {
    expect(events({ ...CURVE, server: { ...CURVE_SERVER, maxmsgsize } }, () => undefined)[0]).toBe(event);
  });

  test.each([
    [259, false],
    [260, true],
  ])("CURVE messages: 260 bytes under a limit of 300 with %i bytes in them", (size, refused) => {
    const server = { ...CURVE_SERVER, maxmsgsize: 292 };
    const expected = refused ? ["HANDSHAKE_SUCCEEDED", "DISCONNECTED"] : ["HANDSHAKE_SUCCEEDED"];
    expect(events({ ...CURVE, server }, ({ client }) => void client.send("x".repeat(size)))).toEqual(expected);
  });
});

describe("sealed frames as bytes", () => {
  const group = { group: "news" };
  test.each([
    Frame.of("body", SEALED),
    Frame.of("body", SEALED | MORE),
    Frame.of("topic", SEALED | SUBSCRIBE),
    Frame.of("topic", SEALED | CANCEL),
    Frame.of("group", SEALED | JOIN),
    Frame.of("group", SEALED | LEAVE),
    Frame.of("b".repeat(223), SEALED),
    new AddressedFrame(Frame.of("body", SEALED), group),
  ])("are as many as the model says (%#)", (frame) => {
    expect(encode(frame).length).toBe(wireSize(frame));
  });
});

const ADDRESS = "tcp://127.0.0.1:7100";
const greeting = (mechanism: string): string =>
  `\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01${mechanism.padEnd(20, "\0")}${"\0".repeat(32)}`;
const command = (body: string, flags = "\x04"): string => flags + String.fromCharCode(body.length) + body;
const HELLO = `\x05HELLO\x01\0${"\0".repeat(192)}`;

/** What a server reports of a raw peer that writes these bytes after its greeting. */
function reported(options: Options, bytes: string, mechanism = "CURVE"): string | undefined {
  const lab = new Lab();
  lab.socket("REP").bind("inproc://zeromq.zap.01");
  const server = lab.socket("DEALER", options);
  server.bind(ADDRESS);
  const raw = lab.lone("STREAM");
  raw.connect(ADDRESS);
  lab.settle();
  const [id = ""] = raw.recv()?.split("|") ?? [];
  raw.send(id, greeting(mechanism));
  raw.send(id, bytes);
  lab.settle();
  return server.monitored.find((event) => event.startsWith("HANDSHAKE"));
}

describe("raw peers", () => {
  const protocol = (value: number): string => `HANDSHAKE_FAILED_PROTOCOL(${value})`;

  test.each([
    ["a HELLO without anything", command("\x05HELLO"), 0x1000_0013],
    ["a HELLO of another version", command(HELLO.replace("\x01\0", "\x02\0")), 0x1000_0013],
    ["a misspelled HELLO", command(HELLO.replace("HELLO", "HELLX")), 0x1000_0001],
    ["a HELLO for another server", command(HELLO), 0x1100_0001],
    ["an empty command", command(""), 0x1000_0011],
    ["a name without an end", command("\x09HELLO"), 0x1000_0011],
    ["a message", command("body", "\0"), 0x1000_0011],
  ])("CURVE: %s", (_, bytes, value) => {
    expect(reported(CURVE_SERVER, bytes)).toBe(protocol(value));
  });

  test.each([
    ["a HELLO without a user", command("\x05HELLO"), 0x1000_0013],
    ["a user that is cut off", command("\x05HELLO\x03bo"), 0x1000_0013],
    ["no password", command("\x05HELLO\x03bob"), 0x1000_0013],
    ["bytes after the password", command("\x05HELLO\x03bob\x01xy"), 0x1000_0013],
    ["WELCOME", command("\x07WELCOME"), 0x1000_0001],
    ["a second command while the handler thinks", command("\x05HELLO\0\0") + command("\x05HELLO\0\0"), 0x1000_0000],
    ["the same without the flag of commands", command("\x05HELLO\0\0", "\0") + command("x", "\0"), 0x1000_0000],
  ])("PLAIN: %s", (_, bytes, value) => {
    expect(reported(PLAIN_SERVER, bytes, "PLAIN")).toBe(protocol(value));
  });

  test.each([
    ["something else than READY", command("\x05HELLO"), protocol(0x1000_0001)],
    ["ERROR of ZAP", command("\x05ERROR\x03400"), "HANDSHAKE_FAILED_AUTH(400)"],
    ["ERROR that is cut off", command("\x05ERROR\x0340"), protocol(0x1000_0015)],
  ])("NULL: %s", (_, bytes, event) => {
    expect(reported({}, bytes, "NULL")).toBe(event);
  });

  /** DIFFERS(curve-contents): in life the key of the server cannot be read in a HELLO. */
  test("what a raw socket sees of CURVE", () => {
    const lab = new Lab();
    const raw = lab.socket("STREAM");
    raw.bind(ADDRESS);
    lab.lone("DEALER", CURVE_CLIENT).connect(ADDRESS);
    lab.settle();
    const [id = ""] = raw.recv()?.split("|") ?? [];
    raw.send(id, greeting("CURVE"));
    lab.settle();
    const bytes = raw
      .recvs()
      .map((message) => message.slice(id.length + 1))
      .join("");
    expect(bytes.length).toBe(64 + 202);
    expect(bytes.slice(64)).toContain(decodeZ85(KEYS[0][0]));
  });
});
