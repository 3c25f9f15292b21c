/** What an XPUB tells its user: D11; model 4.7. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket, type Options } from "../support/lab.ts";

type Transport = "inproc" | "tcp";
const ENDPOINT: Readonly<Record<Transport, string>> = { inproc: "inproc://a", tcp: "tcp://127.0.0.1:7000" };
const make = (lab: Lab, transport: Transport) => (transport === "inproc" ? lab.socket : lab.lone).bind(lab);

function quiesce(lab: Lab, ...sockets: readonly LabSocket[]): void {
  for (let round = 0; round < 3; round++) {
    lab.settle();
    for (const socket of sockets) socket.events();
  }
}

/** "+A" and "-A" for the frames that an XPUB's user reads. */
const told = (xpub: LabSocket): string =>
  xpub
    .recvs()
    .map((text) => (text[0] === "\x01" ? "+" : "-") + text.slice(1))
    .join(" ");

describe("two subscribers: s1+A s1+A s2+A s2+AB s1-A s1-A s2-A s2-zz close(s2)", () => {
  function play(
    transport: Transport,
    options: Options,
    each: (step: () => void, xpub: LabSocket, lab: Lab) => void,
  ): void {
    const lab = new Lab();
    const xpub = make(lab, transport)("XPUB", options);
    const [s1, s2] = [make(lab, transport)("SUB"), make(lab, transport)("SUB")];
    xpub.bind(ENDPOINT[transport]);
    for (const sub of [s1, s2]) sub.connect(ENDPOINT[transport]);
    quiesce(lab, xpub);
    const steps = [
      () => s1.subscribe("A"),
      () => s1.subscribe("A"),
      () => s2.subscribe("A"),
      () => s2.subscribe("AB"),
      () => s1.unsubscribe("A"),
      () => s1.unsubscribe("A"),
      () => s2.unsubscribe("A"),
      () => s2.unsubscribe("zz"),
      () => s2.close(),
    ];
    for (const step of steps) each(step, xpub, lab);
  }

  const MEASURED: readonly (readonly [string, Options, string])[] = [
    ["default", {}, "+A -A +A +AB -A -AB"],
    ["XPUB_VERBOSE", { xpub_verbose: 1 }, "+A +A -A +A +AB -A -AB"],
    ["XPUB_VERBOSER", { xpub_verboser: 1 }, "+A +A -A +A +AB -A -AB"],
  ];
  describe.each<Transport>(["inproc", "tcp"])(
    "measured over %s: the XPUB drains once, at the end (D11)",
    (transport) => {
      test.each(MEASURED)("%s", (_name, options, expected) => {
        let last: LabSocket | null = null;
        let world: Lab | null = null;
        play(transport, options, (step, xpub, lab) => {
          step();
          lab.settle(1);
          [last, world] = [xpub, lab];
        });
        const [xpub, lab] = [last as unknown as LabSocket, world as unknown as Lab];
        const messages: string[] = [];
        for (let round = 0; round < 3; round++) {
          messages.push(told(xpub));
          lab.settle();
        }
        expect(messages.filter((text) => text !== "").join(" ")).toBe(expected);
      });
    },
  );

  test.each([
    ["default", {}, "+A, , , +AB, , , -A, , -AB"],
    ["XPUB_VERBOSE", { xpub_verbose: 1 }, "+A, +A, +A, +AB, , , -A, , -AB"],
    ["XPUB_VERBOSER", { xpub_verboser: 1 }, "+A, +A, +A, +AB, , -A, -A, , -AB"],
  ])("%s, read after each step", (_name, options: Options, expected) => {
    const messages: string[] = [];
    play("inproc", options, (step, xpub, lab) => {
      step();
      quiesce(lab, xpub);
      messages.push(told(xpub));
    });
    expect(messages.join(", ")).toBe(expected);
  });
});

test.each<Transport>(["inproc", "tcp"])(
  "the end of a pipe over %s: only prefixes that lost their last pipe, with VERBOSER all",
  (transport) => {
    for (const [options, expected] of [
      [{}, "-B"],
      [{ xpub_verbose: 1 }, "-B"],
      [{ xpub_verboser: 1 }, "-A -B"],
    ] as const) {
      const lab = new Lab();
      const xpub = make(lab, transport)("XPUB", options);
      const stays = make(lab, transport)("SUB").subscribe("A");
      const leaves = make(lab, transport)("SUB").subscribe("B", "A");
      xpub.bind(ENDPOINT[transport]);
      for (const sub of [stays, leaves]) sub.connect(ENDPOINT[transport]);
      quiesce(lab, xpub);
      told(xpub);
      leaves.close();
      quiesce(lab, xpub);
      expect(told(xpub)).toBe(expected);
    }
  },
);

