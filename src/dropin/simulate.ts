/** simulate(async (sim) => { ... }): programs written for zeromq.js in virtual time, from a seed. */
import { createHash } from "node:crypto";
import { compileDistribution, type DistributionSpec } from "../kernel/distribution.ts";
import { type Duration, formatTime, type Instant, ms } from "../kernel/time.ts";
import { parseDuration, parseRate } from "../program/quantity.ts";
import type { RunRecord } from "../run/record.ts";
import { type Analysis, analyze } from "../trace/fates.ts";
import type { Flow } from "../trace/flows.ts";
import { traceChunks } from "../trace/format.ts";
import { type DrainMode, nextTurn } from "./drain.ts";
import type { Host, HostProgram } from "./host.ts";
import type { Wake } from "./loop.ts";
import { install, type Replaceable, restore } from "./patches.ts";
import { interceptUncaught } from "./process-events.ts";
import { BODY, Simulation } from "./simulation.ts";
import { currentStage, setStage } from "./stage.ts";
import { startTimer } from "./timers.ts";
import { leakLines, waitingLines } from "./waiting.ts";

/** A time: "1.5ms", or a number of ms. */
export type Time = string | number;

export interface SimulateOptions {
  /** Default "1". */
  readonly seed?: string | number;
  /** Latencies and costs: "loopback" (default), "lan", "wan", "ideal", or changes to one of them. */
  readonly profile?: string | Readonly<Record<string, unknown>>;
  /** What is kept: "full" (default) every event, "counts" totals only. */
  readonly level?: "full" | "counts";
  /** Most kernel events, in all and at one instant. */
  readonly limits?: { readonly events?: number; readonly eventsPerInstant?: number };
  /** Waiting for something real is an error. */
  readonly strict?: boolean;
  /** "instant": real work takes no virtual time, whatever it is; Node before 24 pays for that with each await. */
  readonly realWork?: "auto" | "instant";
  /** What stays Node's own. */
  readonly keep?: readonly Replaceable[];
  /** How promises are drained; default: the fast way where it works. */
  readonly drain?: DrainMode;
  /** Real ms that a program may run without giving control back. Default 10,000. */
  readonly turnLimit?: number;
}

export interface LinkOptions {
  readonly latency?: Time | { readonly uniform: readonly [Time, Time] };
  /** "10Mbit", or bits per second. */
  readonly bandwidth?: string | number;
  /** Only from the first host to the second. */
  readonly oneWay?: boolean;
}

export interface HostOptions {
  /** When it starts; default now. */
  readonly startAt?: Time;
  /** A failure is not a failure of the simulation. */
  readonly mayFail?: boolean;
}

export interface SimulationResult<T> {
  /** What the function returned. */
  readonly value: T;
  readonly record: RunRecord;
  /** SHA-256 of the trace. */
  readonly digest: string;
  /** Sockets that programs left open when they returned. */
  readonly leaks: readonly string[];
}

/** What a simulation offers to the function that drives it. */
export class Sim {
  readonly seed: string;
  readonly #simulation: Simulation;
  readonly #mayFail: Set<string>;
  readonly #quiet: (() => void)[];

  constructor(simulation: Simulation, mayFail: Set<string>, quiet: (() => void)[]) {
    this.seed = simulation.settings.seed;
    this.#simulation = simulation;
    this.#mayFail = mayFail;
    this.#quiet = quiet;
  }

  /** Virtual ms since the start. */
  get now(): number {
    return this.#simulation.now / 1e6;
  }

