/** What a scenario declares, by name: read from the raw document, so that malformed parts hide no names. */
import type { SocketTypeName } from "../ctx/options.ts";
import type { Json } from "../program/plan.ts";
import { SOCKET_TYPES } from "../socket/types.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";
import { isObject } from "./shape.ts";
import type { DeclaredSocket } from "./step-place.ts";

export interface DeclaredThread {
  /** Replicas; undefined when the declaration has no count, so that names have no index. */
  readonly count: number | undefined;
  readonly sockets: ReadonlyMap<string, DeclaredSocket>;
  /** Variables that anything in the thread gives a value. */
  readonly variables: ReadonlySet<string>;
  /** A program in JavaScript opens its sockets itself; they are known when it runs. */
  readonly opensItself: boolean;
}

export interface DeclaredNode extends DeclaredThread {
  readonly threads: ReadonlyMap<string, DeclaredThread>;
}

const members = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  isObject(value) ? Object.entries(value) : [];

export class Directory {
  readonly nodes: ReadonlyMap<string, DeclaredNode>;

  constructor(document: Json) {
    const nodes = isObject(document) ? document["nodes"] : undefined;
    this.nodes = new Map(members(nodes).map(([name, node]) => [name, declaredNode(node)]));
  }

  /** Instance names of a node selector ("worker", "worker[2]"); undefined when there is none. */
  instances(selector: string): readonly string[] | undefined {
    const match = /^([^[]+)(?:\[(\d+)\])?$/.exec(selector);
    const node = match && this.nodes.get(match[1]!);
    if (!match || !node) return undefined;
    if (match[2] === undefined) return replicaNames(match[1]!, node.count);
    return node.count !== undefined && Number(match[2]) < node.count ? [selector] : undefined;
  }

  /** As `instances`, but reports what is unknown. */
  findInstances(selector: string, pointer: string, report: Report): readonly string[] {
    const found = this.instances(selector);
    if (found) return found;
    const name = selector.replace(/\[.*$/, "");
    const node = this.nodes.get(name);
    const hint = node === undefined ? didYouMean(name, this.nodes.keys()) : replicaHint(name, node.count);
    report.error(pointer, "ZS402", `unknown node "${selector}"`, { allowed: [...this.nodes.keys()], hint });
    return [];
  }

  /** All threads with the names that traces use, without indices: "node", "node.thread". */
  threads(): ReadonlyMap<string, DeclaredThread> {
    const all = new Map<string, DeclaredThread>();
    for (const [name, node] of this.nodes) {
      all.set(name, node);
      for (const [thread, declared] of node.threads) all.set(`${name}.${thread}`, declared);
    }
    return all;
  }
}

export const replicaNames = (name: string, count: number | undefined): readonly string[] =>
  count === undefined ? [name] : Array.from({ length: count }, (_, at) => `${name}[${at}]`);

export const replicaHint = (name: string, count: number | undefined): string =>
  count === undefined ? `"${name}" has no count, so it has no index` : `${name}[0] to ${name}[${count - 1}]`;

function declaredNode(node: Json): DeclaredNode {
  const own = declaredThread(node, new Set());
  const inherited = new Set(members(isObject(node) ? node["vars"] : undefined).map(([name]) => name));
  const threads = members(isObject(node) ? node["threads"] : undefined);
  return { ...own, threads: new Map(threads.map(([name, thread]) => [name, declaredThread(thread, inherited)])) };
}

function declaredThread(value: Json, inherited: ReadonlySet<string>): DeclaredThread {
  const thread = isObject(value) ? value : {};
  const variables = new Set(inherited);
  for (const [name] of members(thread["vars"])) variables.add(name);
  collectVariables(thread["program"], variables);
  const count = thread["count"];
  return {
    count: typeof count === "number" && count >= 1 && count <= REPLICAS_MAX ? count : undefined,
    sockets: new Map(members(thread["sockets"]).map(([name, socket]) => [name, declaredSocket(socket)])),
    variables,
    opensItself: isObject(thread["program"]),
  };
}

const REPLICAS_MAX = 1_000_000;

function declaredSocket(value: Json): DeclaredSocket {
  const type = isObject(value) ? value["type"] : undefined;
  const options = isObject(value) ? value["options"] : undefined;
  const manual = isObject(options) && Boolean(options["xpub_manual"] ?? options["xpub_manual_last_value"]);
  return {
    type: typeof type === "string" && Object.hasOwn(SOCKET_TYPES, type) ? (type as SocketTypeName) : undefined,
    manual,
  };
}

/** Everything that a program assigns: as, for, error, set. */
function collectVariables(steps: Json | undefined, into: Set<string>): void {
  if (!Array.isArray(steps)) return;
  for (const step of steps as readonly Json[]) {
    if (!isObject(step)) continue;
    for (const key of ["as", "for", "error"]) if (typeof step[key] === "string") into.add(step[key]);
    for (const [name] of members(step["set"])) into.add(name);
    for (const body of ["do", "then", "else", "forever"]) collectVariables(step[body], into);
  }
}
