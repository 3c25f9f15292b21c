/** Socket types by their number in zmq.h: what the engine creates, and what the API adds. */
import { AddressedFrame, type Frame } from "../pipe/frame.ts";
import { errnoError } from "./errors.ts";
import { cText } from "./parts.ts";

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
  /** What comes after the contents of a received message. */
  readonly describe?: (frame: Frame) => object;
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
  plain("STREAM", "Stream"),
  plain("SERVER", "Server", { threadSafe: true, prepare: toRoutingId, describe: routingIdOf }),
  plain("CLIENT", "Client", { threadSafe: true }),
  plain("RADIO", "Radio", { threadSafe: true, prepare: toGroup }),
  plain("DISH", "Dish", { threadSafe: true, linger: 0, describe: groupOf }),
  plain("GATHER", "Gather", { threadSafe: true }),
  plain("SCATTER", "Scatter", { threadSafe: true }),
  plain("DGRAM", "Datagram"),
];

const each = (address: { group?: string; routingId?: number }) => (frames: Frame[]) =>
  frames.map((frame) => new AddressedFrame(frame, address));

function toRoutingId({ routingId }: { routingId?: number }): (frames: Frame[]) => Frame[] {
  if (routingId === undefined) throw errnoError("EINVAL");
  // zmq_msg_set_routing_id refuses 0.
  if (Number(routingId) >>> 0 === 0) throw errnoError("EINVAL");
  return each({ routingId: Number(routingId) >>> 0 });
}

function toGroup({ group }: { group?: unknown }): (frames: Frame[]) => Frame[] {
  if (group === undefined) throw errnoError("EINVAL");
  const text = cText(group);
  if (text.length > GROUP_MAX) throw errnoError("EINVAL");
  return each({ group: text });
}

/** Longest name of a group. libzmq: ZMQ_GROUP_MAX_LENGTH. */
const GROUP_MAX = 255;

function routingIdOf(frame: Frame): object {
  return { routingId: frame instanceof AddressedFrame ? frame.routingId : 0 };
}

function groupOf(frame: Frame): object {
  return { group: Buffer.from(frame instanceof AddressedFrame ? frame.group : "", "latin1") };
}
