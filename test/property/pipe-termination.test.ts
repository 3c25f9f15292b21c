/**
 * A pipe's two halves against a slow model of both: random writes, reads, ends from either side, and
 * commands that are processed one at a time, whenever it comes. After each operation both must be in the
 * same state with the same commands under way; and when both halves have been ended, both go.
 * libzmq: pipe.cpp.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Command, type Mailbox } from "../../src/ctx/mailbox.ts";
import { Journal } from "../../src/journal/journal.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { Frame, MORE } from "../../src/pipe/frame.ts";
import { Pipe } from "../../src/pipe/pipe.ts";

type State = "active" | "delimiter received" | "waiting" | "acked" | "asked" | "asked and acked" | "gone";
const STATES: readonly State[] = ["active", "delimiter received", "waiting", "acked", "asked", "asked and acked"];
type Kind = "read" | "write" | "term" | "ack";
type Item = "part" | "last" | "end";

/** What goes one way: a list, of which the reader sees the first few. */
class Channel {
  items: Item[] = [];
  visible = 0;
  asleep = false;

  /** Items that complete messages. */
  get whole(): number {
    return this.items.length - this.unfinished;
  }

  get unfinished(): number {
    let count = 0;
    for (let at = this.items.length - 1; at >= 0 && this.items[at] === "part"; at--) count++;
    return count;
  }

  rollback(): void {
    this.items = this.items.slice(0, this.whole);
  }
}

interface Order {
  readonly kind: Kind;
  readonly count: number;
}

class SlowHalf {
  state: State = "active";
  readonly inbox: Order[] = [];
  private peer!: SlowHalf;
  private input!: Channel;
  private output: Channel | null = null;
  private delay = true;
  private inActive = true;
  private outActive = true;
  private read_ = 0;
  private written = 0;
  private credited = 0;
  private readonly inLimit: number;
  private readonly outLimit: number;

  constructor(inLimit: number, outLimit: number) {
    this.inLimit = inLimit;
    this.outLimit = outLimit;
  }

  static pair(forth: number, back: number): [SlowHalf, SlowHalf] {
    const [one, two] = [new SlowHalf(back, forth), new SlowHalf(forth, back)];
    [one.peer, two.peer] = [two, one];
    [one.output, two.output] = [new Channel(), new Channel()];
    [one.input, two.input] = [two.output as Channel, one.output as Channel];
    return [one, two];
  }

  nodelay(): void {
    this.delay = false;
  }

  write(more: boolean): boolean {
    if (!this.outActive || this.state !== "active") return false;
    if (this.outLimit > 0 && this.written - this.credited >= this.outLimit) {
      this.outActive = false;
      return false;
    }
    this.output?.items.push(more ? "part" : "last");
    if (!more) this.written++;
    return true;
  }

  flush(): void {
    if (this.state === "acked" || this.output === null) return;
    const { output } = this;
    if (output.whole <= output.visible) return;
    output.visible = output.whole;
    if (output.asleep) this.tell("read");
    output.asleep = false;
  }

  read(): "last" | "part" | null {
    if (!this.inActive || (this.state !== "active" && this.state !== "waiting")) return null;
    if (this.input.visible === 0) {
      this.input.asleep = true;
      this.inActive = false;
      return null;
    }
    const item = this.input.items.shift() as Item;
    this.input.visible--;
    if (item === "end") {
      if (this.state === "active") this.state = "delimiter received";
      else this.acknowledge("acked");
      return null;
    }
    if (item === "last") this.read_++;
    const step = Math.floor((this.inLimit + 1) / 2);
    if (this.inLimit > 0 && this.read_ % step === 0) this.tell("write", this.read_);
    return item;
  }

  end(delay: boolean): void {
    this.delay = delay;
    if (this.state === "asked" || this.state === "asked and acked" || this.state === "acked") return;
    if (this.state === "waiting") {
      if (!delay) this.acknowledge("acked");
    } else {
      this.tell("term");
      this.state = "asked";
    }
    this.outActive = false;
    this.output?.rollback();
    this.output?.items.push("end");
    this.flush();
  }

  /** Takes the first command; true when the half goes. */
  obey(): boolean {
    const order = this.inbox.shift();
    if (order === undefined || this.state === "gone") return false;
    if (order.kind === "read") {
      if (this.state === "active" || this.state === "waiting") this.inActive = true;
    } else if (order.kind === "write") {
      this.credited = order.count;
      if (this.state === "active") this.outActive = true;
    } else if (order.kind === "term") {
      if (this.state === "active" && this.delay) this.state = "waiting";
      else if (this.state === "active" || this.state === "delimiter received") this.acknowledge("acked");
      else this.acknowledge("asked and acked");
    } else {
      if (this.state === "asked") this.acknowledge("gone");
      this.state = "gone";
      return true;
    }
    return false;
  }

  private acknowledge(state: State): void {
    this.output?.rollback();
    this.output = null;
    this.state = state;
    this.tell("ack");
  }

