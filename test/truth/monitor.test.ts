/** What monitors see: D5; model 9.4, 6.2, 6.4. */
import { describe, expect, test } from "vitest";
import type { SocketTypeName } from "../../src/ctx/options.ts";
import { Lab, type LabSocket } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";
const IPC = "ipc:///tmp/a";
const OK = ["CONNECT_DELAYED(115)", "CONNECTED", "HANDSHAKE_SUCCEEDED"];

function drains(lab: Lab, ...sockets: readonly LabSocket[]): void {
  for (let round = 0; round < 3; round++) {
    lab.settle();
    for (const socket of sockets) socket.events();
  }
}

describe("D5: a connection", () => {
  test.each<[SocketTypeName, SocketTypeName]>([
    ["PUSH", "PULL"],
    ["SUB", "PUB"],
    ["REQ", "REP"],
    ["DEALER", "ROUTER"],
    ["PAIR", "PAIR"],
  ])("tcp, %s connects to %s", (connecting, binding) => {
    const lab = new Lab();
    const [binder, connecter] = [lab.lone(binding), lab.lone(connecting)];
    binder.bind(TCP);
    connecter.connect(TCP);
    lab.settle();
    expect(connecter.monitored).toEqual(OK);
    expect(binder.monitored).toEqual(["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED"]);
  });

  test("ipc: connected at once, never delayed", () => {
    const lab = new Lab();
    const [pull, push] = [lab.lone("PULL"), lab.lone("PUSH")];
    pull.bind(IPC);
    push.connect(IPC);
    lab.settle();
    expect(push.monitored).toEqual(["CONNECTED", "HANDSHAKE_SUCCEEDED"]);
    expect(pull.monitored).toEqual(["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED"]);
  });

  test("inproc: nothing", () => {
    const lab = new Lab();
    const [pull, push] = [lab.socket("PULL"), lab.socket("PUSH")];
    pull.bind("inproc://a");
    push.connect("inproc://a");
    lab.settle();
    expect([pull.monitored, push.monitored]).toEqual([[], []]);
  });
});

describe("D5: refused", () => {
  test("tcp: again and again, with the intervals", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    push.connect(TCP);
    lab.settle(310);
    const refused = (ms: number): string[] => ["CONNECT_DELAYED(115)", "CLOSED", `CONNECT_RETRIED(${ms})`];
    expect(push.monitored).toEqual([...refused(183), ...refused(125), ...refused(141)]);
  });

  test("ipc: no descriptor was ever pending", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    push.connect(IPC);
    lab.settle(100);
    expect(push.monitored).toEqual(["CLOSED", "CONNECT_RETRIED(183)"]);
  });

  test("a name that nobody has: only the retry", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    expect(push.connect("tcp://nowhere:7000")).toBe("ok");
    lab.settle(100);
    expect(push.monitored).toEqual(["CONNECT_RETRIED(183)"]);
  });
});

describe("D5: the peer goes", () => {
  test("the connecting side reports DISCONNECTED and the next retry, then connects as before", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const server = lab.process("server");
    server.socket("PULL").bind(TCP);
    push.connect(TCP);
    lab.settle();
    server.kill();
    lab.settle(10);
    expect(push.monitored).toEqual([...OK, "DISCONNECTED", "CONNECT_RETRIED(183)"]);
    lab.lone("PULL").bind(TCP);
    lab.settle(200);
    expect(push.monitored).toEqual([...OK, "DISCONNECTED", "CONNECT_RETRIED(183)", ...OK]);
  });

  test("the accepting side reports DISCONNECTED", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    const push = lab.lone("PUSH");
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle();
    push.close();
    lab.settle();
    expect(pull.monitored).toEqual(["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED"]);
  });

  test("its own close is MONITOR_STOPPED, without DISCONNECTED", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    const push = lab.lone("PUSH");
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle();
    push.close();
    lab.settle();
    expect(push.monitored).toEqual([...OK, "MONITOR_STOPPED"]);
  });

  test("what lingers is still monitored, until the socket is gone or the context is told to end", () => {
    for (const term of [false, true]) {
      const lab = new Lab();
      const process = lab.process("sender");
      const push = process.socket("PUSH", { linger: 300 });
      push.connect(TCP);
      push.send("x");
      push.close();
      lab.settle(10);
      if (term) process.term();
      lab.settle(500);
      const first = ["CONNECT_DELAYED(115)", "CLOSED", "CONNECT_RETRIED(183)"];
      const second = ["CONNECT_DELAYED(115)", "CLOSED", "CONNECT_RETRIED(125)"];
      expect(push.monitored).toEqual([...first, ...(term ? [] : second), "MONITOR_STOPPED"]);
      expect(push.times("MONITOR_STOPPED")).toEqual([term ? 10 : 300]);
    }
  });

  test("unbind: CLOSED for the listener; accepted connections end without an event here, with one there", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    const push = lab.lone("PUSH");
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle();
    expect(pull.unbind(TCP)).toBe("ok");
    lab.settle(50);
    // The connection stays until the application of the binder has drained and read.
    expect(push.monitored).toEqual(OK);
    drains(lab, pull);
    expect(pull.monitored).toEqual(["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED", "CLOSED"]);
    expect(push.monitored).toEqual([...OK, "DISCONNECTED", "CONNECT_RETRIED(183)"]);
  });
});

