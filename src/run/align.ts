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

/** Replicas of a node that are declared to start together, "subscriber[*]" and "subscriber[*].thread": nobody knows which is first. */
export function interchangeableThreads(plan: Plan): Set<string> {
  const groups = new Map<string, PlanNode[]>();
  for (const node of plan.nodes) if (node.count > 1) groups.set(node.group, [...(groups.get(node.group) ?? []), node]);
  const names = new Set<string>();
  for (const [group, nodes] of groups) {
    const [first] = nodes;
    if (first === undefined) continue;
    const begins = nodes.map(({ startAt }) => startAt);
    if (Math.max(...begins) - Math.min(...begins) > TOGETHER_NS) continue;
    for (const { name } of first.threads)
      names.add(`${group}[*]${name === "" ? "" : `.${name.replace(/\[\d+\]/g, "[*]")}`}`);
  }
  return names;
}
