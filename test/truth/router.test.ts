/** Routing by id: D23; model 4.5 and 11. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const ENDPOINT: Readonly<Record<Transport, string>> = { inproc: "inproc://a", tcp: "tcp://127.0.0.1:7000" };
const make = (lab: Lab, transport: Transport) => (transport === "inproc" ? lab.socket : lab.lone).bind(lab);

/** Lets the other threads work and `sockets` hear of it, until everything has gone its way. */
function quiesce(lab: Lab, ...sockets: readonly LabSocket[]): void {
  for (let round = 0; round < 3; round++) {
    lab.settle();
    for (const socket of sockets) socket.events();
  }
}

describe.each<Transport>(["inproc", "tcp"])("D23 over %s", (transport) => {
  test.each([
    [0, ["ok", "ok", "ok", "ok", "ok"]],
    [1, ["EHOSTUNREACH", "ok", "EHOSTUNREACH", "ok", "EHOSTUNREACH"]],
  ])("unknown ids, mandatory %i: the whole message is dropped or refused", (router_mandatory, results) => {
    const lab = new Lab();
    const router = make(lab, transport)("ROUTER", { router_mandatory });
    const dealer = make(lab, transport)("DEALER", { routing_id: "D" });
    router.bind(ENDPOINT[transport]);
    dealer.connect(ENDPOINT[transport]);
    quiesce(lab, router);
    const sent = [
      router.send("nobody", "x"),
      router.send("D", "y"),
      router.send("nobody", "x", "x"),
      router.send("D", "z"),
      router.send("nobody", "x"),
    ];
    expect(sent).toEqual(results);
    lab.settle();
    expect(dealer.recvs()).toEqual(["y", "z"]);
    expect(lab.fates["unroutable"] ?? 0).toBe(router_mandatory === 0 ? 3 : 0);
  });

  test.each([
    [0, [1, 0]],
    [1, [0, 1]],
  ])("a second peer of the same id, handover %i", (router_handover, replies) => {
    const lab = new Lab();
    const router = make(lab, transport)("ROUTER", { router_handover });
    router.bind(ENDPOINT[transport]);
    const dealers = [1, 2].map(() => {
      const dealer = make(lab, transport)("DEALER", { routing_id: "D" });
      dealer.connect(ENDPOINT[transport]);
      quiesce(lab, router);
      return dealer;
    });
    expect(router.recvs()).toEqual([]);
    for (const [index, dealer] of dealers.entries()) dealer.send(`from${index + 1}`);
    lab.settle();
    expect(router.recvs()).toEqual([router_handover === 0 ? "D|from1" : "D|from2"]);
    router.send("D", "reply");
    lab.settle();
    expect(dealers.map((dealer) => dealer.recvs().length)).toEqual(replies);
  });

  test("a duplicate is deaf and mute for ever; a new peer gets the id once its holder has left", () => {
    const lab = new Lab();
    const router = make(lab, transport)("ROUTER");
    router.bind(ENDPOINT[transport]);
    const join = (): LabSocket => {
      const dealer = make(lab, transport)("DEALER", { routing_id: "D" });
      dealer.connect(ENDPOINT[transport]);
      quiesce(lab, router);
      return dealer;
    };
    const first = join();
    const second = join();
    if (transport === "tcp") expect(second.monitored).toContain("HANDSHAKE_SUCCEEDED");
    second.send("mute");
    first.send("hello");
    quiesce(lab, router);
    expect(router.recvs()).toEqual(["D|hello"]);
    first.close();
    quiesce(lab, router);
    router.send("D", "to nobody");
    quiesce(lab, router, second);
    expect(second.recvs()).toEqual([]);
    const third = join();
    third.send("new");
    quiesce(lab, router);
    expect(router.recvs()).toEqual(["D|new"]);
    expect(router.send("D", "to the third")).toBe("ok");
    lab.settle();
    expect(third.recvs()).toEqual(["to the third"]);
    expect(second.recvs()).toEqual([]);
  });

  test("since a duplicate is never read, not even unbind ends its connection (tcp)", () => {
    if (transport === "inproc") return;
    const lab = new Lab();
    const router = lab.lone("ROUTER");
    router.bind(ENDPOINT.tcp);
    const [first, second] = [lab.lone("DEALER", { routing_id: "D" }), lab.lone("DEALER", { routing_id: "D" })];
    for (const dealer of [first, second]) {
      dealer.connect(ENDPOINT.tcp);
      quiesce(lab, router);
    }
    router.unbind(ENDPOINT.tcp);
    for (let round = 0; round < 5; round++) {
      quiesce(lab, router);
      router.recvs();
    }
    expect(first.monitored).toContain("DISCONNECTED");
    expect(second.monitored).not.toContain("DISCONNECTED");
  });

  test("the old peer gets an id that the library makes up, which counts on", () => {
    const lab = new Lab();
    const router = make(lab, transport)("ROUTER", { router_handover: 1 });
    router.bind(ENDPOINT[transport]);
    for (let count = 0; count < 2; count++) {
      make(lab, transport)("DEALER", { routing_id: "D" }).connect(ENDPOINT[transport]);
      quiesce(lab, router);
    }
    const anonymous = make(lab, transport)("DEALER");
    anonymous.connect(ENDPOINT[transport]);
    anonymous.send("x");
    quiesce(lab, router);
    expect(router.recvs().map((message) => hex(message.slice(0, 5)))).toEqual(["006b8b4568"]);
  });

  test("handover discards what the old peer sent and nobody read; what was read before still counts", () => {
    const lab = new Lab();
    const router = make(lab, transport)("ROUTER", { router_handover: 1 });
    router.bind(ENDPOINT[transport]);
    const old = make(lab, transport)("DEALER", { routing_id: "D" });
    old.connect(ENDPOINT[transport]);
    quiesce(lab, router);
    for (const text of ["1", "2", "3"]) old.send(text);
    lab.settle();
    expect(router.recv()).toBe("D|1");
    const newcomer = make(lab, transport)("DEALER", { routing_id: "D" });
    newcomer.connect(ENDPOINT[transport]);
    lab.settle();
    // The ROUTER has not drained yet: what it reads now still comes under the id.
    expect(router.recv()).toBe("D|2");
    router.bind("inproc://drain"); // a drain that prefetches nothing
    quiesce(lab, router);
    newcomer.send("new");
    quiesce(lab, old, router);
    expect(router.recvs()).toEqual(["D|new"]);
    expect(lab.fates).toEqual({ handover: 1 });
    lab.settle();
    if (transport === "tcp") expect(old.monitored).not.toContain("DISCONNECTED");
  });
});

