/**
 * Small random programs that both arms run, in a regime where the outcome is determined: everybody has
 * time to settle between two steps, limits count only on inproc, and nobody depends on ports or times.
 */
import fc from "fast-check";
import type { SocketTypeName } from "../../../src/ctx/options.ts";
import { type Bench, drain, outcome, type Sock } from "./bench.ts";

/** Sockets: 0 binds, the others connect to it. Steps name sockets by number. */
export interface Program {
  readonly transport: "inproc" | "tcp" | "ipc";
  readonly types: readonly SocketTypeName[];
  readonly hwms: readonly (readonly [send: number, receive: number])[];
  readonly options: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly do: "bind" | "connect" | "disconnect" | "close" | "recvAll" | "events"; readonly socket: number }
  | { readonly do: "recv"; readonly socket: number; readonly count: number }
  | {
      readonly do: "send";
      readonly socket: number;
      readonly count: number;
      readonly parts: number;
      readonly topic: string;
    }
  /** DISH joins and leaves groups instead. */
  | { readonly do: "subscribe" | "unsubscribe"; readonly socket: number; readonly topic: string }
  | { readonly do: "sndhwm" | "rcvhwm"; readonly socket: number; readonly value: number };

/**
 * Types of the socket that binds and of those that connect, and options that one of them may have.
 */
const FAMILIES: readonly (readonly [SocketTypeName, SocketTypeName, readonly string[]])[] = [
  ["PULL", "PUSH", ["conflate"]],
  ["PUSH", "PULL", []],
  ["PUB", "SUB", ["invert_matching"]],
  ["XPUB", "SUB", ["xpub_verbose", "xpub_verboser", "xpub_nodrop"]],
  ["XPUB", "XSUB", ["xpub_verbose", "only_first_subscribe"]],
  ["SUB", "PUB", []],
  ["XSUB", "XPUB", ["xsub_verbose_unsubscribe"]],
  ["ROUTER", "DEALER", ["router_mandatory", "router_handover"]],
  ["DEALER", "ROUTER", []],
  ["DEALER", "DEALER", ["immediate"]],
  ["REP", "REQ", ["req_relaxed", "req_correlate"]],
  ["REQ", "REP", ["req_relaxed"]],
  ["DEALER", "REP", []],
  ["PAIR", "PAIR", []],
  ["SERVER", "CLIENT", []],
  ["RADIO", "DISH", []],
  ["DISH", "RADIO", []],
  ["GATHER", "SCATTER", []],
  ["SCATTER", "GATHER", []],
  ["CHANNEL", "CHANNEL", []],
];
/** Thread-safe types of draft builds. */
const DRAFT: readonly SocketTypeName[] = ["SERVER", "CLIENT", "RADIO", "DISH", "SCATTER", "GATHER", "CHANNEL"];

/** Few, so that the same one comes twice. */
const topic = fc.constantFrom("", "a", "a", "a", "ab", "abc", "b");
const subscribes = (type: SocketTypeName): boolean => type === "SUB" || type === "XSUB" || type === "DISH";

function step(types: readonly SocketTypeName[]): fc.Arbitrary<Step> {
  const all = types.map((_, index) => index);
  const among = (wanted: (type: SocketTypeName) => boolean): fc.Arbitrary<number> =>
    fc.constantFrom(...all.filter((index) => wanted(types[index] as SocketTypeName)));
  const socket = fc.constantFrom(...all);
  const subscribers = types.some(subscribes);
  const subscriber = subscribers ? among(subscribes) : socket;
  const send = fc.record({
    do: fc.constant("send" as const),
    socket: among(canSend),
    count: fc.integer({ min: 1, max: 8 }),
    parts: fc.integer({ min: 1, max: 3 }),
    topic,
  });
  return fc.oneof(
    { weight: 6, arbitrary: send },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("recv" as const),
        socket: among(canReceive),
        count: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("recvAll" as const), socket: among(canReceive) }) },
    {
      weight: subscribers ? 8 : 0,
      arbitrary: fc.record({ do: fc.constant("subscribe" as const), socket: subscriber, topic }),
    },
    {
      weight: subscribers ? 6 : 0,
      arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), socket: subscriber, topic }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom("connect" as const, "disconnect" as const, "events" as const),
        socket,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), socket }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom("sndhwm" as const, "rcvhwm" as const),
        socket,
        value: fc.integer({ min: 1, max: 10 }),
      }),
    },
  );
}

