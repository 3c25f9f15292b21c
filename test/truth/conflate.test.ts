/** CONFLATE keeps the last only: D21; model 2.4. */
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Lab, type LabSocket, type Options } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const ENDPOINT: Readonly<Record<Transport, string>> = { inproc: "inproc://a", tcp: "tcp://127.0.0.1:7000" };
const make = (lab: Lab, transport: Transport) => (transport === "inproc" ? lab.socket : lab.lone).bind(lab);
const ON: Options = { conflate: 1 };

/** A bound sender and a connected receiver, settled. */
function pair(
  transport: Transport,
  [sender, senderOptions]: readonly [SocketTypeName, Options],
  [receiver, receiverOptions]: readonly [SocketTypeName, Options],
): { lab: Lab; from: LabSocket; to: LabSocket } {
  const lab = new Lab();
  const from = make(lab, transport)(sender, senderOptions);
  const to = make(lab, transport)(receiver, receiverOptions);
  if (receiver === "SUB") to.subscribe("");
  from.bind(ENDPOINT[transport]);
  to.connect(ENDPOINT[transport]);
  for (let round = 0; round < 2; round++) {
    lab.settle(20);
    from.events();
  }
  return { lab, from, to };
}

/** What arrives of 10 messages, and then of 3 more. */
function tenAndThree({ lab, from, to }: ReturnType<typeof pair>): string[][] {
  return [10, 3].map((count) => {
    expect(from.sends(count)).toBe(count);
    lab.settle(20);
    return to.recvs();
  });
}

describe("D21: 10 messages, read, then 3", () => {
  test.each<[Transport, SocketTypeName, SocketTypeName]>([
    ["inproc", "PUSH", "PULL"],
    ["tcp", "PUSH", "PULL"],
    ["inproc", "PUB", "SUB"],
    ["tcp", "PUB", "SUB"],
  ])("%s, %s to a conflating %s: the last of each", (transport, sender, receiver) => {
    expect(tenAndThree(pair(transport, [sender, {}], [receiver, ON]))).toEqual([["9"], ["12"]]);
  });

  test("inproc, the PUSH conflates and the PULL connects: no effect, the connecter's option decides", () => {
    expect(tenAndThree(pair("inproc", ["PUSH", ON], ["PULL", {}]))).toEqual([
      ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      ["10", "11", "12"],
    ]);
  });

  test("tcp, the PUSH conflates: the last always arrives (D)", () => {
    for (const messages of tenAndThree(pair("tcp", ["PUSH", ON], ["PULL", {}]))) {
      expect(["9", "12"]).toContain(messages.at(-1));
      expect(messages.length).toBeLessThanOrEqual(3);
    }
  });

  test("conflated messages have a fate", () => {
    const { lab, ...sockets } = pair("inproc", ["PUSH", {}], ["PULL", ON]);
    tenAndThree({ lab, ...sockets });
    expect(lab.fates).toEqual({ conflated: 11 });
  });
});

describe("model 2.4", () => {
  test("effective for DEALER, PULL, PUSH, PUB and SUB only", () => {
    const conflates = (["DEALER", "PAIR", "ROUTER"] as const).filter((type) => {
      const options = { ...ON, routing_id: "X" };
      const { lab, from, to } = pair(
        "inproc",
        [type === "ROUTER" ? "ROUTER" : type, {}],
        [type === "ROUTER" ? "DEALER" : type, type === "ROUTER" ? { routing_id: "X" } : options],
      );
      const body = (number: number): string[] => (type === "ROUTER" ? ["X", String(number)] : [String(number)]);
      from.sends(3, body);
      lab.settle();
      return to.recvs().length === 1;
    });
    expect(conflates).toEqual(["DEALER"]);
  });

  test("gotcha 26: multipart messages are torn, the last frame remains", () => {
    const { lab, from, to } = pair("inproc", ["PUSH", {}], ["PULL", ON]);
    from.send("a", "b", "c");
    lab.settle();
    expect(to.recvs()).toEqual(["c"]);
  });

  test("gotcha 25: of three subscriptions made before the session reads them the last is left", () => {
    const lab = new Lab();
    const xpub = lab.lone("XPUB");
    const sub = lab.lone("SUB", ON).subscribe("a", "b", "c");
    xpub.bind(ENDPOINT.tcp);
    sub.connect(ENDPOINT.tcp);
    for (let round = 0; round < 3; round++) {
      lab.settle(20);
      xpub.events();
    }
    expect(xpub.recvs()).toEqual(["\x01c"]);
    for (const topic of ["d", "e"]) {
      sub.subscribe(topic);
      lab.settle();
    }
    expect(xpub.recvs()).toEqual(["\x01d", "\x01e"]);
  });

  test("limits do not matter", () => {
    const { lab, from, to } = pair("inproc", ["PUSH", { sndhwm: 1 }], ["PULL", { ...ON, rcvhwm: 1 }]);
    expect(from.sends(100)).toBe(100);
    lab.settle();
    expect(to.recvs()).toEqual(["99"]);
  });

  test("a reconnected conflating SUB keeps one value in its new queue, too", () => {
    const lab = new Lab();
    const sub = lab.lone("SUB", ON).subscribe("");
    const server = lab.process("server");
    server.socket("PUB").bind(ENDPOINT.tcp);
    sub.connect(ENDPOINT.tcp);
    lab.settle(20);
    server.kill();
    lab.settle(20);
    const pub = lab.lone("PUB");
    pub.bind(ENDPOINT.tcp);
    lab.settle(300);
    sub.events(); // hears of the hiccup, subscribes again
    lab.settle();
    pub.events();
    pub.sends(5);
    lab.settle();
    expect(sub.recvs()).toEqual(["4"]);
  });
});
