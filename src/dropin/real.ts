/**
 * Node's own clock, timers and randomness, taken when this module loads, before anything is replaced.
 * Everything else in this layer that needs the real thing asks here.
 */
type AnyFunction = (...args: never[]) => unknown;

/** The objects whose members are replaced: the ones that require() gives, which ESM bindings follow. */
export const modules = {
  timers: process.getBuiltinModule("node:timers"),
  promises: process.getBuiltinModule("node:timers/promises"),
  crypto: process.getBuiltinModule("node:crypto"),
  process: process.getBuiltinModule("node:process"),
  module: process.getBuiltinModule("node:module"),
  hooks: process.getBuiltinModule("node:async_hooks"),
};

export const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  now: performance.now.bind(performance),
  exit: process.exit,
  emitWarning: process.emitWarning.bind(process),
};

/** Whether a global is still the one that Node made. */
export const isNative = (value: unknown): boolean =>
  typeof value === "function" &&
  !("clock" in value) &&
  /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(value as AnyFunction));

/** Node's timers are JavaScript, so they show source; its clock is native. Fakes mark timers with `clock`. */
export const clockIsReal = (): boolean =>
  isNative(globalThis.Date) &&
  !("clock" in globalThis.setTimeout) &&
  !("clock" in globalThis.Date) &&
  globalThis.setTimeout === modules.timers.setTimeout;