  get warnings(): readonly string[] {
    return [...this.#simulation.warnings.values()];
  }

  /** A process of its own, whose address is its name. */
  host<T>(name: string, program: HostProgram<T>, options: HostOptions = {}): Host<T> {
    if (typeof name !== "string" || !/^[A-Za-z0-9_][\w.[\]-]*$/.test(name))
      throw new TypeError(`a host's name is made of letters, digits, _, - and ., not ${JSON.stringify(name)}`);
    if (typeof program !== "function") throw new TypeError(`host "${name}" needs a function to run`);
    if (this.#simulation.byName.has(name)) throw new Error(`there is a host "${name}" already`);
    const host = this.#simulation.addHost(name, program);
    if (options.mayFail === true) this.#mayFail.add(name);
    host.startAt(
      Math.max(
        this.#simulation.now,
        options.startAt === undefined ? 0 : (nanoseconds(options.startAt) as number),
      ) as Instant,
    );
    return host;
  }

  /** Latency and bandwidth between two hosts, both ways, from now on. */
  link(a: string | Host<never>, b: string | Host<never>, options: LinkOptions): void {
    const [from, to] = [this.#known(a), this.#known(b)];
    const shape = {
      ...(options.latency === undefined ? {} : { latency: compileDistribution(distribution(options.latency)) }),
      ...(options.bandwidth === undefined ? {} : { bandwidth: rate(options.bandwidth) }),
    };
    this.#simulation.shape(from, to, shape);
    if (options.oneWay !== true) this.#simulation.shape(to, from, shape);
  }

  /** Cuts the network between two hosts. */
  partition(a: string | Host<never>, b: string | Host<never>, options: { readonly oneWay?: boolean } = {}): void {
    this.#cut(a, b, options, true);
  }

  heal(a: string | Host<never>, b: string | Host<never>, options: { readonly oneWay?: boolean } = {}): void {
    this.#cut(a, b, options, false);
  }

  /** Lets the other hosts work until an instant, or until nothing can happen any more. */
  run({ until }: { readonly until?: Time } = {}): Promise<void> {
    const simulation = this.#simulation;
    const instance = simulation.byName.get(BODY)!.instance!;
    if (until === undefined) {
      const entry = { call: "sim.run", socket: "", since: simulation.now };
      instance.waiting.add(entry);
      return new Promise((resolve) => {
        this.#quiet.push(() => {
          instance.waiting.delete(entry);
          instance.post(wakeOf(resolve));
        });
        simulation.loop.arm();
      });
    }
    const at = nanoseconds(until) as number;
    if (at < simulation.now)
      throw new RangeError(
        `sim.run cannot go back: it is ${formatTime(simulation.now)}, until is ${formatTime(at as Instant)}`,
      );
    return new Promise((resolve) => {
      instance.ref();
      const wake = wakeOf(() => {
        instance.unref();
        resolve();
      });
      simulation.world.kernel.scheduleAt(at as Instant, { label: BODY, fire: () => instance.post(wake) }, 0);
      simulation.loop.arm();
    });
  }

  /** Virtual time passes for the caller. */
  sleep(time: Time): Promise<void> {
    const instance = this.#simulation.present() ?? this.#simulation.byName.get(BODY)!.instance!;
    return new Promise((resolve) => startTimer(instance, resolve, nanoseconds(time) / 1e6, false, []));
  }

  /** What became of every message so far. */
  analysis(): Analysis {
    const { world } = this.#simulation;
    if (!world.journal.full) throw new Error('there is no trace: the simulation runs with level "counts"');
    return analyze(this.#simulation.header(), world.journal.events, world.kernel.now);
  }

  /** Counts from each first sender to each last receiver. */
  flows(): readonly Flow[] {
    return this.analysis().flows;
  }

  /** Who waits for what at present. */
  waiting(): string[] {
    return waitingLines(this.#simulation.byName.values());
  }

  #cut(
    a: string | Host<never>,
    b: string | Host<never>,
    { oneWay }: { readonly oneWay?: boolean },
    cut: boolean,
  ): void {
    const [from, to] = [this.#known(a), this.#known(b)];
    this.#simulation.partition(from, to, cut);
    if (oneWay !== true) this.#simulation.partition(to, from, cut);
  }

  #known(host: string | Host<never>): string {
    const name = typeof host === "string" ? host : host.label;
    if (this.#simulation.byName.has(name)) return name;
    throw new Error(`no host "${name}"; there are: ${[...this.#simulation.byName.keys()].join(", ")}`);
  }
}

/**
 * Runs `body` in virtual time, on a host called "test"; it may start other hosts. Rejects when `body`
 * or a host fails, when nothing can happen any more while `body` waits, or when a limit is hit.
 */
export function simulate<T>(
  body: (sim: Sim) => T | Promise<T>,
  options: SimulateOptions = {},
): Promise<SimulationResult<T>> {
  if (typeof body !== "function")
    return Promise.reject(new TypeError("simulate() needs a function: simulate(async (sim) => { ... })"));
  if (currentStage()?.hosts(BODY) === true) {
    return Promise.reject(new Error("a simulation is running already in this process: await it before the next one"));
  }
  return new Promise((resolve, reject) => {
    try {
      begin(body, options, resolve, reject);
    } catch (error) {
      if (currentStage() === null) restore();
      reject(error);
    }
  });
}

function begin<T>(
  body: (sim: Sim) => T | Promise<T>,
  options: SimulateOptions,
  resolve: (result: SimulationResult<T>) => void,
  reject: (error: unknown) => void,
): void {
  const mayFail = new Set<string>();
  const quiet: (() => void)[] = [];
  let over = false;
  const end = (settle: () => void): void => {
    if (over) return;
    over = true;
    simulation.loop.end();
    setStage(outer);
    undoEvents();
    const swapped = outer === null ? restore() : [];
    outer?.touched();
    // In a turn of its own: the caller's code is no part of the run.
    if (swapped.length === 0) nextTurn(settle);
    else
      nextTurn(() =>
        reject(
          new Error(`a program replaced ${swapped.join(", ")} and did not put it back: the clock is the simulation's`),
        ),
      );
  };
  const failed = (error: Error): void => end(() => reject(error));
  const simulation: Simulation = new Simulation(settingsOf(options), {
    quiet: () => {
      const waiter = quiet.shift();
      waiter?.();
      if (waiter === undefined) failed(deadlock(simulation));
      return waiter !== undefined;
    },
    failed: (error) => {
      const name = /^host "(.*?)" failed/.exec(error.message)?.[1];
      if (name === BODY) return failed(error.cause as Error);
      if (name === undefined || !mayFail.has(name)) failed(error);
    },
  });
  // In a registered process the clock is virtual already; that simulation stands still meanwhile.
  const outer = currentStage();
  if (outer === null) install(new Set(options.keep ?? []));
  const undoEvents = interceptUncaught((error) => simulation.caught(error));
  setStage(simulation);
  const sim = new Sim(simulation, mayFail, quiet);
  const host = simulation.addHost(BODY, () => body(sim));
  host.done.then(
    (value) => {
      const result = resultOf(simulation, value);
      end(() => resolve(result));
    },
    () => {},
  );
  host.startAt(0 as Instant);
  simulation.loop.arm();
}

const settingsOf = (options: SimulateOptions) => ({
  name: "simulate()",
  seed: String(options.seed ?? "1"),
  profile: options.profile ?? "loopback",
  full: (options.level ?? "full") === "full",
  limits: {
    events: options.limits?.events ?? 50_000_000,
    eventsPerInstant: options.limits?.eventsPerInstant ?? 100_000,
  },
  until: Number.MAX_SAFE_INTEGER as Instant,
  strict: options.strict ?? false,
  realWork: options.realWork ?? ("auto" as const),
  drain: options.drain ?? null,
  turnLimitMs: options.turnLimit ?? 10_000,
});

function resultOf<T>(simulation: Simulation, value: T): SimulationResult<T> {
  const leaks = leakLines(simulation.byName.values());
  const record = simulation.finish("ended");
  return { value, record, digest: digestOf(record), leaks };
}

/** As traceDigest, with the hash function of Node. */
export function digestOf({ header, events }: Pick<RunRecord, "header" | "events">): string {
  const hash = createHash("sha256");
  for (const chunk of traceChunks({ header, events })) hash.update(chunk);
  return hash.digest("hex");
}

export function deadlock(simulation: Simulation): Error {
  const lines = waitingLines(simulation.byName.values());
  return new Error(
    `nothing can happen any more at ${formatTime(simulation.now)}, and the programs still wait:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

function wakeOf(work: () => void): Wake {
  return {
    runWake() {
      work();
      return true;
    },
  };
}

// --- quantities ---

export function nanoseconds(time: Time): Duration {
  if (typeof time === "number") {
    if (time >= 0 && time < Infinity) return ms(time);
    throw new RangeError(`a time is a number of ms, 0 or more, or a text such as "10ms", not ${time}`);
  }
  const parsed = parseDuration(time);
  if (!parsed.ok) throw new RangeError(parsed.message);
  return parsed.value;
}

function distribution(latency: NonNullable<LinkOptions["latency"]>): DistributionSpec {
  if (typeof latency !== "object") return nanoseconds(latency);
  return { kind: "uniform", min: nanoseconds(latency.uniform[0]), max: nanoseconds(latency.uniform[1]) };
}

function rate(bandwidth: string | number): number {
  if (typeof bandwidth === "number") return bandwidth;
  const parsed = parseRate(bandwidth);
  if (!parsed.ok) throw new RangeError(parsed.message);
  return parsed.value;
}
