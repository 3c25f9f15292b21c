/** A simulation of JavaScript programs: the engine's world, hosts, the loop, and the accounts at the end. */
import type { TraceHeader } from "../journal/events.ts";
import { Journal } from "../journal/journal.ts";
import { sha256 } from "../journal/sha256.ts";
import { MODEL, VERSION } from "../journal/version.ts";
import { invariant } from "../kernel/invariant.ts";
import { Kernel, type RunOutcome } from "../kernel/kernel.ts";
import type { KernelLimits } from "../kernel/limits.ts";
import type { RandomStreams } from "../kernel/random.ts";
import { formatTime, type Instant } from "../kernel/time.ts";
import { isMulticast, parseEndpoint } from "../network/address.ts";
import type { LinkShape } from "../network/link.ts";
import { Network } from "../network/network.ts";
import type { World } from "../network/process.ts";
import { resolveProfile } from "../network/profile.ts";
import { Frame } from "../pipe/frame.ts";
import type { RunRecord, SocketState, ThreadState } from "../run/record.ts";
import { legCounts, socketStateOf } from "../run/snapshot.ts";
import type { DrainMode } from "./drain.ts";
import { Exit, Host, type HostOwner, type HostProgram, messageOf } from "./host.ts";
import type { Instance } from "./instance.ts";
import { Loop, type LoopOwner, StuckError } from "./loop.ts";
import { RealWork } from "./real-work.ts";
import { currentStage, type Stage } from "./stage.ts";

/** The host that the function given to simulate() runs on. */
export const BODY = "test";

export interface SimulationSettings {
  readonly name: string;
  readonly seed: string;
  readonly profile: string | Readonly<Record<string, unknown>>;
  readonly full: boolean;
  readonly limits: KernelLimits;
  readonly strict: boolean;
  readonly realWork: "auto" | "instant" | "ignore";
  /** Where the clock stops, ns. */
  readonly until: Instant;
  readonly drain: DrainMode | null;
  readonly turnLimitMs: number;
}

/** Ends of a simulation: all its programs hear of the first one. */
export interface SimulationEvents {
  /** Nothing can happen any more. True: somebody was waiting for just that, go on. */
  quiet(outcome: RunOutcome): boolean;
  failed(error: Error): void;
}

export class Simulation implements HostOwner, LoopOwner, Stage {
  readonly world: World;
  readonly appRandom: RandomStreams;
  readonly loop: Loop;
  readonly byName = new Map<string, Host<unknown>>();
  readonly warnings = new Map<string, string>();
  readonly settings: SimulationSettings;
  /** Whose code runs when nobody's is known to: the only program of an ambient simulation. */
  ambient: Instance | null = null;
  protected readonly events: SimulationEvents;
  private readonly realWork: RealWork;
  protected readonly hostNames = new Set<string>();
  private readonly shapes = new Map<string, Partial<LinkShape>>();
  private readonly profileName: string;

  /** `around`: the scenario that some of the programs here belong to. */
  constructor(
    settings: SimulationSettings,
    events: SimulationEvents,
    around?: { readonly world: World; readonly appRandom: RandomStreams },
  ) {
    const world = around?.world;
    this.settings = settings;
    this.events = events;
    this.profileName = world === undefined ? resolveProfile(settings.profile).name : world.network.profile.name;
    this.world = world ?? this.createWorld();
    this.appRandom = around?.appRandom ?? this.world.kernel.random;
    this.realWork = new RealWork(settings.realWork === "instant");
    this.loop = new Loop(this.world.kernel, this, { mode: settings.drain, turnLimitMs: settings.turnLimitMs });
  }

  private createWorld(): World {
    const { settings } = this;
    const kernel = new Kernel({ seed: settings.seed, limits: settings.limits });
    const journal = new Journal(kernel, settings.full);
    const profile = resolveProfile(settings.profile);
    const network = new Network({
      kernel,
      profile,
      hosts: this.hostNames,
      shapes: this.shapes,
      itemLost: (item, sender, receiver, where) => {
        if (item instanceof Frame && item.message !== null && !item.more)
          journal.lose(item.message, this.world.losing, sender, receiver, where);
      },
    });
    return { kernel, journal, network, pipeIds: 0, losing: "connection-lost" };
  }

