/** Connections inside a process: D6, D26; model 6.3, 2.3, 4.1. */
import { describe, expect, test } from "vitest";
import { Lab } from "../support/lab.ts";

const CAP = 5000;

describe("model 6.3: names", () => {
  test("a bound name is taken, until it is unbound or its socket is gone", () => {
    const lab = new Lab();
    const [first, second] = [lab.socket("PULL"), lab.socket("PULL")];
    expect([first.bind("inproc://a"), second.bind("inproc://a")]).toEqual(["ok", "EADDRINUSE"]);
    expect([first.unbind("inproc://a"), second.bind("inproc://a")]).toEqual(["ok", "ok"]);
    second.close();
    // The reaper gives the name back, not close itself.
    expect(first.bind("inproc://a")).toBe("EADDRINUSE");
    lab.settle(0);
    expect(first.bind("inproc://a")).toBe("ok");
    expect(first.unbind("inproc://unknown")).toBe("ENOENT");
  });

  test("names are exact and belong to the context", () => {
    const lab = new Lab();
    const [here, there] = [lab.lone("PULL"), lab.lone("PULL")];
    expect([here.bind("inproc://a"), here.bind("inproc://A"), there.bind("inproc://a")]).toEqual(["ok", "ok", "ok"]);
  });

  test("pending connections are attached in connect order, within the bind", () => {
    const lab = new Lab();
    const pushes = [0, 1, 2].map((number) => {
      const push = lab.socket("PUSH");
      push.connect("inproc://a");
      return { push, number };
    });
    for (const { push, number } of [...pushes].reverse()) push.send(String(number));
    const pull = lab.socket("PULL");
    pull.bind("inproc://a");
    expect(pull.recvs()).toEqual(["0", "1", "2"]);
  });

  test("what a pending connecter queued survives its close", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 1 });
    push.connect("inproc://a");
    expect(push.sends(CAP)).toBe(1);
    push.close();
    lab.settle();
    const pull = lab.socket("PULL", { rcvhwm: 0 });
    pull.bind("inproc://a");
    lab.settle();
    expect(pull.recvs()).toEqual(["0"]);
  });

  test("no reconnect: a later bind does not revive old connections", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH");
    const first = lab.socket("PULL");
    first.bind("inproc://a");
    push.connect("inproc://a");
    first.close();
    lab.settle();
    push.events();
    lab.settle();
    const second = lab.socket("PULL");
    second.bind("inproc://a");
    lab.settle();
    expect(push.send("x")).toBe("EAGAIN");
  });

  test("unbind unregisters the name and leaves the connections", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH");
    const pull = lab.socket("PULL");
    pull.bind("inproc://a");
    push.connect("inproc://a");
    lab.settle();
    expect(pull.unbind("inproc://a")).toBe("ok");
    push.send("x");
    expect(pull.recv()).toBe("x");
  });

  test("every connect makes a connection of its own, for all types", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    const sub = lab.socket("SUB").subscribe("");
    pub.bind("inproc://a");
    sub.connect("inproc://a");
    sub.connect("inproc://a");
    lab.settle();
    pub.send("x");
    expect(sub.recvs()).toEqual(["x", "x"]);
  });

  test("types are not compared", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH");
    const sub = lab.socket("SUB").subscribe("");
    sub.bind("inproc://a");
    push.connect("inproc://a");
    push.send("x");
    expect(sub.recv()).toBe("x");
  });

  test("disconnect ends the pipes of that name; the peer may read what is there", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH");
    const pull = lab.socket("PULL");
    pull.bind("inproc://a");
    push.connect("inproc://a");
    push.send("x");
    expect([push.disconnect("inproc://a"), push.disconnect("inproc://a")]).toEqual(["ok", "ENOENT"]);
    expect(push.send("y")).toBe("EAGAIN");
    expect(pull.recvs()).toEqual(["x"]);
  });
});