describe("model 11: ids that the library makes up are those of an unseeded rand()", () => {
  test("two ROUTERs of a fresh process: 00 6B8B4567 and 00 E43C9869, then counting up", () => {
    const lab = new Lab();
    const ids = ["a", "b"].map((name) => {
      const router = lab.socket("ROUTER");
      router.bind(`inproc://${name}`);
      const dealers = [0, 1].map(() => {
        const dealer = lab.socket("DEALER");
        dealer.connect(`inproc://${name}`);
        return dealer;
      });
      for (const dealer of dealers) dealer.send("x");
      return router.recvs().map((message) => hex(message.slice(0, 5)));
    });
    expect(ids).toEqual([
      ["006b8b4567", "006b8b4568"],
      ["00e43c9869", "00e43c986a"],
    ]);
  });
});

const hex = (bytes: string): string =>
  [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");

describe("model 4.5: sending", () => {
  test("an address without a message is ignored with success", () => {
    const lab = new Lab();
    const router = lab.socket("ROUTER", { router_mandatory: 1 });
    expect(router.send("lonely")).toBe("ok");
    expect(lab.fates).toEqual({ malformed: 1 });
  });

  test("a connecting ROUTER cannot reach a peer before it has told its id", () => {
    const lab = new Lab();
    const router = lab.lone("ROUTER", { router_mandatory: 1 });
    const dealer = lab.lone("DEALER", { routing_id: "D" });
    dealer.bind(ENDPOINT.tcp);
    router.connect(ENDPOINT.tcp);
    expect(router.send("D", "early")).toBe("EHOSTUNREACH");
    quiesce(lab, router);
    expect(router.send("D", "later")).toBe("ok");
    lab.settle();
    expect(dealer.recvs()).toEqual(["later"]);
  });

  test("CONNECT_ROUTING_ID names the next connection, at once, and only that", () => {
    const lab = new Lab();
    const router = lab.lone("ROUTER", { router_mandatory: 1, connect_routing_id: "X" });
    const dealer = lab.lone("DEALER", { routing_id: "D" });
    dealer.bind(ENDPOINT.tcp);
    router.connect(ENDPOINT.tcp);
    expect(router.send("X", "queued")).toBe("ok");
    lab.settle();
    expect(dealer.recvs()).toEqual(["queued"]);
    dealer.send("hello");
    lab.settle();
    // The identity that the peer tells is skipped.
    expect(router.recvs()).toEqual(["X|hello"]);
    router.connect("tcp://127.0.0.1:7001");
    expect(router.send("X", "still the first")).toBe("ok");
  });

  test("mandatory: a full peer is EAGAIN, one that is leaving EHOSTUNREACH", () => {
    const lab = new Lab();
    const router = lab.socket("ROUTER", { router_mandatory: 1, sndhwm: 1 });
    const dealer = lab.socket("DEALER", { routing_id: "D", rcvhwm: 1 });
    router.bind("inproc://a");
    dealer.connect("inproc://a");
    router.events();
    expect(router.events()).toBe("out");
    expect([router.send("D", "1"), router.send("D", "2"), router.send("D", "3")]).toEqual(["ok", "ok", "EAGAIN"]);
    expect(router.events()).toBe("");
    // What the peer sent is unread, so it stays in the table while it leaves.
    dealer.send("unread");
    dealer.close();
    lab.settle();
    expect(router.send("D", "4")).toBe("EAGAIN");
    lab.settle();
    const other = lab.socket("ROUTER", { router_mandatory: 1 });
    const leaver = lab.socket("DEALER", { routing_id: "L" });
    other.bind("inproc://b");
    leaver.connect("inproc://b");
    leaver.send("unread");
    leaver.close();
    lab.settle();
    expect(other.send("L", "x")).toBe("EHOSTUNREACH");
  });

  test("POLLOUT is always there; with MANDATORY only if some known peer has room", () => {
    const lab = new Lab();
    expect(lab.socket("ROUTER").events()).toBe("out");
    expect(lab.socket("ROUTER", { router_mandatory: 1 }).events()).toBe("");
  });

  test("PROBE_ROUTER: an empty message to each new peer, before anything else", () => {
    for (const type of ["DEALER", "ROUTER"] as const) {
      const lab = new Lab();
      const router = lab.lone("ROUTER");
      router.bind(ENDPOINT.tcp);
      const prober = lab.lone(type, { probe_router: 1, routing_id: "P" });
      prober.connect(ENDPOINT.tcp);
      if (type === "DEALER") prober.send("first");
      quiesce(lab, router);
      expect(router.recvs()).toEqual(type === "DEALER" ? ["P|", "P|first"] : ["P|"]);
    }
  });
});

test("model 9.2: a message that poll found stays first", () => {
  const lab = new Lab();
  const router = lab.socket("ROUTER");
  router.bind("inproc://a");
  const dealers = ["A", "B"].map((routing_id) => {
    const dealer = lab.socket("DEALER", { routing_id });
    dealer.connect("inproc://a");
    return dealer;
  });
  dealers[0]?.send("1");
  expect(router.events()).toBe("in out");
  dealers[1]?.send("2");
  expect(router.recvs()).toEqual(["A|1", "B|2"]);
});
