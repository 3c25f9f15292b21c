/** A plan under the conditions of a recorded real run, so that the two can be held against each other. */
import type { Instant } from "../kernel/time.ts";
import type { Plan, PlanNode, PlanThread } from "../program/plan.ts";

/**
 * Threads start when they came to their work for real (`starts`: ns by thread label), since processes
 * take their time to begin, and no connection is slowed by declared links, since none was.
 */
export function alignedPlan(plan: Plan, starts: ReadonlyMap<string, number>): Plan {
  const nodes = plan.nodes.map((node) => alignedNode(node, starts));
  return { ...plan, nodes, network: { ...plan.network, links: [] } };
}

function alignedNode(node: PlanNode, starts: ReadonlyMap<string, number>): PlanNode {
  const threads = node.threads.map((thread): PlanThread => {
    const start = starts.get(thread.name === "" ? node.name : `${node.name}.${thread.name}`);
    return start === undefined ? thread : { ...thread, startAt: start as Instant };
  });
  const { startJitter: _, ...rest } = node;
  const known = node.threads.some(({ name }) => starts.has(name === "" ? node.name : `${node.name}.${name}`));
  if (!known) return node;
  return { ...rest, threads, startAt: Math.min(...threads.map(({ startAt }) => startAt)) as Instant };
}

/** Real processes come to their work some ms early or late; at smaller distances every order has been seen. */
const TOGETHER_NS = 5_000_000;

/**
 * Replicas that are declared to start together, of a node ("subscriber[*]", "subscriber[*].thread") or of a
 * thread within its node ("server.worker[*]"): nobody knows which is first.
 */
export function interchangeableThreads(plan: Plan): Set<string> {
  const names = new Set<string>();
  for (const nodes of groupsOf(plan.nodes)) {
    const [first] = nodes as [PlanNode, ...PlanNode[]];
    const node = first.count > 1 ? `${first.group}[*]` : first.name;
    const together = first.count > 1 && areTogether(nodes);
    for (const threads of groupsOf(first.threads)) {
      const [one] = threads as [PlanThread, ...PlanThread[]];
      if (together || (first.count === 1 && one.count > 1 && areTogether(threads)))
        names.add(`${node}${one.name === "" ? "" : `.${one.name.replace(/\[\d+\]/g, "[*]")}`}`);
    }
  }
  return names;
}

function groupsOf<T extends { readonly group: string }>(all: readonly T[]): (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups.values()];
}

function areTogether(replicas: readonly { readonly startAt: Instant }[]): boolean {
  const begins = replicas.map(({ startAt }) => startAt);
  return Math.max(...begins) - Math.min(...begins) <= TOGETHER_NS;
}
