/** When calls look at their mailbox: D10; model 1.3. */
import { describe, expect, test } from "vitest";
import { Lab, type LabSocket } from "../support/lab.ts";
import { run } from "../support/scenario.ts";

/** PUSH to PULL over inproc, 2 + 2, full and then drained by the reader. */
function fullThenDrained(): { lab: Lab; push: LabSocket } {
  const lab = new Lab();
  const push = lab.socket("PUSH", { sndhwm: 2 });
  const pull = lab.socket("PULL", { rcvhwm: 2 });
  pull.bind("inproc://a");
  push.connect("inproc://a");
  lab.settle();
  expect(push.sends(10)).toBe(4);
  expect(pull.recvs().length).toBe(4);
  return { lab, push };
}

describe("D10: a DONTWAIT send right after a full pipe was drained", () => {
  test.each<[string, (lab: Lab, push: LabSocket) => void, string]>([
    ["immediately", () => {}, "EAGAIN"],
    ["100 us later", (lab) => lab.settle(0.1), "EAGAIN"],
    ["1 ms later, not a tick more", (lab) => lab.settle(1), "EAGAIN"],
    ["2 ms later", (lab) => lab.settle(2), "ok"],
    ["after poll", (_lab, push) => void push.events(), "ok"],
    ["after getsockopt(EVENTS)", (_lab, push) => void push.get("events"), "ok"],
    ["after getsockopt(SNDHWM)", (_lab, push) => void push.get("sndhwm"), "EAGAIN"],
    ["after setsockopt(LINGER)", (_lab, push) => void push.set("linger", 0), "EAGAIN"],
    ["after a bind", (_lab, push) => void push.bind("inproc://b"), "ok"],
    ["after an unbind of an unknown endpoint", (_lab, push) => void push.unbind("inproc://c"), "ok"],
  ])("%s", (_name, meanwhile, outcome) => {
    const { lab, push } = fullThenDrained();
    meanwhile(lab, push);
    expect(push.send("x")).toBe(outcome);
  });

  test("unthrottled drains do not count as the last one", () => {
    const { lab, push } = fullThenDrained();
    lab.settle(0.6);
    push.events();
    lab.settle(0.6); // 1.2 ms after the last throttled drain, 0.6 ms after the other
    expect(push.sends(10)).toBe(4);
  });

  test("a blocking send goes through at once", () => {
    const record = run({
      nodes: {
        node: {
          sockets: {
            push: { type: "PUSH", options: { sndhwm: 2 }, connect: ["inproc://a"] },
            pull: { type: "PULL", options: { rcvhwm: 2 }, bind: ["inproc://a"] },
          },
          program: [
            { sleep: "5ms" },
            { repeat: 4, do: [{ send: "push", frames: ["x"], dontwait: true }] },
            { send: "push", frames: ["full"], dontwait: true, error: "e" },
            { repeat: 4, do: [{ recv: "pull" }] },
            { send: "push", frames: ["again"], dontwait: true, error: "e" },
            { send: "push", frames: ["waits"] },
          ],
        },
      },
    });
    const sends = record.events.flatMap((event) => (event.ev === "call" && event.call === "send" ? [event] : []));
    expect(sends.map(({ result }) => result)).toEqual(["ok", "ok", "ok", "ok", "EAGAIN", "EAGAIN", "ok"]);
    expect(sends.at(-1)?.waited ?? 0).toBe(0);
  });
});

test("D10: a DONTWAIT recv is not affected", () => {
  const lab = new Lab();
  const push = lab.socket("PUSH");
  const pull = lab.socket("PULL");
  pull.bind("inproc://a");
  push.connect("inproc://a");
  lab.settle();
  for (let round = 0; round < 5; round++) {
    expect(pull.recv()).toBe(null);
    push.send(String(round));
    expect(pull.recv()).toBe(String(round));
  }
});

describe("D10: PUB sending right after a subscription of the same thread", () => {
  test.each([
    ["immediately", 0, null],
    ["2 ms later", 2, "second"],
  ])("%s", (_name, pause, received) => {
    const lab = new Lab();
    const pub = lab.socket("PUB");
    const sub = lab.socket("SUB");
    pub.bind("inproc://a");
    sub.connect("inproc://a");
    lab.settle();
    pub.send("first");
    sub.subscribe("");
    lab.settle(pause);
    pub.send("second");
    lab.settle();
    expect(sub.recv()).toBe(received);
  });
});

describe("model 1.3: recv looks at commands only every 100 calls while there are messages", () => {
  test("a new peer joins the fair queue at the hundredth", () => {
    const lab = new Lab();
    const pull = lab.socket("PULL");
    const first = lab.socket("PUSH", { sndhwm: 0 });
    pull.bind("inproc://a");
    first.connect("inproc://a");
    lab.settle();
    pull.events();
    first.sends(300, (number) => [`first ${number}`]);
    pull.recv(); // nothing in the pipe yet when it was last looked at: this drains and starts the count anew
    const second = lab.socket("PUSH");
    second.connect("inproc://a");
    second.send("second");
    lab.settle();
    const messages = pull.recvs();
    expect(messages.indexOf("second")).toBeGreaterThanOrEqual(97);
    expect(messages.indexOf("second")).toBeLessThanOrEqual(100);
  });
});

test("model 1.3: the first send of a socket always drains", () => {
  const lab = new Lab();
  const push = lab.socket("PUSH");
  const pull = lab.socket("PULL");
  push.bind("inproc://a");
  pull.connect("inproc://a");
  expect(push.send("x")).toBe("ok");
  expect(pull.recv()).toBe("x");
});

test("gotcha 54: within the throttle a message may go into the pipe of a peer that has left", () => {
  const lab = new Lab();
  const push = lab.socket("PUSH");
  const pull = lab.socket("PULL");
  push.bind("inproc://a");
  pull.connect("inproc://a");
  expect(push.send("seen")).toBe("ok");
  pull.close();
  lab.settle(0);
  expect(push.send("into the dying pipe")).toBe("ok");
  lab.settle();
  expect(push.send("refused")).toBe("EAGAIN");
  lab.settle();
  expect(lab.fates).toEqual({ "receiver-closed": 2 });
});