  get now(): Instant {
    return this.world.kernel.now;
  }

  get until(): Instant {
    return this.settings.until;
  }

  addHost<T>(name: string, program: HostProgram<T>, address = name): Host<T> {
    const host = new Host(this, name, program, address);
    this.byName.set(name, host as Host<unknown>);
    this.hostNames.add(address);
    return host;
  }

  shape(from: string, to: string, change: Partial<LinkShape>): void {
    this.world.network.setShape(from, to, change);
    this.recordNet("link", from, to);
  }

  partition(from: string, to: string, cut: boolean): void {
    this.world.network.setPartition(from, to, cut);
    this.recordNet(cut ? "partition" : "heal", from, to);
  }

  // --- Stage ---

  hosts(name: string): boolean {
    return this.byName.has(name);
  }

  present(): Instance | null {
    return this.loop.current ?? this.ambient ?? (this.realWork.knows ? this.adopt(this.realWork.caller()) : null);
  }

  outside(call: string): Error {
    const names = this.suspects().map(({ label }) => `"${label}"`);
    const who =
      names.length === 0
        ? "Somebody"
        : names.length === 1
          ? `host ${names[0]}`
          : `one of the hosts ${names.join(", ")}`;
    return new Error(
      `${who} called ${call} outside virtual time, at ${formatTime(this.now)}. It was waiting for something real (file, network, child process, worker): ` +
        'the simulator cannot know how long that takes. Load it before the run, or say realWork: "instant".',
    );
  }

  touched(): void {
    this.loop.arm();
  }

  exit(instance: Instance, code: number): never {
    this.byName.get(instance.label)?.exit(code);
    throw new Exit(code);
  }

  warn(id: string, text: string): void {
    if (!this.warnings.has(id)) this.warnings.set(id, text);
  }

  checkEndpoint(instance: Instance, endpoint: string): void {
    if (!endpoint.startsWith("tcp://") && !endpoint.startsWith("udp://")) return;
    const parsed = parseEndpoint(endpoint, true);
    if (
      typeof parsed === "string" ||
      isMulticast(parsed.host) ||
      this.world.network.resolve(parsed.host, instance.process.host) !== null
    )
      return;
    const text = `host "${instance.label}" uses ${endpoint}, but no host of the simulation is called "${parsed.host}" (there are: ${[...this.hostNames].join(", ")})`;
    if (this.ambient === null || this.settings.strict) throw new Error(text);
    this.warn(`endpoint-${parsed.host}`, text);
  }

  // --- HostOwner ---

  inContext<T>(instance: Instance, program: () => T): T {
    return this.realWork.run(instance, program);
  }

  hostFailed(host: Host<unknown>, error: unknown): void {
    this.events.failed(
      new Error(`host "${host.label}" failed at ${formatTime(this.now)}: ${messageOf(error)}`, { cause: error }),
    );
  }

  hostEnded(_host: Host<unknown>): void {}

  // --- LoopOwner ---

  idle(outcome: RunOutcome): void {
    if (this.realWork.active() || this.events.quiet(outcome)) this.loop.arm();
  }

  uncaught(instance: Instance, error: unknown): void {
    if (instance === this.ambient) throw error;
    this.byName.get(instance.label)?.fail(error);
  }

  /** An exception or a rejection that nobody catches. False: it is not of a program of this simulation. */
  caught(error: unknown): boolean {
    const { loop } = this;
    const instance = loop.current ?? loop.threw;
    loop.threw = null;
    if (error instanceof StuckError) this.broken(error);
    else if (instance === null) return false;
    else this.uncaught(instance, error);
    return true;
  }

  broken(error: unknown): void {
    this.events.failed(error instanceof Error ? error : new Error(String(error)));
  }

  mayRun(): boolean {
    return currentStage() === this;
  }

