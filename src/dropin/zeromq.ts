/** What `import "zeromq"` gives, on simulated sockets: the names of npm zeromq 6.8. */
import "./define-options.ts";
import { encodeZ85 } from "../socket/security-options.ts";
import { publicKeyOf } from "../zmtp/curve25519.ts";
import { presentInstance } from "./stage.ts";

export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "./classes.ts";
export { Context, type ContextOptions } from "./context.ts";
export { context } from "./global-context.ts";
export { Observer } from "./observer.ts";
export { Proxy } from "./proxy.ts";
export { Socket } from "./socket.ts";
export type {
  Event,
  EventOfType,
  EventSubscriber,
  EventType,
  Message,
  MessageLike,
  Readable,
  RouterConnectOptions,
  SocketOptions,
  StreamConnectOptions,
  Writable,
} from "./types.ts";

/** Of libzmq. */
export const version: string = "4.3.5";

type Capability = "ipc" | "pgm" | "tipc" | "norm" | "curve" | "gssapi" | "draft";

export const capability: Partial<Record<Capability, boolean>> = {
  ipc: true,
  pgm: false,
  tipc: true,
  norm: false,
  curve: true,
  gssapi: false,
  draft: true,
};

/** A key pair of CURVE, drawn from the seed inside a simulation. */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  const instance = presentInstance();
  const draw = (): number => (instance === null ? Math.floor(Math.random() * 256) : instance.random.int(256));
  const secretKey = String.fromCharCode(...Array.from({ length: 32 }, draw));
  return { publicKey: encodeZ85(publicKeyOf(secretKey)), secretKey: encodeZ85(secretKey) };
}
