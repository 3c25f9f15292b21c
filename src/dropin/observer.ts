/** Observer of zeromq.js: the monitor events of one socket, pulled or emitted. */
import { EventEmitter } from "node:events";
import type { Actor } from "../kernel/actor.ts";
import type { Instant } from "../kernel/time.ts";
import { ProtocolError } from "../zmtp/handshake.ts";
import { checkArguments, constructible, errnoError, numberedError, required } from "./errors.ts";
import type { Instance, MonitorListener } from "./instance.ts";
import type { Wake } from "./loop.ts";
import { coreOf, type Socket } from "./socket.ts";
import type { Event, EventSubscriber, ReceiveType } from "./types.ts";

/** libzmq's events with an address and nothing else, or with more. */
const TYPES: Readonly<Record<string, string>> = {
  CONNECTED: "connect",
  CONNECT_DELAYED: "connect:delay",
  CONNECT_RETRIED: "connect:retry",
  LISTENING: "bind",
  BIND_FAILED: "bind:error",
  ACCEPTED: "accept",
  ACCEPT_FAILED: "accept:error",
  CLOSED: "close",
  CLOSE_FAILED: "close:error",
  DISCONNECTED: "disconnect",
  MONITOR_STOPPED: "end",
  HANDSHAKE_FAILED_NO_DETAIL: "handshake:error:other",
  HANDSHAKE_SUCCEEDED: "handshake",
  HANDSHAKE_FAILED_PROTOCOL: "handshake:error:protocol",
  HANDSHAKE_FAILED_AUTH: "handshake:error:auth",
};

const AUTH_ERRORS: Readonly<Record<number, string>> = {
  300: "Temporary error",
  400: "Authentication failure",
  500: "Internal error",
};

/** libzmq's names by value. */
const PROTOCOL_ERRORS: ReadonlyMap<number, string> = new Map(
  Object.entries(ProtocolError).map(([name, value]) => [value, name]),
);

function protocolError(value: number): Error {
  const name = PROTOCOL_ERRORS.get(value);
  if (name === undefined) return Object.assign(new Error("Unknown error"), { code: "ERR_UNKNOWN" });
  const [protocol] = name.split("_");
  return Object.assign(new Error(`${protocol} protocol error`), { code: `ERR_${name}` });
}

interface Raw {
  readonly event: string;
  readonly value: number;
  readonly endpoint: string;
}

/** Gives the event object of zeromq.js. */
function toEvent({ event, value, endpoint }: Raw): Event {
  const type = TYPES[event] ?? "unknown";
  const base: Record<string, unknown> = { type };
  if (endpoint !== "") base["address"] = endpoint;
  if (type === "connect:retry") base["interval"] = value;
  else if (type === "handshake:error:auth")
    base["error"] = Object.assign(new Error(AUTH_ERRORS[value] ?? "Unknown error"), { status: value });
  else if (type === "handshake:error:protocol") base["error"] = protocolError(value);
  else if (type.includes(":error")) base["error"] = numberedError(value);
  return base as unknown as Event;
}

/** The queue between the thread where an event happens and the program: an inproc pair in libzmq. */
class EventQueue implements MonitorListener, Actor, Wake {
  readonly label: string;
  closed = false;
  private readonly instance: Instance;
  private readonly events: Raw[] = [];
  private waiting: { resolve(event: Event | undefined): void; reject(error: Error): void } | null = null;
  private posted = false;
  private lookedAt = -Infinity;
  private entry: { call: string; socket: string; since: Instance["now"] } | null = null;

  constructor(instance: Instance, label: string) {
    this.instance = instance;
    this.label = label;
  }

  /** True as with Monitor.tell: the sending end of libzmq's pair looks for commands as seldom as any other. */
  monitored(event: string, value: number, endpoint: string, at: Instant): boolean {
    if (this.closed) return false;
    this.events.push({ event, value, endpoint });
    if (this.waiting !== null) this.wakeAt(at);
    const { now } = this.instance.process.world.kernel;
    if (now - this.lookedAt <= this.instance.process.costs.commandDelay) return false;
    this.lookedAt = now;
    return true;
  }

