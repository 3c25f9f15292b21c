/** Who gets the next message: D13, D14, D25; model 3.1 and 13. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const endpoint = (transport: Transport, number: number): string =>
  transport === "inproc" ? `inproc://${number}` : `tcp://127.0.0.1:${7000 + number}`;

/** The index of the peer that got each message, by its number. */
function owners(peers: readonly LabSocket[]): string {
  const owner: number[] = [];
  for (const [index, peer] of peers.entries()) for (const message of peer.recvs()) owner[Number(message)] = index;
  return Array.from(owner, (index) => index ?? "-").join("");
}

/** In one process for inproc, else one each. */
const maker = (lab: Lab, transport: Transport) => (transport === "inproc" ? lab.socket : lab.lone).bind(lab);

describe.each<Transport>(["inproc", "tcp"])("D13 over %s", (transport) => {
  test("PUSH bound, three PULLs join in turn, 7 sends after each: 000000001010101201201", () => {
    const lab = new Lab();
    const make = maker(lab, transport);
    const push = make("PUSH");
    push.bind(endpoint(transport, 0));
    const pulls: LabSocket[] = [];
    for (let count = 0; count < 3; count++) {
      const pull = make("PULL");
      pulls.push(pull);
      pull.connect(endpoint(transport, 0));
      lab.settle(20);
      push.events();
      expect(push.sends(7)).toBe(7);
    }
    lab.settle(20);
    expect(owners(pulls)).toBe("000000001010101201201");
  });

  test("PUSH connected to three bound PULLs, then 10 sends at once: 0120120120", () => {
    const lab = new Lab();
    const make = maker(lab, transport);
    const pulls = [0, 1, 2].map((number) => {
      const pull = make("PULL");
      pull.bind(endpoint(transport, number));
      return pull;
    });
    const push = make("PUSH");
    for (const number of [0, 1, 2]) push.connect(endpoint(transport, number));
    expect(push.sends(10)).toBe(10);
    lab.settle(20);
    expect(owners(pulls)).toBe("0120120120");
  });

  test("the same before any of them is bound", () => {
    const lab = new Lab();
    const make = maker(lab, transport);
    const push = make("PUSH");
    for (const number of [0, 1, 2]) push.connect(endpoint(transport, number));
    expect(push.sends(10)).toBe(10);
    const pulls = [0, 1, 2].map((number) => {
      const pull = make("PULL");
      pull.bind(endpoint(transport, number));
      return pull;
    });
    lab.settle(1000);
    expect(owners(pulls)).toBe("0120120120");
  });

  describe("PULL 0 leaves, 8 sends", () => {
    function left(polled: boolean): string {
      const lab = new Lab();
      const make = maker(lab, transport);
      const push = make("PUSH");
      push.bind(endpoint(transport, 0));
      const pulls: LabSocket[] = [];
      for (let count = 0; count < 3; count++) {
        const pull = make("PULL");
        pulls.push(pull);
        pull.connect(endpoint(transport, 0));
        lab.settle(20);
        push.events();
        push.sends(7);
      }
      lab.settle(20);
      for (const pull of pulls) pull.recvs();
      pulls[0]?.close();
      if (polled) {
        for (let drains = 0; drains < 3; drains++) {
          lab.settle(20);
          push.events();
        }
      } else lab.settle(20);
      const sent = Array.from({ length: 8 }, (_, number) => push.send(String(number)));
      expect(sent).toEqual(Array(8).fill("ok"));
      lab.settle(20);
      return owners(pulls.slice(1)).replaceAll("1", "2").replaceAll("0", "1");
    }

    test("with a poll after the leave: exact", () => expect(left(true)).toBe("21212121"));
    test("without: one of the two measured strings", () => expect(["21212121", "22121212"]).toContain(left(false)));
  });
});

describe("D14: full peers leave the rotation and come back by a swap", () => {
  test("capacities 2, 4, 7: 0120122121222; after PULL 1 is drained: 1111", () => {
    const lab = new Lab();
    const pulls = [1, 3, 6].map((rcvhwm, number) => {
      const pull = lab.socket("PULL", { rcvhwm });
      pull.bind(endpoint("inproc", number));
      return pull;
    });
    const push = lab.socket("PUSH", { sndhwm: 1 });
    for (const number of [0, 1, 2]) push.connect(endpoint("inproc", number));
    lab.settle();
    expect(push.sends(100)).toBe(13);
    const owner = "0120122121222";
    const [, drained] = pulls as [LabSocket, LabSocket, LabSocket];
    const ones = drained.recvs();
    expect(ones).toEqual([..."1 4 7 9".split(" ")]);
    expect(ones.every((message) => owner[Number(message)] === "1")).toBe(true);
    lab.settle();
    expect(push.sends(100)).toBe(4);
    lab.settle();
    expect(owners(pulls).slice(13)).toBe("1111");
  });

  test("... and the first 13", () => {
    const lab = new Lab();
    const pulls = [1, 3, 6].map((rcvhwm, number) => {
      const pull = lab.socket("PULL", { rcvhwm });
      pull.bind(endpoint("inproc", number));
      return pull;
    });
    const push = lab.socket("PUSH", { sndhwm: 1 });
    for (const number of [0, 1, 2]) push.connect(endpoint("inproc", number));
    lab.settle();
    expect(push.sends(100)).toBe(13);
    expect(owners(pulls)).toBe("0120122121222");
  });
});

