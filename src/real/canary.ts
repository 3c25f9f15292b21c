/**
 * A process beside the recorded ones that does what they depend on, a timer and an echo over loopback,
 * with nothing else to do. What it has to wait for, they had to wait for as well, and it is no outcome of
 * theirs: other work, packets left to a kernel thread of low priority, a host that took the processor.
 * With their priority it waits for them, too, where they have more to do than there are processors; with
 * one above it waits for the machine only.
 */
import { type ChildProcess, fork } from "node:child_process";
import { connect, createServer } from "node:net";
import type { Crew } from "./crew.ts";
import { type Surroundings, toldOf } from "./member.ts";

/** A wait that took too long. */
export interface Wait {
  readonly what: "timer" | "echo";
  /** From its begin, by the clock that all processes share, ns. */
  readonly from: number;
  readonly to: number;
  /** By how much a timer came too late, or how long one byte took over loopback and back, ns. */
  readonly long: number;
}

/** Shorter ones are among those that the loopback profile draws (a cold wake-up takes up to 5.5 ms), ns. */
export const DISTURBED_NS = 5_000_000;
/** What had to wait with the canary happens this soon after it. */
const AFTERMATH_NS = 3_000_000;
/** More of them tell nothing more. */
const WAITS_MAX = 1000;

type Question = { readonly kind: "begin" } | { readonly kind: "end" };

/** Not much longer than what counts as held up, and no multiple of the pauses of programs, which it would meet again and again. */
const PERIOD_MS = 7;
/** A timer keeps whole milliseconds, and may be one late. */
const TIMER_NS = (PERIOD_MS + 1) * 1e6;

const now = (): number => Number(process.hrtime.bigint());

/** The process itself. */
export function canary(): void {
  const kill = (): void => process.exit();
  process.on("SIGINT", () => {});
  process.on("disconnect", kill);
  if (!process.connected) kill();
  const rounds = new Rounds();
  const server = createServer((far) => {
    far.setNoDelay();
    far.on("error", kill).on("data", (bytes) => far.write(bytes));
  });
  server.on("error", kill).listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    const near = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
      process.send?.("ready");
      const round = (): void => {
        rounds.wait("timer");
        setTimeout(() => {
          rounds.wait("echo");
          near.write("x");
        }, PERIOD_MS);
      };
      near.on("error", kill).on("data", round);
      round();
    });
  });
  process.on("message", ({ kind }: Question) => {
    if (kind === "begin") rounds.forget();
    else process.send?.(rounds.end());
  });
}

/** The long waits since they were last forgotten, the present one included. */
class Rounds {
  #waits: Wait[] = [];
  #what: Wait["what"] = "timer";
  #since = now();

  wait(what: Wait["what"]): void {
    this.#note();
    this.#what = what;
    this.#since = now();
  }

  forget(): void {
    this.#waits = [];
    this.#since = now();
  }

  end(): readonly Wait[] {
    this.#note();
    return this.#waits;
  }

  #note(): void {
    const [what, from, to] = [this.#what, this.#since, now()];
    const long = to - from - (what === "timer" ? TIMER_NS : 0);
    if (long >= DISTURBED_NS && this.#waits.length < WAITS_MAX) this.#waits.push({ what, from, to, long });
  }
}

/**
 * The waits during which, or right after which, something happened in the run, at these times by the same clock.
 * A processor that was taken away while all slept did nothing to it.
 */
export function felt(waits: readonly Wait[], times: readonly number[]): readonly Wait[] {
  return waits.filter(({ from, to }) => times.some((t) => t >= from && t <= to + AFTERMATH_NS));
}

/** As the recorder sees it. */
export class Canary {
  readonly #child: ChildProcess;
  readonly #crew: Crew;
  readonly #ready: Promise<unknown>;
  #answer: (waits: readonly Wait[]) => void = () => {};

  constructor(crew: Crew, { cwd, wrapper, whenReady, canaryReady }: Surroundings) {
    const command = canaryReady.length > 0 ? canaryReady : whenReady;
    this.#crew = crew;
    this.#child = fork(crew.entry, ["canary", crew.folder], {
      cwd,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execPath: wrapper[0] ?? process.execPath,
      execArgv: wrapper.length === 0 ? [] : [...wrapper.slice(1), process.execPath],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    crew.add(this.#child.pid);
    this.#child.on("error", () => {});
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    const first = new Promise<void>((resolve) => {
      this.#child.on("message", (message: "ready" | readonly Wait[]) => {
        if (message === "ready") resolve();
        else this.#answer(message);
      });
    });
    this.#ready = Promise.race([first.then(() => toldOf(command, this.#child.pid).catch(() => {})), gone]);
    void gone.then(() => this.#answer([]));
  }

  /** From here on it counts. */
  async begin(): Promise<void> {
    await this.#ready;
    this.#ask({ kind: "begin" });
  }

  /** What it waited for too long since. Nothing when it is gone. */
  end(): Promise<readonly Wait[]> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      if (!this.#ask({ kind: "end" })) resolve([]);
    });
  }

  dismiss(): void {
    this.#crew.remove(this.#child.pid);
    this.#child.kill("SIGKILL");
  }

  #ask(question: Question): boolean {
    if (this.#child.connected) this.#child.send(question, () => {});
    return this.#child.connected;
  }
}
