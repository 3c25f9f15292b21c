/** What a program finds when it begins: its variables, and the calls that make its sockets ready. */
import type { Request } from "../program/machine.ts";
import type { PlanNode, PlanSocket, PlanThread, Template } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import type { NodeProcess } from "./node-process.ts";

/** The variables that every program has, as functions, since few are asked for. */
export const builtins = (
  node: PlanNode,
  thread: PlanThread,
  host: NodeProcess,
): Readonly<Record<string, () => Value>> => ({
  node: () => node.name,
  group: () => node.group,
  index: () => (thread.name === "" ? node.index : thread.index),
  count: () => (thread.name === "" ? node.count : thread.count),
  nodeIndex: () => node.index,
  nodeCount: () => node.count,
  thread: () => thread.name,
  now: () => host.clock.now() / 1e6,
  seed: () => host.seed,
});

/** What follows the creation of a socket: its declared options, subscriptions and endpoints, in that order. */
export function setupOf(plan: PlanSocket, text: (template: Template) => string): Request[] {
  const socket = plan.name;
  return [
    ...plan.options.map(
      ({ name, value }): Request => ({
        kind: "setsockopt",
        socket,
        option: name,
        value: typeof value === "number" ? value : text(value),
      }),
    ),
    ...plan.subscribe.map((topic): Request => ({ kind: "subscribe", socket, text: text(topic) })),
    ...(plan.join ?? []).map((group): Request => ({ kind: "join", socket, text: text(group) })),
    ...plan.bind.map((endpoint): Request => ({ kind: "bind", socket, text: text(endpoint) })),
    ...plan.connect.map((endpoint): Request => ({ kind: "connect", socket, text: text(endpoint) })),
  ];
}
