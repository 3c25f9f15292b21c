/** process.argv, which is another one for each program; also for those who imported it by name. */
import { modules } from "./real.ts";
import { presentInstance } from "./stage.ts";

/** Gives what puts Node's own back. */
export function replaceArgv(): () => void {
  const original = process.argv;
  const present = (): string[] => presentInstance()?.argv ?? original;
  const argv = new Proxy<string[]>([], {
    get: (_, key) => Reflect.get(present(), key) as unknown,
    set: (_, key, value) => Reflect.set(present(), key, value),
    has: (_, key) => Reflect.has(present(), key),
    deleteProperty: (_, key) => Reflect.deleteProperty(present(), key),
    ownKeys: () => Reflect.ownKeys(present()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(present(), key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(present(), key, descriptor),
  });
  process.argv = argv;
  modules.module.syncBuiltinESMExports();
  return () => {
    process.argv = original;
    modules.module.syncBuiltinESMExports();
  };
}
