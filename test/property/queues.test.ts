/** The queues that messages wait in against plain lists. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileDistribution } from "../../src/kernel/distribution.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { Instant } from "../../src/kernel/time.ts";
import { Link } from "../../src/network/link.ts";
import { StreamEnd } from "../../src/network/stream.ts";
import { Frame, MORE } from "../../src/pipe/frame.ts";
import { YPipe } from "../../src/pipe/ypipe.ts";

const op = fc.record({
  do: fc.constantFrom("part", "last", "back", "flush", "read", "check"),
  times: fc.integer({ min: 1, max: 9 }),
});

test("a pipe's queue gives what was written, flushed and not taken back", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 200 }), (script) => {
      const queue = new YPipe();
      const seen: string[] = [];
      const complete: string[] = [];
      const unfinished: string[] = [];
      let number = 0;
      for (const { do: what, times } of script) {
        for (let time = 0; time < times; time++) {
          const name = `${number}`;
          if (what === "part" || what === "last") {
            number++;
            queue.write(Frame.of(name, what === "part" ? MORE : 0), what === "part");
            unfinished.push(name);
            if (what === "last") complete.push(...unfinished.splice(0));
          } else if (what === "back") expect(queue.unwrite()?.bytes).toBe(unfinished.pop());
          else if (what === "flush") {
            queue.flush();
            seen.push(...complete.splice(0));
          } else if (what === "read") expect(queue.read()?.bytes).toBe(seen.shift());
          else expect(queue.checkRead()).toBe(seen.length > 0);
        }
      }
      expect(queue.remaining().map(({ bytes }) => bytes)).toEqual([...seen, ...complete, ...unfinished]);
    }),
    { numRuns: 300 },
  );
});

test("a stream gives thousands of waiting items once each, in order, when their bytes are read", () => {
  const kernel = new Kernel({ seed: "1" });
  const shape = { latency: compileDistribution(1000), bandwidth: 0 };
  const link = (from: string, to: string): Link => new Link(from, to, shape, kernel.random.stream(`${from}/${to}`));
  const [near, far] = StreamEnd.pair({
    kernel,
    transport: "tcp",
    owners: ["near", "far"],
    links: [link("near", "far"), link("far", "near")],
    capacity: [1e9, 1e9],
    itemLost: () => undefined,
  });
  const draw = kernel.random.stream("draw");
  const sizes: number[] = [];
  let taken = 0;
  let read = 0;
  let ends = 0;
  for (let round = 0; round < 40; round++) {
    let bytes = 0;
    for (let count = draw.int(400); count > 0; count--) {
      const size = 1 + draw.int(20);
      near.announce(sizes.length, size);
      sizes.push(size);
      bytes += size;
    }
    if (bytes > 0) near.write(bytes, kernel.now);
    kernel.run((kernel.now + 2000) as Instant);
    // Behind at first, so that many wait.
    read += far.read(draw.int(round < 25 ? 1500 : 9000));
    for (let item = far.takeItem(); item !== undefined; item = far.takeItem()) {
      expect(item).toBe(taken);
      ends += sizes[taken++] as number;
    }
    expect(ends).toBeLessThanOrEqual(read);
    expect(read - ends).toBeLessThan(sizes[taken] ?? 1);
  }
  expect(taken).toBe(sizes.length);
  expect(taken).toBeGreaterThan(4000);
});
