/** What of Node differs for a recorded program: its draws come from the scenario's seed, its output is written down. */
import { randomFunctions } from "../dropin/random.ts";
import { modules } from "../dropin/real.ts";
import type { RandomStream } from "../kernel/random.ts";

/** As in the simulation: both worlds make the same choices. */
export function replaceRandom(random: RandomStream): void {
  for (const [object, key, value] of [
    ...randomFunctions(() => ({ random })),
    [Math, "random", () => random.float()] as const,
  ]) {
    const before = Object.getOwnPropertyDescriptor(object, key);
    if (before?.configurable === false && before.writable !== true) continue;
    Object.defineProperty(object, key, {
      value,
      writable: true,
      configurable: true,
      enumerable: before?.enumerable ?? false,
    });
  }
  modules.module.syncBuiltinESMExports();
}

/** Whole lines of standard output and error; both go on to where they went before. */
export function replaceOutput(line: (text: string) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let begun = "";
    const traced = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const lines = (begun + (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"))).split("\n");
      begun = lines.pop() as string;
      for (const one of lines) line(one);
      return write(chunk, ...rest);
    };
    stream.write = traced as typeof stream.write;
  }
}
