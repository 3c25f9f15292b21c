/** Randomness of node:crypto and Web Crypto from the seed. Not for keys: whoever knows the seed knows them. */

import type { RandomStream } from "../kernel/random.ts";
import type { Replacement } from "./clock.ts";
import { modules } from "./real.ts";
import { presentInstance } from "./stage.ts";

type AnyFunction = (...args: never[]) => unknown;

/** Who draws. */
interface Instance {
  readonly random: RandomStream;
}

function fill(instance: Instance, view: ArrayBufferView, offset = 0, size = view.byteLength - offset): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, size);
  for (let at = 0; at < bytes.length; at++) bytes[at] = instance.random.int(256);
}

function uuid(instance: Instance): string {
  const bytes = new Uint8Array(16);
  fill(instance, bytes);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** For whoever `present` gives, if anybody; the originals for everybody else. */
export function randomFunctions(present: () => Instance | null = presentInstance): Replacement[] {
  const either = (
    object: object,
    key: string,
    virtual: (instance: Instance, ...args: never[]) => unknown,
  ): Replacement => {
    const original = Reflect.get(object, key) as AnyFunction;
    const choose = function (this: unknown, ...args: never[]): unknown {
      const instance = present();
      return instance === null ? Reflect.apply(original, object, args) : virtual(instance, ...args);
    };
    return [object, key, choose];
  };
  const { crypto } = modules;
  const values = <T extends ArrayBufferView>(instance: Instance, view: T): T => {
    fill(instance, view);
    return view;
  };
  return [
    either(crypto, "randomUUID", uuid),
    either(crypto, "getRandomValues", values),
    either(crypto, "randomFillSync", (instance, view: ArrayBufferView, offset?: number, size?: number) => {
      fill(instance, view, offset, size);
      return view;
    }),
    either(crypto, "randomBytes", (instance, size: number, callback?: (error: null, bytes: Buffer) => void) => {
      const bytes = Buffer.alloc(size);
      fill(instance, bytes);
      if (callback === undefined) return bytes;
      process.nextTick(callback, null, bytes);
      return undefined;
    }),
    either(crypto, "randomInt", (instance, low: number, high?: unknown, callback?: unknown) => {
      const range = typeof high === "number" ? ([low, high] as const) : ([0, low] as const);
      const value = range[0] + instance.random.int(range[1] - range[0]);
      const report = typeof high === "function" ? high : callback;
      if (typeof report !== "function") return value;
      process.nextTick(report as (error: null, value: number) => void, null, value);
      return undefined;
    }),
    either(globalThis.crypto, "randomUUID", uuid),
    either(globalThis.crypto, "getRandomValues", values),
  ];
}
