/** Nodes and their threads: compiled once as declared, then expanded to instances. */
import type { DistributionSpec } from "../kernel/distribution.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import type {
  DurationExpr,
  PlanModule,
  PlanNode,
  PlanSocket,
  PlanThread,
  Step,
  Template,
  ValueExpr,
} from "../program/plan.ts";
import { computedDuration } from "../program/quantity.ts";
import type { Value } from "../program/value.ts";
import { type DeclaredNode, type DeclaredThread, type Directory, replicaNames } from "./directory.ts";
import { compileDistribution } from "./network.ts";
import { compileSteps } from "./program.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { compileSocket } from "./sockets.ts";
import { under } from "./source.ts";
import type { EndpointUse } from "./step-place.ts";
import { STATIC_BUILTINS, staticText, Texts } from "./texts.ts";

/** A thread, or a node as the main thread of itself. */
type Declared = schema.Thread | schema.Node;

/** A thread as declared. */
interface ThreadModel {
  readonly group: string;
  readonly declared: DeclaredThread;
  readonly pointer: string;
  readonly startAt: DurationExpr;
  readonly vars: Readonly<Record<string, ValueExpr>>;
  readonly sockets: readonly PlanSocket[];
  readonly program: readonly Step[];
  readonly uses: readonly EndpointUse[];
}

/** What a thread instance does to endpoints, for the checks of the topology. */
export interface ThreadUses {
  readonly node: PlanNode;
  readonly thread: PlanThread;
  readonly uses: readonly EndpointUse[];
  readonly values: ReadonlyMap<string, Value>;
}

export interface NodesResult {
  readonly nodes: readonly PlanNode[];
  readonly uses: readonly ThreadUses[];
}

const INSTANCES_MAX = 1_000_000;

export function compileNodes(
  scenario: schema.Scenario,
  seed: string,
  directory: Directory,
  report: Report,
): NodesResult {
  if (tooMany(directory, report)) return { nodes: [], uses: [] };
  const nodes: PlanNode[] = [];
  const uses: ThreadUses[] = [];
  for (const [name, node] of Object.entries(scenario.nodes as Record<string, schema.Node>)) {
    const pointer = under("/nodes", name);
    if (typeof node !== "object" || node === null || Array.isArray(node)) continue;
    const compiler = new NodeCompiler({
      name,
      node,
      pointer,
      declared: directory.nodes.get(name)!,
      directory,
      report,
      binding: scenario.binding ?? "libzmq",
      seed,
    });
    for (const instance of compiler.instances()) {
      nodes.push(instance.node);
      uses.push(...instance.uses);
    }
  }
  return { nodes, uses };
}

/** A limit on what the plan holds, before it is built. */
function tooMany(directory: Directory, report: Report): boolean {
  let total = 0;
  for (const [name, { count = 1, threads }] of directory.nodes) {
    let each = 1;
    for (const { count: replicas = 1 } of threads.values()) each += replicas;
    total += count * each;
    if (total <= INSTANCES_MAX) continue;
    report.error(under("/nodes", name), "ZS603", `the scenario has more than ${INSTANCES_MAX} threads`, {
      key: true,
      hint: "lower a count",
    });
    return true;
  }
  return false;
}

interface NodeInput {
  readonly name: string;
  readonly node: schema.Node;
  readonly pointer: string;
  readonly declared: DeclaredNode;
  readonly directory: Directory;
  readonly report: Report;
  readonly binding: schema.Binding;
  readonly seed: string;
}

class NodeCompiler {
  readonly #input: NodeInput;
  readonly #draftBuild: boolean;

  constructor(input: NodeInput) {
    this.#input = input;
    this.#draftBuild = this.#binding === "zeromq.js";
  }

