/** The process of a node: told what to do by the recorder, runs the node's threads over one context. */
import { RandomStreams } from "../kernel/random.ts";
import { Program } from "../program/machine.ts";
import type { PlanNode } from "../program/plan.ts";
import { Clock, delay, LATE_NS, turn } from "./clock.ts";
import { Endpoints } from "./endpoints.ts";
import { Marks } from "./marks.ts";
import { NodeThread } from "./node-thread.ts";
import type { Job, Up } from "./protocol.ts";
import { RawJournal } from "./raw-journal.ts";
import type { RawProxy, ZeroMQ } from "./zeromq.ts";

export class NodeProcess {
  readonly plan: PlanNode;
  readonly seed: string;
  readonly library: ZeroMQ;
  readonly endpoints: Endpoints;
  readonly marks: Marks;
  readonly proxies = new Set<RawProxy>();
  clock = new Clock(process.hrtime.bigint());
  journal!: RawJournal;
  private readonly job: Job;
  private readonly tell: (message: Up) => void;
  /** Lets go of what else keeps the process. */
  private readonly done: () => void;
  private readonly threads: NodeThread[];
  private readonly askedPorts = new Map<string, ((port: number) => void)[]>();
  private exitCode = 0;
  private leaving = false;

  constructor(job: Job, library: ZeroMQ, tell: (message: Up) => void, done: () => void) {
    this.job = job;
    this.plan = job.plan.nodes[job.node] as PlanNode;
    this.seed = job.seed;
    this.library = library;
    this.tell = tell;
    this.done = done;
    const hosts = new Set(job.plan.nodes.map(({ host }) => host));
    this.endpoints = new Endpoints({ host: this.plan.host, hosts, ports: job.ports, folder: job.folder });
    this.marks = new Marks(job);
    library.context.ioThreads = this.plan.ioThreads;
    library.context.blocky = this.plan.blocky;
    const random = new RandomStreams(job.seed);
    this.threads = this.plan.threads.map((plan) => {
      const label = plan.name === "" ? this.plan.name : `${this.plan.name}.${plan.name}`;
      return new NodeThread(
        this,
        plan,
        new Program(plan.program),
        random.stream(job.life === 0 ? `app/${label}` : `app/${label}'${job.life}`),
      );
    });
  }

  /** `begin`: when the node starts, ns after `zero`; its threads keep their distances. */
  async start(zero: bigint, begin: number): Promise<void> {
    this.clock = new Clock(zero);
    this.journal = new RawJournal(this.job.file, () => this.clock.now());
    await this.wait(begin, true);
    this.journal.write({ ev: "node", node: this.plan.name, what: this.job.life === 0 ? "start" : "restart" });
    await Promise.all(this.threads.map((thread) => this.startThread(thread, begin)));
  }

  /** Runs the threads at once and lets nothing out. The process goes on. */
  async rehearse(): Promise<void> {
    this.leaving = true;
    this.journal = new RawJournal(this.job.file, () => this.clock.now());
    await Promise.all(this.threads.map((thread) => thread.run()));
    this.journal.close();
  }

  private async startThread(thread: NodeThread, begin: number): Promise<void> {
    await this.wait(begin + thread.plan.startAt - this.plan.startAt);
    await thread.run();
  }

  /** Waits, and tells when the machine made it wait longer than that. */
  async wait(until: number, alone = this.alone): Promise<void> {
    const { late } = this.clock;
    await this.clock.until(until, alone);
    if (this.clock.late > late && this.clock.late > LATE_NS) this.journal.write({ ev: "late", by: this.clock.late });
  }

  // --- for its threads ---

  /** One thread: what blocks it blocks nobody else. */
  get alone(): boolean {
    return this.threads.length === 1;
  }

  async realEndpoint(text: string, forBind: boolean): Promise<string> {
    const key = this.endpoints.missing(text, forBind);
    if (key !== undefined) this.endpoints.learn(key, await this.askPort(key));
    return this.endpoints.real(text, forBind);
  }

  private askPort(key: string): Promise<number> {
    return new Promise((resolve) => {
      const waiting = this.askedPorts.get(key);
      if (waiting !== undefined) waiting.push(resolve);
      else {
        this.askedPorts.set(key, [resolve]);
        this.tell({ kind: "port", key });
      }
    });
  }

  portFound(key: string, port: number): void {
    for (const resolve of this.askedPorts.get(key) ?? []) resolve(port);
    this.askedPorts.delete(key);
  }

  fault(what: "crash" | "restart", node: string): void {
    this.tell({ kind: "fault", what, node });
  }

  async exit(by: NodeThread, code: number): Promise<void> {
    this.exitCode = code;
    for (const thread of this.threads) if (thread !== by && !thread.over) thread.stop();
    by.stop();
    await this.leave(by);
  }

  async threadEnded(thread: NodeThread): Promise<void> {
    if (this.leaving) return;
    if (this.threads.every(({ over }) => over)) await this.leave(thread);
    else this.journal.write({ ev: "thread", thread: thread.label, what: "end" });
  }

  /** The last thread ends the context, as the end of a program does: zeromq.js does so when the process exits. */
  private async leave(thread: NodeThread): Promise<void> {
    if (this.leaving) return;
    this.leaving = true;
    for (const proxy of this.proxies) proxy.terminate();
    for (let patience = 50; this.proxies.size > 0 && patience > 0; patience--) await delay(2);
    // The last monitor events are on their way.
    await turn();
    await turn();
    this.journal.write({ ev: "block", thread: thread.label, call: "term" });
    const code = this.exitCode !== 0 ? this.exitCode : this.threads.some(({ failed }) => failed) ? 1 : 0;
    this.journal.write({ ev: "leaving", thread: thread.label, code });
    this.journal.close();
    this.clock.stop();
    // Not process.exit(): only at a natural end does zeromq.js wait for what lingers.
    process.exitCode = code;
    this.done();
  }
}
