/** Date, performance, hrtime and everything else that tells the time. */
import { ms } from "../kernel/time.ts";
import type { Instance } from "./instance.ts";
import { modules, real } from "./real.ts";
import { currentStage, presentInstance } from "./stage.ts";
import { startTimer } from "./timers.ts";

/** Where and what to replace. */
export type Replacement = readonly [object: object, key: PropertyKey, value: unknown];

/** Wall-clock time at the virtual instant 0: the start of a year, UTC. */
export const EPOCH_MS = real.Date.UTC(2026, 0, 1);

const dateMs = (instance: Instance): number => EPOCH_MS + Math.floor(instance.now / 1e6);
const uptimeNs = (instance: Instance): number => instance.now - instance.startedAt;

export function clockFunctions(): Replacement[] {
  const hrtime = virtualHrtime();
  const { hrtime: realHrtime, uptime: realUptime } = process;
  void realHrtime;
  const now = performance.now;
  return [
    [globalThis, "Date", virtualDate()],
    [
      performance,
      "now",
      () => {
        const instance = presentInstance();
        return instance === null ? now.call(performance) : uptimeNs(instance) / 1e6;
      },
    ],
    [process, "hrtime", hrtime],
    [
      process,
      "uptime",
      () => {
        const instance = presentInstance();
        return instance === null ? realUptime.call(process) : uptimeNs(instance) / 1e9;
      },
    ],
    [AbortSignal, "timeout", abortTimeout()],
    ...dateTimeFormat(),
  ];
}

/** A stand-in for the constructor: the original stays as it is, others hold it. */
function virtualDate(): DateConstructor {
  const original = real.Date;
  const now = (): number => {
    const instance = presentInstance();
    return instance === null ? original.now() : dateMs(instance);
  };
  return new Proxy(original, {
    construct(target, args, newTarget) {
      const instance = args.length === 0 ? presentInstance() : null;
      return Reflect.construct(target, instance === null ? args : [dateMs(instance)], newTarget) as object;
    },
    apply(target, thisArg, args) {
      const instance = presentInstance();
      return instance === null ? Reflect.apply(target, thisArg, args) : new original(dateMs(instance)).toString();
    },
    get(target, key, receiver) {
      return key === "now" ? now : Reflect.get(target, key, receiver === undefined ? target : target);
    },
  });
}

function virtualHrtime(): NodeJS.HRTime {
  const original = modules.process.hrtime;
  const hrtime = (previous?: [number, number]): [number, number] => {
    const instance = presentInstance();
    if (instance === null) return original(previous);
    const at = instance.now;
    const time: [number, number] = [Math.floor(at / 1e9), at % 1e9];
    if (previous === undefined) return time;
    const difference = at - (previous[0] * 1e9 + previous[1]);
    return [Math.floor(difference / 1e9), ((difference % 1e9) + 1e9) % 1e9];
  };
  const bigint = (): bigint => {
    const instance = presentInstance();
    return instance === null ? original.bigint() : BigInt(instance.now);
  };
  return Object.assign(hrtime, { bigint }) as NodeJS.HRTime;
}

function abortTimeout(): (delay: number) => AbortSignal {
  const original = AbortSignal.timeout;
  return (delay) => {
    const instance = presentInstance();
    if (instance === null) return original.call(AbortSignal, delay);
    const controller = new AbortController();
    const abort = (): void =>
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    startTimer(instance, abort, delay, false, []).unref();
    currentStage()?.touched();
    return controller.signal;
  };
}

/** format() without a date means now. */
function dateTimeFormat(): Replacement[] {
  const { prototype } = Intl.DateTimeFormat;
  const format = Object.getOwnPropertyDescriptor(prototype, "format")?.get;
  const parts = prototype.formatToParts;
  if (format === undefined) return [];
  const or = (date: Date | number | undefined): Date | number | undefined => {
    const instance = date === undefined ? presentInstance() : null;
    return instance === null ? date : dateMs(instance);
  };
  return [
    [
      prototype,
      "format",
      function (this: Intl.DateTimeFormat) {
        const bound = format.call(this) as (date?: Date | number) => string;
        return (date?: Date | number) => bound(or(date));
      },
    ],
    [
      prototype,
      "formatToParts",
      function (this: Intl.DateTimeFormat, date?: Date | number) {
        return parts.call(this, or(date));
      },
    ],
  ];
}

/** ms of a real clock as virtual nanoseconds. */
export const toNs = ms;
