/** A process of a recording as the recorder sees it: started, told its job, watched, ended. */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { parseRaw } from "./merge.ts";
import type { Down, Job, RawLine, Up } from "./protocol.ts";

/** Bytes of standard error that are kept. */
const COMPLAINT_MAX = 4000;

export interface MemberEvents {
  readonly message: (member: Member, message: Up) => void;
  readonly exited: (member: Member) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Surroundings {
  readonly cwd: string;
  /** Command that starts the processes, such as chrt or taskset with its arguments. */
  readonly wrapper: readonly string[];
  /** Command that is run for each process when it is ready and before the clock starts, followed by its number. */
  readonly whenReady: readonly string[];
  /** Run for the canary instead of the former; empty: the former. */
  readonly canaryReady: readonly string[];
  /** Command that is run for each process that still lives when the run is over, followed by its number, before it is ended. */
  readonly whenDone: readonly string[];
}

/** Runs such a command. Rejects with what it complained about. */
export function toldOf([command, ...args]: readonly string[], pid: number | undefined): Promise<void> {
  if (command === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    execFile(command, [...args, String(pid)], (error, _, complaint) => {
      if (error === null) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ${pid}: ${complaint.trim() || error.message}`));
    });
  });
}

export class Member {
  readonly job: Job;
  readonly name: string;
  readonly child: ChildProcess;
  /** Began its life in the scenario. */
  started = false;
  /** We killed it. */
  killed = false;
  exit: Exit | null = null;
  /** What it wrote to standard error, its last part. */
  complaint = "";
  /** Lines read so far. */
  readonly lines: RawLine[] = [];
  private readOffset = 0;
  private rest = "";

  constructor(entry: string, job: Job, { cwd, wrapper }: Surroundings, events: MemberEvents) {
    this.job = job;
    const node = job.plan.nodes[job.node]?.name ?? "";
    this.name = job.life === 0 ? node : `${node}'${job.life}`;
    this.child = fork(entry, ["node", job.folder], {
      cwd,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execPath: wrapper[0] ?? process.execPath,
      execArgv: wrapper.length === 0 ? [] : [...wrapper.slice(1), process.execPath],
      // Each zmq_proxy holds a thread of libuv's pool; sockets of ipc://* belong into our folder.
      env: { ...process.env, UV_THREADPOOL_SIZE: "24", TMPDIR: job.folder, NODE_OPTIONS: "" },
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.complaint = (this.complaint + text).slice(-COMPLAINT_MAX);
    });
    this.child.on("message", (message) => events.message(this, message as Up));
    this.child.on("error", (error) => {
      // Nothing was started, so nothing exits.
      if (this.pid !== undefined || this.exit !== null) return;
      this.complaint = error.message;
      this.exit = { code: null, signal: null };
      events.exited(this);
    });
    this.child.once("exit", (code, signal) => {
      this.exit = { code, signal };
      events.exited(this);
    });
    this.tell(job);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  tell(message: Down): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  kill(): void {
    this.killed = true;
    if (this.exit === null) this.child.kill("SIGKILL");
  }

  /** Takes in what was written since the last time; gives the new lines. */
  read(): readonly RawLine[] {
    const { file } = this.job;
    if (!existsSync(file)) return [];
    const descriptor = openSync(file, "r");
    const buffer = Buffer.allocUnsafe(1 << 20);
    const begin = this.lines.length;
    try {
      for (;;) {
        const count = readSync(descriptor, buffer, 0, buffer.length, this.readOffset);
        if (count === 0) break;
        this.readOffset += count;
        this.take(buffer.toString("latin1", 0, count));
      }
    } finally {
      closeSync(descriptor);
    }
    return this.lines.slice(begin);
  }

  /** Bytes as characters, so that a cut through a character does no harm. */
  private take(text: string): void {
    const all = this.rest + text;
    const end = all.lastIndexOf("\n") + 1;
    this.rest = all.slice(end);
    this.lines.push(...parseRaw(Buffer.from(all.slice(0, end), "latin1").toString("utf8")));
  }
}
