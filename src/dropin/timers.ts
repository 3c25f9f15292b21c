/** setTimeout, setInterval and setImmediate of a program: events of the kernel. */
import type { Actor } from "../kernel/actor.ts";
import type { EventId } from "../kernel/kernel.ts";
import { type Duration, ms } from "../kernel/time.ts";
import type { Instance } from "./instance.ts";
import type { Wake } from "./loop.ts";

type Callback = (...args: unknown[]) => void;

/** Node's rule: whole ms, and what is below 1 or too large becomes 1. */
export function delayMs(delay: unknown): number {
  const number = Number(delay);
  return number >= 1 && number <= 2 ** 31 - 1 ? Math.trunc(number) : 1;
}

function checkCallback(callback: unknown): asserts callback is Callback {
  if (typeof callback === "function") return;
  throw Object.assign(new TypeError(`The "callback" argument must be of type function. Received ${String(callback)}`), {
    code: "ERR_INVALID_ARG_TYPE",
  });
}

/** Live timers by number, for clearTimeout(7): made only when somebody asks for the number. */
const numbers = new WeakMap<Instance, Map<number, VirtualTimer>>();

/** What setTimeout, setInterval and setImmediate give; has all methods of Node's Timeout and Immediate. */
export class VirtualTimer implements Actor, Wake {
  readonly #instance: Instance;
  readonly #callback: Callback;
  readonly #args: readonly unknown[];
  /** ms; -1: an immediate. */
  readonly #delay: number;
  readonly #repeats: boolean;
  #event: EventId = 0 as EventId;
  #active = true;
  #referenced = true;
  #number = 0;

  constructor(instance: Instance, callback: Callback, delay: number, repeats: boolean, args: readonly unknown[]) {
    this.#instance = instance;
    this.#callback = callback;
    this.#args = args;
    this.#delay = delay;
    this.#repeats = repeats;
    instance.ref();
    this.#schedule();
  }

  get label(): string {
    return this.#instance.label;
  }

  /** Kernel event. */
  fire(): void {
    this.#event = 0 as EventId;
    this.#instance.post(this);
  }

  runWake(): boolean {
    if (!this.#active || this.#event !== 0) return false;
    if (this.#repeats) this.#schedule();
    else this.cancel();
    this.#callback.apply(this, this.#args as unknown[]);
    return true;
  }

  cancel(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#instance.process.world.kernel.cancel(this.#event);
    this.#event = 0 as EventId;
    numbers.get(this.#instance)?.delete(this.#number);
    if (this.#referenced) this.#instance.unref();
  }

  // --- Node's methods ---

  ref(): this {
    if (!this.#referenced && this.#active) this.#instance.ref();
    this.#referenced = true;
    return this;
  }

  unref(): this {
    const changes = this.#referenced && this.#active;
    this.#referenced = false;
    if (changes) this.#instance.unref();
    return this;
  }

  hasRef(): boolean {
    return this.#referenced && this.#active;
  }

  refresh(): this {
    if (!this.#active) {
      this.#active = true;
      if (this.#referenced) this.#instance.ref();
    }
    this.#instance.process.world.kernel.cancel(this.#event);
    this.#schedule();
    return this;
  }

  close(): this {
    this.cancel();
    return this;
  }

  [Symbol.toPrimitive](): number {
    if (this.#number === 0) {
      this.#number = this.#instance.nextTimerId++;
      const known = numbers.get(this.#instance) ?? new Map<number, VirtualTimer>();
      numbers.set(this.#instance, known.set(this.#number, this));
    }
    return this.#number;
  }

  #schedule(): void {
    const { kernel } = this.#instance.process.world;
    if (this.#delay < 0) this.#event = kernel.scheduleAt(this.#instance.freeAt(), this, 0);
    else this.#event = kernel.schedule((ms(this.#delay) + this.#instance.sleepSlack()) as Duration, this, 0);
  }
}

if (Symbol.dispose !== undefined) {
  Object.defineProperty(VirtualTimer.prototype, Symbol.dispose, { value: VirtualTimer.prototype.cancel });
}

export function startTimer(
  instance: Instance,
  callback: unknown,
  delay: unknown,
  repeats: boolean,
  args: readonly unknown[],
): VirtualTimer {
  checkCallback(callback);
  return new VirtualTimer(instance, callback, delayMs(delay), repeats, args);
}

export function startImmediate(instance: Instance, callback: unknown, args: readonly unknown[]): VirtualTimer {
  checkCallback(callback);
  return new VirtualTimer(instance, callback, -1, false, args);
}

/** Gives false when `timer` is none of ours. */
export function clearTimer(instance: Instance | null, timer: unknown): boolean {
  if (timer instanceof VirtualTimer) timer.cancel();
  else if (instance === null || (typeof timer !== "number" && typeof timer !== "string")) return false;
  else numbers.get(instance)?.get(Number(timer))?.cancel();
  return true;
}
