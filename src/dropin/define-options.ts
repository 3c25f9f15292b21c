/** Defines the options as properties of the classes, under the names of zeromq.js. */
import * as types from "./classes.ts";
import { Context } from "./context.ts";
import * as drafts from "./draft-classes.ts";
import { Observer } from "./observer.ts";
import { Socket } from "./socket.ts";

type Class = { readonly prototype: object };
/** r: has a getter, w: has a setter. */
type Access = "rw" | "r" | "w";
type Kind = "Bool" | "Int32" | "Uint32" | "Int64" | "Uint64" | "String";
type Row = readonly [name: string, id: number, kind: Kind, access?: Access, values?: readonly unknown[]];

const { Pair, Publisher, Subscriber, Request, Reply, Dealer, Router, Pull, Push, XPublisher, XSubscriber, Stream } =
  types;
const { Server, Client, Radio, Dish, Gather, Scatter, Datagram } = drafts;

function define(targets: readonly unknown[], rows: readonly Row[]): void {
  for (const row of rows) for (const target of targets) defineOption((target as Class).prototype, row);
}

function defineOption(prototype: object, [name, id, kind, access = "rw", values]: Row): void {
  if (Object.hasOwn(prototype, name)) return;
  type Self = Record<string, (id: number, value?: unknown) => unknown>;
  const get = function (this: Self): unknown {
    const value = this[`get${kind}Option`]?.(id);
    return values === undefined ? value : values[value as number];
  };
  const set = function (this: Self, value: unknown): void {
    this[`set${kind}Option`]?.(id, values === undefined ? value : values.indexOf(value));
  };
  Object.defineProperty(prototype, name, {
    ...(access.includes("r") ? { get } : {}),
    ...(access.includes("w") ? { set } : {}),
  });
}

define([Context], [
  ["ioThreads", 1, "Int32"],
  ["maxSockets", 2, "Int32"],
  ["maxSocketsLimit", 3, "Int32", "r"],
  ["threadPriority", 3, "Int32", "w"],
  ["threadSchedulingPolicy", 4, "Int32", "w"],
  ["maxMessageSize", 5, "Int32"],
  ["ipv6", 42, "Bool"],
  ["blocky", 70, "Bool"],
]);

const senders = [Pair, Publisher, Request, Reply, Dealer, Router, Push, XPublisher, XSubscriber, Stream];
define([...senders, Server, Client, Radio, Scatter, Datagram], [
  ["sendBufferSize", 11, "Int32"],
  ["sendHighWaterMark", 23, "Int32"],
  ["sendTimeout", 28, "Int32"],
  ["multicastHops", 25, "Int32"],
]);

const receivers = [Pair, Subscriber, Request, Reply, Dealer, Router, Pull, XPublisher, XSubscriber, Stream];
define([...receivers, Server, Client, Dish, Gather, Datagram], [
  ["receiveBufferSize", 12, "Int32"],
  ["receiveHighWaterMark", 24, "Int32"],
  ["receiveTimeout", 27, "Int32"],
]);

define([Request, Reply, Router, Dealer], [["routingId", 5, "String"]]);
define([Router], [["mandatory", 33, "Bool"]]);
define([Router, Dealer, Request], [["probeRouter", 51, "Bool", "w"]]);
define([Request], [
  ["correlate", 52, "Bool", "w"],
  ["relaxed", 53, "Bool", "w"],
]);
define([Pull, Push, Subscriber, Publisher, Dealer, Scatter, Gather], [["conflate", 54, "Bool", "w"]]);
define([Router], [["handover", 56, "Bool", "w"]]);
define([XPublisher, Publisher], [["noDrop", 69, "Bool", "w"]]);
define([XPublisher], [
  ["manual", 71, "Bool", "w"],
  ["welcomeMessage", 72, "String", "w"],
]);
define([Stream], [["notify", 73, "Bool", "w"]]);
define([Publisher, Subscriber, XPublisher], [["invertMatching", 74, "Bool"]]);

define([Socket], [
  ["affinity", 4, "Uint64"],
  ["rate", 8, "Int32"],
  ["recoveryInterval", 9, "Int32"],
  ["type", 16, "Int32", "r"],
  ["linger", 17, "Int32"],
  ["reconnectInterval", 18, "Int32"],
  ["backlog", 19, "Int32"],
  ["reconnectMaxInterval", 21, "Int32"],
  ["maxMessageSize", 22, "Int64"],
  ["lastEndpoint", 32, "String", "r"],
  ["tcpKeepalive", 34, "Int32"],
  ["tcpKeepaliveCount", 35, "Int32"],
  ["tcpKeepaliveIdle", 36, "Int32"],
  ["tcpKeepaliveInterval", 37, "Int32"],
  ["tcpAcceptFilter", 38, "String"],
  ["immediate", 39, "Bool"],
  ["ipv6", 42, "Bool"],
  ["securityMechanism", 43, "Int32", "r", [null, "plain", "curve", "gssapi"]],
  ["plainServer", 44, "Bool"],
  ["plainUsername", 45, "String"],
  ["plainPassword", 46, "String"],
  ["curveServer", 47, "Bool"],
  ["curvePublicKey", 48, "String"],
  ["curveSecretKey", 49, "String"],
  ["curveServerKey", 50, "String"],
  ["zapDomain", 55, "String"],
  ["typeOfService", 57, "Uint32"],
  ["handshakeInterval", 66, "Int32"],
  ["socksProxy", 68, "String"],
  ["heartbeatInterval", 75, "Int32"],
  ["heartbeatTimeToLive", 76, "Int32"],
  ["heartbeatTimeout", 77, "Int32"],
  ["connectTimeout", 79, "Int32"],
  ["tcpMaxRetransmitTimeout", 80, "Int32"],
  ["threadSafe", 81, "Bool", "r"],
  ["multicastMaxTransportDataUnit", 84, "Int32"],
  ["vmciBufferSize", 85, "Uint64"],
  ["vmciBufferMinSize", 86, "Uint64"],
  ["vmciBufferMaxSize", 87, "Uint64"],
  ["vmciConnectTimeout", 88, "Int32"],
  ["interface", 92, "String"],
  ["zapEnforceDomain", 93, "Bool"],
  ["loopbackFastPath", 94, "Bool"],
]);

interface Source {
  readonly closed: boolean;
  receive(): Promise<unknown>;
}

/** Ends in silence when the source is closed; every other error comes out of the loop. */
function iterate(this: Source): AsyncIterator<unknown, undefined> {
  return {
    next: async () => {
      if (this.closed) return { done: true, value: undefined };
      try {
        return { done: false, value: await this.receive() };
      } catch (error) {
        if (this.closed && (error as { code?: string }).code === "EAGAIN") return { done: true, value: undefined };
        throw error;
      }
    },
  };
}

for (const type of [Socket, Observer] as unknown as Class[]) {
  Object.defineProperty(type.prototype, Symbol.asyncIterator, {
    value: iterate,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}
