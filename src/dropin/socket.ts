/** Socket of zeromq.js: checks arguments, keeps the core, leaves the types and options to their tables. */
import type { SocketTypeName } from "../ctx/options.ts";
import { setOption } from "../socket/options.ts";
import { type Context, contextBehind, isContext } from "./context.ts";
import { checkArguments, constructible, errnoError, optional, required } from "./errors.ts";
import { context as globalContext } from "./global-context.ts";
import { bindObserver, type Observer } from "./observer.ts";
import type { OptionKind } from "./option-table.ts";
import { SocketCore } from "./socket-core.ts";
import { type OptionHolder, readNumber, readString, writeNumber, writeString } from "./socket-options.ts";
import { SOCKET_TYPES } from "./socket-types.ts";
import { requireInstance } from "./stage.ts";
import type { Received } from "./transfer.ts";
import type { SocketProperties } from "./types.ts";

interface State extends OptionHolder {
  readonly context: Context;
  observer: Observer | null;
}

export type SocketOfUser = Socket & { send(...args: unknown[]): Promise<void>; receive(): Promise<Received> };

/** The core of a socket object; throws for anything else. */
export let coreOf: (socket: object) => SocketCore;

/** Named by its key, which no bundler changes: V8 shows the name in messages. */
const { Socket: SocketClass } = {
  Socket: class {
    readonly #state: State;

    static {
      coreOf = (socket) => {
        if (!(#state in socket)) throw new Error("Invalid argument");
        return socket.#state.core;
      };
    }

    constructor(...args: unknown[]) {
      checkArguments(
        args,
        required.number("Socket type must be a number"),
        optional.object("Options must be an object"),
      );
      const type = args[0] as number;
      const entry = SOCKET_TYPES[type];
      const options = args[1] as { context?: object } | undefined;
      let context = globalContext;
      if (options !== undefined && "context" in options) {
        const given = options.context;
        if (typeof given !== "object" || !isContext(given)) throw new Error("Invalid argument");
        context = given;
        Reflect.deleteProperty(options, "context");
      }
      const instance = requireInstance(`new ${entry?.className ?? "Socket"}()`);
      if (entry === undefined) throw errnoError("EINVAL");
      const { settings, engine } = contextBehind(context, instance);
      if (engine().sockets.size >= settings.maxSockets) throw errnoError("EMFILE");
      const base = engine().createSocket(entry.engine as SocketTypeName, instance.socketName(entry.name));
      if (base === null) throw errnoError("ETERM");
      setOption(base, "linger", entry.linger ?? (settings.blocky ? -1 : 0));
      instance.chargeDrawn(instance.process.costs.socket);
      const core = new SocketCore(instance, base, entry.describe ?? null);
      this.#state = {
        core,
        type,
        typeName: entry.name,
        threadSafe: entry.threadSafe,
        kept: new Map(),
        context,
        observer: null,
      };
    }

    bind(...args: unknown[]): Promise<void> {
      checkArguments(args, ADDRESS);
      return this.#core.bind(args[0] as string, false);
    }

    unbind(...args: unknown[]): Promise<void> {
      checkArguments(args, ADDRESS);
      return this.#core.bind(args[0] as string, true);
    }

    bindSync(...args: unknown[]): void {
      checkArguments(args, ADDRESS);
      this.#core.bindSync(args[0] as string);
    }

    /** zeromq 6.8 binds here, too: its addon names the wrong function. */
    unbindSync(...args: unknown[]): void {
      checkArguments(args, ADDRESS);
      this.#core.bindSync(args[0] as string);
    }

    connect(...args: unknown[]): void {
      checkArguments(args, ADDRESS);
      this.#core.connect(args[0] as string);
    }

    disconnect(...args: unknown[]): void {
      checkArguments(args, ADDRESS);
      this.#core.disconnect(args[0] as string);
    }

    close(...args: unknown[]): void {
      checkArguments(args);
      this.#core.close();
    }

    send(...args: unknown[]): Promise<void> {
      const { core, type } = this.#state;
      const prepare = SOCKET_TYPES[type]?.prepare;
      if (prepare === undefined) {
        checkArguments(args, PRESENT);
        return core.send(args[0]);
      }
      checkArguments(args, PRESENT, required.object("Options must be an object"));
      return core.send(args[0], prepare(args[1] as never));
    }

    receive(...args: unknown[]): Promise<Received> {
      checkArguments(args);
      return this.#core.receive();
    }

    join(...args: unknown[]): void {
      this.#group("join", args);
    }

    leave(...args: unknown[]): void {
      this.#group("leave", args);
    }

    getBoolOption(...args: unknown[]): boolean {
      return this.#getNumber(args, "int") !== 0;
    }

    setBoolOption(...args: unknown[]): void {
      checkArguments(args, IDENTIFIER, required.boolean("Option value must be a boolean"));
      writeNumber(this.#state, args[0] as number, "int", Number(args[1]));
    }

    getInt32Option(...args: unknown[]): number {
      return this.#getNumber(args, "int");
    }

    setInt32Option(...args: unknown[]): void {
      this.#setNumber(args, "int");
    }

    getUint32Option(...args: unknown[]): number {
      return this.#getNumber(args, "int");
    }

    setUint32Option(...args: unknown[]): void {
      this.#setNumber(args, "int");
    }

    getInt64Option(...args: unknown[]): number {
      return this.#getNumber(args, "int64");
    }

    setInt64Option(...args: unknown[]): void {
      this.#setNumber(args, "int64");
    }

    getUint64Option(...args: unknown[]): number {
      return this.#getNumber(args, "uint64");
    }

    setUint64Option(...args: unknown[]): void {
      this.#setNumber(args, "uint64");
    }

    getStringOption(...args: unknown[]): string | null {
      checkArguments(args, IDENTIFIER);
      return readString(this.#state, args[0] as number);
    }

    setStringOption(...args: unknown[]): void {
      checkArguments(args, IDENTIFIER, required.text("Option value must be a string or buffer"));
      writeString(this.#state, args[0] as number, args[1] as string);
    }

    get events(): Observer {
      this.#state.observer ??= bindObserver(this as unknown as Socket);
      return this.#state.observer;
    }

    get context(): Context {
      return (this.#core.state === "closed" ? undefined : this.#state.context) as Context;
    }

    get closed(): boolean {
      return this.#core.state === "closed";
    }

    get readable(): boolean {
      return this.#core.ready("in");
    }

    get writable(): boolean {
      return this.#core.ready("out");
    }

    get #core(): SocketCore {
      return this.#state.core;
    }

    #group(what: "join" | "leave", values: readonly unknown[]): void {
      const { core } = this.#state;
      for (const value of values) {
        core.checkOpen();
        core.group(what, value);
      }
    }

    #getNumber(args: readonly unknown[], kind: OptionKind): number {
      checkArguments(args, IDENTIFIER);
      return readNumber(this.#state, args[0] as number, kind);
    }

    #setNumber(args: readonly unknown[], kind: OptionKind): void {
      checkArguments(args, IDENTIFIER, NUMBER);
      writeNumber(this.#state, args[0] as number, kind, args[1] as number);
    }
  },
};

const ADDRESS = required.string("Address must be a string");
const IDENTIFIER = required.number("Identifier must be a number");
const NUMBER = required.number("Option value must be a number");
const PRESENT = required.present("Message must be present");

/** What all sockets have. */
export interface Socket extends SocketProperties {
  readonly events: Observer;
  readonly context: Context;
  readonly closed: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  close(): void;
  bind(address: string): Promise<void>;
  bindSync(address: string): void;
  unbind(address: string): Promise<void>;
  unbindSync(address: string): void;
  connect(address: string): void;
  disconnect(address: string): void;
}

export const Socket: abstract new (type: number, options?: object) => Socket = constructible(
  SocketClass,
  (build) => {
    const named = {
      Socket: function (this: unknown, ...args: never[]) {
        return build(new.target as never, args);
      },
    };
    return named.Socket;
  },
  1,
) as never;