  mayAdvance(): "now" | "later" | "never" {
    if (this.ambient !== null) {
      // As in life: a program without timers and calls under way is not waited for.
      if (this.ambient.refs === 0) return "never";
      return this.settings.realWork !== "ignore" && this.realWork.active() ? "later" : "now";
    }
    if (this.settings.realWork === "instant") return this.realWork.active() ? "later" : "now";
    if (this.loop.loose.size === 0 || this.settings.strict) return "now";
    if (!this.realWork.active() || !this.anyLoose()) {
      // They wait for promises of other programs; only their own code could begin something real.
      this.loop.loose.clear();
      return "now";
    }
    this.noteRealWork();
    return "later";
  }

  /** Hosts that neither wait for anything here nor are done: they wait for something else. */
  suspects(): Host<unknown>[] {
    return [...this.byName.values()].filter(isLoose);
  }

  private anyLoose(): boolean {
    for (const instance of this.loop.loose) {
      const host = this.byName.get(instance.label);
      if (host?.instance === instance && isLoose(host)) return true;
      this.loop.loose.delete(instance);
    }
    return false;
  }

  private noteRealWork(): void {
    for (const { label } of this.suspects()) {
      if (label === BODY) continue;
      this.warn(
        `real-${label}`,
        `host "${label}" waits for something outside the simulation (${this.realWork.what()}); no virtual time passes meanwhile`,
      );
    }
  }

  /** Code that goes on after something real: known by Node's asynchronous context. */
  private adopt(instance: Instance | null): Instance | null {
    if (instance === null || !instance.alive) return null;
    if (this.settings.strict) throw this.outside("the simulator");
    this.warn(
      `real-${instance.label}`,
      `host "${instance.label}" waited for something outside the simulation; no virtual time passed meanwhile`,
    );
    return instance;
  }

  // --- the end ---

  header(): TraceHeader {
    return {
      format: "zeromq-sim-trace",
      version: 1,
      tool: VERSION,
      model: MODEL,
      scenario: this.settings.name,
      scenarioHash: sha256(this.settings.name),
      seed: this.settings.seed,
      profile: this.profileName,
      arm: "simulated",
    };
  }

  /** What is still under way is queued; then the books must balance. */
  finish(outcome: RunRecord["outcome"]): RunRecord {
    const { journal, kernel } = this.world;
    const threads = [...this.byName.values()].map(threadState);
    const sockets = this.socketStates();
    this.world.losing = "queued";
    for (const { instance, state } of this.byName.values()) {
      if (instance === null || state === "crashed") continue;
      for (const context of instance.contexts) context.loseEverything("queued");
      for (const descriptor of instance.process.descriptors) descriptor.loseItems();
    }
    this.world.network.datagrams.loseItems();
    invariant(journal.open === 0, `${journal.open} of ${journal.written} legs have no fate`);
    return {
      header: this.header(),
      events: journal.events,
      endTime: kernel.now,
      outcome,
      kernelEvents: kernel.executed,
      legs: legCounts(journal),
      threads,
      sockets,
      warnings: [...this.warnings].map(([id, text]) => ({ id, text })),
      choiceLog: kernel.choices.log,
    };
  }

  socketStates(): SocketState[] {
    const running = [...this.byName.values()].filter(({ state }) => state === "running");
    return running.flatMap(({ instance }) =>
      (instance as Instance).contexts.flatMap((context) => [...context.sockets].map(socketStateOf)),
    );
  }

  private recordNet(what: "partition" | "heal" | "link", from: string, to: string): void {
    const { journal } = this.world;
    if (journal.full) journal.record({ t: journal.now, ev: "net", what, from, to });
  }
}

const isLoose = ({ state, returned, instance }: Host<unknown>): boolean =>
  state === "running" && !returned && instance?.refs === 0 && instance.waiting.size === 0;

export function threadState({ label, state, instance, failure, returned }: Host<unknown>): ThreadState {
  if (failure !== undefined) return { thread: label, state: "failed", error: messageOf(failure), pointer: "" };
  if (state === "not-started" || state === "crashed") return { thread: label, state };
  const waiting = instance === null ? undefined : [...instance.waiting][0];
  if (waiting === undefined || returned) return { thread: label, state: state === "running" ? "running" : "ended" };
  return {
    thread: label,
    state: "blocked",
    call: waiting.call,
    since: waiting.since,
    ...(waiting.socket === "" ? {} : { socket: waiting.socket }),
  };
}
