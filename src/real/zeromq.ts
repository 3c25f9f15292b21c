/** The one place that loads npm zeromq, and what of it the recorder uses. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SocketTypeName } from "../ctx/options.ts";

/** The versions that recordings are made with. */
export const WANTED = "zeromq@6.8.0";

/** A socket of zeromq.js with the members that its types hide. */
export interface RawSocket {
  readonly closed: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly events: { receive(): Promise<RawEvent | undefined>; close(): void };
  send(
    parts: readonly Buffer[] | Buffer,
    options?: { readonly group: string } | { readonly routingId: number },
  ): Promise<void>;
  /** Draft types tell more about a message after its parts. */
  receive(): Promise<(Buffer | { readonly group?: Buffer; readonly routingId?: number })[]>;
  join(group: string): void;
  leave(group: string): void;
  bindSync(address: string): void;
  unbind(address: string): Promise<void>;
  connect(address: string): void;
  disconnect(address: string): void;
  close(): void;
  getInt32Option(id: number): number;
  setInt32Option(id: number, value: number): void;
  getInt64Option(id: number): number;
  setInt64Option(id: number, value: number): void;
  getUint64Option(id: number): number;
  setUint64Option(id: number, value: number): void;
  getStringOption(id: number): string | null;
  setStringOption(id: number, value: Buffer | string | null): void;
}

export interface RawEvent {
  readonly type: string;
  readonly address?: string;
  readonly interval?: number;
  readonly error?: { readonly errno?: number; readonly status?: number; readonly code?: string };
}

export interface RawProxy {
  run(): Promise<void>;
  terminate(): void;
}

export interface ZeroMQ {
  readonly version: string;
  readonly context: { ioThreads: number; blocky: boolean };
  readonly Proxy: new (front: RawSocket, back: RawSocket) => RawProxy;
  readonly open: (type: SocketTypeName) => RawSocket;
  /** Version of the package. */
  readonly package: string;
  /** As a program gets them. */
  readonly exports: Readonly<Record<string, unknown>>;
  readonly drafts: () => Readonly<Record<string, unknown>>;
}

const CLASSES: Readonly<Record<SocketTypeName, string>> = {
  PAIR: "Pair",
  PUB: "Publisher",
  SUB: "Subscriber",
  REQ: "Request",
  REP: "Reply",
  DEALER: "Dealer",
  ROUTER: "Router",
  PULL: "Pull",
  PUSH: "Push",
  XPUB: "XPublisher",
  XSUB: "XSubscriber",
  STREAM: "Stream",
  SERVER: "Server",
  CLIENT: "Client",
  RADIO: "Radio",
  DISH: "Dish",
  GATHER: "Gather",
  SCATTER: "Scatter",
  PEER: "Peer",
  CHANNEL: "Channel",
  DGRAM: "Datagram",
};

/** The classes by the type of their sockets. */
export const classNames = (): [SocketTypeName, string][] => Object.entries(CLASSES) as [SocketTypeName, string][];

export class ZeroMQError extends Error {
  override readonly name = "ZeroMQError";
  readonly reason: "missing" | "failed";

  constructor(reason: "missing" | "failed", message: string) {
    super(message);
    this.reason = reason;
  }
}

/** As `program` would find it, or beside this package, or else where the user works. */
export async function loadZeroMQ(program?: string): Promise<ZeroMQ> {
  const path = resolveZeroMQ(program);
  if (path === undefined) throw new ZeroMQError("missing", "the package is not installed");
  try {
    const { default: exports } = (await import(pathToFileURL(path).href)) as { default: Record<string, unknown> };
    const library = exports;
    const drafts = (): Record<string, unknown> =>
      createRequire(path)(join(dirname(path), "draft.js")) as Record<string, unknown>;
    return {
      exports,
      drafts,
      version: library["version"] as string,
      context: library["context"] as ZeroMQ["context"],
      Proxy: library["Proxy"] as ZeroMQ["Proxy"],
      open: (type) => new ((library[CLASSES[type]] ?? drafts()[CLASSES[type]]) as new () => RawSocket)(),
      package: packageVersion(path),
    };
  } catch (error) {
    throw new ZeroMQError("failed", error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

function resolveZeroMQ(program?: string): string | undefined {
  const own = program === undefined ? [] : [program];
  for (const from of [...own, import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      return createRequire(from).resolve("zeromq");
    } catch {
      // Not there; the next place may have it.
    }
  }
  return undefined;
}

function packageVersion(entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
        string,
        string
      >;
      if (name === "zeromq") return version ?? "unknown";
    } catch {
      // No package.json at this level.
    }
  }
  return "unknown";
}