export const programs: fc.Arbitrary<Program> = fc
  .record({
    family: fc.constantFrom(...FAMILIES),
    connectors: fc.integer({ min: 1, max: 3 }),
    transport: fc.constantFrom("inproc" as const, "inproc" as const, "tcp" as const, "ipc" as const),
    bindFirst: fc.boolean(),
    option: fc.option(fc.nat(2)),
  })
  .chain(({ family: [binder, connector, names], connectors, transport, bindFirst, option }) => {
    const sockets = connectors + 1;
    const types = [binder, ...Array.from({ length: connectors }, () => connector)];
    const limit = transport === "inproc" ? fc.integer({ min: 1, max: 10 }) : fc.constant(1000);
    const name = option === null ? undefined : names[option % Math.max(names.length, 1)];
    const bind: Step = { do: "bind", socket: 0 };
    const connects = Array.from({ length: connectors }, (_, index): Step => ({ do: "connect", socket: index + 1 }));
    // A connection before its bind waits for a timer, which differs between the arms; on inproc it does not.
    const opening = bindFirst || transport !== "inproc" ? [bind, ...connects] : [...connects, bind];
    return fc.record({
      transport: fc.constant(transport),
      types: fc.constant(types),
      hwms: fc.array(fc.tuple(limit, limit), { minLength: sockets, maxLength: sockets }),
      options: fc.constant(name === undefined ? {} : { [name]: 1 }),
      steps: fc
        .array(step(types), { minLength: 4, maxLength: 18, size: "max" })
        .map((steps) => [...opening, ...withoutCrashes(binder, transport, steps)]),
    });
  });

/**
 * libzmq 4.3.5 uses a freed pipe when a limit changes while a pipe is ending; npm zeromq 6.8.0 crashes when
 * limits of draft types change or they disconnect. Two thread-safe sockets over inproc wait for each
 * other's locks for ever when one of them closes while the other is at work.
 */
function withoutCrashes(binder: SocketTypeName, transport: string, steps: readonly Step[]): Step[] {
  if (DRAFT.includes(binder)) {
    const not = ["sndhwm", "rcvhwm", "disconnect", ...(transport === "inproc" ? ["close"] : [])];
    return steps.filter(({ do: what }) => !not.includes(what));
  }
  // A second peer of a PAIR is sent away.
  const ends = binder === "PAIR" || steps.some(({ do: what }) => what === "disconnect" || what === "close");
  return steps.filter(({ do: what }) => !ends || (what !== "sndhwm" && what !== "rcvhwm"));
}

/** What a program shows of itself. */
export async function transcript(bench: Bench, program: Program, pause: number): Promise<string[]> {
  const lines: string[] = [];
  const sockets = program.types.map((type, index) => bench.socket(type, optionsOf(program, type, index)));
  // Of inproc there is nothing to tell.
  const monitored = program.transport !== "inproc";
  if (monitored) for (const socket of sockets) socket.monitor();
  const run = new Run(bench, program, sockets);
  for (const [index, one] of program.steps.entries()) {
    // Peers that end need two looks at the mailbox; between two calls in a row it would be a race.
    for (const _ of run.closed.has(one.socket) ? [] : [1, 2]) {
      (sockets[one.socket] as Sock).events();
      await bench.settle(pause);
    }
    lines.push(`${index} ${one.do} ${one.socket}: ${await run.perform(one)}`);
    await bench.settle(pause);
  }
  // What ends needs several looks at mailboxes.
  for (const _ of [1, 2, 3]) {
    for (const [index, socket] of sockets.entries()) if (!run.closed.has(index)) socket.events();
    await bench.settle(pause);
  }
  for (const [index, socket] of sockets.entries()) {
    if (!run.closed.has(index) && canReceive(socket.type))
      lines.push(`rest of ${index}: ${await received(socket, 200)}`);
    await bench.settle(pause);
  }
  if (monitored) for (const [index, socket] of sockets.entries()) lines.push(`events of ${index}: ${eventsOf(socket)}`);
  return lines;
}

/** Kinds of monitor events. How often and when a lost connection is tried again is a matter of time. */
const eventsOf = (socket: Sock): string =>
  [...new Set(socket.monitored())]
    .filter((event) => !TIMED.has(event))
    .sort()
    .join(" ");
const TIMED: ReadonlySet<string> = new Set(["CONNECT_DELAYED", "CLOSED", "MONITOR_STOPPED"]);

function optionsOf(program: Program, type: SocketTypeName, index: number): Record<string, number | string> {
  const [sndhwm, rcvhwm] = program.hwms[index] as readonly [number, number];
  const options: Record<string, number | string> = { sndhwm, rcvhwm, linger: 0 };
  if (type === "DEALER" || type === "REQ" || type === "ROUTER") options["routing_id"] = `id${index}`;
  for (const [name, value] of Object.entries(program.options)) if (takes(type, name)) options[name] = value;
  return options;
}

function takes(type: SocketTypeName, option: string): boolean {
  if (option.startsWith("xpub_")) return type === "XPUB";
  if (option.startsWith("xsub_")) return type === "XSUB";
  if (option === "only_first_subscribe") return type === "XPUB" || type === "XSUB";
  if (option.startsWith("router_")) return type === "ROUTER";
  return !option.startsWith("req_") || type === "REQ";
}

const canReceive = (type: SocketTypeName): boolean => !["PUSH", "PUB", "SCATTER", "RADIO"].includes(type);
const canSend = (type: SocketTypeName): boolean => !["PULL", "SUB", "GATHER", "DISH"].includes(type);
const show = (messages: readonly (readonly string[])[]): string =>
  messages.map((parts) => JSON.stringify(parts)).join(" ");

/** What drain gives; for DISH each message with its group. */
async function received(socket: Sock, max: number): Promise<string> {
  if (socket.type !== "DISH") return show(await drain(socket, max));
  const lines: string[] = [];
  for (let count = 0; count < max; count++) {
    const got = await drain(socket, 1);
    if (got.length === 0) break;
    lines.push(`${show(got)} in ${JSON.stringify(socket.group)}`);
  }
  return lines.join(" ");
}

class Run {
  readonly closed = new Set<number>();
  private readonly program: Program;
  private readonly sockets: readonly Sock[];
  private address: string;
  private numbers = 0;

  constructor(bench: Bench, program: Program, sockets: readonly Sock[]) {
    this.program = program;
    this.sockets = sockets;
    this.address = bench.address(program.transport);
  }

  async perform(step: Step): Promise<string> {
    if (this.closed.has(step.socket)) return "closed";
    const socket = this.sockets[step.socket] as Sock;
    switch (step.do) {
      case "bind":
        return outcome(async () => {
          this.address = await socket.bind(this.address);
        });
      case "connect":
        return step.socket === 0 ? "-" : outcome(() => socket.connect(this.address));
      case "disconnect":
        return step.socket === 0 ? "-" : outcome(() => socket.disconnect(this.address));
      case "close":
        this.closed.add(step.socket);
        return outcome(() => socket.close());
      case "events": {
        const { in: readable, out } = socket.events();
        return `${readable ? "in" : ""} ${out ? "out" : ""}`;
      }
      case "recvAll":
        return canReceive(socket.type) ? received(socket, 200) : "-";
      case "recv":
        return canReceive(socket.type) ? received(socket, step.count) : "-";
      case "send":
        return canSend(socket.type) ? this.send(socket, step) : "-";
      case "subscribe":
      case "unsubscribe":
        return this.subscribe(socket, step.do, step.topic);
      case "sndhwm":
      case "rcvhwm":
        return this.program.transport === "inproc" ? outcome(() => socket.set(step.do, step.value)) : "-";
    }
  }

  private async send(socket: Sock, step: Step & { readonly do: "send" }): Promise<string> {
    const codes: string[] = [];
    for (let count = 0; count < step.count; count++) {
      // A conflating pipe tears messages apart, upon which libzmq 4.3.5 aborts.
      const single = this.program.options["conflate"] === 1 || DRAFT.includes(socket.type);
      const number = this.numbers++;
      const parts = Array.from({ length: single ? 1 : step.parts }, (_, part) => `${step.topic}${number}.${part}`);
      if (socket.type === "ROUTER") parts.unshift(`id${count % this.sockets.length}`);
      if (socket.type === "DEALER" && this.program.types.includes("REP")) parts.unshift("");
      codes.push(await outcome(() => this.sendOne(socket, step, parts)));
    }
    return codes.join(" ");
  }

  private sendOne(socket: Sock, { topic: group }: { readonly topic: string }, parts: readonly string[]): Promise<void> {
    const [part] = parts as [string];
    // To the peer that was heard last; nobody has the id 0.
    if (socket.type === "SERVER") return socket.sendTo(socket.routingId, part, true);
    return socket.type === "RADIO" ? socket.sendGroup(group, part, true) : socket.sendNow(...parts);
  }

  private async subscribe(socket: Sock, what: "subscribe" | "unsubscribe", topic: string): Promise<string> {
    if (socket.type === "SUB") return outcome(() => socket.set(what, topic));
    if (socket.type === "DISH") return outcome(() => (what === "subscribe" ? socket.join(topic) : socket.leave(topic)));
    if (socket.type !== "XSUB") return "-";
    return outcome(() => socket.sendNow(`${what === "subscribe" ? "\x01" : "\0"}${topic}`));
  }
}
