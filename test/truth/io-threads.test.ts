/** Where descriptors go: model 1.1, 11 (row 12). */
import { describe, expect, test } from "vitest";
import { Lab } from "../support/lab.ts";

const TCP = "tcp://127.0.0.1:7000";

describe("I/O threads", () => {
  test("the least loaded thread takes the next descriptor: four connections over two threads are 5 and 6", () => {
    const lab = new Lab();
    const process = lab.process("p", { ioThreads: 2 });
    const pull = process.socket("PULL");
    pull.bind(TCP);
    for (let count = 0; count < 4; count++) {
      process.socket("PUSH").connect(TCP);
      lab.settle();
    }
    const loads = process.context.ioThreads.map(({ load }) => load);
    expect([...loads].sort()).toEqual([5, 6]);
  });

  test("ties go to the first; AFFINITY restricts the choice", () => {
    const lab = new Lab();
    const process = lab.process("p", { ioThreads: 3 });
    const loads = (): number[] => process.context.ioThreads.map(({ load }) => load);
    for (const [affinity, expected] of [
      [0, [2, 1, 1]],
      [0, [2, 2, 1]],
      [0b001, [3, 2, 1]],
      [0b110, [3, 2, 2]],
    ] as const) {
      const port = 7000 + loads().reduce((sum, load) => sum + load, 0);
      expect(process.socket("PULL", { affinity }).bind(`tcp://127.0.0.1:${port}`)).toBe("ok");
      lab.settle(0);
      expect(loads()).toEqual(expected);
    }
  });

  test("everything works with several threads: 3 senders, 100 messages each, in each one's order", () => {
    const lab = new Lab({ profile: "loopback" });
    const process = lab.process("p", { ioThreads: 4 });
    const pull = process.socket("PULL");
    pull.bind(TCP);
    const pushes = [0, 1, 2].map(() => process.socket("PUSH"));
    for (const push of pushes) push.connect(TCP);
    lab.settle(50);
    for (const [index, push] of pushes.entries()) push.sends(100, (number) => [String(index), String(number)]);
    lab.settle(50);
    const messages = pull.recvs().map((message) => message.split("|"));
    for (const index of ["0", "1", "2"]) {
      const own = messages.flatMap(([sender, number]) => (sender === index ? [Number(number)] : []));
      expect(own).toEqual(Array.from({ length: 100 }, (_, number) => number));
    }
  });
});
