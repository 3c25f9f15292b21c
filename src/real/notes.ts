/** What a reader of a recorded trace should know: where zeromq.js, the machine or the recorder differ from the plan. */
import type { Plan, Step } from "../program/plan.ts";
import { DISTURBED_NS, type Wait } from "./canary.ts";
import type { Identified } from "./identify.ts";

/** What kept a run waiting: its own threads, ns, and the canary beside it while something happened in the run. */
export interface Held {
  readonly late: number;
  /** Undefined when there was no canary. */
  readonly waits: readonly Wait[] | undefined;
}

export const heldUp = ({ late, waits = [] }: Held): number => Math.max(late, ...waits.map(({ long }) => long));

/** A run that waited as long shows the machine as much as ZeroMQ. */
export const isHeldUp = (held: Held): boolean => heldUp(held) >= DISTURBED_NS;

/** Options that make a socket ask a ZAP handler. */
const SERVERS: ReadonlySet<string> = new Set(["plain_server", "curve_server"]);
const ZAP_HANDLER = "inproc://zeromq.zap.01";

export interface Findings extends Held {
  readonly marked: readonly string[];
  readonly identified: Identified;
}

export function headerNotes(plan: Plan, { marked, identified, ...held }: Findings): string[] {
  const { guessed, unknown } = identified;
  const steps = plan.nodes.flatMap(({ threads }) => threads.flatMap(({ program }) => [...stepsOf(program)]));
  const sockets = plan.nodes.flatMap(({ threads }) => threads.flatMap((thread) => thread.sockets));
  const uses = (kind: Step["kind"]): boolean => steps.some((step) => step.kind === kind);
  const notes = [
    [
      "threads: the threads of a node share one JavaScript thread",
      plan.nodes.some(({ threads }) => threads.length > 1),
    ],
    [
      "proxy: zmq_proxy of the draft build (with a poller) in a thread of its own; what passes inside is not seen",
      uses("proxy"),
    ],
    ["poll: takes up to one message per socket ahead of the recv that asks for it", uses("poll")],
    [
      "sndmore: zeromq.js sends the parts of a message together",
      steps.some((step) => step.kind === "send" && step.sndmore),
    ],
    [
      "modules: every socket has a monitor, and a process leaves up to 10 ms after its program is done",
      plan.nodes.some(({ module }) => module !== undefined),
    ],
    [
      "monitors: every socket has one, and a server that would tell it of a missing ZAP handler may then read no further instead of ending the connection",
      sockets.some(({ options }) => options.some(({ name }) => SERVERS.has(name))) &&
        !sockets.some(({ bind }) => bind.some(([first]) => first === ZAP_HANDLER)),
    ],
    ["term: answered at once; zeromq.js terminates its context when the process exits", uses("term")],
    [
      "capture: proxies with a capture socket are loops of receive and send",
      steps.some((step) => step.kind === "proxy" && step.capture !== undefined),
    ],
    [
      "links: declared latencies and bandwidths are not imitated; all nodes are on one machine",
      plan.network.links.length > 0,
    ],
    [
      `identity: 8 bytes more in the last frame of messages of ${marked.join(", ")}; all others told apart by content`,
      marked.length > 0,
    ],
    [`identity: ${guessed} receipts decided by order among messages of equal content`, guessed > 0],
    [`disturbed: ${waitsText(held)}`, isHeldUp(held)],
    [`identity: ${unknown} receipts match no message`, unknown > 0],
  ] as const;
  return notes.filter(([, holds]) => holds).map(([text]) => text);
}

export const repeatedNote = (attempts: number): string =>
  `repeated: made ${attempts} times, until the machine did not hold it up or patience ended`;

function waitsText({ late, waits }: Held): string {
  const ms = (time: number): string => `${(time / 1e6).toFixed(0)} ms`;
  const longest = (what: Wait["what"]): number =>
    Math.max(0, ...(waits ?? []).filter((wait) => wait.what === what).map(({ long }) => long));
  const [timer, echo] = [longest("timer"), longest("echo")];
  const beside = [
    ...(timer > 0 ? [`; beside it a timer came ${ms(timer)} late`] : []),
    ...(echo > 0 ? [`; an echo beside it took ${ms(echo)}`] : []),
  ].join("");
  return `the machine woke a thread ${ms(late)} too late${beside}`;
}

export function* stepsOf(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    if ("do" in step) yield* stepsOf(step.do);
    if (step.kind === "if") {
      yield* stepsOf(step.then);
      yield* stepsOf(step.else);
    }
  }
}
