/**
 * The monitor of a socket of a module program. libzmq has one per socket, so the recorder hears it and
 * passes the events on to whoever the program lets listen.
 */
import type { ModuleProcess } from "./module-process.ts";
import { monitorLine } from "./monitor.ts";
import type { RawEvent } from "./zeromq.ts";

/** Observer of zeromq.js. */
export interface RawObserver {
  readonly closed: boolean;
  receive(): Promise<RawEvent>;
  close(): void;
}

interface Waiting {
  resolve(event: RawEvent | undefined): void;
  reject(error: Error): void;
}

export class Monitor {
  private readonly host: ModuleProcess;
  private readonly observer: RawObserver;
  /** For the program; null until it asks. */
  private own: RawObserver | null = null;
  private readonly events: RawEvent[] = [];
  private waiting: Waiting | null = null;
  /** The program knows of the end. */
  private over = false;
  private ended = false;

  constructor(host: ModuleProcess, observer: RawObserver) {
    this.host = host;
    this.observer = observer;
  }

  start(socket: string): void {
    this.host.monitors.add(this);
    void this.follow(socket)
      .catch(() => {
        // Closed with a receive under way: that is how a monitor ends.
      })
      .finally(() => {
        this.ended = true;
        this.host.monitors.delete(this);
      });
  }

  /** A pending receive keeps the process; without it the program ends as it would alone. */
  release(): void {
    if (!this.observer.closed) this.observer.close();
  }

  private async follow(socket: string): Promise<void> {
    for (;;) {
      const event = await this.observer.receive();
      this.host.journal.write(monitorLine(this.host.endpoints, socket, event));
      if (this.own !== null) this.pass(event);
      if (event.type === "end") return;
    }
  }

  private pass(event: RawEvent): void {
    const { address } = event;
    const told = address === undefined ? event : { ...event, address: this.host.endpoints.declared(address) };
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) this.events.push(told);
    else waiting.resolve(this.take(told));
  }

  private take(event: RawEvent): RawEvent {
    if (event.type === "end") this.over = true;
    return event;
  }

  /** An observer as the program would have it, from the time on at which it asks for it. */
  get facade(): RawObserver {
    if (this.own !== null) return this.own;
    const { observer } = this;
    const methods = {
      closed: { get: () => this.over || (this.ended && this.events.length === 0) },
      receive: { configurable: true, writable: true, value: () => this.receive() },
      close: { value: () => this.close() },
    };
    // Iteration and emitter come from the class.
    this.own = Object.create(Object.getPrototypeOf(observer) as object, methods) as RawObserver;
    return this.own;
  }

  private receive(): Promise<RawEvent | undefined> {
    if (this.over) throw coded("EBADF", "Bad file descriptor");
    if (this.waiting !== null)
      throw coded("EBUSY", "Observer is busy reading; only one receive operation may be in progress at any time");
    const next = this.events.shift();
    if (next !== undefined) return Promise.resolve(this.take(next));
    const event = new Promise<RawEvent | undefined>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    return this.host.pends(event);
  }

  private close(): void {
    this.over = true;
    this.waiting?.reject(coded("ENOTSOCK", "Socket operation on non-socket"));
    this.waiting = null;
  }
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });
