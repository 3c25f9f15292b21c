/** ZMTP 3.1 as sizes and meanings: greeting parts, commands and frames. libzmq: zmtp_engine.cpp, v2_encoder.cpp, mechanism.cpp. */
import type { MechanismName, SocketOptions, SocketTypeName } from "../ctx/options.ts";
import { AddressedFrame, CANCEL, Frame, JOIN, LEAVE, RAW, SEALED, SUBSCRIBE } from "../pipe/frame.ts";

/** "command": any other, its name being part of the text. */
export type ControlKind =
  | "signature"
  | "major"
  | "rest"
  | "hello"
  | "welcome"
  | "initiate"
  | "ready"
  | "error"
  | "ping"
  | "pong"
  | "command";

/** Value of `flags` of everything that is no frame. */
const CONTROL = -1;

/** What a command tells. */
export interface ControlDetails {
  /** ready, initiate: the sender's type and routing id. */
  readonly socketType?: SocketTypeName;
  readonly routingId?: string;
  /** ping: time to live in ms. */
  readonly ttl?: number;
  /** rest: the mechanism; ping and pong: the context; others: what follows the name, up to the properties. */
  readonly text?: string;
}

/** Something on the wire that is not a frame of a message. */
export class Control {
  /** What no frame has; instanceof, asked for every item, would cost more than all else about it. */
  readonly flags = CONTROL;
  readonly kind: ControlKind;
  /** Bytes on the wire, header included. */
  readonly size: number;
  readonly socketType: SocketTypeName | null;
  readonly routingId: string;
  readonly ttl: number;
  readonly text: string;

  constructor(kind: ControlKind, size: number, details: ControlDetails = {}) {
    this.kind = kind;
    this.size = size;
    this.socketType = details.socketType ?? null;
    this.routingId = details.routingId ?? "";
    this.ttl = details.ttl ?? 0;
    this.text = details.text ?? "";
  }
}

export type WireItem = Control | Frame;

export const isControl = (item: WireItem): item is Control => item.flags === CONTROL;

export const SIGNATURE = new Control("signature", 10);
export const MAJOR = new Control("major", 1);

const REST = new Control("rest", 53, { text: "NULL" });

/** The greeting after the major version: minor version, mechanism, as-server, filler. */
export const greetingRest = (mechanism: MechanismName): Control =>
  mechanism === "NULL" ? REST : new Control("rest", 53, { text: mechanism });

const PONG = new Control("pong", 7);
/** Bytes of a PING's context that a PONG carries back at most. */
const CONTEXT_MAX = 16;

export function pong(context: string): Control {
  if (context === "") return PONG;
  const text = context.slice(0, CONTEXT_MAX);
  return new Control("pong", 7 + text.length, { text });
}

/** PING with the time to live in tenths of a second, as it goes over the wire. */
export const ping = (ttlMs: number): Control => new Control("ping", 9, { ttl: Math.floor(ttlMs / 100) * 100 });

/** A frame with a body of `bytes`: one or eight length bytes. */
export const framed = (bytes: number): number => bytes + (bytes > 255 ? 9 : 2);

/** The other way round: bytes of the body of a command. */
export const bodySize = ({ size }: Control): number => size - (size > 257 ? 9 : 2);

const COMMANDS = SUBSCRIBE | CANCEL | JOIN | LEAVE | RAW | SEALED;

/** Bytes of a frame on the wire; subscriptions travel as commands, the group of a message as a frame before it. */
export function wireSize(frame: Frame): number {
  if ((frame.flags & COMMANDS) === 0) {
    return framed(frame.size) + (frame.constructor === Frame ? 0 : groupSize(frame));
  }
  if ((frame.flags & RAW) !== 0) return frame.size;
  const body = frame.size + commandName(frame).length;
  if ((frame.flags & SEALED) === 0) return framed(body);
  return sealed(body) + (frame instanceof AddressedFrame ? sealed(frame.group.length) : 0);
}

/** What stands before the content of a frame that travels as a command, "" for a message. */
export function commandName({ flags }: Frame): string {
  if ((flags & SUBSCRIBE) !== 0) return "\x09SUBSCRIBE";
  if ((flags & CANCEL) !== 0) return "\x06CANCEL";
  if ((flags & JOIN) !== 0) return "\x04JOIN";
  return (flags & LEAVE) !== 0 ? "\x05LEAVE" : "";
}

/** What CURVE adds to every body: command name, nonce, authentication and flags. libzmq: curve_encoding_t. */
export const SEAL = 8 + 8 + 16 + 1;

/** Bytes on the wire of a body of `bytes` inside a MESSAGE command. */
export const sealed = (bytes: number): number => framed(bytes + SEAL);
const groupSize = (frame: Frame): number => (frame instanceof AddressedFrame ? framed(frame.group.length) : 0);

/** The types whose READY tells a routing id. */
export const hasIdentity = (type: SocketTypeName): boolean => type === "REQ" || type === "DEALER" || type === "ROUTER";

/** Bytes of the properties: "Socket-Type" always, "Identity" for the types that have one. */
export const propertiesSize = ({ type, routingId }: SocketOptions): number =>
  16 + type.length + (hasIdentity(type) ? 13 + routingId.length : 0);

function withProperties(kind: "ready" | "initiate", name: number, options: SocketOptions): Control {
  const { type } = options;
  const routingId = hasIdentity(type) ? options.routingId : "";
  return new Control(kind, framed(name + propertiesSize(options)), { socketType: type, routingId });
}

export const ready = (options: SocketOptions): Control => withProperties("ready", 6, options);

/** Of PLAIN. */
export const initiate = (options: SocketOptions): Control => withProperties("initiate", 9, options);

/** `reason`: a status code of ZAP. */
export const errorCommand = (reason: string): Control =>
  new Control("error", framed(7 + reason.length), { text: String.fromCharCode(reason.length) + reason });

/** Peers that a type accepts over a network. */
export const PEERS: Readonly<Record<SocketTypeName, readonly SocketTypeName[]>> = {
  PAIR: ["PAIR"],
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  XPUB: ["SUB", "XSUB"],
  XSUB: ["PUB", "XPUB"],
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  DEALER: ["REP", "DEALER", "ROUTER"],
  ROUTER: ["REQ", "DEALER", "ROUTER"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
  STREAM: [],
  SERVER: ["CLIENT"],
  CLIENT: ["SERVER"],
  RADIO: ["DISH"],
  DISH: ["RADIO"],
  GATHER: ["SCATTER"],
  SCATTER: ["GATHER"],
  PEER: ["PEER"],
  CHANNEL: ["CHANNEL"],
  DGRAM: [],
};

/** May the two types talk over a network? Not asked on inproc. libzmq: mechanism_t::check_socket_type. */
export const compatible = (own: SocketTypeName, peer: SocketTypeName | null): boolean =>
  peer !== null && PEERS[own].includes(peer);
