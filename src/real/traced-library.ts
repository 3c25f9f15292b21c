/**
 * npm zeromq as a module program gets it in a recording: the same classes, whose calls are written down
 * and whose endpoints are those of the scenario. What the library does stays its own affair.
 */

import type { ModuleProcess } from "./module-process.ts";
import { Monitor } from "./traced-monitor.ts";
import { type AnySocket, TracedSocket } from "./traced-socket.ts";
import { classNames } from "./zeromq.ts";

type AnyClass = new (...args: never[]) => object;
type AnyFunction = (...args: never[]) => unknown;

/** By socket object. */
const known = new WeakMap<object, TracedSocket>();

/** The exports of zeromq (or of its drafts) with traced classes in the place of the sockets. */
export function tracedLibrary(
  host: ModuleProcess,
  exports: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const api: Record<string, unknown> = {};
  for (const name of Object.keys(exports)) api[name] = exports[name];
  for (const [type, name] of classNames()) {
    const original = exports[name];
    if (typeof original === "function") api[name] = socketClass(host, original as AnyClass, type);
  }
  if (typeof exports["Observer"] === "function") api["Observer"] = observerClass(exports["Observer"] as AnyClass);
  if (typeof exports["Proxy"] === "function") api["Proxy"] = proxyClass(host, exports["Proxy"] as AnyClass);
  return Object.defineProperty(api, "__esModule", { value: true });
}

function socketClass(host: ModuleProcess, original: AnyClass, type: string): AnyClass {
  const { prototype } = original as { prototype: object };
  const native = (name: string): AnyFunction | undefined => Reflect.get(prototype, name) as AnyFunction | undefined;
  const events = accessor(prototype, "events");
  for (const name of METHODS) {
    const call = native(name);
    if (typeof call !== "function") continue;
    define(prototype, name, function (this: object, ...args: never[]): unknown {
      const socket = known.get(this);
      return socket === undefined
        ? call.apply(this as never, args)
        : (socket[name] as (...all: unknown[]) => unknown)(call.bind(this as never), ...args);
    });
  }
  Object.defineProperty(prototype, "events", {
    configurable: true,
    get(this: object): unknown {
      return known.get(this)?.monitor.facade ?? events.call(this);
    },
  });
  const lastEndpoint = accessor(prototype, "lastEndpoint");
  Object.defineProperty(prototype, "lastEndpoint", {
    configurable: true,
    get(this: object): unknown {
      const found = lastEndpoint.call(this) as string | null;
      return found === null || !known.has(this) ? found : host.endpoints.declared(found);
    },
  });
  const traced: AnyClass = new globalThis.Proxy(original, {
    construct(target, args, newTarget: AnyClass) {
      const raw = Reflect.construct(target, args, newTarget) as AnySocket;
      const monitor = new Monitor(host, events.call(raw) as ConstructorParameters<typeof Monitor>[1]);
      known.set(raw, new TracedSocket(host, raw, type, monitor));
      return raw;
    },
  });
  define(prototype, "constructor", traced);
  return traced;
}

const METHODS = [
  "send",
  "receive",
  "bind",
  "unbind",
  "bindSync",
  "unbindSync",
  "connect",
  "disconnect",
  "close",
  "setStringOption",
  "join",
  "leave",
] as const;

/** A socket has one monitor; whoever makes an observer of his own hears what that one hears. */
const observerClass = (original: AnyClass): AnyClass =>
  new globalThis.Proxy(original, {
    construct: (target, args: readonly object[], newTarget: AnyClass) =>
      known.get(args[0] as object)?.monitor.facade ?? (Reflect.construct(target, args, newTarget) as object),
  });

/** What passes inside is not seen. */
function proxyClass(host: ModuleProcess, original: AnyClass): AnyClass {
  return new globalThis.Proxy(original, {
    construct(target, args: readonly object[], newTarget: AnyClass) {
      const proxy = Reflect.construct(target, args, newTarget) as { run(): Promise<void> };
      const ends = args.flatMap((socket) => known.get(socket) ?? []);
      const run = proxy.run.bind(proxy);
      define(proxy, "run", () => {
        const over = run();
        const socket = ends.map(({ name }) => name).join(", ");
        host.journal.write({ ev: "block", thread: host.plan.name, call: "proxy", socket });
        return host.pends(over).finally(() => {
          for (const socket of ends) socket.closed();
        });
      });
      return proxy;
    },
  });
}

function accessor(object: object, name: string): () => unknown {
  for (let at: object | null = object; at !== null; at = Reflect.getPrototypeOf(at)) {
    const get = Reflect.getOwnPropertyDescriptor(at, name)?.get;
    if (get !== undefined) return get;
  }
  return () => null;
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}
