/** Requests and replies: D25, D2; model 4.4, 4.6, 6.5. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

/** A REQ and a ROUTER that sees and answers as it likes, settled. */
function requester(options: Readonly<Record<string, number>> = {}): { lab: Lab; req: LabSocket; router: LabSocket } {
  const lab = new Lab();
  const req = lab.lone("REQ", { routing_id: "R", ...options } as Readonly<Record<string, number | string>>);
  const router = lab.lone("ROUTER");
  router.bind(TCP);
  req.connect(TCP);
  lab.settle();
  return { lab, req, router };
}

describe("model 4.4: the state machine", () => {
  test("strict: no second send, no recv without a send", () => {
    const { lab, req, router } = requester();
    expect([req.recv(), req.errno]).toEqual([null, "EFSM"]);
    expect(req.events()).toBe("out");
    expect(req.send("1")).toBe("ok");
    expect(req.events()).toBe("");
    expect(req.send("2")).toBe("EFSM");
    expect([req.recv(), req.errno]).toEqual([null, "EAGAIN"]);
    lab.settle();
    expect(router.recvs()).toEqual(["R||1"]);
    router.send("R", "", "one");
    lab.settle();
    expect(req.events()).toBe("in");
    expect(req.recv()).toBe("one");
    expect(req.send("2")).toBe("ok");
  });

  test("relaxed and correlated on the wire: ids from rand(), pre-incremented, little endian", () => {
    const lab = new Lab();
    const router = lab.socket("ROUTER"); // takes the first value of the process
    const req = lab.socket("REQ", { routing_id: "R", req_relaxed: 1, req_correlate: 1 });
    router.bind("inproc://a");
    req.connect("inproc://a");
    expect([req.send("1"), req.send("2")]).toEqual(["ok", "ok"]);
    const id = (value: number): string =>
      String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
    expect(router.recvs()).toEqual([`R|${id(0xe43c986a)}||1`, `R|${id(0xe43c986b)}||2`]);
  });

  test("correlate alone: a second send is still EFSM", () => {
    const { req } = requester({ req_correlate: 1 });
    expect([req.send("1"), req.send("2")]).toEqual(["ok", "EFSM"]);
  });

  test.each([
    ["strict", {}],
    ["relaxed", { req_relaxed: 1 }],
  ])("%s without correlate: a late reply of the same peer answers the next request", (_name, options) => {
    const { lab, req, router } = requester(options);
    req.send("1");
    lab.settle();
    router.recvs();
    router.send("R", "", "one");
    router.send("R", "", "one again");
    lab.settle();
    expect(req.recv()).toBe("one");
    // The next request eats what is there; the duplicate came too early. This one comes after it.
    req.send("2");
    expect(lab.fates["stale"]).toBe(1);
    router.send("R", "", "late");
    lab.settle();
    expect(req.recv()).toBe("late");
  });

  test("correlate: replies with another id or none are skipped, the connection stays", () => {
    const { lab, req, router } = requester({ req_correlate: 1, req_relaxed: 1 });
    req.send("1");
    req.send("2");
    lab.settle();
    const [first, second] = router.recvs().map((message) => message.split("|")[1]) as [string, string];
    router.send("R", first, "", "to the first");
    router.send("R", "", "without an id");
    router.send("R", "\xff\xff\xff\xff", "", "wrong id");
    router.send("R", second, "", "right");
    lab.settle();
    expect(req.recvs()).toEqual(["right"]);
    expect(lab.fates["stale"]).toBe(3);
    expect(req.monitored).not.toContain("DISCONNECTED");
  });

  test("relaxed: a reply of the abandoned other peer is dropped", () => {
    const lab = new Lab();
    const routers = ["a", "b"].map((name) => {
      const router = lab.socket("ROUTER");
      router.bind(`inproc://${name}`);
      return router;
    });
    const req = lab.socket("REQ", { routing_id: "R", req_relaxed: 1 });
    for (const name of ["a", "b"]) req.connect(`inproc://${name}`);
    req.send("1");
    req.send("2");
    for (const router of routers) {
      const [request] = router.recvs();
      router.send("R", "", `reply to ${request?.split("|")[2]}`);
    }
    expect(req.recvs()).toEqual(["reply to 2"]);
    expect(lab.fates).toEqual({ stale: 1 });
  });

  test.each([["no empty frame"], [""], ["1234", "no empty frame"], ["1234"]])(
    "a malformed reply ends the connection for good (protocol error): %j %j",
    (...frames) => {
      const { lab, req, router } = requester();
      req.send("1");
      lab.settle();
      router.recvs();
      router.send("R", ...frames);
      lab.settle(500);
      expect(req.recv()).toBe(null);
      expect(req.monitored).toEqual(["CONNECT_DELAYED(115)", "CONNECTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED"]);
    },
  );

  test("requests go to the peers in turn", () => {
    const lab = new Lab();
    const reps = ["a", "b", "c"].map((name) => {
      const rep = lab.socket("REP");
      rep.bind(`inproc://${name}`);
      return rep;
    });
    const req = lab.socket("REQ");
    for (const name of ["a", "b", "c"]) req.connect(`inproc://${name}`);
    const served: number[] = [];
    for (let round = 0; round < 7; round++) {
      expect(req.send(String(round))).toBe("ok");
      for (const [index, rep] of reps.entries()) {
        if (rep.recv() === null) continue;
        served.push(index);
        rep.send("reply");
      }
      expect(req.recv()).toBe("reply");
    }
    expect(served).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });
});

