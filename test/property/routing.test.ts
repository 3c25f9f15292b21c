/**
 * Load balancer, fair queue and distributor against slow ones: lists and sets instead of an array with
 * regions and swaps. Pipes are dummies that hold room or frames; random operations go to both.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Frame, MORE } from "../../src/pipe/frame.ts";
import type { Pipe } from "../../src/pipe/pipe.ts";
import { Distributor } from "../../src/socket/dist.ts";
import { FairQueue } from "../../src/socket/fq.ts";
import { LoadBalancer } from "../../src/socket/lb.ts";

/** What the three ask of a pipe. It takes messages while it has room, and gives what it holds. */
class Dummy {
  lbIndex = -1;
  fqIndex = -1;
  distIndex = -1;
  room = 0;
  readonly held: Frame[] = [];
  readonly name: string;
  private readonly log: string[];

  constructor(name: string, log: string[]) {
    this.name = name;
    this.log = log;
  }

  get pipe(): Pipe {
    return this as unknown as Pipe;
  }

  write(frame: Frame): boolean {
    if (this.room === 0) return false;
    if (!frame.more) this.room--;
    this.log.push(`${this.name} gets ${frame.bytes}${frame.more ? "+" : ""}`);
    return true;
  }

  canWrite(): boolean {
    return this.room > 0;
  }

  hasRoom(): boolean {
    return this.room > 0;
  }

  canRead(): boolean {
    return this.held.length > 0;
  }

  read(): Frame | null {
    return this.held.shift() ?? null;
  }

  flush(): void {
    this.log.push(`${this.name} is flushed`);
  }

  rollback(): void {
    this.log.push(`${this.name} is rolled back`);
  }
}

/** Pipes that are tried in turn, as a list: whoever leaves it gives its place to the last. */
class Rotation {
  readonly active: Dummy[] = [];
  current = 0;

  add(pipe: Dummy): void {
    this.active.push(pipe);
  }

  remove(pipe: Dummy): void {
    const at = this.active.indexOf(pipe);
    if (at < 0) return;
    const last = this.active.pop() as Dummy;
    if (last !== pipe) this.active[at] = last;
    if (this.current >= this.active.length) this.current = 0;
  }

  get next(): Dummy | undefined {
    return this.active[this.current];
  }

  advance(): void {
    this.current = (this.current + 1) % this.active.length;
  }
}

class SlowLoadBalancer {
  private readonly rotation = new Rotation();
  private more = false;
  private dropping = false;

  activated(pipe: Dummy): void {
    this.rotation.add(pipe);
  }

  isActive(pipe: Dummy): boolean {
    return this.rotation.active.includes(pipe);
  }

  terminated(pipe: Dummy): void {
    if (this.more && this.rotation.next === pipe) this.dropping = true;
    this.rotation.remove(pipe);
  }

  send(frame: Frame): string {
    if (this.dropping) {
      this.more = frame.more;
      this.dropping = frame.more;
      return "sent";
    }
    for (;;) {
      const pipe = this.rotation.next;
      if (pipe === undefined) return "again";
      if (!pipe.write(frame)) {
        if (this.more) {
          // Another pipe's message: who leaves the list may put the turn to somebody else.
          pipe.rollback();
          this.dropping = frame.more;
          this.more = false;
          return "broken";
        }
        this.rotation.remove(pipe);
        continue;
      }
      this.more = frame.more;
      if (!frame.more) {
        pipe.flush();
        this.rotation.advance();
      }
      return "sent";
    }
  }

  hasOut(): boolean {
    if (this.more) return true;
    for (let pipe = this.rotation.next; pipe !== undefined; pipe = this.rotation.next) {
      if (pipe.canWrite()) return true;
      this.rotation.remove(pipe);
    }
    return false;
  }
}

class SlowFairQueue {
  private readonly rotation = new Rotation();
  more = false;

  activated(pipe: Dummy): void {
    this.rotation.add(pipe);
  }

  isActive(pipe: Dummy): boolean {
    return this.rotation.active.includes(pipe);
  }

  terminated(pipe: Dummy): void {
    this.rotation.remove(pipe);
  }

  recv(): string {
    for (let pipe = this.rotation.next; pipe !== undefined; pipe = this.rotation.next) {
      const frame = pipe.read();
      if (frame === null) {
        this.rotation.remove(pipe);
        continue;
      }
      this.more = frame.more;
      if (!frame.more) this.rotation.advance();
      return frame.bytes;
    }
    return "again";
  }

