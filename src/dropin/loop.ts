/**
 * The loop that ties Node's JavaScript to the virtual clock: kernel events run until one lets a
 * program continue; that program runs until nothing of it is ready; then the next event. One wake
 * per drain, so that the order never depends on how many microtasks a program uses, and the
 * running program is a plain variable.
 */
import vm from "node:vm";
import type { Kernel, RunOutcome } from "../kernel/kernel.ts";
import { LimitError } from "../kernel/limits.ts";
import type { Instant } from "../kernel/time.ts";
import { type DrainMode, drainNow, fastDrainWorks, nextTurn } from "./drain.ts";
import type { Instance } from "./instance.ts";
import { real } from "./real.ts";

/** Something that lets a program continue. Gives true when JavaScript became ready by it. */
export interface Wake {
  runWake(): boolean;
}

/** What the loop tells whoever owns it. */
export interface LoopOwner {
  /** No program can continue and no event is left before the end. */
  idle(outcome: RunOutcome): void;
  /** JavaScript of `instance` threw where nobody catches. */
  uncaught(instance: Instance, error: unknown): void;
  /** The run cannot go on. */
  broken(error: unknown): void;
  /** False while another simulation has the stage. */
  mayRun(): boolean;
  /** Whether time may advance now: "later" while something real is waited for, "never" until a program calls again. */
  mayAdvance(): "now" | "later" | "never";
  /** Where the clock stops. */
  readonly until: Instant;
}

/** Node's event loop gets its turn after so many ms of work. */
const SLICE_MS = 40;
/** A wake is looked at for the time only every so often. */
const CLOCK_EVERY = 64;

/** The watchdog runs code by its source: the turn to take is found here. */
const TURN = Symbol.for("zeromq-sim.turn");
const script = new vm.Script(`globalThis[Symbol.for("zeromq-sim.turn")]()`, { filename: "zeromq-sim:turn" });

export class Loop {
  /** Whose JavaScript runs now; null outside. */
  current: Instance | null = null;
  /** Whose code threw out of the last macrotask. */
  threw: Instance | null = null;
  /** Programs that stopped without waiting for anything in the simulation. */
  readonly loose = new Set<Instance>();
  /** Wakes executed. */
  wakes = 0;
  private readonly kernel: Kernel;
  private readonly owner: LoopOwner;
  private readonly forcedMode: DrainMode | null;
  private readonly turnLimitMs: number;
  private mode: DrainMode = "turn";
  private queueInstances: Instance[] = [];
  private queueWakes: Wake[] = [];
  private head = 0;
  private armed = false;
  private turning = false;
  private ended = false;

  constructor(kernel: Kernel, owner: LoopOwner, options: { mode: DrainMode | null; turnLimitMs: number }) {
    this.kernel = kernel;
    this.owner = owner;
    this.forcedMode = options.mode;
    this.turnLimitMs = options.turnLimitMs;
  }

  /** Lets `instance` continue as soon as the event under way is over. */
  ready(instance: Instance, wake: Wake): void {
    this.queueInstances.push(instance);
    this.queueWakes.push(wake);
    this.kernel.stop();
  }

  /** Goes on soon, from a macrotask. */
  arm(): void {
    if (this.armed || this.turning || this.ended) return;
    this.armed = true;
    nextTurn(this.macrotask);
  }

  end(): void {
    this.ended = true;
  }

  private readonly macrotask = (): void => {
    this.armed = false;
    this.current = null;
    if (this.ended) return;
    this.mode = this.forcedMode ?? (fastDrainWorks() ? "tick" : "turn");
    const globals = globalThis as unknown as Record<symbol, unknown>;
    globals[TURN] = this.turn;
    this.turning = true;
    try {
      script.runInThisContext({ timeout: this.turnLimitMs });
    } catch (error) {
      this.threw = this.current;
      this.turning = false;
      this.arm();
      throw isTimeout(error) ? this.stuck() : error;
    } finally {
      this.turning = false;
      delete globals[TURN];
      if (this.mode === "tick") this.current = null;
    }
  };

  private readonly turn = (): void => {
    const begin = real.now();
    for (let count = 1; ; count++) {
      if (this.ended) return;
      if (!this.owner.mayRun()) return this.park();
      if (count % CLOCK_EVERY === 0 && real.now() - begin > SLICE_MS) return this.again();
      if (this.head < this.queueWakes.length) {
        if (!this.wakeNext()) continue;
        if (this.mode === "turn") return this.again();
        this.drain();
        continue;
      }
      if (this.head > 0) this.resetQueue();
      const advance = this.owner.mayAdvance();
      if (advance !== "now") return advance === "later" ? this.again() : this.park();
      const outcome = this.advance();
      if (outcome === null) return;
      if (outcome === "stopped") continue;
      this.turning = false;
      this.owner.idle(outcome);
      return;
    }
  };

  private park(): void {
    this.turning = false;
  }

  private again(): void {
    this.turning = false;
    this.arm();
  }

  private advance(): RunOutcome | null {
    try {
      return this.kernel.run(this.owner.until);
    } catch (error) {
      this.owner.broken(error);
      return null;
    }
  }

  /** True when JavaScript is ready. */
  private wakeNext(): boolean {
    const at = this.head++;
    const instance = this.queueInstances[at] as Instance;
    const wake = this.queueWakes[at] as Wake;
    if (!instance.takesTurn(wake)) return false;
    this.wakes++;
    this.current = instance;
    try {
      if (wake.runWake()) return true;
    } catch (error) {
      this.owner.uncaught(instance, error);
      return true;
    }
    this.current = null;
    return false;
  }

  /**
   * A throw of a nextTick callback comes out of the drain and of the macrotask, so that Node tidies up and
   * reports it as it always does.
   */
  private drain(): void {
    drainNow();
    const instance = this.current as Instance;
    this.current = null;
    if (instance.refs === 0 && instance.alive) this.loose.add(instance);
  }

  private resetQueue(): void {
    this.queueInstances.length = 0;
    this.queueWakes.length = 0;
    this.head = 0;
  }

  /** The error for a program that does not give control back. */
  stuck(instance = this.current): StuckError {
    const name = instance === null ? "the simulation" : `host "${instance.label}"`;
    return new StuckError(
      `${name} ran for more than ${this.turnLimitMs} ms of real time without giving control back: an endless loop, or one of promises that never waits`,
    );
  }
}

/** A program does not give control back. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

const isTimeout = (error: unknown): boolean =>
  (error as { code?: string } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

/** Which limit a run hit, for messages. */
export const isLimit = (error: unknown): error is LimitError => error instanceof LimitError;
