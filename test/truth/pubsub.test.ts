/** Subscriptions and their messages: D11, D18, D26; model 4.7, 4.8, 5. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const ENDPOINT: Readonly<Record<Transport, string>> = { inproc: "inproc://a", tcp: "tcp://127.0.0.1:7000" };
const TCP = ENDPOINT.tcp;
const make = (lab: Lab, transport: Transport) => (transport === "inproc" ? lab.socket : lab.lone).bind(lab);
const ADD = "\x01";
const CANCEL = "\0";

function quiesce(lab: Lab, ...sockets: readonly LabSocket[]): void {
  for (let round = 0; round < 3; round++) {
    lab.settle();
    for (const socket of sockets) socket.events();
  }
}

describe("model 5: the order in which a new publisher gets the subscriptions", () => {
  // Bytes ascending, a prefix before its extension.
  test.each<Transport>(["inproc", "tcp"])("%s", (transport) => {
    const lab = new Lab();
    const xpub = make(lab, transport)("XPUB");
    const sub = make(lab, transport)("SUB").subscribe("zz", "b", "a", "ab", "", "a");
    xpub.bind(ENDPOINT[transport]);
    sub.connect(ENDPOINT[transport]);
    quiesce(lab, xpub);
    expect(xpub.recvs()).toEqual(["", "a", "ab", "b", "zz"].map((prefix) => ADD + prefix));
  });

  test("the measured list", () => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB");
    const sub = lab.socket("SUB").subscribe("b", "a", "ab", "abc", "abd", "", "zz", "ac", "x", "a", "b1", "b0");
    sub.connect("inproc://a");
    xpub.bind("inproc://a");
    const order = ["", "a", "ab", "abc", "abd", "ac", "b", "b0", "b1", "x", "zz"];
    expect(xpub.recvs()).toEqual(order.map((prefix) => ADD + prefix));
  });
});

describe("model 4.8, 5: references", () => {
  test("each subscribe is sent, an unsubscribe only with the last reference, an unknown one never", () => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB", { xpub_verbose: 1 });
    const sub = lab.socket("SUB");
    xpub.bind("inproc://a");
    sub.connect("inproc://a");
    xpub.events();
    sub.subscribe("A", "A");
    expect(xpub.recvs()).toEqual([`${ADD}A`, `${ADD}A`]);
    sub.unsubscribe("A", "unknown");
    expect(xpub.recvs()).toEqual([]);
    sub.unsubscribe("A", "A");
    expect(xpub.recvs()).toEqual([`${CANCEL}A`]);
  });

  test.each<Transport>(["inproc", "tcp"])(
    "a raw XSUB over %s: +A +A +'' -A -A -A and a user message up, AAA and B down",
    (transport) => {
      const lab = new Lab();
      const xpub = make(lab, transport)("XPUB");
      const xsub = make(lab, transport)("XSUB");
      xpub.bind(ENDPOINT[transport]);
      xsub.connect(ENDPOINT[transport]);
      quiesce(lab, xpub);
      for (const text of [`${ADD}A`, `${ADD}A`, ADD, `${CANCEL}A`, `${CANCEL}A`, `${CANCEL}A`, "hello"])
        xsub.send(text);
      lab.settle();
      expect(xpub.recvs()).toEqual([`${ADD}A`, ADD, `${CANCEL}A`, "hello"]);
      for (const text of ["AAA", "B"]) xpub.send(text);
      lab.settle();
      expect(xsub.recvs()).toEqual(["AAA", "B"]);
    },
  );

  test("what comes up in frames goes whole to those who were there at the first", () => {
    const lab = new Lab();
    const xsub = lab.socket("XSUB");
    const [first, joiner] = [lab.socket("XPUB"), lab.socket("XPUB")];
    xsub.bind("inproc://a");
    first.connect("inproc://a");
    lab.settle();
    xsub.events();
    xsub.sendMore("u");
    joiner.connect("inproc://a");
    lab.settle();
    xsub.events();
    xsub.sendMore("v");
    xsub.send("w");
    xsub.send("next");
    expect([first.recvs(), joiner.recvs()]).toEqual([["u|v|w", "next"], ["next"]]);
  });

  test("a cancellation of a subscription that was lost at the limit is told, too", () => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB", { rcvhwm: 1 });
    const sub = lab.socket("SUB", { sndhwm: 1 });
    xpub.bind("inproc://a");
    sub.connect("inproc://a");
    sub.subscribe("a", "b", "lost");
    expect(xpub.recvs()).toEqual([`${ADD}a`, `${ADD}b`]);
    sub.events();
    sub.unsubscribe("lost");
    expect(xpub.recvs()).toEqual([`${CANCEL}lost`]);
  });

  test("an unsubscribe of an unknown (pipe, prefix) reaches the XPUB's user although others hold the prefix", () => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB");
    const [first, second] = [lab.socket("XSUB"), lab.socket("XSUB")];
    xpub.bind("inproc://a");
    for (const xsub of [first, second]) xsub.connect("inproc://a");
    first.send(`${ADD}A`);
    // An XSUB keeps its own table, so it takes two subscriptions and a publisher that heard of neither.
    expect(xpub.recvs()).toEqual([`${ADD}A`]);
    const late = lab.socket("XPUB");
    second.send(`${ADD}B`);
    late.bind("inproc://late");
    expect(xpub.recvs()).toEqual([`${ADD}B`]);
    second.send(`${CANCEL}B`);
    expect(xpub.recvs()).toEqual([`${CANCEL}B`]);
  });
});

describe("D18: a gapless run to the end, once", () => {
  test.each<Transport>(["inproc", "tcp"])("overlapping prefixes deliver once over %s", (transport) => {
    const lab = new Lab();
    const pub = make(lab, transport)("PUB");
    const sub = make(lab, transport)("SUB").subscribe("a", "ab", "abc", "");
    pub.bind(ENDPOINT[transport]);
    sub.connect(ENDPOINT[transport]);
    quiesce(lab, pub);
    for (const topic of ["abc", "ab", "b", ""]) pub.send(topic);
    lab.settle();
    expect(sub.recvs()).toEqual(["abc", "ab", "b", ""]);
  });

  test("a subscriber that joins gets everything from then on", () => {
    const lab = new Lab();
    const pub = lab.lone("PUB");
    pub.bind(TCP);
    const subs: LabSocket[] = [];
    for (let number = 0; number < 40; number++) {
      if (number % 10 === 5) {
        const sub = lab.lone("SUB").subscribe("");
        sub.connect(TCP);
        subs.push(sub);
      }
      pub.send(String(number));
      lab.settle(2);
    }
    lab.settle();
    for (const sub of subs) {
      const numbers = sub.recvs().map(Number);
      expect(numbers.at(-1)).toBe(39);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 40 - numbers.length + index));
    }
    expect(lab.fates["no-peer"]).toBeGreaterThan(0);
  });
});

describe("D11: subscriptions are applied when the publisher next processes commands, pipe by pipe", () => {
  test.each<Transport>(["inproc", "tcp"])("%s: all of the first peer's before the second's", (transport) => {
    const lab = new Lab();
    const xpub = make(lab, transport)("XPUB", { xpub_verboser: 1 });
    const [first, second] = [make(lab, transport)("SUB"), make(lab, transport)("SUB")];
    xpub.bind(ENDPOINT[transport]);
    for (const sub of [first, second]) sub.connect(ENDPOINT[transport]);
    quiesce(lab, xpub);
    xpub.recvs();
    for (const round of ["1", "2"]) {
      first.subscribe(`a${round}`);
      lab.settle(1);
      second.subscribe(`b${round}`);
      lab.settle(1);
    }
    first.unsubscribe("a1");
    lab.settle();
    expect(xpub.recvs()).toEqual([`${ADD}a1`, `${ADD}a2`, `${CANCEL}a1`, `${ADD}b1`, `${ADD}b2`]);
  });
});

describe("model 5: prefixes and SNDHWM", () => {
  const prefixes = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `t${String(index).padStart(4, "0")}`);

  test("1500 before the connect: the first 1000 arrive, in order", () => {
    const lab = new Lab();
    const xpub = lab.lone("XPUB");
    const sub = lab.lone("SUB").subscribe(...prefixes(1500));
    xpub.bind(TCP);
    sub.connect(TCP);
    quiesce(lab, xpub, sub);
    expect(xpub.recvs()).toEqual(prefixes(1000).map((prefix) => ADD + prefix));
  });

  test("on a live link only 1000 too, for setsockopt drains nothing; with a draining call between, all", () => {
    for (const draining of [false, true]) {
      const lab = new Lab();
      const xpub = lab.lone("XPUB");
      const sub = lab.lone("SUB");
      xpub.bind(TCP);
      sub.connect(TCP);
      quiesce(lab, xpub, sub);
      for (const prefix of prefixes(1500)) {
        sub.subscribe(prefix);
        lab.settle(0.01);
        if (draining) sub.events();
      }
      quiesce(lab, xpub);
      expect(xpub.recvs().length).toBe(draining ? 1500 : 1000);
    }
  });

  test("inproc: SNDHWM + RCVHWM; SNDHWM 0: all", () => {
    for (const [sndhwm, rcvhwm, arrived] of [
      [10, 5, 15],
      [0, 5, 100],
    ] as const) {
      const lab = new Lab();
      const xpub = lab.socket("XPUB", { rcvhwm });
      const sub = lab.socket("SUB", { sndhwm }).subscribe(...prefixes(100));
      xpub.bind("inproc://a");
      sub.connect("inproc://a");
      expect(xpub.recvs().length).toBe(arrived);
    }
  });

  test("the publisher's RCVHWM never drops: all 100 arrive with a limit of 10", () => {
    const lab = new Lab();
    const xpub = lab.lone("XPUB", { rcvhwm: 10 });
    const sub = lab.lone("SUB").subscribe(...prefixes(100));
    xpub.bind(TCP);
    sub.connect(TCP);
    for (let round = 0; round < 30; round++) quiesce(lab, xpub);
    expect(xpub.recvs().length).toBe(100);
  });
});

describe("model 2.6: after a reconnect", () => {
  /** A SUB of 1300 prefixes, all known to the publisher's process, which then dies and comes back. */
  function reconnecting(count: number, options: Readonly<Record<string, number>> = {}) {
    const lab = new Lab();
    const sub = lab.lone("SUB", options);
    let server = lab.process("server");
    const serve = (): LabSocket => {
      server = lab.process("server");
      const xpub = server.socket("XPUB");
      xpub.bind(TCP);
      return xpub;
    };
    const xpub = serve();
    sub.connect(TCP);
    quiesce(lab, xpub, sub);
    for (let index = 0; index < count; index++) {
      sub.subscribe(`t${String(index).padStart(4, "0")}`);
      lab.settle(0.01);
      sub.events();
    }
    quiesce(lab, xpub);
    return { lab, sub, xpub, serve, kill: () => server.kill() };
  }

  test("1300 live prefixes, SNDHWM 1000: the first reconnect resends 700, the next ones 1000", () => {
    const { lab, sub, xpub, serve, kill } = reconnecting(1300);
    expect(xpub.recvs().length).toBe(1300);
    for (const resent of [700, 1000, 1000]) {
      kill();
      lab.settle(10);
      const next = serve();
      lab.settle(500);
      quiesce(lab, sub, next);
      quiesce(lab, sub, next);
      expect(next.recvs().length).toBe(resent);
    }
  });

  test("SNDHWM 10 with 3 read: of 8 prefixes only 7 go out", () => {
    const lab = new Lab();
    const sub = lab.lone("SUB", { sndhwm: 10 });
    const server = lab.process("server");
    const xpub = server.socket("XPUB");
    xpub.bind(TCP);
    sub.connect(TCP);
    quiesce(lab, xpub, sub);
    sub.subscribe("a", "b", "c");
    quiesce(lab, xpub);
    expect(xpub.recvs().length).toBe(3);
    server.kill();
    lab.settle(10);
    sub.subscribe("d", "e", "f", "g", "h"); // to the old queue, or the new; once in the end
    const next = lab.lone("XPUB");
    next.bind(TCP);
    lab.settle(500);
    quiesce(lab, sub, next);
    expect(next.recvs().length).toBe(7);
  });

  test("a silent SUB is connected again but has no subscription until it makes a draining call", () => {
    const { lab, sub, xpub, serve, kill } = reconnecting(2);
    expect(xpub.recvs().length).toBe(2);
    kill();
    lab.settle(10);
    const next = serve();
    lab.settle(500);
    sub.subscribe("added"); // setsockopt drains nothing
    quiesce(lab, next);
    expect(sub.monitored.filter((event) => event === "HANDSHAKE_SUCCEEDED").length).toBe(2);
    expect(next.recvs()).toEqual([]);
    sub.events();
    quiesce(lab, next);
    expect(next.recvs()).toEqual(["added", "t0000", "t0001"].map((prefix) => ADD + prefix));
  });

  test("a SUB that binds sends all prefixes to each new publisher when it drains", () => {
    const lab = new Lab();
    const sub = lab.lone("SUB").subscribe("b", "a");
    sub.bind(TCP);
    for (let round = 0; round < 2; round++) {
      const xpub = lab.lone("XPUB");
      xpub.connect(TCP);
      quiesce(lab, xpub);
      expect(xpub.recvs()).toEqual([]);
      quiesce(lab, sub, xpub);
      expect(xpub.recvs()).toEqual([`${ADD}a`, `${ADD}b`]);
    }
  });
});

