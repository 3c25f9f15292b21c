/** What `import "zeromq"` gives, on simulated sockets: the names of npm zeromq 6.8. */
import "./define-options.ts";
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

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Two texts that look like keys: nothing is encrypted in a simulation. */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  const instance = presentInstance();
  const draw = (): number =>
    instance === null ? Math.floor(Math.random() * Z85.length) : instance.random.int(Z85.length);
  const key = (): string => Array.from({ length: 40 }, () => Z85[draw()]).join("");
  return { publicKey: key(), secretKey: key() };
}
