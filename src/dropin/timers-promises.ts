/** node:timers/promises on the virtual clock. */
import { modules } from "./real.ts";
import { currentStage, presentInstance } from "./stage.ts";
import { startImmediate, startTimer, type VirtualTimer } from "./timers.ts";

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

const aborted = (signal: AbortSignal): Error =>
  Object.assign(new Error("The operation was aborted", { cause: signal.reason }), {
    name: "AbortError",
    code: "ABORT_ERR",
  });

/** A promise for one timer. `start` gets what to call when it is due. */
function once<T>(start: (due: () => void) => VirtualTimer, value: T, { signal, ref }: Options): Promise<T> {
  if (signal?.aborted === true) return Promise.reject(aborted(signal));
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(aborted(signal as AbortSignal));
    };
    const timer = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    if (ref === false) timer.unref();
    signal?.addEventListener("abort", abort, { once: true });
    currentStage()?.touched();
  });
}

export function timersPromises() {
  const original = { ...modules.promises };
  const scheduler = { wait: modules.promises.scheduler.wait, yield: modules.promises.scheduler.yield };
  const setTimeout = <T>(delay?: number, value?: T, options: Options = {}): Promise<T> => {
    const instance = presentInstance();
    if (instance === null) return original.setTimeout(delay, value as T, options);
    return once((due) => startTimer(instance, due, delay, false, []), value as T, options);
  };
  const setImmediate = <T>(value?: T, options: Options = {}): Promise<T> => {
    const instance = presentInstance();
    if (instance === null) return original.setImmediate(value as T, options);
    return once((due) => startImmediate(instance, due, []), value as T, options);
  };
  return {
    setTimeout,
    setImmediate,
    setInterval<T>(delay?: number, value?: T, options: Options = {}): AsyncIterable<T> {
      return presentInstance() === null
        ? original.setInterval(delay, value as T, options)
        : interval(delay, value as T, options);
    },
    wait: (delay: number, options: Options = {}): Promise<void> =>
      presentInstance() === null
        ? scheduler.wait.call(modules.promises.scheduler, delay, options)
        : setTimeout(delay, undefined, options),
    yield: (): Promise<void> =>
      presentInstance() === null ? scheduler.yield.call(modules.promises.scheduler) : setImmediate(),
  };
}

/** Ticks that nobody has read yet are counted, as Node does. */
async function* interval<T>(delay: number | undefined, value: T, { signal, ref }: Options): AsyncGenerator<T> {
  const instance = presentInstance();
  if (instance === null) return;
  if (signal?.aborted) throw aborted(signal);
  let ticks = 0;
  let wake: (() => void) | null = null;
  const notify = (): void => {
    wake?.();
    wake = null;
  };
  const tick = (): void => {
    ticks++;
    notify();
  };
  const timer = startTimer(instance, tick, delay, true, []);
  if (ref === false) timer.unref();
  signal?.addEventListener("abort", notify, { once: true });
  currentStage()?.touched();
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      if (ticks === 0) await new Promise<void>((resolve) => (wake = resolve));
      for (; ticks > 0; ticks--) yield value;
    }
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", notify);
  }
}