describe("model 6.2: bind", () => {
  test("tcp twice: CLOSED, BIND_FAILED(98)", () => {
    const lab = new Lab();
    const [first, second] = [lab.lone("PULL"), lab.lone("PULL")];
    expect([first.bind(TCP), second.bind(TCP), first.bind(TCP)]).toEqual(["ok", "EADDRINUSE", "EADDRINUSE"]);
    expect(second.monitored).toEqual(["CLOSED", "BIND_FAILED(98)"]);
    expect(first.monitored).toEqual(["LISTENING", "CLOSED", "BIND_FAILED(98)"]);
  });

  test("ipc twice: the second steals the path, the first keeps its connections", () => {
    const lab = new Lab();
    const [first, second] = [lab.lone("PULL"), lab.lone("PULL")];
    const [early, late] = [lab.lone("PUSH"), lab.lone("PUSH")];
    first.bind(IPC);
    early.connect(IPC);
    lab.settle();
    expect(second.bind(IPC)).toBe("ok");
    late.connect(IPC);
    lab.settle();
    early.send("early");
    late.send("late");
    lab.settle();
    expect([first.recvs(), second.recvs()]).toEqual([["early"], ["late"]]);
  });

  test("wildcards get an ephemeral port, which last_endpoint tells and unbind needs", () => {
    const lab = new Lab();
    const pull = lab.lone("PULL");
    expect(pull.bind("tcp://*:*")).toBe("ok");
    const endpoint = String(pull.get("last_endpoint"));
    expect(endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
    const push = lab.lone("PUSH");
    push.connect(endpoint.replace("0.0.0.0", "127.0.0.1"));
    push.send("x");
    lab.settle();
    expect(pull.recv()).toBe("x");
    // Measured with npm zeromq: "*" is no address to unbind, localhost is.
    expect([pull.unbind(endpoint.replace("0.0.0.0", "*")), pull.unbind(endpoint)]).toEqual(["ENOENT", "ok"]);
    pull.bind(TCP);
    expect(pull.unbind("tcp://localhost:7000")).toBe("ok");
  });

  test("errors of form", () => {
    const lab = new Lab();
    const push = lab.lone("PUSH");
    const connects = ["tcp://", "127.0.0.1:7000", "tcp://127.0.0.1", "tcp://127.0.0.1:*", "foo://a", "tcp://*:7000"];
    expect(connects.map((endpoint) => push.connect(endpoint))).toEqual([
      "EINVAL",
      "EINVAL",
      "EINVAL",
      "EINVAL",
      "EPROTONOSUPPORT",
      "EINVAL",
    ]);
  });
});

describe("model 6.1: a second connect to the same endpoint", () => {
  test.each<[SocketTypeName, number]>([
    ["DEALER", 1],
    ["SUB", 1],
    ["PUB", 1],
    ["REQ", 1],
    ["PUSH", 2],
    ["PULL", 2],
    ["PAIR", 2],
    ["ROUTER", 2],
    ["REP", 2],
    ["XPUB", 2],
    ["XSUB", 2],
  ])("%s has %i connection(s)", (type, count) => {
    const lab = new Lab();
    const socket = lab.lone(type);
    expect([socket.connect(TCP), socket.connect(TCP)]).toEqual(["ok", "ok"]);
    lab.settle(1);
    expect(socket.times("CONNECT_DELAYED").length).toBe(count);
  });
});

describe("model 9.4, gotcha 27: peers that do not fit", () => {
  test("socket types: both sides lose the connection without a word, and the connecter does not retry", () => {
    const lab = new Lab();
    const [pub, push] = [lab.lone("PUB"), lab.lone("PUSH")];
    pub.bind(TCP);
    push.connect(TCP);
    lab.settle(1000);
    expect(push.monitored).toEqual(["CONNECT_DELAYED(115)", "CONNECTED", "DISCONNECTED"]);
    expect(pub.monitored).toEqual(["LISTENING", "ACCEPTED", "DISCONNECTED"]);
  });

  test.each<[SocketTypeName, readonly SocketTypeName[]]>([
    ["PAIR", ["PAIR"]],
    ["PUB", ["SUB", "XSUB"]],
    ["SUB", ["PUB", "XPUB"]],
    ["XPUB", ["SUB", "XSUB"]],
    ["XSUB", ["PUB", "XPUB"]],
    ["REQ", ["REP", "ROUTER"]],
    ["REP", ["REQ", "DEALER"]],
    ["DEALER", ["REP", "DEALER", "ROUTER"]],
    ["ROUTER", ["REQ", "DEALER", "ROUTER"]],
    ["PUSH", ["PULL"]],
    ["PULL", ["PUSH"]],
  ])("%s takes %j", (type, fits) => {
    const TYPES = ["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"] as const;
    const taken = TYPES.filter((other) => {
      const lab = new Lab();
      const [binder, connecter] = [lab.lone(type), lab.lone(other)];
      binder.bind(TCP);
      connecter.connect(TCP);
      lab.settle();
      return connecter.monitored.includes("HANDSHAKE_SUCCEEDED");
    });
    expect([...taken].sort()).toEqual([...fits].sort());
  });
});

describe("MAXMSGSIZE: a larger frame ends the connection of the receiver", () => {
  test("bound receiver: the sender returns, the messages before it arrived, what follows is lost", () => {
    const lab = new Lab();
    const [pull, push] = [lab.lone("PULL", { maxmsgsize: 100 }), lab.lone("PUSH")];
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle();
    for (const size of [100, 101, 50]) push.send(size);
    lab.settle();
    expect(pull.recvs().map(({ length }) => length)).toEqual([100]);
    lab.settle(500);
    expect(push.monitored).toEqual([...OK, "DISCONNECTED", "CONNECT_RETRIED(183)", ...OK]);
    push.send("again");
    lab.settle();
    expect(pull.recvs()).toEqual(["again"]);
  });

  test("connecting receiver: gone for good", () => {
    const lab = new Lab();
    const [pull, push] = [lab.lone("PULL", { maxmsgsize: 100 }), lab.lone("PUSH")];
    push.bind(TCP);
    pull.connect(TCP);
    lab.settle();
    push.send(101);
    lab.settle(1000);
    expect(pull.monitored).toEqual([...OK, "DISCONNECTED"]);
  });

  test("gotcha 53: a limit below the peer's READY makes every handshake fail", () => {
    const lab = new Lab();
    const [pull, push] = [lab.lone("PULL", { maxmsgsize: 20 }), lab.lone("PUSH")];
    pull.bind(TCP);
    push.connect(TCP);
    lab.settle(190);
    expect(pull.monitored.slice(0, 5)).toEqual(["LISTENING", "ACCEPTED", "DISCONNECTED", "ACCEPTED", "DISCONNECTED"]);
    expect(push.monitored.slice(0, 5)).toEqual([...OK, "DISCONNECTED", "CONNECT_RETRIED(183)"]);
    const other = new Lab();
    const [receiver, sender] = [other.lone("PULL", { maxmsgsize: 20 }), other.lone("PUSH")];
    sender.bind(TCP);
    receiver.connect(TCP);
    other.settle(500);
    expect(receiver.monitored).toEqual(["CONNECT_DELAYED(115)", "CONNECTED", "DISCONNECTED"]);
  });
});

test("model 1.1: no I/O threads, no network", () => {
  const lab = new Lab();
  const push = lab.process("p", { ioThreads: 0 }).socket("PUSH");
  expect([push.connect(TCP), push.bind(TCP), push.bind("inproc://a")]).toEqual(["EMTHREAD", "EMTHREAD", "ok"]);
});