test("model 3.1: the last pipe takes the turn of one that is full, and keeps it when that one is back", () => {
  const lab = new Lab();
  const pulls = [9, 1, 6].map((rcvhwm, number) => {
    const pull = lab.socket("PULL", { rcvhwm });
    pull.bind(endpoint("inproc", number));
    return pull;
  });
  const push = lab.socket("PUSH", { sndhwm: 1 });
  for (const number of [0, 1, 2]) push.connect(endpoint("inproc", number));
  lab.settle();
  // Capacities 10, 2, 7: pipe 1 is found full at its turn, and pipe 2 is next in its place.
  expect(push.sends(9)).toBe(9);
  expect(pulls[1]?.recvs()).toEqual(["1", "4"]);
  lab.settle();
  expect(push.sends(3)).toBe(3);
  expect(owners(pulls)).toBe("0-20-2020210");
});

describe("model 3.1: sends follow the order of the credits", () => {
  test("four full peers, credits from 3, 0, 2, then 1, 0, 3, and a removal", () => {
    const lab = new Lab();
    const pulls = [0, 1, 2, 3].map((number) => {
      const pull = lab.socket("PULL", { rcvhwm: 1 });
      pull.bind(endpoint("inproc", number));
      return pull;
    });
    const push = lab.socket("PUSH", { sndhwm: 1 });
    for (const number of [0, 1, 2, 3]) push.connect(endpoint("inproc", number));
    lab.settle();
    expect(push.sends(100)).toBe(8);
    const credit = (...order: number[]): void => {
      for (const index of order) expect(pulls[index]?.recv()).not.toBe(null);
      lab.settle();
    };
    credit(3, 0, 2);
    expect(push.sends(100)).toBe(3);
    credit(1, 0, 3);
    expect(push.sends(100)).toBe(3);
    const later = pulls.map((pull) => pull.recvs().filter((message) => Number(message) >= 8));
    expect(later).toEqual([["9", "12"], ["11"], ["10"], ["8", "13"]]);
  });
});

describe("D25: who gets messages while endpoints are dead", () => {
  test.each([
    ["dead,live", ["1", "3", "5"], ["0", "2", "4"]],
    ["live,dead", ["0", "2", "4"], ["1", "3", "5"]],
  ])("IMMEDIATE 0, %s: each keeps its share", (order, live, late) => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    pull.bind(endpoint("tcp", 0));
    const push = lab.lone("PUSH");
    for (const name of order.split(",")) push.connect(endpoint("tcp", name === "live" ? 0 : 1));
    lab.settle(50);
    expect(push.sends(6)).toBe(6);
    lab.settle(100);
    expect(pull.recvs()).toEqual(live);
    const lateBound = lab.lone("PULL");
    lateBound.bind(endpoint("tcp", 1));
    lab.settle(500);
    expect(lateBound.recvs()).toEqual(late);
  });

  test.each(["dead,live", "live,dead"])("IMMEDIATE 1, %s: all to the live one", (order) => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    pull.bind(endpoint("tcp", 0));
    const push = lab.lone("PUSH", { immediate: 1 });
    for (const name of order.split(",")) push.connect(endpoint("tcp", name === "live" ? 0 : 1));
    lab.settle(50);
    expect(push.sends(6)).toBe(6);
    lab.settle(100);
    expect(pull.recvs()).toEqual(["0", "1", "2", "3", "4", "5"]);
    const lateBound = lab.lone("PULL");
    lateBound.bind(endpoint("tcp", 1));
    lab.settle(500);
    expect(lateBound.recvs()).toEqual([]);
  });
});

test("model 3.1: frames of one message stay together, and only its end moves on", () => {
  const lab = new Lab();
  const pulls = [0, 1].map((number) => {
    const pull = lab.socket("PULL");
    pull.bind(endpoint("inproc", number));
    return pull;
  });
  const push = lab.socket("PUSH");
  for (const number of [0, 1]) push.connect(endpoint("inproc", number));
  push.sendMore("a");
  expect(pulls.map((pull) => pull.recv())).toEqual([null, null]);
  push.sendMore("b");
  push.send("c");
  push.send("d", "e");
  expect(pulls.map((pull) => pull.recvs())).toEqual([["a|b|c"], ["d|e"]]);
});

test("gotcha 38: the rest of a message whose peer died is swallowed with success", () => {
  const lab = new Lab();
  const push = lab.socket("PUSH");
  const gone = lab.socket("PULL");
  const stays = lab.socket("PULL");
  push.bind("inproc://a");
  gone.connect("inproc://a");
  lab.settle();
  expect(push.sendMore("a")).toBe("ok");
  stays.connect("inproc://a");
  gone.close();
  for (let drains = 0; drains < 3; drains++) {
    lab.settle();
    push.events();
  }
  expect(push.sendMore("b")).toBe("ok");
  expect(push.send("c")).toBe("ok");
  expect(push.send("next")).toBe("ok");
  expect(stays.recvs()).toEqual(["next"]);
  expect(lab.fates).toEqual({ incomplete: 1 });
});