describe("model 1.5, 4.7: a subscriber leaves", () => {
  test("an XPUB hears of it not in its first but in a later recv: two drains", () => {
    const lab = new Lab();
    const xpub = lab.lone("XPUB");
    const sub = lab.lone("SUB").subscribe("A", "B");
    xpub.bind(TCP);
    sub.connect(TCP);
    quiesce(lab, xpub);
    expect(xpub.recvs()).toEqual([`${ADD}A`, `${ADD}B`]);
    sub.close();
    lab.settle();
    expect(xpub.recv()).toBe(null); // drain 1: pipe_term, answered
    lab.settle();
    expect(xpub.recvs()).toEqual([`${CANCEL}A`, `${CANCEL}B`]); // drain 2: the acknowledgement
  });

  test("TOPICS_COUNT is not counted down by the end of a pipe", () => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB");
    xpub.bind("inproc://a");
    for (const drifted of [2, 4, 6]) {
      const sub = lab.socket("SUB").subscribe("A", "B");
      sub.connect("inproc://a");
      quiesce(lab, xpub);
      expect(xpub.get("topics_count")).toBe(drifted);
      sub.close();
      quiesce(lab, xpub);
      expect(xpub.get("topics_count")).toBe(drifted);
    }
    const sub = lab.socket("SUB").subscribe("A", "B", "A");
    expect(sub.get("topics_count")).toBe(2);
    sub.unsubscribe("A");
    expect(sub.get("topics_count")).toBe(2);
    sub.unsubscribe("A");
    expect(sub.get("topics_count")).toBe(1);
  });

  test("messages under way when it unsubscribes are filtered at recv, by a SUB only", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    const sub = lab.socket("SUB").subscribe("A", "B");
    const xsub = lab.socket("XSUB");
    pub.bind("inproc://a");
    for (const socket of [sub, xsub]) socket.connect("inproc://a");
    for (const topic of ["A", "B"]) xsub.send(ADD + topic);
    lab.settle();
    for (const text of ["A1", "B1", "A2"]) pub.send(text, "more");
    sub.unsubscribe("A");
    xsub.send(`${CANCEL}A`);
    expect(sub.recvs()).toEqual(["B1|more"]);
    expect(xsub.recvs()).toEqual(["A1|more", "B1|more", "A2|more"]);
    expect(lab.fates).toEqual({ filtered: 2 });
  });
});

