/** One run of a plan on real sockets: its processes from their start to the merged trace. */
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { TraceEvent, TraceHeader } from "../journal/events.ts";
import { VERSION } from "../journal/version.ts";
import { compileDistribution } from "../kernel/distribution.ts";
import { RandomStreams } from "../kernel/random.ts";
import type { Plan, PlanFault, PlanNode } from "../program/plan.ts";
import { planHash } from "../run/plan-hash.ts";
import { Activity } from "./activity.ts";
import { type Canary, felt, type Wait } from "./canary.ts";
import { delay } from "./clock.ts";
import type { Crew } from "./crew.ts";
import { addressKey } from "./endpoints.ts";
import type { Forecast } from "./forecast.ts";
import { Member, type Surroundings, toldOf } from "./member.ts";
import { mergeRaw, type RawFile } from "./merge.ts";
import { headerNotes } from "./notes.ts";
import { claimPort, freePort, releasePort } from "./ports.ts";
import type { RawLine, Up } from "./protocol.ts";
import { WANTED } from "./zeromq.ts";

export interface RecordedRun {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
  readonly endTime: number;
  /** The longest time by which a thread woke too late, ns: how much the machine disturbed the run. */
  readonly late: number;
  /** What a canary beside it waited for while something happened; undefined when there was none. */
  readonly waits: readonly Wait[] | undefined;
  /** Why it is not whole; undefined when it is. */
  readonly incomplete: string | undefined;
}

/** zeromq is missing or does not load. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

export interface RecordingOptions extends Surroundings {
  readonly plan: Plan;
  readonly seed: string;
  readonly forecast: Forecast;
  /** Path of the scenario, beside which its modules lie. */
  readonly scenario: string;
  /** A folder of its own, removed by the caller. */
  readonly folder: string;
  readonly crew: Crew;
  readonly canary: Canary | undefined;
  /** Aborted: the run ends at once and counts as incomplete. */
  readonly signal: AbortSignal;
}

/** Processes start before the clock does; this long they may take. */
const READY_MS = 20_000;
/** Between the last one ready and the start of the run. */
const LEAD_NS = 60_000_000n;
/** Nothing happened for this long, and nobody waits for a timer: it is over. */
const SETTLED_NS = 1_000_000_000;
const LOOK_MS = 50;
/** For each process of a program in JavaScript. */
const SPARES = 4;
const EXIT_MS = 2_000;

