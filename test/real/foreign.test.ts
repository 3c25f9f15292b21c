/** Traces of programs that only log their calls. */
import { describe, expect, test } from "vitest";
import { ForeignError, isForeign, parseForeign } from "../../src/real/foreign.ts";
import { analyze } from "../../src/trace/fates.ts";

const T = 7_807_162_000_000;
const line = (t: number, socket: string, call: string, more: object = {}): string =>
  JSON.stringify({ t: T + t, socket, call, ...more });

describe("a foreign trace", () => {
  const lines = [
    line(90, "sub.in", "recv", { frames: ["two"] }),
    line(0, "proxy.back", "bind", { type: "XPUB", arg: "tcp://127.0.0.1:2" }),
    line(1, "proxy.front", "bind", { type: "XSUB", arg: "tcp://127.0.0.1:1" }),
    line(2, "proxy.front", "proxy", { arg: "proxy.front, proxy.back" }),
    line(3, "sub.in", "subscribe", { type: "SUB", arg: "" }),
    line(4, "sub.in", "connect", { arg: "tcp://127.0.0.1:2" }),
    line(5, "pub.out", "connect", { type: "PUB", arg: "tcp://127.0.0.1:1" }),
    line(10, "pub.out", "send", { frames: ["one"] }),
    line(80, "pub.out", "send", { frames: ["two"] }),
  ];

  test("is put in order and its messages are named, through a proxy that shows nothing", () => {
    const { header, events } = parseForeign(lines.join("\n"));
    expect(header.binding).toBe("foreign");
    const { flows } = analyze(header, events);
    expect(flows).toMatchObject([{ from: "pub.out", to: "sub.in", sent: 2, delivered: 1 }]);
    expect(events.at(-1)).toMatchObject({ t: 90, call: "recv", message: "pub.out#1" });
  });

  test("is told from a trace of ours by its first line", () => {
    expect(isForeign(lines.join("\n"))).toBe(true);
    expect(isForeign('{"format":"zeromq-sim-trace","version":1}\n{"t":0,"call":"send"}')).toBe(false);
  });

  test.each([
    ["{", "not JSON, or cut off"],
    ['{"socket":"a.b","call":"send"}', '"t" must be the monotonic clock in whole nanoseconds'],
    ['{"t":1,"call":"send"}', '"socket" must be a text'],
    ['{"t":1,"socket":"a.b","call":"transmit"}', '"call" must be one of bind'],
    ['{"t":1,"socket":"a.b","call":"bind","type":"PUBLISHER"}', '"type" must be one of PAIR'],
    ['{"t":1,"socket":"a.b","call":"send","frames":"x"}', '"frames" must be a list of texts'],
  ])("%s is refused", (text, message) => {
    expect(() => parseForeign(`${lines[0]}\n${text}`)).toThrow(ForeignError);
    expect(() => parseForeign(`${lines[0]}\n${text}`)).toThrow(message);
  });
});