describe("D26: inproc connect before bind", () => {
  test("nothing queued is lost for PUSH and DEALER; PUB drops what it sent before the subscription", () => {
    for (const [sender, receiver] of [
      ["PUSH", "PULL"],
      ["DEALER", "DEALER"],
      ["PUB", "SUB"],
    ] as const) {
      const lab = new Lab();
      const from = lab.socket(sender);
      const to = lab.socket(receiver);
      if (receiver === "SUB") to.subscribe("");
      from.connect("inproc://a");
      expect(from.sends(3)).toBe(3);
      to.bind("inproc://a");
      lab.settle();
      expect(from.sends(1)).toBe(1);
      expect(to.recvs()).toEqual(sender === "PUB" ? ["3"] : ["0", "1", "2", "3"]);
    }
  });
});

describe("model 4.7: fan-out", () => {
  test("each subscriber with a matching prefix gets it, in each one's own order (DIFFERS(fan-out-order))", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    pub.bind("inproc://a");
    const subs = ["", "A", "AB", "B"].map((prefix) => {
      const sub = lab.socket("SUB").subscribe(prefix);
      sub.connect("inproc://a");
      return sub;
    });
    for (const text of ["A1", "AB2", "B3", "C4"]) pub.send(text);
    expect(subs.map((sub) => sub.recvs().join(" "))).toEqual(["A1 AB2 B3 C4", "A1 AB2", "AB2", "B3"]);
  });

  test("the first frame decides, and a joiner gets no half messages", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    const [first, joiner] = [lab.socket("SUB").subscribe("A"), lab.socket("SUB").subscribe("A", "B")];
    pub.bind("inproc://a");
    first.connect("inproc://a");
    expect(pub.sendMore("A")).toBe("ok");
    joiner.connect("inproc://a");
    lab.settle();
    pub.events();
    pub.send("B");
    pub.send("A", "next");
    expect([first.recvs(), joiner.recvs()]).toEqual([["A|B", "A|next"], ["A|next"]]);
  });

  test("a full subscriber misses whole messages, until its credit comes: gotcha 8, 2 + 3", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB", { sndhwm: 2 });
    const [slow, quick] = [lab.socket("SUB", { rcvhwm: 3 }).subscribe(""), lab.socket("SUB").subscribe("")];
    pub.bind("inproc://a");
    for (const sub of [slow, quick]) sub.connect("inproc://a");
    expect(pub.sends(20, (number) => [String(number), "more"])).toBe(20);
    expect(slow.recvs().length).toBe(5);
    expect(quick.recvs().length).toBe(20);
    expect(lab.fates).toEqual({ hwm: 15 });
  });

  test("INVERT_MATCHING on both sides: everything else", () => {
    for (const [prefixes, got] of [
      [[], ["A1", "B2", "C3"]],
      [["A", "B"], ["C3"]],
      [[""], []],
    ] as const) {
      const lab = new Lab();
      const pub = lab.socket("PUB", { invert_matching: 1 });
      const sub = lab.socket("SUB", { invert_matching: 1 }).subscribe(...prefixes);
      pub.bind("inproc://a");
      sub.connect("inproc://a");
      lab.settle();
      for (const text of ["A1", "B2", "C3"]) pub.send(text);
      expect(sub.recvs()).toEqual(got);
    }
    const lab = new Lab();
    const pub = lab.socket("PUB", { invert_matching: 1 });
    const plain = lab.socket("SUB").subscribe("A");
    pub.bind("inproc://a");
    plain.connect("inproc://a");
    for (const text of ["A1", "B2"]) pub.send(text);
    expect(plain.recvs()).toEqual([]);
  });
});