  fire(): void {
    this.instance.post(this);
  }

  runWake(): boolean {
    this.posted = false;
    const { waiting } = this;
    if (waiting === null || this.events.length === 0) return false;
    this.settled();
    waiting.resolve(this.take());
    return true;
  }

  receive(): Promise<Event> {
    if (this.closed) throw errnoError("EBADF");
    if (this.waiting !== null)
      throw errnoError("EBUSY", "Observer is busy reading; only one receive operation may be in progress at any time");
    if (this.events.length > 0) return Promise.resolve(this.take());
    this.instance.ref();
    this.entry = { call: "events.receive", socket: this.label, since: this.instance.now };
    this.instance.waiting.add(this.entry);
    return new Promise(
      (resolve, reject) => (this.waiting = { resolve: resolve as (event: Event | undefined) => void, reject }),
    );
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { waiting } = this;
    if (waiting === null) return;
    this.settled();
    waiting.reject(errnoError("ENOTSOCK"));
  }

  private take(): Event {
    const raw = this.events.shift() as Raw;
    if (raw.event === "MONITOR_STOPPED") this.closed = true;
    return toEvent(raw);
  }

  private settled(): void {
    this.waiting = null;
    if (this.entry !== null) this.instance.waiting.delete(this.entry);
    this.instance.unref();
  }

  private wakeAt(at: Instant): void {
    if (this.posted) return;
    this.posted = true;
    this.instance.process.world.kernel.scheduleAt((at + this.instance.wakeDelay()) as Instant, this, 0);
  }
}

/** Named by its key, which no bundler changes: V8 shows the name in messages. */
const { Observer: ObserverClass } = {
  Observer: class {
    readonly #queue: EventQueue;

    constructor(...args: unknown[]) {
      checkArguments(args, required.object("Socket must be a socket object"));
      const { instance, base, state } = coreOf(args[0] as object);
      if (state === "closed") throw errnoError("ENOTSOCK");
      this.#queue = new EventQueue(instance, base.name);
      // A second monitor takes the place of the first, which hears that it is over.
      instance.monitors.get(base)?.monitored("MONITOR_STOPPED", 0, "", instance.now);
      instance.monitors.set(base, this.#queue);
    }

    get closed(): boolean {
      return this.#queue.closed;
    }

    close(...args: unknown[]): void {
      checkArguments(args);
      this.#queue.close();
    }

    receive(...args: unknown[]): Promise<Event> {
      checkArguments(args);
      return this.#queue.receive();
    }

    /** Made when somebody first listens; from then on nobody else can receive. */
    get emitter(): EventEmitter {
      const emitter = new EventEmitter();
      const receive = (): Promise<Event> => this.#queue.receive();
      Object.defineProperty(this, "receive", {
        get() {
          throw new Error(
            "Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().",
          );
        },
      });
      const run = async (): Promise<void> => {
        while (!this.closed) {
          const event = await receive();
          emitter.emit(event.type, event);
        }
      };
      void run();
      Object.defineProperty(this, "emitter", { value: emitter });
      return emitter;
    }

    on(type: string, listener: (...args: unknown[]) => void): EventEmitter {
      return this.emitter.on(type, listener);
    }

    off(type: string, listener: (...args: unknown[]) => void): EventEmitter {
      return this.emitter.off(type, listener);
    }
  },
};

export interface Observer extends EventSubscriber {
  readonly closed: boolean;
  close(): void;
  receive(): Promise<Event>;
  [Symbol.asyncIterator](): AsyncIterator<ReceiveType<this>, undefined>;
}

export const Observer: new (socket: Socket) => Observer = constructible(ObserverClass, (build) => {
  const named = {
    Observer: function (this: unknown, ...args: never[]) {
      return build(new.target as never, args);
    },
  };
  return named.Observer;
}) as never;

export const bindObserver = (socket: Socket): Observer => new Observer(socket);
