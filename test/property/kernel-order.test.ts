/**
 * Whatever tier an event goes through, the executed order is a plain sort by (time, seq).
 *
 * The same script runs on the kernel and on the obvious slow model: one array, searched for the least
 * (time, seq) at every step. Scripts act before the run and again inside every event.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Actor, EventId } from "../../src/kernel/kernel.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";

type Action =
  | { readonly kind: "heap" | "lane"; readonly delay: number }
  | { readonly kind: "fan-out" | "lane fan-out"; readonly delay: number; readonly targets: number }
  | { readonly kind: "cancel"; readonly pick: number };

/** What a script needs; ids are indexes into the list of cancellable events. */
interface Subject {
  heap(delay: number, arg: number): void;
  lane(delay: number, arg: number): void;
  fanOut(delay: number, targets: number, arg: number): void;
  laneFanOut(delay: number, targets: number, arg: number): void;
  cancel(pick: number): boolean;
}

type Fire = (now: number, target: number, arg: number) => void;

class Real implements Subject {
  private readonly kernel = new Kernel({ seed: "1" });
  private readonly ids: EventId[] = [];
  private readonly actors: Actor[];

  constructor(fire: Fire) {
    this.actors = [0, 1, 2, 3].map((target) => ({
      label: `${target}`,
      fire: (_op: number, arg: number) => fire(this.kernel.now, target, arg),
    }));
  }

  heap(delay: number, arg: number): void {
    this.ids.push(this.kernel.schedule(delay as Duration, this.actors[0]!, 0, arg));
  }

  lane(delay: number, arg: number): void {
    this.kernel.lane(delay as Duration).schedule(this.actors[0]!, 0, arg);
  }

  fanOut(delay: number, targets: number, arg: number): void {
    this.kernel.fanOut(delay as Duration, this.actors.slice(0, targets), 0, arg);
  }

  laneFanOut(delay: number, targets: number, arg: number): void {
    this.kernel.lane(delay as Duration).fanOut(this.actors.slice(0, targets), 0, arg);
  }

  cancel(pick: number): boolean {
    return this.ids.length > 0 && this.kernel.cancel(this.ids[pick % this.ids.length]!);
  }

  /** Runs in slices of 3 ns with single steps between, to meet every way in. */
  run(): number {
    while (this.kernel.run((this.kernel.now + 3) as Instant) !== "quiet") this.kernel.step();
    return this.kernel.pending;
  }
}

interface Entry {
  readonly time: number;
  readonly seq: number;
  readonly target: number;
  readonly arg: number;
}

class Model implements Subject {
  private now = 0;
  private seq = 0;
  private pending: Entry[] = [];
  private readonly ids: Entry[] = [];
  private readonly fire: Fire;

  constructor(fire: Fire) {
    this.fire = fire;
  }

  heap(delay: number, arg: number): void {
    this.ids.push(this.add(delay, 0, arg));
  }

  lane(delay: number, arg: number): void {
    this.add(delay, 0, arg);
  }

  fanOut(delay: number, targets: number, arg: number): void {
    for (let target = 0; target < targets; target++) this.add(delay, target, arg);
  }

  laneFanOut(delay: number, targets: number, arg: number): void {
    this.fanOut(delay, targets, arg);
  }

  cancel(pick: number): boolean {
    const before = this.pending.length;
    const entry = this.ids[pick % Math.max(this.ids.length, 1)];
    this.pending = this.pending.filter((other) => other !== entry);
    return this.pending.length < before;
  }

  run(): number {
    while (this.pending.length > 0) {
      const next = this.pending.reduce((a, b) => (b.time < a.time || (b.time === a.time && b.seq < a.seq) ? b : a));
      this.pending = this.pending.filter((other) => other !== next);
      this.now = next.time;
      this.fire(next.time, next.target, next.arg);
    }
    return 0;
  }

  private add(delay: number, target: number, arg: number): Entry {
    const entry = { time: this.now + delay, seq: this.seq++, target, arg };
    this.pending.push(entry);
    return entry;
  }
}

/** Runs a script: `start` first, then the actions of `inside` in turn, one group an event. Returns the history. */
function history(
  make: (fire: Fire) => Subject & { run(): number },
  start: readonly Action[],
  inside: readonly (readonly Action[])[],
): string[] {
  const lines: string[] = [];
  let made = 0;
  const perform = (action: Action): void => {
    const arg = made++;
    switch (action.kind) {
      case "heap":
        subject.heap(action.delay, arg);
        break;
      case "lane":
        subject.lane(action.delay, arg);
        break;
      case "fan-out":
        subject.fanOut(action.delay, action.targets, arg);
        break;
      case "lane fan-out":
        subject.laneFanOut(action.delay, action.targets, arg);
        break;
      case "cancel":
        lines.push(`cancel ${subject.cancel(action.pick)}`);
    }
  };
  let group = 0;
  const subject = make((now, target, arg) => {
    lines.push(`${now} ${target} ${arg}`);
    for (const action of inside[group++] ?? []) perform(action);
  });
  start.forEach(perform);
  lines.push(`pending ${subject.run()}`);
  return lines;
}

const delay = fc.integer({ min: 0, max: 6 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("heap" as const, "lane" as const), delay }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("fan-out" as const, "lane fan-out" as const),
      delay,
      targets: fc.integer({ min: 0, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(1000) }) },
);

function agree(start: readonly Action[], inside: readonly (readonly Action[])[]): void {
  expect(history((fire) => new Real(fire), start, inside)).toEqual(history((fire) => new Model(fire), start, inside));
}

test("small mixes keep the order of a plain sort", () => {
  const start = fc.array(action, { maxLength: 20 });
  const inside = fc.array(fc.array(action, { maxLength: 3 }), { maxLength: 60 });
  fc.assert(fc.property(start, inside, agree), { seed: 20_260_801, numRuns: 600 });
});

test("large mixes, which grow and compact, keep the order of a plain sort", () => {
  const start = fc.array(action, { minLength: 400, maxLength: 900, size: "max" });
  const inside = fc.array(fc.array(action, { maxLength: 3 }), { maxLength: 300, size: "max" });
  fc.assert(fc.property(start, inside, agree), { seed: 20_260_802, numRuns: 15 });
});
