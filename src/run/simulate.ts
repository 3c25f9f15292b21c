/** Plan -> simulation -> record: the one entry to the engine. */
import type { TraceHeader } from "../journal/events.ts";
import { Journal } from "../journal/journal.ts";
import { MODEL, VERSION } from "../journal/version.ts";
import type { Actor } from "../kernel/actor.ts";
import type { ChoicesOptions } from "../kernel/choices.ts";
import { compileDistribution } from "../kernel/distribution.ts";
import { invariant } from "../kernel/invariant.ts";
import { Kernel, type RunOutcome } from "../kernel/kernel.ts";
import { RandomStreams } from "../kernel/random.ts";
import type { LinkShape } from "../network/link.ts";
import { Network } from "../network/network.ts";
import { itemFate, type World } from "../network/process.ts";
import { resolveProfile } from "../network/profile.ts";
import { Frame } from "../pipe/frame.ts";
import { Program } from "../program/machine.ts";
import type { Plan, PlanFault, PlanLink, PlanThread } from "../program/plan.ts";
import type { Member, ModuleRuntime } from "./member.ts";
import { Node, type NodeHost } from "./node.ts";
import { planHash } from "./plan-hash.ts";
import type { RunRecord, SimulateOptions } from "./record.ts";
import { legCounts, socketStates, threadStates } from "./snapshot.ts";

/**
 * Runs a plan to its end. Equal plan, seed and options give an equal record, byte for byte.
 * Throws LimitError when a limit of the plan is hit.
 */
export function simulate(plan: Plan, options: SimulateOptions = {}): RunRecord {
  return new Simulation(plan, options).run();
}

/** A plan with programs that this run cannot run. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
}

/** A plan on its way: whoever brings a runtime for modules drives the kernel until the end. */
export class Simulation implements NodeHost, Actor {
  readonly label = "timeline";
  readonly world: World;
  /** What the programs call `seed`. */
  readonly seed: string;
  readonly appRandom: RandomStreams;
  readonly callsPerInstant: number;
  private readonly runSeed: string;
  private readonly plan: Plan;
  private readonly kernel: Kernel;
  private readonly journal: Journal;
  private readonly nodes: Member[];
  /** No node is left that could do anything. */
  over = false;
  private readonly programs = new Map<PlanThread["program"], Program>();
  private readonly warnings = new Map<string, string>();
  private readonly profileName: string;

  constructor(plan: Plan, options: SimulateOptions, runtime?: ModuleRuntime) {
    this.plan = plan;
    this.runSeed = options.seed ?? plan.seed;
    this.seed = options.appSeed ?? this.runSeed;
    this.callsPerInstant = plan.limits.eventsPerInstant;
    this.kernel = new Kernel({ seed: this.runSeed, limits: plan.limits, choices: choicesFrom(options) });
    this.appRandom = options.appSeed === undefined ? this.kernel.random : new RandomStreams(options.appSeed);
    this.journal = new Journal(this.kernel, (options.level ?? "full") === "full");
    const profile = resolveProfile(plan.network.profile);
    this.profileName = profile.name;
    const network = new Network({
      kernel: this.kernel,
      profile,
      hosts: new Set(plan.nodes.map(({ host }) => host)),
      shapes: new Map(plan.network.links.map((link) => [`${link.from}>${link.to}`, shapeOf(link)])),
      itemLost: (item, sender, receiver, where) => {
        if (item instanceof Frame && item.message !== null && !item.more)
          this.journal.lose(item.message, itemFate(this.world.losing, where), sender, receiver, where);
      },
    });
    this.world = { kernel: this.kernel, journal: this.journal, network, pipeIds: 0, losing: "connection-lost" };
    this.nodes = plan.nodes.map((node) => {
      if (node.module === undefined) return new Node(this, node);
      if (runtime === undefined)
        throw new ModuleError(
          `node "${node.name}" runs ${node.module.path}, a program in JavaScript, which takes turns with Node's event loop: use simulateAsync()`,
        );
      return runtime.create(this, node, node.module);
    });
    for (const node of this.startOrder()) node.scheduleStart();
    for (const [index, fault] of plan.timeline.entries()) this.kernel.scheduleAt(fault.at, this, 0, index);
  }

  run(): RunRecord {
    return this.finish(this.kernel.run(this.plan.until));
  }

