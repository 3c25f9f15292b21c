/** What programs print is theirs: lines of the trace, and shown where it is wanted. */
import type { Instance } from "./instance.ts";
import { presentInstance } from "./stage.ts";

type Write = typeof process.stdout.write;

/** Standard output and error, as whole lines. Gives what puts them back. */
export function interceptOutput(
  line: (instance: Instance, text: string) => void,
  echo: ((text: string) => void) | undefined,
): () => void {
  let echoing = false;
  const undo = [process.stdout, process.stderr].map((stream) => {
    const own = Object.getOwnPropertyDescriptor(stream, "write");
    const original: Write = stream.write;
    const begun = new WeakMap<Instance, string>();
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const instance = echoing ? null : presentInstance();
      if (instance === null) return (original as (...all: unknown[]) => boolean).call(stream, chunk, ...rest);
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      echoing = true;
      try {
        echo?.(text);
      } finally {
        echoing = false;
      }
      const lines = ((begun.get(instance) ?? "") + text).split("\n");
      begun.set(instance, lines.pop() as string);
      for (const one of lines) line(instance, one);
      const callback = rest.find((one) => typeof one === "function");
      if (callback !== undefined) process.nextTick(callback as () => void);
      return true;
    };
    stream.write = write as Write;
    return () => {
      if (own === undefined) Reflect.deleteProperty(stream, "write");
      else Object.defineProperty(stream, "write", own);
    };
  });
  return () => {
    for (const each of undo) each();
  };
}