describe("model 4.6: REP", () => {
  test("recv and send alternate; POLLOUT only between them", () => {
    const lab = new Lab();
    const rep = lab.socket("REP");
    const req = lab.socket("REQ");
    rep.bind("inproc://a");
    req.connect("inproc://a");
    expect([rep.send("early"), rep.events()]).toEqual(["EFSM", ""]);
    req.send("1");
    expect(rep.events()).toBe("in");
    expect(rep.recv()).toBe("1");
    expect([rep.events(), rep.recv(), rep.errno]).toEqual(["out", null, "EFSM"]);
    expect([rep.send("one"), rep.send("two"), rep.events()]).toEqual(["ok", "EFSM", ""]);
    expect(req.recv()).toBe("one");
  });

  test("the envelope goes back as it came; malformed requests vanish", () => {
    const lab = new Lab();
    const rep = lab.socket("REP");
    const dealer = lab.socket("DEALER");
    rep.bind("inproc://a");
    dealer.connect("inproc://a");
    dealer.send("no", "delimiter");
    dealer.send("hop2", "hop1", "", "body", "more");
    expect(rep.recv()).toBe("body|more");
    rep.send("reply");
    expect(dealer.recv()).toBe("hop2|hop1||reply");
    expect(lab.fates).toEqual({ malformed: 1 });
  });

  test("a reply to a requester that has left is dropped with success, and the state goes on", () => {
    const lab = new Lab();
    const rep = lab.socket("REP");
    const gone = lab.socket("REQ");
    const stays = lab.socket("REQ");
    rep.bind("inproc://a");
    gone.connect("inproc://a");
    stays.connect("inproc://a");
    gone.send("1");
    expect(rep.recv()).toBe("1");
    gone.close();
    lab.settle();
    expect(rep.send("nobody")).toBe("ok");
    stays.send("2");
    expect(rep.recv()).toBe("2");
    rep.send("two");
    expect(stays.recv()).toBe("two");
  });

  test("a requester whose pipe is full when the request is read loses the reply", () => {
    const lab = new Lab();
    const rep = lab.socket("REP", { sndhwm: 1 });
    const dealer = lab.socket("DEALER", { rcvhwm: 1 });
    rep.bind("inproc://a");
    dealer.connect("inproc://a");
    for (let round = 0; round < 4; round++) {
      dealer.send("", String(round));
      expect(rep.recv()).toBe(String(round));
      expect(rep.send(`reply ${round}`)).toBe("ok");
    }
    expect(dealer.recvs()).toEqual(["|reply 0", "|reply 1"]);
    expect(lab.fates).toEqual({ hwm: 2 });
  });
});

describe("model 4.4, 6.5: a reply that is lost", () => {
  test("REQ over tcp waits for ever after its REP died, also after a new one came", () => {
    const lab = new Lab();
    const req = lab.lone("REQ");
    const server = lab.process("server");
    server.socket("REP").bind(TCP);
    req.connect(TCP);
    lab.settle();
    expect(req.send("1")).toBe("ok");
    lab.settle();
    server.kill();
    lab.settle(50);
    const again = lab.lone("REP");
    again.bind(TCP);
    lab.settle(1000);
    expect(req.monitored.at(-1)).toBe("HANDSHAKE_SUCCEEDED");
    expect(again.recv()).toBe(null);
    expect([req.recv(), req.errno]).toEqual([null, "EAGAIN"]);
    expect(req.send("2")).toBe("EFSM");
    expect(lab.fates).toEqual({ crashed: 1 });
  });

  test("a request still in the pipe is sent after the reconnect", () => {
    const lab = new Lab();
    const req = lab.lone("REQ");
    req.connect(TCP);
    expect(req.send("1")).toBe("ok");
    lab.settle(50);
    const rep = lab.lone("REP");
    rep.bind(TCP);
    lab.settle(1000);
    expect(rep.recv()).toBe("1");
    rep.send("one");
    lab.settle();
    expect(req.recv()).toBe("one");
  });
});

test("D25: sends of a bound socket without a peer", () => {
  const lab = new Lab();
  const outcomes = (["PUSH", "DEALER", "REQ", "PUB", "XPUB", "ROUTER", "PAIR"] as const).map((type) => {
    const socket = lab.socket(type);
    socket.bind(`inproc://${type}`);
    return [type, type === "ROUTER" ? socket.send("id", "x") : socket.send("x")];
  });
  expect(Object.fromEntries(outcomes)).toEqual({
    PUSH: "EAGAIN",
    DEALER: "EAGAIN",
    REQ: "EAGAIN",
    PAIR: "EAGAIN",
    PUB: "ok",
    XPUB: "ok",
    ROUTER: "ok",
  });
});

test("model 4: ENOTSUP where a type cannot send or receive", () => {
  const lab = new Lab();
  for (const type of ["SUB", "PULL"] as const) expect(lab.socket(type).send("x")).toBe("ENOTSUP");
  for (const type of ["PUB", "PUSH"] as const) {
    const socket = lab.socket(type);
    expect([socket.recv(), socket.errno]).toEqual([null, "ENOTSUP"]);
  }
});