  /** The accounts at the end. */
  finish(outcome: RunOutcome): RunRecord {
    const endTime = this.kernel.now;
    const threads = threadStates(this.nodes, outcome === "quiet");
    const sockets = socketStates(this.nodes);
    this.settleAccounts();
    return {
      header: this.header(),
      events: this.journal.events,
      endTime,
      outcome: outcome === "stopped" ? "ended" : outcome,
      kernelEvents: this.kernel.executed,
      legs: legCounts(this.journal),
      threads,
      sockets,
      warnings: [...this.warnings].map(([id, text]) => ({ id, text })),
      choiceLog: this.kernel.choices.log,
    };
  }

  /** Nodes that start at the same instant may do so in any order. */
  private startOrder(): Member[] {
    const order: Member[] = [];
    const declared = new Map(this.nodes.map((node, index) => [node, index]));
    const place = (node: Member): number => declared.get(node) as number;
    const waiting = [...this.nodes].sort((a, b) => a.startsAt - b.startsAt || place(a) - place(b));
    while (waiting.length > 0) {
      const first = (waiting[0] as Member).startsAt;
      const later = waiting.findIndex(({ startsAt }) => startsAt > first);
      const chosen = this.kernel.choices.open
        ? this.kernel.choose("start order", later < 0 ? waiting.length : later)
        : 0;
      order.push(...waiting.splice(chosen, 1));
    }
    return order;
  }

  program(thread: PlanThread): Program {
    const known = this.programs.get(thread.program);
    if (known !== undefined) return known;
    const program = new Program(thread.program);
    this.programs.set(thread.program, program);
    return program;
  }

  warn(id: string, text: string): void {
    if (!this.warnings.has(id)) this.warnings.set(id, text);
  }

  nodeEnded(): void {
    const over = this.nodes.every(({ state }) => state === "exited" || state === "crashed");
    if (over && !this.plan.timeline.some(({ kind, at }) => kind === "restart" && at >= this.kernel.now))
      this.kernel.stop();
  }

  fault(kind: "crash" | "restart", name: string): void {
    for (const node of this.nodes) {
      if (node.plan.name !== name && node.plan.group !== name) continue;
      if (kind === "crash") node.crash();
      else {
        node.crash();
        node.start("restart");
      }
    }
  }

  /** An entry of the timeline is due. */
  fire(_op: number, index: number): void {
    const fault = this.plan.timeline[index] as PlanFault;
    switch (fault.kind) {
      case "crash":
      case "restart":
        return this.fault(fault.kind, fault.node);
      case "partition":
      case "heal":
        return this.partition(fault);
      case "link": {
        const { from, to } = fault.link;
        this.world.network.setShape(from, to, shapeOf(fault.link));
        this.recordNet("link", from, to);
      }
    }
  }

  private partition(fault: PlanFault & { kind: "partition" | "heal" }): void {
    const { network } = this.world;
    const cut = fault.kind === "partition";
    for (const from of fault.from) {
      for (const to of fault.to) {
        network.setPartition(from, to, cut);
        if (!fault.oneWay) network.setPartition(to, from, cut);
        this.recordNet(fault.kind, from, to);
      }
    }
  }

  private recordNet(what: "partition" | "heal" | "link", from: string, to: string): void {
    if (this.journal.full) this.journal.record({ t: this.kernel.now, ev: "net", what, from, to });
  }

  /** What is still under way is queued; then the books must balance. */
  private settleAccounts(): void {
    this.world.losing = "queued";
    for (const node of this.nodes) {
      if (node.state === "not-started" || node.state === "crashed") continue;
      node.loseItems();
    }
    this.world.network.datagrams.loseItems();
    invariant(this.journal.open === 0, `${this.journal.open} of ${this.journal.written} legs have no fate`);
  }

  private header(): TraceHeader {
    return {
      format: "zeromq-sim-trace",
      version: 1,
      tool: VERSION,
      model: MODEL,
      scenario: this.plan.name,
      scenarioHash: planHash(this.plan),
      seed: this.runSeed,
      profile: this.profileName,
      arm: "simulated",
    };
  }
}

function choicesFrom({ exploreChoices, choiceLog }: SimulateOptions): ChoicesOptions {
  if (choiceLog !== undefined) return { mode: "replay", log: choiceLog };
  return exploreChoices === true ? { mode: "seeded" } : { mode: "default", record: false };
}

const shapeOf = ({ latency, bandwidth }: PlanLink): Partial<LinkShape> => ({
  ...(latency === undefined ? {} : { latency: compileDistribution(latency) }),
  ...(bandwidth === undefined ? {} : { bandwidth }),
});
