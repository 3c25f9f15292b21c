/** Whose message is read next: D15; model 3.2. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const ENDPOINT: Readonly<Record<Transport, string>> = { inproc: "inproc://a", tcp: "tcp://127.0.0.1:7000" };

/** A bound PULL with producers that connected in turn. */
function queue(transport: Transport, producers: number): { lab: Lab; pull: LabSocket; pushes: LabSocket[] } {
  const lab = new Lab();
  const make = (transport === "inproc" ? lab.socket : lab.lone).bind(lab);
  const pull = make("PULL");
  pull.bind(ENDPOINT[transport]);
  const pushes = Array.from({ length: producers }, () => {
    const push = make("PUSH");
    push.connect(ENDPOINT[transport]);
    lab.settle(20);
    return push;
  });
  return { lab, pull, pushes };
}

describe.each<Transport>(["inproc", "tcp"])("D15 over %s", (transport) => {
  test.each([
    [[3, 3, 3], "0.0 1.0 2.0 0.1 1.1 2.1 0.2 1.2 2.2"],
    [[5, 2, 1], "0.0 1.0 2.0 0.1 1.1 0.2 0.3 0.4"],
    [[1, 4, 2], "0.0 1.0 2.0 2.1 1.1 1.2 1.3"],
    [[0, 3, 3], "2.0 1.0 2.1 1.1 2.2 1.2"],
    [[10, 1, 1], "0.0 1.0 2.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"],
  ])("depths %j", (depths, order) => {
    const { lab, pull, pushes } = queue(transport, 3);
    for (const [index, depth] of depths.entries()) {
      for (let number = 0; number < depth; number++) pushes[index]?.send(`${index}.${number}`);
      lab.settle(20);
    }
    expect(pull.recvs().join(" ")).toBe(order);
  });

  test("who sent first does not matter on a fresh queue; later the order of the wake-ups does", () => {
    const { lab, pull, pushes } = queue(transport, 3);
    for (const index of [2, 0, 1]) {
      for (let number = 0; number < 3; number++) pushes[index]?.send(`${index}.${number}`);
      lab.settle(20);
    }
    expect(pull.recvs().join(" ")).toBe("0.0 1.0 2.0 0.1 1.1 2.1 0.2 1.2 2.2");
    for (const index of [0, 1, 2]) {
      for (const number of [10, 11]) pushes[index]?.send(`${index}.${number}`);
      lab.settle(20);
    }
    const begin = pull.recvs(3);
    pushes[1]?.send("1.20");
    lab.settle(20);
    expect([...begin, ...pull.recvs()].join(" ")).toBe("0.10 1.10 2.10 0.11 1.11 2.11 1.20");
  });
});

describe("model 3.2: empty pipes leave, and come back in the order in which they wake", () => {
  test("A, B, C with 3, 2, 3; all asleep, woken as C, B, A", () => {
    const { lab, pull, pushes } = queue("inproc", 3);
    const send = (peer: number, ...numbers: number[]): void => {
      for (const number of numbers) pushes[peer]?.send(`${"ABCD"[peer]}${number}`);
    };
    send(0, 0, 1, 2);
    send(1, 1, 2);
    send(2, 0, 1, 2);
    lab.settle();
    expect(pull.recvs().join(" ")).toBe("A0 B1 C0 A1 B2 C1 A2 C2");
    for (const peer of [2, 1, 0]) send(peer, 5, 6);
    lab.settle();
    expect(pull.recvs().join(" ")).toBe("C5 B5 A5 C6 B6 A6");
  });

  test("four pipes: woken as D, B, A; then A and C refilled while awake", () => {
    const { lab, pull, pushes } = queue("inproc", 4);
    const send = (peer: number, ...numbers: number[]): void => {
      for (const number of numbers) pushes[peer]?.send(`${"ABCD"[peer]}${number}`);
    };
    expect(pull.recv()).toBe(null); // all asleep
    send(3, 0, 1);
    send(1, 0);
    send(0, 0);
    lab.settle();
    expect(pull.recvs().join(" ")).toBe("D0 B0 A0 D1");
  });
});

test("model 3.2: one message of any number of frames per turn", () => {
  const { lab, pull, pushes } = queue("inproc", 2);
  for (const name of ["a", "b"]) pushes[0]?.send(name, name, name);
  for (const name of ["x", "y"]) pushes[1]?.send(name);
  lab.settle();
  expect(pull.recvs()).toEqual(["a|a|a", "x", "b|b|b", "y"]);
});

test("DEALER reads in turn, too, and its two arrays do not disturb each other (model 4.3)", () => {
  const lab = new Lab();
  const dealer = lab.socket("DEALER");
  dealer.bind("inproc://a");
  const peers = [0, 1, 2].map(() => {
    const peer = lab.socket("DEALER");
    peer.connect("inproc://a");
    return peer;
  });
  dealer.events();
  for (const [index, peer] of peers.entries())
    for (let number = 0; number <= index; number++) peer.send(`${index}.${number}`);
  expect(dealer.recvs().join(" ")).toBe("0.0 1.0 2.0 2.1 1.1 2.2");
  expect(dealer.sends(6)).toBe(6);
  expect(peers.map((peer) => peer.recvs().join(" "))).toEqual(["0 3", "1 4", "2 5"]);
});
