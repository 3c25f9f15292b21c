/** Context of zeromq.js. One object serves every process of a simulation; each process has an own context behind it. */
import type { Context as EngineContext } from "../socket/context.ts";
import { checkArguments, constructible, errnoError, optional, required } from "./errors.ts";
import type { ContextSettings, Instance } from "./instance.ts";
import { presentInstance } from "./stage.ts";

interface Behind {
  readonly settings: ContextSettings;
  engine: EngineContext | null;
}

/** Largest number of sockets that zmq_ctx_get reports. */
const SOCKET_LIMIT = 65_535;

/** Settable: number of the option, its field and least value. */
const FIELDS: ReadonlyMap<number, readonly [field: keyof ContextSettings, least: number]> = new Map([
  [1, ["ioThreads", 0] as const],
  [2, ["maxSockets", 1] as const],
  [5, ["maxMessageSize", 0] as const],
  [42, ["ipv6", 0] as const],
  [70, ["blocky", 0] as const],
]);

/** What belongs to `context` in the process of `instance`. */
export let contextBehind: (
  context: Context,
  instance: Instance,
) => { settings: ContextSettings; engine: () => EngineContext };
export let isContext: (value: object) => value is Context;

/** Named by its key, which no bundler changes: V8 shows the name in messages. */
const { Context: ContextClass } = {
  Context: class {
    /** As set outside any process; each process starts with a copy. */
    readonly #template: ContextSettings = {
      ioThreads: 1,
      maxSockets: 1023,
      maxMessageSize: 2 ** 31 - 1,
      ipv6: false,
      blocky: true,
    };
    readonly #behind = new WeakMap<Instance, Behind>();

    static {
      isContext = (value): value is Context => #behind in value;
      contextBehind = (context, instance) => {
        if (!(#behind in context)) throw new Error("Invalid argument");
        const behind = context.#of(instance);
        return { settings: behind.settings, engine: () => (behind.engine ??= instance.createContext(behind.settings)) };
      };
    }

    constructor(...args: unknown[]) {
      checkArguments(args, optional.object("Options must be an object"));
    }

    getBoolOption(...args: unknown[]): boolean {
      checkArguments(args, required.number("Identifier must be a number"));
      return this.#get(args[0] as number) !== 0;
    }

    setBoolOption(...args: unknown[]): void {
      checkArguments(
        args,
        required.number("Identifier must be a number"),
        required.boolean("Option value must be a boolean"),
      );
      this.#set(args[0] as number, Number(args[1]));
    }

    getInt32Option(...args: unknown[]): number {
      checkArguments(args, required.number("Identifier must be a number"));
      return this.#get(args[0] as number);
    }

    setInt32Option(...args: unknown[]): void {
      checkArguments(
        args,
        required.number("Identifier must be a number"),
        required.number("Option value must be a number"),
      );
      this.#set(args[0] as number, (args[1] as number) | 0);
    }

    #of(instance: Instance): Behind {
      let behind = this.#behind.get(instance);
      if (behind === undefined)
        this.#behind.set(instance, (behind = { settings: { ...this.#template }, engine: null }));
      return behind;
    }

    get #settings(): ContextSettings {
      const instance = presentInstance();
      return instance === null ? this.#template : this.#of(instance).settings;
    }

    #get(option: number): number {
      if (option === 3) return SOCKET_LIMIT;
      const field = FIELDS.get(option);
      if (field === undefined) throw errnoError("EINVAL");
      return Number(this.#settings[field[0]]);
    }

    #set(option: number, value: number): void {
      // Priority and scheduling policy of threads: accepted, nothing here depends on them.
      if ((option === 3 || option === 4) && value >= 0) return;
      const field = FIELDS.get(option);
      if (field === undefined || value < field[1]) throw errnoError("EINVAL");
      const settings = this.#settings as unknown as Record<string, number | boolean>;
      settings[field[0]] = typeof settings[field[0]] === "boolean" ? value !== 0 : value;
    }
  },
};

export interface ContextProperties {
  blocky: boolean;
  ioThreads: number;
  maxMessageSize: number;
  maxSockets: number;
  ipv6: boolean;
  threadPriority: number;
  threadSchedulingPolicy: number;
  readonly maxSocketsLimit: number;
}

export type ContextOptions = Partial<Omit<ContextProperties, "maxSocketsLimit">>;

export interface Context extends ContextProperties {}

export const Context: new (options?: ContextOptions) => Context = constructible(
  ContextClass,
  (build) => {
    const named = {
      Context: function (this: unknown, ...args: never[]) {
        return build(new.target as never, args);
      },
    };
    return named.Context;
  },
  0,
) as never;
