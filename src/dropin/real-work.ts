/** Notices files, sockets and children of the real world that a program waits for. */
import type { AsyncLocalStorage } from "node:async_hooks";
import type { Instance } from "./instance.ts";
import { modules, real } from "./real.ts";

const [MAJOR = 0] = process.versions.node.split(".").map(Number);

/** Free of cost from Node 24 on; before, every await pays for it. */
const CHEAP = MAJOR >= 24;

/** Handles of libuv that stand for work whose end a program may await. Timers and pipes of Node itself are none. */
const WORK =
  /^(FS|CloseReq|GetAddrInfo|GetNameInfo|Process|TCPWRAP|TCPSocketWrap|TCPConnect|Pipe(ConnectWrap|Wrap|SocketWrap)?|ShutdownWrap|WriteWrap|TLSWrap|Zlib|UDPSEND|DNS|QUERY|MessagePort)/;

/** Requests end soon by themselves, unlike what is there for good. */
const REQUEST = /^(FS|CloseReq|GetAddrInfo|GetNameInfo)/;

/** Ports of worker threads. Whether one will ever say something nobody knows: it is waited for some ms since the last change. */
const PORT = "MessagePort";
const PORT_MS = 2000;

const STREAMS = ["PipeWrap", "TCPSocketWrap", "TCPWRAP", "WriteWrap", "ShutdownWrap"];
const STREAMS_MAX = 4;

export class RealWork {
  private readonly storage: AsyncLocalStorage<Instance> | null;
  /** What is always there, such as the pipes of stdout. */
  private readonly baseline: Map<string, number>;
  private ports = 0;
  private portsSince = 0;

  constructor(tracked: boolean) {
    this.storage = tracked || CHEAP ? new modules.hooks.AsyncLocalStorage<Instance>() : null;
    this.baseline = new Map([...counts()].filter(([name]) => !REQUEST.test(name)));
    // Standard streams and the channel to a parent that are pipes show up when they are first used.
    for (const name of STREAMS) this.baseline.set(name, (this.baseline.get(name) ?? 0) + STREAMS_MAX);
  }

  /** Whether caller() can tell. */
  get knows(): boolean {
    return this.storage !== null;
  }

  run<T>(instance: Instance, work: () => T): T {
    return this.storage === null ? work() : this.storage.run(instance, work);
  }

  /** Whose code runs, by Node's asynchronous context. */
  caller(): Instance | null {
    return this.storage?.getStore() ?? null;
  }

  active(): boolean {
    for (const [name, count] of counts()) {
      if (count <= (this.baseline.get(name) ?? 0)) continue;
      if (name !== PORT || this.portsMayAnswer(count)) return true;
    }
    return false;
  }

  private portsMayAnswer(count: number): boolean {
    const now = real.now();
    if (count !== this.ports) this.portsSince = now;
    this.ports = count;
    return now - this.portsSince < PORT_MS;
  }

  what(): string {
    return [...counts()].flatMap(([name, count]) => (count > (this.baseline.get(name) ?? 0) ? [name] : [])).join(", ");
  }
}

function counts(): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) if (WORK.test(name)) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}
