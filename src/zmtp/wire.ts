/** ZMTP 3.1 as sizes and meanings: greeting parts, commands and frames. libzmq: zmtp_engine.cpp, v2_encoder.cpp, mechanism.cpp. */
import type { SocketOptions, SocketTypeName } from "../ctx/options.ts";
import { CANCEL, type Frame, SUBSCRIBE } from "../pipe/frame.ts";

export type ControlKind = "signature" | "major" | "rest" | "ready" | "ping" | "pong";

/** Something on the wire that is not a frame of a message. */
export class Control {
  readonly kind: ControlKind;
  /** Bytes on the wire, header included. */
  readonly size: number;
  /** ready: the sender's type and routing id. ping: time to live in ms. */
  readonly socketType: SocketTypeName | null;
  readonly routingId: string;
  readonly ttl: number;

  constructor(kind: ControlKind, size: number, socketType: SocketTypeName | null = null, routingId = "", ttl = 0) {
    this.kind = kind;
    this.size = size;
    this.socketType = socketType;
    this.routingId = routingId;
    this.ttl = ttl;
  }
}

export type WireItem = Control | Frame;

export const SIGNATURE = new Control("signature", 10);
export const MAJOR = new Control("major", 1);
export const REST = new Control("rest", 53);
export const PONG = new Control("pong", 7);

/** A frame with a body of `bytes`: one or eight length bytes. */
export const framed = (bytes: number): number => bytes + (bytes > 255 ? 9 : 2);

/** Bytes of a frame on the wire; subscriptions travel as commands. */
export function wireSize(frame: Frame): number {
  if ((frame.flags & SUBSCRIBE) !== 0) return framed(frame.size + 10);
  if ((frame.flags & CANCEL) !== 0) return framed(frame.size + 7);
  return framed(frame.size);
}

/** The READY command: "Socket-Type" always, "Identity" for the types that have one. */
export function ready(options: SocketOptions): Control {
  const identity = options.type === "REQ" || options.type === "DEALER" || options.type === "ROUTER";
  const body = 6 + 16 + options.type.length + (identity ? 13 + options.routingId.length : 0);
  return new Control("ready", framed(body), options.type, identity ? options.routingId : "");
}

/** PING with the time to live in tenths of a second, as it goes over the wire. */
export const ping = (ttlMs: number): Control => new Control("ping", 9, null, "", Math.floor(ttlMs / 100) * 100);

const PEERS: Readonly<Record<SocketTypeName, readonly SocketTypeName[]>> = {
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
};

/** May the two types talk over a network? Not asked on inproc. libzmq: mechanism_t::check_socket_type. */
export const compatible = (own: SocketTypeName, peer: SocketTypeName): boolean => PEERS[own].includes(peer);