  private tell(kind: Kind, count = 0): void {
    this.peer.inbox.push({ kind, count });
  }
}

/** A mailbox from which commands are taken by hand. */
class Box {
  readonly commands: {
    readonly target: Pipe;
    readonly command: number;
    readonly arg: number;
    readonly ref: unknown;
  }[] = [];

  push(target: Pipe, command: number, arg: number, ref: unknown): void {
    this.commands.push({ target, command, arg, ref });
  }

  get mailbox(): Mailbox {
    return this as unknown as Mailbox;
  }

  get orders(): Order[] {
    return this.commands.map(({ command, arg }) => ({ kind: KINDS[command] as Kind, count: arg }));
  }
}

const KINDS: Readonly<Record<number, Kind>> = {
  [Command.activateRead]: "read",
  [Command.activateWrite]: "write",
  [Command.pipeTerm]: "term",
  [Command.pipeTermAck]: "ack",
};

/** The two halves of a real pipe, which hear of their end. */
class Halves {
  readonly boxes = [new Box(), new Box()] as const;
  readonly pipes: [Pipe, Pipe];
  readonly gone = [0, 0];

  constructor(forth: number, back: number) {
    const ends = this.boxes.map((box) => ({
      mailbox: box.mailbox,
      role: "socket" as const,
      socketName: "one",
      peerName: "other",
    }));
    this.pipes = Pipe.pair({
      id: 0,
      ends: ends as never,
      hwms: [forth, back],
      conflate: false,
      journal: new Journal(new Kernel({ seed: "1" }), false),
    });
    for (const [side, pipe] of this.pipes.entries()) {
      pipe.setSink({
        readActivated: () => {},
        writeActivated: () => {},
        hiccuped: () => {},
        pipeTerminated: () => void (this.gone[side] = (this.gone[side] as number) + 1),
      });
    }
  }

  obey(side: 0 | 1): void {
    const next = this.boxes[side].commands.shift();
    if (next !== undefined && this.gone[side] === 0) next.target.processCommand(next.command, next.arg, next.ref);
  }

  state(side: 0 | 1): State {
    return this.gone[side] === 0 ? (STATES[(this.pipes[side] as unknown as { state: number }).state] as State) : "gone";
  }
}

type Op =
  | { readonly do: "write"; readonly side: 0 | 1; readonly frames: number; readonly whole: boolean }
  | { readonly do: "read" | "obey"; readonly side: 0 | 1 }
  | { readonly do: "end"; readonly side: 0 | 1; readonly delay: boolean };

const side = fc.constantFrom(0 as const, 1 as const);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      side,
      frames: fc.integer({ min: 1, max: 3 }),
      whole: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("read" as const, "obey" as const, "obey" as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), side, delay: fc.boolean() }) },
);
const script = fc.array(op, { minLength: 5, maxLength: 80, size: "max" });

function perform(one: Op, real: Halves, slow: readonly [SlowHalf, SlowHalf]): void {
  const pipe = real.pipes[one.side];
  const half = slow[one.side];
  if (one.do === "obey") {
    real.obey(one.side);
    half.obey();
    return;
  }
  if (half.state === "gone") return;
  if (one.do === "end") {
    pipe.terminate(one.delay);
    half.end(one.delay);
  } else if (one.do !== "write") {
    const frame = pipe.read();
    expect(frame === null ? null : frame.more ? "part" : "last").toBe(half.read());
  } else {
    for (let count = 1; count <= one.frames; count++) {
      const more = count < one.frames || !one.whole;
      expect(pipe.write(Frame.of("x", more ? MORE : 0))).toBe(half.write(more));
    }
    pipe.flush();
    half.flush();
  }
}

test("the states of both halves, the commands between them and what is read are those of the slow model", () => {
  fc.assert(
    fc.property(script, fc.nat(4), fc.nat(4), fc.boolean(), (ops, forth, back, nodelay) => {
      const real = new Halves(forth, back);
      const slow = SlowHalf.pair(forth, back);
      if (nodelay) {
        real.pipes[0].setNodelay();
        slow[0].nodelay();
      }
      const compare = (): void => {
        for (const at of [0, 1] as const) {
          expect(real.state(at)).toBe(slow[at].state);
          expect(real.boxes[at].orders).toEqual(slow[at].inbox);
        }
      };
      for (const one of ops) {
        perform(one, real, slow);
        compare();
      }
      // Whatever has happened: both are ended, everybody does what is asked, and both go exactly once.
      for (const at of [0, 1] as const) perform({ do: "end", side: at, delay: false }, real, slow);
      for (let count = 0; count < 400 && real.boxes.some(({ commands }) => commands.length > 0); count++) {
        perform({ do: "obey", side: (count % 2) as 0 | 1 }, real, slow);
        compare();
      }
      expect(real.gone).toEqual([1, 1]);
    }),
    { numRuns: 150, seed: 5 },
  );
});
