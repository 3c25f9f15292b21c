/** What a lost or ended connection takes with it: model 6.5, 6.6, 2.5. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

function drains(lab: Lab, ...sockets: readonly LabSocket[]): void {
  for (let round = 0; round < 3; round++) {
    lab.settle();
    for (const socket of sockets) socket.events();
  }
}

describe("model 6.5: the connection dies", () => {
  test("the connecting side keeps its pipe: what waited is sent after the reconnect, what was pulled is lost", () => {
    const lab = new Lab();
    const dealer = lab.lone("DEALER", { sndbuf: 1 });
    const server = lab.process("server");
    server.socket("DEALER", { rcvhwm: 2, rcvbuf: 1 }).bind(TCP);
    dealer.connect(TCP);
    lab.settle();
    expect(dealer.sends(20, (number) => [String(number).padEnd(20_000)])).toBe(20);
    lab.settle();
    server.kill();
    lab.settle();
    const next = lab.lone("DEALER");
    next.bind(TCP);
    lab.settle(500);
    const numbers = next.recvs().map((text) => Number(text));
    expect(numbers.length).toBeGreaterThan(0);
    // One contiguous range is lost (S4).
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 20 - numbers.length + index));
    const { crashed = 0, "connection-lost": lost = 0 } = lab.fates as Record<string, number>;
    expect(crashed + lost).toBe(20 - numbers.length);
  });

  test("gotcha 15: an accepted connection takes its pipe with it; nothing is sent to others instead", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { sndbuf: 1 });
    push.bind(TCP);
    const dying = lab.process("dying");
    dying.socket("PULL", { rcvhwm: 1, rcvbuf: 1 }).connect(TCP);
    const stays = lab.lone("PULL");
    stays.connect(TCP);
    lab.settle();
    push.events();
    expect(push.sends(20, (number) => [String(number).padEnd(100_000)])).toBe(20);
    lab.settle();
    dying.kill();
    drains(lab, push);
    // Who of the two was first is up to the handshakes; each got every other message.
    const numbers = stays.recvs().map((text) => Number(text));
    expect(numbers.length).toBe(10);
    expect(new Set(numbers.map((number) => number % 2)).size).toBe(1);
    const fates = lab.fates as Record<string, number>;
    expect(Object.values(fates).reduce((sum, count) => sum + count, 0)).toBe(10);
    expect(fates["pipe-closed"]).toBeGreaterThan(0);
    expect(push.send("x")).toBe("ok");
    lab.settle();
    expect(stays.recvs()).toEqual(["x"]);
  });

  test("complete messages that had come are delivered, an unfinished one is not", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    const client = lab.process("client");
    const push = client.socket("PUSH");
    push.connect(TCP);
    lab.settle();
    push.send("whole", "message");
    push.sendMore("half");
    lab.settle();
    client.kill();
    lab.settle();
    expect(pull.recvs()).toEqual(["whole|message"]);
  });

  test("a receiver that is stopped by its limit still gets what it had read and what is in the kernel after a clean end", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL", { rcvhwm: 2 });
    pull.bind(TCP);
    const push = lab.lone("PUSH");
    push.connect(TCP);
    lab.settle();
    push.sends(100, () => [1000]);
    lab.settle();
    push.close();
    lab.settle();
    let read = 0;
    for (let round = 0; round < 100; round++) {
      read += pull.recvs().length;
      lab.settle();
    }
    expect(read).toBe(100);
    expect(pull.monitored.at(-1)).toBe("DISCONNECTED");
  });

  test("reference C: ROUTER lists a peer that left until it has read everything and two drains have passed", () => {
    const lab = new Lab();
    const router = lab.lone("ROUTER", { router_mandatory: 1 });
    router.bind(TCP);
    const dealer = lab.lone("DEALER", { routing_id: "D" });
    dealer.connect(TCP);
    drains(lab, router);
    dealer.send("1");
    dealer.send("2");
    lab.settle();
    dealer.close();
    lab.settle();
    expect(router.recv()).toBe("D|1");
    expect(router.send("D", "x")).toBe("EHOSTUNREACH"); // closing
    expect(router.recv()).toBe("D|2");
    drains(lab, router);
    expect([router.send("D", "x"), router.recv()]).toEqual(["EHOSTUNREACH", null]);
  });
});

describe("model 6.6: zmq_disconnect", () => {
  test("unread messages of that peer are thrown away, queued ones still sent", () => {
    const lab = new Lab();
    const dealer = lab.lone("DEALER");
    const peer = lab.lone("DEALER");
    peer.bind(TCP);
    dealer.connect(TCP);
    lab.settle();
    peer.events();
    peer.send("unread");
    lab.settle();
    dealer.send("sent");
    expect(dealer.disconnect(TCP)).toBe("ok");
    expect([dealer.recv(), dealer.send("x"), dealer.disconnect(TCP)]).toEqual([null, "EAGAIN", "ENOENT"]);
    lab.settle();
    expect(peer.recvs()).toEqual(["sent"]);
    drains(lab, dealer, peer);
    expect(lab.fates).toEqual({ "receiver-closed": 1 });
    expect(peer.monitored.at(-1)).toBe("DISCONNECTED");
  });

  test.each([
    [0, []],
    [-1, ["x"]],
  ])("to a peer that is not there yet, LINGER %i", (linger, received) => {
    const lab = new Lab();
    const push = lab.lone("PUSH", { linger });
    push.connect(TCP);
    push.send("x");
    push.disconnect(TCP);
    lab.settle(50);
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    lab.settle(500);
    expect(pull.recvs()).toEqual(received);
  });

  test("all connections of an equal endpoint go at once", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    push.connect(TCP);
    push.connect(TCP);
    lab.settle();
    expect(push.disconnect(TCP)).toBe("ok");
    expect(push.send("x")).toBe("EAGAIN");
    lab.settle();
    push.events(); // the third hop of the termination
    lab.settle();
    expect(pull.times("DISCONNECTED").length).toBe(2);
  });

  test("the other endpoints stay", () => {
    const lab = new Lab();
    const pulls = [7000, 7001].map((port) => {
      const pull = lab.lone("PULL");
      pull.bind(`tcp://127.0.0.1:${port}`);
      return pull;
    });
    const push = lab.lone("PUSH");
    for (const port of [7000, 7001]) push.connect(`tcp://127.0.0.1:${port}`);
    lab.settle();
    push.disconnect(TCP);
    push.sends(4);
    lab.settle();
    expect(pulls.map((pull) => pull.recvs().join(" "))).toEqual(["", "0 1 2 3"]);
  });

  test("connecting again after a disconnect works", () => {
    const lab = new Lab();
    const dealer = lab.lone("DEALER");
    const peer = lab.lone("DEALER");
    peer.bind(TCP);
    dealer.connect(TCP);
    lab.settle();
    expect([dealer.disconnect(TCP), dealer.connect(TCP)]).toEqual(["ok", "ok"]);
    dealer.send("x");
    drains(lab, dealer, peer);
    expect(peer.recvs()).toEqual(["x"]);
  });
});

describe("model 6.6: zmq_unbind", () => {
  test("accepted connections go once the application has drained and read; until then they are stalled", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    const push = lab.lone("PUSH");
    pull.bind(TCP);
    push.connect(TCP);
    push.sends(3);
    lab.settle();
    expect(pull.unbind(TCP)).toBe("ok");
    lab.settle(200);
    push.send("stalled");
    lab.settle(200);
    expect(push.monitored).not.toContain("DISCONNECTED");
    expect(pull.recvs()).toEqual(["0", "1", "2"]);
    drains(lab, pull);
    expect(push.monitored).toContain("DISCONNECTED");
    expect(lab.fates["connection-lost"]).toBe(1);
  });

  test("new connections are refused at once", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    pull.bind(TCP);
    lab.settle();
    pull.unbind(TCP);
    lab.settle();
    const push = lab.lone("PUSH");
    push.connect(TCP);
    lab.settle(10);
    expect(push.monitored).toEqual(["CONNECT_DELAYED(115)", "CLOSED", "CONNECT_RETRIED(183)"]);
  });

  test("gotcha 58: the listener closes in the I/O thread, so a rebind at once is EADDRINUSE and a later one works", () => {
    const lab = new Lab();
    const [first, second] = [lab.lone("PULL"), lab.lone("PULL")];
    first.bind(TCP);
    lab.settle();
    first.unbind(TCP);
    expect(second.bind(TCP)).toBe("EADDRINUSE");
    lab.settle(0);
    expect(second.bind(TCP)).toBe("ok");
  });

  test("and a rebind after close likewise (gotcha 37)", () => {
    const lab = new Lab();
    const [first, second] = [lab.lone("PULL"), lab.lone("PULL")];
    first.bind(TCP);
    lab.settle();
    first.close();
    expect(second.bind(TCP)).toBe("EADDRINUSE");
    lab.settle(1);
    expect(second.bind(TCP)).toBe("ok");
  });
});

describe("model 2.5: termination in three hops", () => {
  test("a peer of a closed inproc socket reads what is there, then the pipe goes with the second drain", () => {
    const lab = new Lab();
    const pull = lab.socket("PULL");
    const push = lab.socket("PUSH");
    pull.bind("inproc://a");
    push.connect("inproc://a");
    push.sends(3);
    push.close();
    lab.settle();
    expect(pull.base.pipes.length).toBe(0); // not attached yet
    expect(pull.recvs(1)).toEqual(["0"]);
    lab.settle();
    expect(pull.base.pipes.length).toBe(1);
    expect(pull.recvs()).toEqual(["1", "2"]);
    lab.settle();
    pull.events();
    expect(pull.base.pipes.length).toBe(0);
  });

  test("both ends closed at the same time", () => {
    const lab = new Lab();
    const process = lab.process("p");
    const [a, b] = [process.socket("PAIR"), process.socket("PAIR")];
    a.bind("inproc://a");
    b.connect("inproc://a");
    lab.settle();
    a.events();
    a.sends(2);
    b.sends(2);
    a.close();
    b.close();
    expect(process.termTime()).toBeLessThanOrEqual(1);
    expect(lab.fates).toEqual({ "receiver-closed": 4 });
  });

  test("gotcha 51: a DEALER that never reads keeps a dead pipe, a PUSH does not", () => {
    for (const [type, peerType, pipes] of [
      ["DEALER", "DEALER", 1],
      ["PUSH", "PULL", 0],
    ] as const) {
      const lab = new Lab();
      const socket = lab.lone(type);
      const peer = lab.lone(peerType);
      socket.bind(TCP);
      peer.connect(TCP);
      lab.settle();
      for (let round = 0; round < 3; round++) {
        socket.send("x");
        lab.settle();
      }
      peer.close();
      for (let round = 0; round < 5; round++) {
        lab.settle();
        socket.send("x"); // drains, does not read
      }
      expect(socket.base.pipes.length).toBe(pipes);
    }
  });
});

describe("a receiver that is stopped by its limit when the connection ends (measured against libzmq 4.3.5)", () => {
  /** Messages of 1000 bytes to a DEALER of RCVHWM 2; what it can still read when the sender has closed. */
  function readable(endpoint: string, receiverSends: boolean, rounds: number, each: number): number {
    const lab = new Lab();
    const receiver = lab.lone("DEALER", { rcvhwm: 2 });
    const sender = lab.lone("DEALER");
    receiver.bind(endpoint);
    sender.connect(endpoint);
    lab.settle();
    receiver.events();
    for (let round = 0; round < rounds; round++) {
      sender.sends(each, () => [1000]);
      lab.settle();
    }
    sender.close();
    lab.settle();
    if (receiverSends) receiver.send("to a closed socket");
    lab.settle();
    let read = 0;
    for (let round = 0; round < 110; round++) {
      if (receiver.recv() !== null) read++;
      lab.settle();
    }
    return read;
  }
  /** The pipe, the message in the decoder's hands and the rest of its read of 8192 bytes; 5 to 10 in reality. */
  const AT_HAND = 8;

  test("tcp: everything is there", () => expect(readable(TCP, false, 1, 100)).toBe(100));
  test("tcp, it writes once more: the reset takes what the kernel holds", () =>
    expect(readable(TCP, true, 1, 100)).toBe(AT_HAND));
  // Written one by one, 60 fit into a Unix socket, and a read finds only what is there: 3 in reality, too.
  test("ipc: the hangup is noticed at once and takes it, too", () =>
    expect(readable("ipc:///tmp/a", false, 60, 1)).toBe(3));
});
