/** Items as bytes and back: a raw socket on one end of a connection sees and writes what ZMTP has on the wire. */
import { describe, expect, test } from "vitest";
import { defaultOptions } from "../../src/ctx/options.ts";
import { AddressedFrame, CANCEL, Frame, MORE, RAW, SUBSCRIBE } from "../../src/pipe/frame.ts";
import { Decoder, encode } from "../../src/zmtp/codec.ts";
import {
  Control,
  greetingRest,
  MAJOR,
  ping,
  pong,
  ready,
  SIGNATURE,
  type WireItem,
  wireSize,
} from "../../src/zmtp/wire.ts";
import { Lab } from "../support/lab.ts";

const GREETING: readonly WireItem[] = [SIGNATURE, MAJOR, greetingRest("NULL")];
const dealer = { ...defaultOptions("DEALER", true), routingId: "X" };
const ITEMS: readonly WireItem[] = [
  ready(dealer),
  ready(defaultOptions("PUSH", true)),
  ping(1500),
  pong("context"),
  Frame.of("a", MORE),
  Frame.of("b".repeat(300)),
  Frame.of("topic", SUBSCRIBE),
  Frame.of("topic", CANCEL),
];
const size = (item: WireItem): number => (item instanceof Control ? item.size : wireSize(item));
const raw = (text: string): Frame => Frame.of(text, RAW);

describe("bytes of items", () => {
  test.each([...GREETING, ...ITEMS])("are as many as the model says (%#)", (item) => {
    expect(encode(item).length).toBe(size(item));
  });

  test("a message of a group is two frames", () => {
    const frame = new AddressedFrame(Frame.of("body"), { group: "news" });
    expect(encode(frame)).toBe("\x01\x04news\0\x04body");
    expect(wireSize(frame)).toBe(12);
  });

  test.each([1, 7, 1000])("come back as items when they arrive in pieces of %i", (piece) => {
    const items = [...GREETING, ...ITEMS];
    const bytes = items.map(encode).join("");
    const decoder = new Decoder();
    const decoded: unknown[] = [];
    for (let at = 0; at < bytes.length; at += piece) decoded.push(...decoder.decode(raw(bytes.slice(at, at + piece))));
    expect(decoded).toEqual(items);
  });

  /** DIFFERS(zmtp-1): libzmq would take the first byte for the length of a ZMTP 1.0 routing id and go on. */
  test("what is no greeting of ZMTP 3 ends the connection", () => {
    expect(new Decoder().decode(raw("GET / HTTP/1.1"))).toEqual(["malformed"]);
    const lab = new Lab();
    const router = lab.socket("ROUTER");
    router.bind("tcp://127.0.0.1:5555");
    const stream = lab.socket("STREAM");
    stream.connect("tcp://127.0.0.1:5555");
    lab.settle();
    const id = stream.recv()?.split("|")[0] as string;
    expect(stream.send(id, "GET / HTTP/1.1")).toBe("ok");
    lab.settle();
    expect(router.monitored).toEqual(["LISTENING", "ACCEPTED", "DISCONNECTED"]);
  });
});