  get #binding(): schema.Binding {
    return this.#sound("binding") ?? this.#input.binding;
  }

  instances(): { node: PlanNode; uses: ThreadUses[] }[] {
    const { name, node, pointer, declared } = this.#input;
    const main = this.#thread("", node, pointer, declared);
    const further = Object.entries((this.#object(node.threads) ?? {}) as Record<string, schema.Thread>)
      .filter(([, thread]) => typeof thread === "object" && thread !== null)
      .map(([group, thread]) =>
        this.#thread(group, thread, under(pointer, "threads", group), declared.threads.get(group)!),
      );
    const host = this.#staticTexts().template(this.#sound("host") ?? "", under(pointer, "host"));
    const jitter = this.#jitter();
    return replicaNames(name, declared.count).map((instance, index) =>
      this.#instance({ instance, index, main, further, host, jitter }),
    );
  }

  #instance({
    instance,
    index,
    main,
    further,
    host,
    jitter,
  }: {
    instance: string;
    index: number;
    main: ThreadModel;
    further: readonly ThreadModel[];
    host: Template;
    jitter: DistributionSpec | undefined;
  }): { node: PlanNode; uses: ThreadUses[] } {
    const { name, pointer, declared, seed } = this.#input;
    const count = declared.count ?? 1;
    const values = new Map<string, Value>([
      ["node", instance],
      ["group", name],
      ["index", index],
      ["count", count],
      ["nodeIndex", index],
      ["nodeCount", count],
      ["thread", ""],
      ["seed", seed],
    ]);
    const startAt = this.#startAt(main, values) as number;
    const threads = [main, ...further].flatMap((model) => this.#replicas(model, startAt, values));
    const hostName = host.length === 0 ? instance : (staticText(host, values) ?? instance);
    if (host.length > 0 && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\[\d+\])?$/.test(hostName)) {
      this.#input.report.error(under(pointer, "host"), "ZS206", `"${hostName}" is not a host name`);
    }
    const module = this.#module(values);
    const node: PlanNode = {
      name: instance,
      group: name,
      index,
      count,
      host: hostName,
      startAt: startAt as Instant,
      ...(jitter === undefined ? {} : { startJitter: jitter }),
      ioThreads: this.#sound("ioThreads") ?? 1,
      blocky: this.#sound("blocky") ?? true,
      binding: this.#binding,
      threads: threads.map(({ thread }) => thread),
      ...(module === undefined ? {} : { module }),
    };
    return { node, uses: threads.map(({ thread, uses, values: known }) => ({ node, thread, uses, values: known })) };
  }

  #replicas(
    model: ThreadModel,
    nodeStart: number,
    nodeValues: ReadonlyMap<string, Value>,
  ): { thread: PlanThread; uses: readonly EndpointUse[]; values: ReadonlyMap<string, Value> }[] {
    const { group, vars, sockets, program, declared, uses } = model;
    const main = group === "";
    const names = main ? [""] : replicaNames(group, declared.count);
    return names.map((name, at) => {
      const index = main ? 0 : at;
      const values = main
        ? nodeValues
        : new Map([...nodeValues, ["thread", name], ["index", index], ["count", names.length]] as const);
      const startAt = (main ? nodeStart : nodeStart + this.#startAt(model, values)) as Instant;
      return { thread: { name, group, index, count: names.length, startAt, vars, sockets, program }, uses, values };
    });
  }

  #thread(group: string, thread: Declared, pointer: string, declared: DeclaredThread): ThreadModel {
    const { report, directory, node } = this.#input;
    const texts = new Texts(report, declared.variables);
    const uses: EndpointUse[] = [];
    const subscribed = new Set<string>();
    const sockets = this.#sockets(thread, pointer, texts, uses);
    const program = compileSteps((this.#list(thread.program) ?? []) as schema.Step[], under(pointer, "program"), {
      report,
      texts,
      sockets: declared.sockets,
      socketsKnown: !report.isBroken(under(pointer, "sockets")) && !hasUnknownKey(report, pointer, thread),
      foreign: this.#foreign(group),
      instances: (selector, place) => directory.findInstances(selector, place, report),
      draftBuild: this.#draftBuild,
      uses,
      subscribed,
    });
    this.#checkSubscriptions(sockets, subscribed, pointer);
    const own = this.#vars(thread, pointer, texts);
    const inherited = group === "" ? {} : this.#vars(node, this.#input.pointer, undefined);
    return {
      group,
      declared,
      pointer,
      startAt: this.#delay(thread, pointer),
      vars: { ...inherited, ...own },
      sockets,
      program,
      uses,
    };
  }

  #sockets(thread: Declared, pointer: string, texts: Texts, uses: EndpointUse[]): PlanSocket[] {
    const { report } = this.#input;
    return Object.entries((this.#object(thread.sockets) ?? {}) as Record<string, schema.Socket>).flatMap(
      ([name, socket]) => {
        const place = under(pointer, "sockets", name);
        // Without a type nothing more can be said about a socket; other faults spoil only themselves.
        return report.isBroken(under(place, "type")) || socket?.type === undefined
          ? []
          : [compileSocket(name, socket, place, { report, texts, draftBuild: this.#draftBuild, uses })];
      },
    );
  }

  /** A SUB without a subscription receives nothing, and nothing says so. */
  #checkSubscriptions(sockets: readonly PlanSocket[], subscribed: ReadonlySet<string>, pointer: string): void {
    for (const { name, type, subscribe, join = [] } of sockets) {
      if (type === "DISH" && join.length === 0 && !subscribed.has(name))
        this.#input.report.warning(
          under(pointer, "sockets", name),
          "ZS507",
          `the DISH socket "${name}" never joins a group, so it receives nothing`,
          { key: true, hint: '"join": "news"' },
        );
      if (type !== "SUB" || subscribe.length > 0 || subscribed.has(name)) continue;
      this.#input.report.warning(
        under(pointer, "sockets", name),
        "ZS507",
        `the SUB socket "${name}" never subscribes, so it receives nothing`,
        { key: true, hint: '"subscribe": "" is everything' },
      );
    }
  }

  #foreign(group: string): ReadonlyMap<string, string> {
    const { declared } = this.#input;
    const foreign = new Map<string, string>();
    for (const [name, thread] of [["", declared] as const, ...declared.threads]) {
      if (name !== group)
        for (const socket of thread.sockets.keys())
          foreign.set(socket, name === "" ? "the main thread" : `thread "${name}"`);
    }
    return foreign;
  }

  /** `texts` is undefined where the same variables were checked before. */
  #vars(thread: Declared, pointer: string, texts: Texts | undefined): Record<string, ValueExpr> {
    const { report, declared } = this.#input;
    const quiet = texts ?? new Texts(report, declared.variables);
    const place = under(pointer, "vars");
    if (report.isBroken(place)) return {};
    return Object.fromEntries(
      Object.entries(thread.vars ?? {}).map(([name, value]) => [name, quiet.value(value as never, under(place, name))]),
    );
  }

  #staticTexts(): Texts {
    return new Texts(this.#input.report, new Set(), STATIC_BUILTINS);
  }

  #delay(thread: Declared, pointer: string): DurationExpr {
    const place = under(pointer, "startAt");
    if (thread.startAt === undefined || this.#input.report.isBroken(place)) return 0 as Duration;
    return this.#staticTexts().duration(thread.startAt, place);
  }

  #startAt({ startAt, pointer }: ThreadModel, values: ReadonlyMap<string, Value>): Duration {
    if (typeof startAt === "number") return startAt;
    const text = staticText(startAt.template, values);
    const duration = text === undefined ? undefined : computedDuration(text);
    const { report } = this.#input;
    const computed = startAt.template.some((part) => typeof part === "object");
    if (duration === undefined && computed && !report.isBroken(under(pointer, "startAt"))) {
      const reason =
        text === undefined
          ? "startAt is fixed before the run: it has no random draws (see startJitter)"
          : `"${text}" is not a duration`;
      report.once(under(pointer, "startAt"), "ZS314", reason);
    }
    return duration ?? (0 as Duration);
  }

  #jitter(): DistributionSpec | undefined {
    const given = this.#sound("startJitter");
    return given === undefined
      ? undefined
      : compileDistribution(given, under(this.#input.pointer, "startJitter"), this.#input.report);
  }

  /** A program in JavaScript, which makes its sockets itself. */
  #module(values: ReadonlyMap<string, Value>): PlanModule | undefined {
    const { node, pointer, report } = this.#input;
    const program = this.#object(this.#sound("program"));
    if (program === undefined) return undefined;
    const { module, args = [] } = program as schema.ModuleProgram;
    const place = under(pointer, "program");
    for (const key of ["sockets", "threads", "vars", "ioThreads", "blocky"] as const) {
      if (node[key] !== undefined)
        report.once(
          under(pointer, key),
          "ZS213",
          `a node that runs a module has no "${key}": the module does that itself`,
          { key: true },
        );
    }
    const words = args.map((arg, at) => {
      const template = this.#staticTexts().template(arg, under(place, "args", at));
      const text = staticText(template, values);
      if (text === undefined)
        report.once(under(place, "args", at), "ZS314", "the arguments are fixed before the run: no random draws");
      return text ?? "";
    });
    return { path: String(module), args: words };
  }

  /** A field of the node, unless it broke the schema. */
  #sound<K extends keyof schema.Node>(key: K): schema.Node[K] | undefined {
    const { node, pointer, report } = this.#input;
    return report.isBroken(under(pointer, key)) ? undefined : node[key];
  }

  #object<T>(value: T): T | undefined {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  }

  #list(value: unknown): readonly unknown[] | undefined {
    return Array.isArray(value) ? value : undefined;
  }
}

/** "scokets" instead of "sockets": then nothing is known about the names. */
const hasUnknownKey = (report: Report, pointer: string, thread: object): boolean =>
  !("sockets" in thread) && Object.keys(thread).some((key) => report.isBroken(under(pointer, key)));