test("gotcha 41: VERBOSE set after VERBOSER turns verbose unsubscription off", () => {
  const lab = new Lab();
  const xpub = lab.socket("XPUB", { xpub_verboser: 1, xpub_verbose: 1 });
  const subs = [lab.socket("SUB"), lab.socket("SUB")];
  xpub.bind("inproc://a");
  for (const sub of subs) sub.subscribe("A").connect("inproc://a");
  expect(told(xpub)).toBe("+A +A");
  subs[0]?.unsubscribe("A");
  expect(told(xpub)).toBe("");
});

describe("XPUB_NODROP", () => {
  test.each(["XPUB", "PUB"] as const)(
    "%s: EAGAIN, and nobody gets the message, when a matching subscriber is full",
    (type) => {
      const lab = new Lab();
      const pub = lab.socket(type, { sndhwm: 1, xpub_nodrop: 1 });
      const [full, other] = [lab.socket("SUB", { rcvhwm: 1 }).subscribe("A"), lab.socket("SUB").subscribe("A", "B")];
      pub.bind("inproc://a");
      for (const sub of [full, other]) sub.connect("inproc://a");
      lab.settle();
      expect([pub.send("A1"), pub.send("A2"), pub.send("A3")]).toEqual(["ok", "ok", "EAGAIN"]);
      expect(pub.send("B1")).toBe("ok");
      expect(pub.events()).toContain("out");
      expect(other.recvs()).toEqual(["A1", "A2", "B1"]);
      expect(full.recvs()).toEqual(["A1", "A2"]);
      lab.settle();
      expect(pub.send("A4")).toBe("ok");
      expect([full.recvs(), other.recvs()]).toEqual([["A4"], ["A4"]]);
      expect(lab.fates).toEqual({});
    },
  );
});

describe("XPUB_WELCOME_MSG", () => {
  test("goes to each new pipe when the publisher hears of it, filtered by what the SUB wants when it reads", () => {
    const lab = new Lab();
    const pub = lab.lone("PUB", { xpub_welcome_msg: "WELCOME" });
    const [early, late, xsub] = [lab.lone("SUB").subscribe("W"), lab.lone("SUB"), lab.lone("XSUB")];
    pub.bind(ENDPOINT.tcp);
    for (const socket of [early, late, xsub]) socket.connect(ENDPOINT.tcp);
    lab.settle();
    expect(xsub.recvs()).toEqual([]);
    pub.events();
    lab.settle();
    late.subscribe("");
    expect([early.recvs(), late.recvs(), xsub.recvs()]).toEqual([["WELCOME"], ["WELCOME"], ["WELCOME"]]);
    pub.set("xpub_welcome_msg", "");
    const last = lab.lone("XSUB");
    last.connect(ENDPOINT.tcp);
    quiesce(lab, pub);
    expect(last.recvs()).toEqual([]);
  });

  test("a connecting publisher says it once, not after a reconnect", () => {
    const lab = new Lab();
    const pub = lab.lone("PUB", { xpub_welcome_msg: "WELCOME" });
    const server = lab.process("server");
    const first = server.socket("XSUB");
    first.bind(ENDPOINT.tcp);
    pub.connect(ENDPOINT.tcp);
    lab.settle();
    expect(first.recvs()).toEqual(["WELCOME"]);
    server.kill();
    lab.settle(10);
    const second = lab.lone("XSUB");
    second.bind(ENDPOINT.tcp);
    lab.settle(500);
    pub.events();
    lab.settle();
    expect(second.recvs()).toEqual([]);
  });
});

describe("frames of a message that look like subscriptions", () => {
  // The XPUB's user sees the same either way; what differs is whether the second frame subscribed.
  test.each([
    [0, ["\x01A", "\x01B"], ["\x01A", "\x01B"], ["A", "B"]],
    [1, ["\x01A", "\x01B"], ["\x01A", "\x01B"], ["A", "B"]],
    [0, ["user", "\x01C"], ["user|\x01C"], ["C"]],
    [1, ["user", "\x01C"], ["user|\x01C"], []],
  ])("ONLY_FIRST_SUBSCRIBE %i: %j", (only_first_subscribe, frames, messages, subscribed) => {
    const lab = new Lab();
    const xpub = lab.socket("XPUB", { only_first_subscribe });
    const xsub = lab.socket("XSUB", { only_first_subscribe });
    xpub.bind("inproc://a");
    xsub.connect("inproc://a");
    lab.settle();
    xsub.send(...frames);
    expect(xpub.recvs()).toEqual(messages);
    for (const topic of ["A", "B", "C"]) xpub.send(topic);
    expect(xsub.recvs()).toEqual(subscribed);
  });

  test("a PUB discards user messages from below", () => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    const xsub = lab.socket("XSUB");
    pub.bind("inproc://a");
    xsub.connect("inproc://a");
    xsub.send("hello");
    pub.events();
    expect(lab.fates).toEqual({ malformed: 1 });
  });
});
