/**
 * Clock, timers and randomness of JavaScript follow the program that is running; whoever is
 * outside a simulation keeps Node's own. Everything is put back exactly as it was.
 */
import { promisify } from "node:util";
import { clockFunctions } from "./clock.ts";
import type { Instance } from "./instance.ts";
import { randomFunctions } from "./random.ts";
import { clockIsReal, modules, real } from "./real.ts";
import { currentStage, presentInstance } from "./stage.ts";
import { clearTimer, startImmediate, startTimer } from "./timers.ts";
import { timersPromises } from "./timers-promises.ts";

/** What can be left real. */
export type Replaceable = "timers" | "clock" | "random" | "crypto" | "exit";

interface Replaced {
  readonly object: object;
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor | undefined;
  readonly value: unknown;
}

let replaced: Replaced[] = [];

export const installed = (): boolean => replaced.length > 0;

/** Replaces the globals. Throws when somebody else did so before. */
export function install(keep: ReadonlySet<Replaceable>): void {
  if (!clockIsReal()) {
    throw new Error(
      "the clock or the timers are faked already (vi.useFakeTimers, sinon?): restore them before a simulation, which brings its own",
    );
  }
  if (!keep.has("timers")) replaceTimers();
  if (!keep.has("clock")) for (const [object, key, value] of clockFunctions()) replace(object, key, value);
  if (!keep.has("random")) replace(Math, "random", () => presentInstance()?.random.float() ?? originalRandom());
  if (!keep.has("crypto")) for (const [object, key, value] of randomFunctions()) replace(object, key, value);
  if (!keep.has("exit")) replace(process, "exit", exit);
  modules.module.syncBuiltinESMExports();
}

/** Puts everything back; names what a program had replaced meanwhile. */
export function restore(): string[] {
  const swapped: string[] = [];
  for (const { object, key, descriptor, value } of replaced.reverse()) {
    const now = Object.getOwnPropertyDescriptor(object, key);
    if ((now?.get ?? now?.value) !== value) swapped.push(String(key));
    if (descriptor === undefined) Reflect.deleteProperty(object, key);
    else Object.defineProperty(object, key, descriptor);
  }
  replaced = [];
  modules.module.syncBuiltinESMExports();
  return [...new Set(swapped)];
}

const originalRandom = Math.random;

export function replace(object: object, key: PropertyKey, value: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  // node:crypto's getRandomValues is fixed; it calls the one of Web Crypto, which is not.
  if (descriptor?.configurable === false && descriptor.writable !== true) return;
  replaced.push({ object, key, descriptor, value });
  if (descriptor?.get !== undefined) {
    Object.defineProperty(object, key, { ...descriptor, get: value as () => unknown });
    return;
  }
  Object.defineProperty(object, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
  });
}

function replaceTimers(): void {
  const promises = timersPromises();
  const functions = timerFunctions();
  Object.defineProperty(functions["setTimeout"], promisify.custom, { enumerable: true, value: promises.setTimeout });
  Object.defineProperty(functions["setImmediate"], promisify.custom, {
    enumerable: true,
    value: promises.setImmediate,
  });
  for (const [name, value] of Object.entries(functions)) {
    replace(globalThis, name, value);
    replace(modules.timers, name, value);
  }
  for (const name of ["setTimeout", "setImmediate", "setInterval"] as const)
    replace(modules.promises, name, promises[name]);
  const { scheduler } = modules.promises;
  for (const name of ["wait", "yield"] as const) replace(scheduler, name, promises[name]);
}

function timerFunctions(): Record<string, unknown> {
  const start = (name: "setTimeout" | "setInterval", repeats: boolean) =>
    function (this: unknown, callback: unknown, delay?: unknown, ...args: unknown[]): unknown {
      const instance = presentInstance();
      if (instance === null) return (real[name] as (...all: unknown[]) => unknown)(callback, delay, ...args);
      return touched(startTimer(instance, callback, delay, repeats, args));
    };
  const clear = (name: "clearTimeout" | "clearInterval" | "clearImmediate") =>
    function (this: unknown, timer: unknown): void {
      if (!clearTimer(presentInstance(), timer)) (real[name] as (timer: unknown) => void)(timer);
    };
  return {
    setTimeout: start("setTimeout", false),
    setInterval: start("setInterval", true),
    setImmediate(callback: unknown, ...args: unknown[]): unknown {
      const instance = presentInstance();
      if (instance === null) return (real.setImmediate as (...all: unknown[]) => unknown)(callback, ...args);
      return touched(startImmediate(instance, callback, args));
    },
    clearTimeout: clear("clearTimeout"),
    clearInterval: clear("clearInterval"),
    clearImmediate: clear("clearImmediate"),
  };
}

function touched<T>(value: T): T {
  currentStage()?.touched();
  return value;
}

function exit(code?: number | string | null): never {
  const instance: Instance | null = presentInstance();
  const stage = currentStage();
  if (instance === null || stage === null) return real.exit.call(process, code);
  return stage.exit(instance, Number(code ?? process.exitCode ?? 0));
}
