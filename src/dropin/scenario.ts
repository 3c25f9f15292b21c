/** A scenario some of whose nodes run programs in JavaScript: steps and programs in one world and one trace. */
import { existsSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";
import { compileDistribution } from "../kernel/distribution.ts";
import type { RunOutcome } from "../kernel/kernel.ts";
import type { Instant } from "../kernel/time.ts";
import type { Plan, PlanModule, PlanNode } from "../program/plan.ts";
import type { Member } from "../run/member.ts";
import type { NodeHost, NodeState } from "../run/node.ts";
import type { RunRecord, SimulateOptions, ThreadState } from "../run/record.ts";
import { ModuleError, Simulation as PlanRun } from "../run/simulate.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import { alias } from "./alias.ts";
import { replaceArgv } from "./argv.ts";
import { type Host, messageOf } from "./host.ts";
import type { Instance } from "./instance.ts";
import { loadInstance } from "./module-loader.ts";
import { interceptOutput } from "./output.ts";
import { install, restore } from "./patches.ts";
import { interceptUncaught } from "./process-events.ts";
import { real } from "./real.ts";
import { Simulation, type SimulationEvents, threadState } from "./simulation.ts";
import { currentStage, setStage } from "./stage.ts";
import { Watchdog } from "./watchdog.ts";

export interface PlanOptions extends SimulateOptions {
  /** The file of the scenario, beside which its modules lie. */
  readonly scenario: string;
  /** What the programs write to standard output and error. */
  readonly echo?: (text: string) => void;
  /** Nobody else's code runs in this process meanwhile. */
  readonly alone?: boolean;
  /** Real ms that a program may run without giving control back. Default 10,000. */
  readonly turnLimit?: number;
}

/** The bundle has the doors of the module beside it. */
declare const __dirname: string;

/** Runs a plan with programs in JavaScript. Rejects with a ModuleError when one is missing or cannot be loaded. */
export async function simulatePlan(plan: Plan, options: PlanOptions): Promise<RunRecord> {
  if (currentStage() !== null)
    throw new ModuleError("a simulation is running already in this process: await it before the next one");
  const folder = dirname(resolvePath(options.scenario));
  for (const { name, module } of plan.nodes) {
    if (module !== undefined && !existsSync(resolvePath(folder, module.path)))
      throw new ModuleError(
        `node "${name}" runs ${module.path}, but there is no file ${resolvePath(folder, module.path)}`,
      );
  }
  const pair = (name: string) => ({ import: join(__dirname, `${name}.mjs`), require: join(__dirname, `${name}.cjs`) });
  alias({ zeromq: pair("zeromq"), draft: pair("zeromq-draft") });
  let stage: ScenarioStage | null = null;
  let undo = (): void => {};
  let swapped: readonly string[] = [];
  const played = (): Promise<RunRecord> =>
    new Promise<RunRecord>((done, failed) => {
      const events: SimulationEvents = {
        quiet: (outcome) => {
          done(finish(outcome));
          return false;
        },
        failed,
      };
      const run: PlanRun = new PlanRun(plan, options, {
        create: (host, node, module) => {
          stage ??= new ScenarioStage(settingsOf(plan, options), events, host, {
            over: () => run.over,
            plan,
            alone: options.alone === true,
          });
          return new ModuleNode(stage, host, node, module, folder);
        },
      });
      const on = stage as ScenarioStage | null;
      if (on === null) return done(run.run());
      const finish = (outcome: RunOutcome): RunRecord => {
        const record = run.finish(outcome);
        return { ...record, warnings: [...record.warnings, ...[...on.warnings].map(([id, text]) => ({ id, text }))] };
      };
      install(new Set());
      const { exitCode } = process;
      const undos = [
        replaceArgv(),
        interceptUncaught((error) => on.caught(error)),
        interceptOutput((instance, text) => on.log(instance, text), options.echo),
      ];
      undo = () => {
        for (const each of undos) each();
        process.exitCode = exitCode;
        on.loop.end();
        setStage(null);
        swapped = restore();
      };
      setStage(on);
      on.loop.arm();
    });
  // What throws on the way rejects, too: everything is put back in any case.
  const record = await played().finally(() => undo());
  if (swapped.length > 0)
    throw new ModuleError(
      `a program replaced ${swapped.join(", ")} and did not put it back: the clock is the simulation's`,
    );
  return record;
}

const settingsOf = (plan: Plan, { turnLimit = 10_000 }: PlanOptions) => ({
  name: plan.name,
  seed: plan.seed,
  profile: "loopback",
  full: true,
  limits: plan.limits,
  until: plan.until,
  strict: false,
  realWork: "auto" as const,
  drain: null,
  turnLimitMs: turnLimit,
});

class ScenarioStage extends Simulation {
  private readonly over: () => boolean;
  private readonly alone: boolean;
  private readonly watchdog: Watchdog;
  /** Its file is being loaded, which takes no virtual time; nobody else runs meanwhile. */
  private loading: Instance | null = null;

  constructor(
    settings: ConstructorParameters<typeof Simulation>[0],
    events: SimulationEvents,
    scenario: NodeHost,
    { over, plan, alone }: { readonly over: () => boolean; readonly plan: Plan; readonly alone: boolean },
  ) {
    super(settings, events, scenario);
    this.over = over;
    this.alone = alone;
    for (const { host } of plan.nodes) this.hostNames.add(host);
    this.watchdog = Watchdog.of(settings.turnLimitMs);
  }

  /** It counts as loaded when its top level is done, or waits for something of the simulation. */
  load(instance: Instance, work: () => Promise<unknown>): Promise<unknown> {
    this.loading = instance;
    let settled = false;
    this.watchdog.begin();
    const result = work();
    const mark = (): void => {
      settled = true;
    };
    result.then(mark, mark);
    const look = (): void => {
      if (this.watchdog.ended) return this.broken(this.loop.stuck(instance));
      if (!settled && instance.alive && instance.refs === 0 && instance.waiting.size === 0)
        return void real.setImmediate(look);
      this.watchdog.over();
      this.loading = null;
      this.loop.arm();
    };
    real.setImmediate(look);
    return result;
  }

  override present(): Instance | null {
    return this.loading ?? super.present() ?? (this.alone ? this.onlyLoose() : null);
  }

  /** The program that must be the one that goes on after a file was read: no other waits for something real. */
  private onlyLoose(): Instance | null {
    if (this.loop.loose.size === 0) return null;
    const [suspect, another] = this.suspects();
    return another === undefined ? (suspect?.instance ?? null) : null;
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
    this.events.failed(new ModuleError(text, { cause: error }));
  }

  log(instance: Instance, text: string): void {
    const { journal } = this.world;
    if (journal.full) journal.record({ t: journal.now, ev: "log", thread: instance.label, text });
  }

  override hostEnded(host: Host<unknown>): void {
    this.ended.get(host.label)?.();
  }

  readonly ended = new Map<string, () => void>();
}

/** As traces name them. */
const CALLS: Readonly<Record<string, string>> = { receive: "recv", "proxy.run": "proxy" };

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
    if (state.state !== "blocked") return [state];
    const call = CALLS[state.call ?? ""] ?? state.call;
    // No place in the scenario: a program in JavaScript that waits is taken for a server.
    return [{ ...state, ...(call === undefined ? {} : { call }), ...(quiet ? { forever: true } : {}) }];
  }

  *sockets(): Iterable<SocketBase> {
    for (const context of this.host.instance?.contexts ?? []) yield* context.sockets;
  }
}