describe("model 2.3: options count as they were at bind and connect", () => {
  test("measured with npm zeromq: RCVHWM changed after the bind does not reach later connections", () => {
    const lab = new Lab();
    const pull = lab.socket("PULL", { rcvhwm: 5 });
    pull.bind("inproc://a");
    pull.set("rcvhwm", 50);
    const push = lab.socket("PUSH", { sndhwm: 3 });
    push.connect("inproc://a");
    expect(push.sends(CAP)).toBe(8);
  });

  test("measured: a pending connecter whose SNDHWM changes counts the absent binder's limit as 1000", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 3 });
    push.connect("inproc://a");
    push.set("sndhwm", 5);
    expect(push.sends(CAP)).toBe(1005);
  });

  test("measured: and the bind falls back on the limit of the connect", () => {
    const lab = new Lab();
    const push = lab.socket("PUSH", { sndhwm: 3 });
    push.connect("inproc://a");
    push.set("sndhwm", 5);
    const pull = lab.socket("PULL", { rcvhwm: 4 });
    pull.bind("inproc://a");
    expect(push.sends(CAP)).toBe(7);
  });
});

describe("model 4.1: a PAIR has one peer, the first", () => {
  test("inproc: a refused peer's pipe ends", () => {
    const lab = new Lab();
    const [pair, first, second] = [lab.socket("PAIR"), lab.socket("PAIR"), lab.socket("PAIR")];
    pair.bind("inproc://a");
    first.connect("inproc://a");
    second.connect("inproc://a");
    lab.settle();
    pair.events();
    lab.settle();
    expect([first.send("1"), second.send("2")]).toEqual(["ok", "EAGAIN"]);
    expect(pair.recvs()).toEqual(["1"]);
    pair.send("reply");
    expect([first.recv(), second.recv()]).toEqual(["reply", null]);
  });

  test("tcp: a refused peer stays connected and dead; a peer that comes after the first left is adopted", () => {
    const lab = new Lab();
    const pair = lab.lone("PAIR");
    pair.bind("tcp://127.0.0.1:7000");
    const join = () => {
      const peer = lab.lone("PAIR");
      peer.connect("tcp://127.0.0.1:7000");
      lab.settle();
      pair.events();
      lab.settle();
      return peer;
    };
    const [first, second] = [join(), join()];
    expect(second.monitored).toEqual(["CONNECT_DELAYED(115)", "CONNECTED", "HANDSHAKE_SUCCEEDED"]);
    expect(second.send("into the void")).toBe("ok");
    first.send("1");
    lab.settle();
    expect(pair.recvs()).toEqual(["1"]);
    first.close();
    for (let round = 0; round < 3; round++) {
      lab.settle(50);
      pair.events();
    }
    expect(pair.send("nobody")).toBe("EAGAIN");
    expect(second.monitored.length).toBe(3);
    const third = join();
    third.send("3");
    lab.settle();
    expect(pair.recvs()).toEqual(["3"]);
    expect(pair.send("to the third")).toBe("ok");
    lab.settle();
    expect([second.recvs(), third.recvs()]).toEqual([[], ["to the third"]]);
  });
});

test("model 6.3: a routing id precedes everything and is dropped if the binder does not want it", () => {
  const lab = new Lab();
  const dealer = lab.socket("DEALER", { routing_id: "D", sndhwm: 2 });
  dealer.connect("inproc://plain");
  dealer.connect("inproc://router");
  expect(dealer.sends(CAP)).toBe(4);
  const plain = lab.socket("DEALER");
  const router = lab.socket("ROUTER");
  plain.bind("inproc://plain");
  router.bind("inproc://router");
  expect(plain.recvs()).toEqual(["0", "2"]);
  expect(router.recvs()).toEqual(["D|1", "D|3"]);
  lab.settle();
  // Reading the id posts a credit of nothing, which wakes the full connecter.
  expect(dealer.sends(2)).toBe(2);
});