  hasIn(): boolean {
    if (this.more) return true;
    for (let pipe = this.rotation.next; pipe !== undefined; pipe = this.rotation.next) {
      if (pipe.canRead()) return true;
      this.rotation.remove(pipe);
    }
    return false;
  }
}

/** Who may be written, who gets the present message, and who would get it if it matched. */
class SlowDistributor {
  readonly eligible = new Set<Dummy>();
  private readonly active = new Set<Dummy>();
  private matching = new Set<Dummy>();
  private more = false;

  attach(pipe: Dummy): void {
    this.eligible.add(pipe);
    if (!this.more) this.active.add(pipe);
  }

  terminated(pipe: Dummy): void {
    for (const set of [this.eligible, this.active, this.matching]) set.delete(pipe);
  }

  match(pipe: Dummy): boolean {
    if (!this.eligible.has(pipe)) return false;
    this.matching.add(pipe);
    return true;
  }

  unmatch(): void {
    this.matching.clear();
  }

  reverseMatch(): void {
    this.matching = new Set([...this.eligible].filter((pipe) => !this.matching.has(pipe)));
  }

  checkHwm(): boolean {
    return [...this.matching].every((pipe) => pipe.hasRoom());
  }

  sendToAll(frame: Frame, missed: (pipe: Dummy) => void): void {
    this.matching = new Set(this.active);
    this.sendToMatching(frame, missed);
  }

  sendToMatching(frame: Frame, missed: (pipe: Dummy) => void): void {
    for (const pipe of [...this.matching]) {
      if (pipe.write(frame)) {
        if (!frame.more) pipe.flush();
        continue;
      }
      missed(pipe);
      this.terminated(pipe);
    }
    if (!frame.more) for (const pipe of this.eligible) this.active.add(pipe);
    this.more = frame.more;
  }
}

type Op =
  | { readonly do: "attach"; readonly amount: number }
  | { readonly do: "give"; readonly pick: number; readonly amount: number; readonly parts: number }
  | { readonly do: "go"; readonly parts: number; readonly pick: number }
  | { readonly do: "look" }
  | { readonly do: "end"; readonly pick: number };

const pick = fc.nat(7);
const ops: fc.Arbitrary<readonly Op[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("attach" as const), amount: fc.nat(3) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("give" as const),
        pick,
        amount: fc.integer({ min: 1, max: 3 }),
        parts: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("go" as const), parts: fc.integer({ min: 1, max: 3 }), pick }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), pick }) },
  ),
  { minLength: 1, maxLength: 60, size: "max" },
);
const RUNS = { numRuns: 400, seed: 3 };

/** Two equal sets of dummies, one for the model and one for the slow one, and what happened to each. */
class Twins {
  readonly logs: [string[], string[]] = [[], []];
  readonly pairs: (readonly [Dummy, Dummy])[] = [];
  private made = 0;

  add(): readonly [Dummy, Dummy] {
    const name = `p${this.made++}`;
    const pair = [new Dummy(name, this.logs[0]), new Dummy(name, this.logs[1])] as const;
    this.pairs.push(pair);
    return pair;
  }

  pick(number: number): readonly [Dummy, Dummy] | undefined {
    return this.pairs[number % Math.max(this.pairs.length, 1)];
  }

  remove(pair: readonly [Dummy, Dummy]): void {
    this.pairs.splice(this.pairs.indexOf(pair), 1);
  }
}

const frameOf = (number: number, part: number, parts: number): Frame =>
  Frame.of(`${number}.${part}`, part < parts - 1 ? MORE : 0);

test("load balancer", () => {
  fc.assert(
    fc.property(ops, (script) => {
      const lb = new LoadBalancer({ dropIncomplete: () => undefined });
      const slow = new SlowLoadBalancer();
      const twins = new Twins();
      // A message is begun by one operation and gone on with by the next ones: pipes may end in between.
      let number = 0;
      let part = 0;
      for (const op of script) {
        const pair = "pick" in op ? twins.pick(op.pick) : undefined;
        if (op.do === "attach") {
          const [mine, theirs] = twins.add();
          mine.room = theirs.room = op.amount;
          lb.attach(mine.pipe);
          slow.activated(theirs);
        } else if (op.do === "give" && pair !== undefined) {
          for (const dummy of pair) dummy.room += op.amount;
          if (!slow.isActive(pair[1])) {
            lb.activated(pair[0].pipe);
            slow.activated(pair[1]);
          }
        } else if (op.do === "end" && pair !== undefined) {
          lb.terminated(pair[0].pipe);
          slow.terminated(pair[1]);
          twins.remove(pair);
        } else if (op.do === "look") {
          expect(lb.hasOut()).toBe(slow.hasOut());
        } else if (op.do === "go") {
          const frame = frameOf(number, part, op.parts > part ? op.parts : part + 1);
          const sent = lb.send(frame);
          expect(sent).toBe(slow.send(frame));
          if (sent !== "again") part = frame.more ? part + 1 : 0;
          if (part === 0) number++;
        }
        expect(twins.logs[0]).toEqual(twins.logs[1]);
      }
    }),
    RUNS,
  );
});

