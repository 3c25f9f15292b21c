/** The process of a node that runs a program in JavaScript: the program as it is, on npm zeromq, with everything written down. */

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { RandomStreams } from "../kernel/random.ts";
import { isLocalHost, parseEndpoint } from "../network/address.ts";
import type { PlanModule, PlanNode } from "../program/plan.ts";
import { Clock, delay, LATE_NS } from "./clock.ts";
import { openDoors } from "./doors.ts";
import { Endpoints } from "./endpoints.ts";
import { Marks } from "./marks.ts";
import { claimPort } from "./ports.ts";
import type { Job } from "./protocol.ts";
import { RawJournal } from "./raw-journal.ts";
import { replaceOutput, replaceRandom } from "./surroundings.ts";
import type { Monitor } from "./traced-monitor.ts";
import type { ZeroMQ } from "./zeromq.ts";

/** Reading the file takes less on a machine that has time. */
const LOADED_NS = 10_000_000;
/** Between two looks at what the program waits for, ms. */
const LOOK_MS = 10;

/** What keeps this process, by kind. */
function resources(): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

export class ModuleProcess {
  readonly plan: PlanNode;
  readonly endpoints: Endpoints;
  readonly marks: Marks;
  readonly monitors = new Set<Monitor>();
  clock = new Clock(process.hrtime.bigint());
  journal!: RawJournal;
  private readonly job: Job;
  private readonly release: () => void;
  private readonly hosts: ReadonlySet<string>;
  private readonly spares: number[];
  private readonly socketCounts = new Map<string, number>();
  /** Promises of the library that the program waits for. */
  private pending = 0;
  private begun = false;
  private loadedFrom = 0;
  private returned = false;
  private idle = false;
  /** What was there before the program. */
  private own: ReadonlyMap<string, number> = new Map();

  /** `release` lets go of what else keeps the process. */
  constructor(job: Job, library: ZeroMQ, release: () => void) {
    this.job = job;
    this.release = release;
    this.plan = job.plan.nodes[job.node] as PlanNode;
    this.hosts = new Set(job.plan.nodes.map(({ host }) => host));
    this.endpoints = new Endpoints({
      host: this.plan.host,
      hosts: this.hosts,
      ports: job.ports,
      folder: job.folder,
    });
    this.marks = new Marks(job);
    this.spares = [...job.spares];
    openDoors(this, library, `${job.folder}/${job.node}-${job.life}`);
  }

  /** Loads what loads programs. */
  async prepare(): Promise<void> {
    const file = `${this.job.folder}/${this.job.node}-${this.job.life}-first.mjs`;
    writeFileSync(file, 'import "node:timers";\n');
    await import(pathToFileURL(file).href);
    await delay(1);
    this.own = new Map(resources().filter(([name]) => name !== "Timeout" && name !== "Immediate"));
  }

  /** `begin`: when the node starts, ns after `zero`. */
  async start(zero: bigint, begin: number): Promise<void> {
    this.clock = new Clock(zero);
    this.journal = new RawJournal(this.job.file, () => this.clock.now());
    await this.clock.until(begin, true);
    const { name } = this.plan;
    this.journal.write({ ev: "node", node: name, what: this.job.life === 0 ? "start" : "restart" });
    const stream = this.job.life === 0 ? `app/${name}` : `app/${name}'${this.job.life}`;
    replaceRandom(new RandomStreams(this.job.seed).stream(stream));
    replaceOutput((text) => this.journal.write({ ev: "log", thread: name, text }));
    const { args } = this.plan.module as PlanModule;
    process.argv.splice(0, process.argv.length, process.execPath, this.job.script, ...args);
    process.on("uncaughtExceptionMonitor", (error: unknown) => this.failed(error));
    process.on("exit", (code) => this.leave(code));
    this.release();
    setInterval(() => this.look(), LOOK_MS).unref();
    await this.load();
  }

  private async load(): Promise<void> {
    const t = this.clock.now();
    this.loadedFrom = t;
    try {
      await import(pathToFileURL(this.job.script).href);
    } catch (error) {
      this.begin(t);
      // Node ends a program whose top level fails in the same way.
      setImmediate(() => {
        throw error;
      });
      return;
    }
    this.begin(t);
    this.returned = true;
    this.journal.write({ ev: "thread", thread: this.plan.name, what: "end" });
  }

  /** Reading the file takes its time; the program begins where it asks for the library, if it does. */
  begin(t = this.clock.now()): void {
    if (this.begun) return;
    this.begun = true;
    this.journal.write({ ev: "thread", thread: this.plan.name, what: "start" }, t);
    const late = Math.max(this.clock.late, t - this.loadedFrom - LOADED_NS);
    if (late > LATE_NS) this.journal.write({ ev: "late", by: late });
  }

  private failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.journal.write({ ev: "thread", thread: this.plan.name, what: "fail", pointer: "", error: text });
  }

  /** The context ends after this, and waits for what lingers. */
  private leave(code: number): void {
    this.journal.write({ ev: "leaving", thread: this.plan.name, code });
    this.journal.close();
  }

  /** Timers and the like are listed by Node; sockets of the library are not, and wait for others. */
  private look(): void {
    const idle = resources().every(([name, count]) => count <= (this.own.get(name) ?? 0));
    if (idle !== this.idle) this.journal.write({ ev: "idle", thread: this.plan.name, idle });
    this.idle = idle;
    if (idle && this.returned && this.pending === 0) for (const monitor of this.monitors) monitor.release();
  }

  // --- for the traced library ---

  /** Counts a promise of the library until it settles. */
  pends<T>(promise: Promise<T>): Promise<T> {
    this.pending++;
    const over = (): void => void this.pending--;
    promise.then(over, over);
    return promise;
  }

  socketName(type: string): string {
    const name = type.toLowerCase();
    const count = (this.socketCounts.get(name) ?? 0) + 1;
    this.socketCounts.set(name, count);
    return `${this.plan.name}.${name}${count === 1 ? "" : count}`;
  }

  /** What to give to the library. Throws for a host that the scenario does not have, as the simulated module does. */
  endpoint(text: string, forBind: boolean): string {
    const parsed = parseEndpoint(text, forBind);
    if (typeof parsed !== "string" && parsed.transport === "tcp") this.checkHost(parsed.host, text);
    const key = this.endpoints.missing(text, forBind);
    if (key !== undefined) this.endpoints.learn(key, claimPort(this.job.folder, key, this.spares));
    return this.endpoints.real(text, forBind);
  }

  bound(real: string): void {
    const declared = this.endpoints.bound(real);
    const port = /^tcp:\/\/0\.0\.0\.0:(\d+)$/.exec(declared)?.[1];
    if (port !== undefined && real.endsWith(`:${port}`))
      claimPort(this.job.folder, `${this.plan.host}:${port}`, [Number(port)]);
  }

  private checkHost(host: string, endpoint: string): void {
    if (isLocalHost(host) || this.hosts.has(host)) return;
    throw new Error(
      `host "${this.plan.name}" uses ${endpoint}, but no host of the simulation is called "${host}" (there are: ${[...this.hosts].join(", ")})`,
    );
  }
}
