/** ZMTP 3.1 as sizes and meanings: greeting parts, commands and frames. libzmq: zmtp_engine.cpp, v2_encoder.cpp, mechanism.cpp. */
import type { SocketOptions, SocketTypeName } from "../ctx/options.ts";
import { AddressedFrame, CANCEL, type Frame, JOIN, LEAVE, RAW, SUBSCRIBE } from "../pipe/frame.ts";

export type MechanismName = "NULL";
export type ControlKind = "signature" | "major" | "rest" | "ready" | "ping" | "pong" | "error";

/** What a command tells. */
export interface ControlDetails {
  /** ready: the sender's type and routing id. */
  readonly socketType?: SocketTypeName;
  readonly routingId?: string;
  /** ping: time to live in ms. */
  readonly ttl?: number;
  /** rest: the mechanism; ping and pong: the context; error: the reason. */
  readonly text?: string;
}

/** Something on the wire that is not a frame of a message. */
export class Control {
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

const COMMANDS = SUBSCRIBE | CANCEL | JOIN | LEAVE | RAW;

/** Bytes of a frame on the wire; subscriptions travel as commands, the group of a message as a frame before it. */
export function wireSize(frame: Frame): number {
  if ((frame.flags & COMMANDS) === 0) {
    return framed(frame.size) + (frame instanceof AddressedFrame ? framed(frame.group.length) : 0);
  }
  if ((frame.flags & RAW) !== 0) return frame.size;
  if ((frame.flags & SUBSCRIBE) !== 0) return framed(frame.size + 10);
  if ((frame.flags & CANCEL) !== 0) return framed(frame.size + 7);
  return framed(frame.size + ((frame.flags & JOIN) !== 0 ? 5 : 6));
}

/** The types whose READY tells a routing id. */
export const hasIdentity = (type: SocketTypeName): boolean => type === "REQ" || type === "DEALER" || type === "ROUTER";

/** The READY command: "Socket-Type" always, "Identity" for the types that have one. */
export function ready(options: SocketOptions): Control {
  const identity = hasIdentity(options.type);
  const body = 6 + 16 + options.type.length + (identity ? 13 + options.routingId.length : 0);
  return new Control("ready", framed(body), { socketType: options.type, routingId: identity ? options.routingId : "" });
}

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
