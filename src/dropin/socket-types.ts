/** Socket types by their number in zmq.h: what the engine creates, and what the API adds. */
import type { Frame } from "../pipe/frame.ts";

export interface SocketTypeEntry {
  /** libzmq's name. */
  readonly name: string;
  readonly className: string;
  /** The engine's type. */
  readonly engine: string;
  readonly threadSafe: boolean;
  /** Instead of what the context says. */
  readonly linger?: number;
  /** Marks the frames of a message with what the second argument of send() says. */
  readonly prepare?: (options: never) => (frames: Frame[]) => Frame[];
}

const plain = (name: string, className: string, more: Partial<SocketTypeEntry> = {}): SocketTypeEntry => ({
  name,
  className,
  engine: name,
  threadSafe: false,
  ...more,
});

export const SOCKET_TYPES: readonly SocketTypeEntry[] = [
  plain("PAIR", "Pair"),
  plain("PUB", "Publisher"),
  plain("SUB", "Subscriber", { linger: 0 }),
  plain("REQ", "Request"),
  plain("REP", "Reply"),
  plain("DEALER", "Dealer"),
  plain("ROUTER", "Router"),
  plain("PULL", "Pull"),
  plain("PUSH", "Push"),
  plain("XPUB", "XPublisher"),
  plain("XSUB", "XSubscriber", { linger: 0 }),
];
