/** A scenario some of whose nodes run programs in JavaScript: steps and programs in one world and one trace. */
import { existsSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { compileDistribution } from "../kernel/distribution.ts";
import type { RunOutcome } from "../kernel/kernel.ts";
import type { Instant } from "../kernel/time.ts";
import type { World } from "../network/process.ts";
import type { Plan, PlanModule, PlanNode } from "../program/plan.ts";
import type { Member } from "../run/member.ts";
import type { NodeHost, NodeState } from "../run/node.ts";
import type { RunRecord, SimulateOptions, ThreadState } from "../run/record.ts";
import { Simulation as PlanRun } from "../run/simulate.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import { type Host, messageOf } from "./host.ts";
import type { Instance } from "./instance.ts";
import { loadInstance } from "./module-loader.ts";
import { install, restore } from "./patches.ts";
import { interceptUncaught } from "./process-events.ts";
import { real } from "./real.ts";
import { alias, type Substitutes } from "./register.ts";
import { Simulation, type SimulationEvents, threadState } from "./simulation.ts";
import { currentStage, presentInstance, setStage } from "./stage.ts";

export interface PlanOptions extends SimulateOptions {
  /** Where the paths of modules start. */
  readonly folder: string;
  readonly files: Substitutes;
}

/** Runs a plan with programs in JavaScript. Rejects when a module is missing or cannot be loaded. */
export async function simulatePlan(plan: Plan, options: PlanOptions): Promise<RunRecord> {
  if (currentStage() !== null) throw new Error("a simulation is running already in this process");
  for (const { name, module } of plan.nodes) {
    if (module !== undefined && !existsSync(resolvePath(options.folder, module.path)))
      throw new Error(
        `node "${name}" runs ${module.path}, but there is no file ${resolvePath(options.folder, module.path)}`,
      );
  }
  alias(options.files);
  let stage: ScenarioStage | null = null;
  let undo = (): void => {};
  try {
    return await new Promise<RunRecord>((done, failed) => {
      const events: SimulationEvents = {
        quiet: (outcome) => {
          done(finish(outcome));
          return false;
        },
        failed,
      };
      const run: PlanRun = new PlanRun(plan, options, {
        create: (host, node, module) => {
          stage ??= new ScenarioStage(settingsOf(plan), events, host.world, () => run.over);
          return new ModuleNode(stage, host, node, module, options.folder);
        },
      });
      const on = stage as ScenarioStage | null;
      if (on === null) return done(run.run());
      const finish = (outcome: RunOutcome): RunRecord => {
        const record = run.finish(outcome);
        return { ...record, warnings: [...record.warnings, ...[...on.warnings].map(([id, text]) => ({ id, text }))] };
      };
      install(new Set());
      const argv = process.argv;
      Object.defineProperty(process, "argv", {
        configurable: true,
        enumerable: true,
        get: () => presentInstance()?.argv ?? argv,
        set: () => {},
      });
      const quiet = interceptUncaught((error) => on.caught(error));
      undo = () => {
        quiet();
        Object.defineProperty(process, "argv", { configurable: true, enumerable: true, writable: true, value: argv });
        on.loop.end();
        setStage(null);
        restore();
      };
      setStage(on);
      on.loop.arm();
    });
  } finally {
    undo();
  }
}

const settingsOf = (plan: Plan) => ({
  name: plan.name,
  seed: plan.seed,
  profile: "loopback",
  full: true,
  limits: plan.limits,
  until: plan.until,
  strict: false,
  realWork: "auto" as const,
  drain: null,
  turnLimitMs: 10_000,
});

class ScenarioStage extends Simulation {
  private readonly over: () => boolean;
  /** Its file is being loaded, which takes no virtual time; nobody else runs meanwhile. */
  private loading: Instance | null = null;

  constructor(
    settings: ConstructorParameters<typeof Simulation>[0],
    events: SimulationEvents,
    world: World,
    over: () => boolean,
  ) {
    super(settings, events, world);
    this.over = over;
  }

  /** It counts as loaded when its top level is done, or waits for something of the simulation. */
  load(instance: Instance, work: () => Promise<unknown>): Promise<unknown> {
    this.loading = instance;
    let settled = false;
    const result = work();
    const mark = (): void => {
      settled = true;
    };
    result.then(mark, mark);
    const look = (): void => {
      if (!settled && instance.alive && instance.refs === 0 && instance.waiting.size === 0)
        return void real.setImmediate(look);
      this.loading = null;
      this.loop.arm();
    };
    real.setImmediate(look);
    return result;
  }

  override present(): Instance | null {
    return this.loading ?? super.present();
  }

  override mayRun(): boolean {
    return this.loading === null && super.mayRun();
  }

  override mayAdvance(): "now" | "later" | "never" {
    if (!this.over()) return super.mayAdvance();
    this.events.quiet("stopped");
    return "never";
  }

  /** A program that fails ends its node, as a failed step does; one that cannot be loaded ends the run. */
  override hostFailed(host: Host<unknown>, error: unknown): void {
    if (this.loading?.label !== host.label) return;
    const text = `node "${host.label}" could not load its module: ${messageOf(error)}`;
    this.events.failed(new Error(text, { cause: error }));
  }

  override hostEnded(host: Host<unknown>): void {
    this.ended.get(host.label)?.();
  }

  readonly ended = new Map<string, () => void>();
}

class ModuleNode implements Member {
  readonly plan: PlanNode;
  readonly startsAt: Instant;
  private readonly host: Host<unknown>;

  constructor(stage: ScenarioStage, run: NodeHost, plan: PlanNode, module: PlanModule, folder: string) {
    this.plan = plan;
    const jitter =
      plan.startJitter === undefined
        ? 0
        : compileDistribution(plan.startJitter).sample(run.appRandom.stream(`node/${plan.name}/start`));
    this.startsAt = (plan.startAt + jitter) as Instant;
    const path = resolvePath(folder, module.path);
    const program = (): Promise<unknown> => {
      const instance = this.host.instance as Instance;
      instance.argv = [process.execPath, path, ...module.args];
      return stage.load(instance, () => loadInstance(path));
    };
    this.host = stage.addHost(plan.name, program, plan.host);
    stage.ended.set(plan.name, () => run.nodeEnded());
  }

  get state(): NodeState {
    const { state } = this.host;
    return state === "exiting" ? "running" : state;
  }

  scheduleStart(): void {
    this.host.startAt(this.startsAt);
  }

  start(): void {
    this.host.restart();
  }

  crash(): void {
    this.host.crash();
  }

  loseItems(): void {
    const { instance } = this.host;
    if (instance === null) return;
    for (const context of instance.contexts) context.loseEverything("queued");
    for (const descriptor of instance.process.descriptors) descriptor.loseItems();
  }

  threadStates(quiet: boolean): ThreadState[] {
    const state = threadState(this.host);
    return [state.state === "blocked" && quiet ? { ...state, pointer: "", forever: true } : state];
  }

  *sockets(): Iterable<SocketBase> {
    for (const context of this.host.instance?.contexts ?? []) yield* context.sockets;
  }
}