test("fair queue", () => {
  fc.assert(
    fc.property(ops, (script) => {
      const fq = new FairQueue();
      const slow = new SlowFairQueue();
      const twins = new Twins();
      let number = 0;
      for (const op of script) {
        const pair = "pick" in op ? twins.pick(op.pick) : undefined;
        if (op.do === "attach") {
          const [mine, theirs] = twins.add();
          fq.attach(mine.pipe);
          slow.activated(theirs);
        } else if (op.do === "give" && pair !== undefined) {
          for (let count = 0; count < op.amount; count++, number++) {
            for (let part = 0; part < op.parts; part++)
              for (const dummy of pair) dummy.held.push(frameOf(number, part, op.parts));
          }
          if (!slow.isActive(pair[1])) {
            fq.activated(pair[0].pipe);
            slow.activated(pair[1]);
          }
        } else if (op.do === "end" && pair !== undefined && !slow.more) {
          // In the middle of a message libzmq lets the pipe stay until it is read.
          fq.terminated(pair[0].pipe);
          slow.terminated(pair[1]);
          twins.remove(pair);
        } else if (op.do === "look") {
          expect(fq.hasIn()).toBe(slow.hasIn());
        } else if (op.do === "go") {
          expect(fq.recv()?.bytes ?? "again").toBe(slow.recv());
        }
      }
    }),
    RUNS,
  );
});

test("distributor", () => {
  fc.assert(
    fc.property(ops, fc.boolean(), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (script, toAll, wants) => {
      const twins = new Twins();
      const dist = new Distributor({
        missed: (frame, pipe) => twins.logs[0].push(`${(pipe as unknown as Dummy).name} misses ${frame.bytes}`),
      });
      const slow = new SlowDistributor();
      let number = 0;
      let part = 0;
      for (const op of script) {
        const pair = "pick" in op ? twins.pick(op.pick) : undefined;
        if (op.do === "attach") {
          const [mine, theirs] = twins.add();
          mine.room = theirs.room = op.amount;
          dist.attach(mine.pipe);
          slow.attach(theirs);
        } else if (op.do === "give" && pair !== undefined) {
          for (const dummy of pair) dummy.room += op.amount;
          if (!slow.eligible.has(pair[1])) {
            dist.activated(pair[0].pipe);
            slow.attach(pair[1]);
          }
        } else if (op.do === "end" && pair !== undefined) {
          dist.terminated(pair[0].pipe);
          slow.terminated(pair[1]);
          twins.remove(pair);
        } else if (op.do === "go") {
          const frame = frameOf(number, part, op.parts > part ? op.parts : part + 1);
          const missed = (pipe: Dummy): void => void twins.logs[1].push(`${pipe.name} misses ${frame.bytes}`);
          if (toAll) {
            dist.sendToAll(frame);
            slow.sendToAll(frame, missed);
          } else {
            if (part === 0) {
              dist.unmatch();
              slow.unmatch();
              for (const [index, [mine, theirs]] of twins.pairs.entries())
                if (wants[index % wants.length]) expect(dist.match(mine.pipe)).toBe(slow.match(theirs));
              if (op.pick === 0) {
                dist.reverseMatch();
                slow.reverseMatch();
              }
              expect(dist.checkHwm()).toBe(slow.checkHwm());
            }
            dist.sendToMatching(frame);
            slow.sendToMatching(frame, missed);
          }
          part = frame.more ? part + 1 : 0;
          if (part === 0) number++;
        }
        // In which order pipes get a frame is the array's business.
        const [mine, theirs] = twins.logs;
        expect([...mine].sort()).toEqual([...theirs].sort());
      }
    }),
    RUNS,
  );
});
