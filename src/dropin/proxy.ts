/** Proxy of zeromq.js: zmq_proxy_steerable in a thread of its own, steered by the program. */
import { AppThread, type Party } from "../ctx/app-thread.ts";
import { ProxyOperation } from "../socket/proxy.ts";
import { checkArguments, constructible, errnoError, required } from "./errors.ts";
import type { Wake } from "./loop.ts";
import { recordFrames } from "./record.ts";
import { coreOf, type Socket } from "./socket.ts";
import type { SocketCore } from "./socket-core.ts";

interface Ends {
  readonly frontEnd: Socket;
  readonly backEnd: Socket;
}

/** A proxy at work. */
class Run implements Party, Wake {
  readonly promise: Promise<void>;
  private readonly front: SocketCore;
  private readonly back: SocketCore;
  private readonly operation: ProxyOperation;
  private readonly thread: AppThread;
  private readonly ended: () => void;
  private readonly waiting;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  private begun = false;

  constructor(front: SocketCore, back: SocketCore, ended: () => void) {
    const { instance } = front;
    const { kernel } = instance.process.world;
    this.front = front;
    this.back = back;
    this.ended = ended;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const label = `${instance.label}.proxy`;
    this.waiting = { call: "proxy.run", socket: `${front.base.name}, ${back.base.name}`, since: kernel.now };
    instance.waiting.add(this.waiting);
    instance.ref();
    front.state = "blocked";
    back.state = "blocked";
    this.thread = new AppThread(kernel, label, instance.process.costs, { blocked() {} });
    instance.threads.add(this.thread);
    this.operation = new ProxyOperation(
      this.thread,
      { frontend: front.base, backend: back.base, capture: null },
      {
        // Under the name of the program, as its sockets are: so a reader of the trace sees one forwarder.
        received: (socket, frames) => recordFrames(instance, "recv", socket, null, frames, 0),
        forwarded: (socket, frames) => recordFrames(instance, "send", socket, null, frames, 0),
      },
    );
    const { journal } = instance.process.world;
    if (journal.full)
      journal.record({
        t: journal.now,
        ev: "block",
        thread: instance.label,
        call: "proxy",
        socket: this.waiting.socket,
      });
    this.thread.start(this, kernel.now);
  }

  /** The thread begins, or the proxy is over. */
  resume(): void {
    if (!this.begun) {
      this.begun = true;
      if (!this.thread.perform(this.operation)) return;
    }
    this.finish();
  }

  command(command: ProxyCommand): void {
    this.operation.control(command);
    this.thread.wake();
  }

  /** In the program's thread: both ends are closed, then the promise settles. */
  runWake(): boolean {
    const { instance } = this.front;
    instance.waiting.delete(this.waiting);
    instance.unref();
    this.front.closeNow();
    this.back.closeNow();
    this.ended();
    const { error } = this.operation;
    if (error === null) this.resolve();
    else this.reject(errnoError(error));
    return true;
  }

  private finish(): void {
    if (this.thread.over) return;
    this.thread.end("ended");
    this.front.instance.threads.delete(this.thread);
    this.front.instance.post(this);
  }
}

export type ProxyCommand = "PAUSE" | "RESUME" | "TERMINATE";

/** Named by its key, which no bundler changes: V8 shows the name in messages. */
const { Proxy: ProxyClass } = {
  Proxy: class {
    readonly #ends: Ends;
    #run: Run | null = null;

    constructor(...args: unknown[]) {
      checkArguments(
        args,
        required.object("Front-end must be a socket object"),
        required.object("Back-end must be a socket object"),
      );
      coreOf(args[0] as object);
      coreOf(args[1] as object);
      this.#ends = { frontEnd: args[0] as Socket, backEnd: args[1] as Socket };
    }

    get frontEnd(): Socket {
      return this.#ends.frontEnd;
    }

    get backEnd(): Socket {
      return this.#ends.backEnd;
    }

    run(...args: unknown[]): Promise<void> {
      checkArguments(args);
      const front = coreOf(this.#ends.frontEnd);
      const back = coreOf(this.#ends.backEnd);
      if (front.endpoints === 0) throw errnoError("EINVAL", "Front-end socket must be bound or connected");
      if (back.endpoints === 0) throw errnoError("EINVAL", "Back-end socket must be bound or connected");
      this.#run = new Run(front, back, () => {
        this.#run = null;
      });
      return this.#run.promise;
    }

    pause(...args: unknown[]): void {
      this.#steer("PAUSE", args);
    }

    resume(...args: unknown[]): void {
      this.#steer("RESUME", args);
    }

    terminate(...args: unknown[]): void {
      this.#steer("TERMINATE", args);
    }

    #steer(command: ProxyCommand, args: readonly unknown[]): void {
      checkArguments(args);
      if (this.#run === null) throw errnoError("EBADF");
      this.#run.command(command);
    }
  },
};

export interface Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly frontEnd: F;
  readonly backEnd: B;
  run(): Promise<void>;
  pause(): void;
  resume(): void;
  terminate(): void;
}

export const Proxy: new <F extends Socket = Socket, B extends Socket = Socket>(frontEnd: F, backEnd: B) => Proxy<F, B> =
  constructible(ProxyClass, (build) => {
    const named = {
      Proxy: function (this: unknown, ...args: never[]) {
        return build(new.target as never, args);
      },
    };
    return named.Proxy;
  }) as never;
