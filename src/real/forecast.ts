/**
 * What a recording wants to know beforehand, taken from a simulated run with the same seed: the tcp
 * addresses in use, and which sockets send messages that content alone cannot tell apart.
 */
import type { CallEvent, TraceEvent } from "../journal/events.ts";
import { planRunner } from "../library/modules.ts";
import type { Plan, PlanThread } from "../program/plan.ts";
import { addressKey } from "./endpoints.ts";

export interface Forecast {
  /** "host:port". */
  readonly addresses: readonly string[];
  /** Those of the plan, and what programs in JavaScript opened. */
  readonly sockets: readonly string[];
  /** Sockets whose messages need a mark. */
  readonly marked: readonly string[];
}

/** `scenario`: the path of its file. */
export async function forecast(plan: Plan, seed: string, scenario: string): Promise<Forecast> {
  const names = allSockets(plan);
  let events: readonly TraceEvent[];
  try {
    ({ events } = await planRunner(scenario, { alone: true })(plan, { seed, exploreChoices: seed !== plan.seed }));
  } catch (error) {
    // A program that never gives control back would not do so for real.
    if (!(error instanceof Error) || error.name !== "LimitError") throw error;
    return { addresses: [], sockets: names, marked: names };
  }
  const opened = events.flatMap((event) => (event.ev === "socket" && event.what === "open" ? [event.socket] : []));
  const sockets = [...new Set([...names, ...opened])];
  const hosts = new Map(plan.nodes.map(({ name, host }) => [name, host]));
  const addresses = new Set<string>();
  const contents = new Contents();
  for (const event of events) {
    if (event.ev === "socket" && event.type === "ROUTER") contents.routers.add(event.socket);
    if (event.ev !== "call" || event.socket === undefined) continue;
    if (event.call === "bind" && event.arg === "inproc://zeromq.zap.01") contents.zapHandlers.add(event.socket);
    if (event.call === "bind" || event.call === "connect") {
      const node = event.thread.split(".")[0] ?? "";
      const key = addressKey(event.arg ?? "", event.call === "bind", hosts.get(node) ?? node);
      if (key !== undefined) addresses.add(key);
    } else if (event.call === "send" && event.message !== undefined) contents.add(event);
  }
  return { addresses: [...addresses], sockets, marked: sockets.filter((name) => contents.alike.has(name)) };
}

/** Which origins sent something that somebody sent before under another name. */
class Contents {
  readonly alike = new Set<string>();
  /** Their first frame is an address; two messages that differ in it only are alike elsewhere. */
  readonly routers = new Set<string>();
  /** What they send is for libzmq, which takes it as it is or not at all. */
  readonly zapHandlers = new Set<string>();
  /** Content -> the message that had it first. */
  readonly #first = new Map<string, string>();

  add({ message = "", socket = "", frames = [], sizes = [] }: CallEvent): void {
    const origin = message.slice(0, message.lastIndexOf("#"));
    // What a forwarder sends has the content of what it got, but for the envelope.
    if (socket !== origin || this.zapHandlers.has(socket)) return;
    const key = bodyOf(frames, sizes, this.routers.has(socket));
    const first = this.#first.get(key);
    if (first === undefined) this.#first.set(key, message);
    else if (first !== message) {
      this.alike.add(origin);
      this.alike.add(first.slice(0, first.lastIndexOf("#")));
    }
  }
}

/** What of a message is sure to arrive as it was sent: all that follows its envelope. Cut frames count as alike. */
function bodyOf(frames: readonly string[], sizes: readonly number[], addressed: boolean): string {
  const from = Math.min(Math.max(addressed ? 1 : 0, frames.lastIndexOf("") + 1), frames.length - 1);
  return `${frames.slice(from).join("|")} ${sizes.slice(from).join()}`;
}

export const allSockets = (plan: Plan): string[] =>
  plan.nodes.flatMap((node) =>
    node.threads.flatMap((thread) => thread.sockets.map(({ name }) => `${threadLabel(node.name, thread)}.${name}`)),
  );

export const threadLabel = (node: string, { name }: Pick<PlanThread, "name">): string =>
  name === "" ? node : `${node}.${name}`;