export class Recording {
  readonly #options: RecordingOptions;
  readonly #members: Member[] = [];
  readonly #ready = new Set<Member>();
  readonly #lives = new Map<number, number>();
  readonly #ports = new Map<string, number>();
  readonly #sockets: readonly string[];
  /** Ports for programs in JavaScript, which cannot wait for an answer. */
  readonly #spares: number[] = [];
  #programs = 0;
  /** The recorder's own events: kills, and the exits it saw. */
  readonly #own: RawLine[] = [];
  readonly #activity: Activity;
  #faults: PlanFault[];
  #zero = 0n;
  #endTime = 0;
  #failure: string | undefined;
  /** By how much a crash or restart came too late, ns. */
  #late = 0;
  #waits: readonly Wait[] | undefined;
  #library = { package: "", library: "" };

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#sockets = options.forecast.sockets;
    this.#activity = new Activity(options.plan);
    this.#faults = [...options.plan.timeline];
  }

  async run(): Promise<RecordedRun> {
    try {
      await this.#prepare();
      await this.#options.canary?.begin();
      await this.#play();
    } finally {
      this.#endTime = this.#zero === 0n ? 0 : Math.min(this.#now(), this.#options.plan.until);
      this.#waits = await this.#options.canary?.end();
      await this.#end();
    }
    return this.#finish();
  }

  // --- before the clock starts ---

  async #prepare(): Promise<void> {
    const { plan, forecast, folder } = this.#options;
    mkdirSync(join(folder, "ipc"), { recursive: true });
    for (const key of forecast.addresses) this.#ports.set(key, await freePort());
    const programs = plan.nodes.filter(({ module }) => module !== undefined).length;
    const lives = programs === 0 ? 0 : programs + plan.timeline.length;
    for (let i = 0; i < SPARES * lives; i++) this.#spares.push(await freePort());
    for (const node of plan.nodes.keys()) this.#spawn(node);
    // Whoever comes back later should be as ready as at the start.
    for (const fault of plan.timeline)
      if (fault.kind === "restart") for (const node of this.#nodesOf(fault.node)) this.#spawn(node);
    const deadline = performance.now() + READY_MS;
    while (this.#ready.size < this.#members.length && this.#failure === undefined && !this.#options.signal.aborted) {
      if (performance.now() > deadline)
        this.#failure = `the processes of ${this.#members
          .filter((one) => !this.#ready.has(one))
          .map(({ name }) => name)
          .join(", ")} did not start within ${READY_MS / 1000} s`;
      await delay(5);
    }
  }

  #spawn(node: number): Member {
    const { plan, seed, folder, forecast, crew } = this.#options;
    const life = this.#lives.get(node) ?? 0;
    this.#lives.set(node, life + 1);
    const file = join(folder, `${node}-${life}.jsonl`);
    const script = plan.nodes[node]?.module?.path;
    const job = {
      kind: "job",
      plan,
      seed,
      node,
      life,
      file,
      folder: join(folder, "ipc"),
      ports: [...this.#ports],
      sockets: this.#sockets,
      marked: forecast.marked,
      script: script === undefined ? "" : resolve(dirname(this.#options.scenario), script),
      spares: script === undefined ? [] : this.#given(),
    } as const;
    const member = new Member(crew.entry, job, this.#options, {
      message: (from, message) => this.#hear(from, message),
      exited: (from) => this.#exited(from),
    });
    crew.add(member.pid);
    this.#members.push(member);
    return member;
  }

  #given(): number[] {
    const from = SPARES * this.#programs++;
    return this.#spares.slice(from, from + SPARES);
  }

  // --- while it runs ---

  async #play(): Promise<void> {
    if (this.#failure !== undefined || this.#options.signal.aborted) return;
    this.#zero = process.hrtime.bigint() + LEAD_NS;
    const { plan } = this.#options;
    const random = new RandomStreams(this.#options.seed);
    for (const [index, node] of plan.nodes.entries()) {
      const member = this.#members.find((one) => one.job.node === index && one.job.life === 0);
      if (member !== undefined) this.#start(member, node.startAt + jitterOf(node, random));
    }
    const until = Math.min(plan.until, Number.MAX_SAFE_INTEGER);
    while (!this.#over(until)) {
      await delay(Math.max(1, Math.min(LOOK_MS, this.#untilNextFault(), (until - this.#now()) / 1e6)));
      this.#watch();
    }
  }

  #start(member: Member, begin: number): void {
    member.started = true;
    member.tell({ kind: "start", zero: String(this.#zero), begin });
  }

  #now(): number {
    return Number(process.hrtime.bigint() - this.#zero);
  }

  #over(until: number): boolean {
    if (this.#failure !== undefined || this.#options.signal.aborted || this.#now() >= until) return true;
    if (this.#faults.length > 0) return false;
    const living = this.#members.filter((one) => one.started && one.exit === null);
    if (living.length === 0) return true;
    return this.#activity.settled && this.#now() - this.#activity.last > SETTLED_NS;
  }

  /** ms */
  #untilNextFault(): number {
    const next = this.#faults[0];
    return next === undefined ? LOOK_MS : (next.at - this.#now()) / 1e6;
  }

  #watch(): void {
    for (let next = this.#faults[0]; next !== undefined && next.at <= this.#now(); next = this.#faults[0]) {
      this.#faults.shift();
      this.#late = Math.max(this.#late, this.#now() - next.at);
      if (next.kind === "crash" || next.kind === "restart") this.#fault(next.kind, next.node);
    }
    for (const member of this.#members) for (const line of member.read()) this.#activity.take(line);
  }

  #fault(kind: "crash" | "restart", name: string): void {
    for (const node of this.#nodesOf(name)) {
      const plan = this.#options.plan.nodes[node] as PlanNode;
      const alive = this.#members.find(
        (one) => one.job.node === node && one.started && one.exit === null && !one.killed,
      );
      if (alive !== undefined) {
        alive.kill();
        this.#own.push({ t: this.#now(), ev: "node", node: plan.name, what: "crash" });
        this.#activity.gone(plan.name);
      }
      if (kind === "crash") continue;
      const spare = this.#members.find((one) => one.job.node === node && !one.started) ?? this.#spawn(node);
      this.#activity.restarted(plan.name);
      this.#start(spare, this.#now());
    }
  }

  #nodesOf(name: string): number[] {
    return [...this.#options.plan.nodes.entries()]
      .filter(([, node]) => node.name === name || node.group === name)
      .map(([index]) => index);
  }

  #hear(member: Member, message: Up): void {
    switch (message.kind) {
      case "ready":
        this.#library = message;
        toldOf(this.#options.whenReady, member.pid).then(
          () => this.#ready.add(member),
          (error: Error) => {
            this.#failure ??= error.message;
          },
        );
        break;
      case "broken":
        this.#failure ??=
          message.reason === "missing"
            ? `npm zeromq is not installed here: npm install ${WANTED}`
            : `npm zeromq does not work here (${message.message}): npm install ${WANTED}`;
        if (member.started) this.#failure = `the process of ${member.name} failed: ${message.message}`;
        break;
      case "fault":
        this.#fault(message.what, message.node);
        break;
      case "port":
        void this.#port(member, message.key);
    }
  }

  async #port(member: Member, key: string): Promise<void> {
    const port = this.#ports.get(key) ?? (await freePort());
    const agreed = this.#ports.get(key) ?? claimPort(join(this.#options.folder, "ipc"), key, [port]);
    this.#ports.set(key, agreed);
    member.tell({ kind: "port", key, port: this.#ports.get(key) as number });
  }

  #exited(member: Member): void {
    this.#options.crew.remove(member.pid);
    if (member.killed) return;
    const t = this.#now();
    for (const line of member.read()) this.#activity.take(line);
    const node = this.#options.plan.nodes[member.job.node]?.name ?? "";
    this.#activity.gone(node);
    const last = member.lines.findLast((line) => line.ev === "leaving");
    if (last?.ev !== "leaving") {
      const { code, signal } = member.exit ?? { code: null, signal: null };
      const how =
        signal !== null ? `was ended by ${signal}` : code === null ? "could not be started" : `ended with code ${code}`;
      this.#failure ??= `the process of ${member.name} ${how}${member.complaint === "" ? "" : `: ${member.complaint.trim().split("\n").slice(-3).join(" ")}`}`;
      return;
    }
    // A program in JavaScript tells its end itself, and terminates nothing.
    if (member.job.script === "")
      this.#own.push(
        { t, ev: "call", thread: last.thread, call: "term", result: "ok", waited: t - last.t },
        { t, ev: "thread", thread: last.thread, what: "end" },
      );
    this.#own.push({ t, ev: "node", node, what: "exit", code: last.code });
  }

  // --- the end ---

  async #end(): Promise<void> {
    const { whenDone } = this.#options;
    const living = this.#members.filter(({ exit }) => exit === null);
    // One that ends meanwhile is no longer found, which is no failure.
    if (whenDone.length > 0) await Promise.allSettled(living.map(({ pid }) => toldOf(whenDone, pid)));
    for (const member of this.#members) member.kill();
    const deadline = performance.now() + EXIT_MS;
    while (this.#members.some(({ exit }) => exit === null) && performance.now() < deadline) await delay(2);
    for (const port of [...this.#ports.values(), ...this.#spares]) releasePort(port);
  }

  #finish(): RecordedRun {
    for (const member of this.#members) member.read();
    const { plan, seed, signal, forecast } = this.#options;
    const endTime = this.#endTime;
    // What the processes see of each other's end is no part of the run.
    const within = (lines: readonly RawLine[]): RawLine[] => lines.filter(({ t }) => t <= endTime);
    const files: RawFile[] = [
      ...this.#members.map(({ name, lines }) => ({ name, lines: within(lines) })),
      { name: "recorder", lines: within(this.#own) },
    ];
    const merged = mergeRaw(files, this.#sockets);
    const incomplete = this.#failure ?? (signal.aborted ? "interrupted" : this.#takenPort());
    if (this.#library.package === "" && incomplete !== undefined && !signal.aborted) throw new LibraryError(incomplete);
    const late = files.flatMap(({ lines }) => lines.map((line) => (line.ev === "late" ? line.by : 0)));
    const times = files.flatMap(({ lines }) => lines.map(({ t }) => t + Number(this.#zero)));
    const waits = this.#waits === undefined ? undefined : felt(this.#waits, times);
    const held = { late: late.reduce((a, b) => Math.max(a, b), this.#late), waits };
    const header: TraceHeader = {
      format: "zeromq-sim-trace",
      version: 1,
      tool: VERSION,
      model: `libzmq ${this.#library.library}`,
      scenario: plan.name,
      scenarioHash: planHash(plan),
      seed,
      profile: "this machine",
      arm: "real",
      binding: `zeromq.js ${this.#library.package}`,
      notes: headerNotes(plan, { marked: forecast.marked, identified: merged, ...held }),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
    return { header, events: merged.events, endTime, ...held, incomplete };
  }

  /** Another program, no recorder, came between the choice of a port and its bind. */
  #takenPort(): string | undefined {
    const binds = this.#members.flatMap(({ lines, job }) =>
      lines.flatMap((line) => {
        if (line.ev !== "call" || line.call !== "bind" || line.arg === undefined) return [];
        const key = addressKey(line.arg, true, this.#options.plan.nodes[job.node]?.host ?? "");
        return key === undefined ? [] : [{ key, result: line.result }];
      }),
    );
    const had = new Set(binds.flatMap(({ key, result }) => (result === "ok" ? [key] : [])));
    const lost = binds.find(({ key, result }) => result === "EADDRINUSE" && !had.has(key));
    return lost === undefined
      ? undefined
      : `another program took port ${this.#ports.get(lost.key)}, which stood for ${lost.key}: record again`;
  }
}

/** The same draw as in the simulated arm. */
function jitterOf(node: PlanNode, random: RandomStreams): number {
  return node.startJitter === undefined
    ? 0
    : Math.round(compileDistribution(node.startJitter).sample(random.stream(`node/${node.name}/start`)));
}
