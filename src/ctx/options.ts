/** Options of a socket as plain data. bind and connect copy them, as libzmq does. libzmq: options.hpp. */

/** Names of the socket types of zmq.h that are modelled. */
export type SocketTypeName =
  | "PAIR"
  | "PUB"
  | "SUB"
  | "REQ"
  | "REP"
  | "DEALER"
  | "ROUTER"
  | "PULL"
  | "PUSH"
  | "XPUB"
  | "XSUB";

/** Times in ms, sizes in bytes, limits in messages. */
export interface SocketOptions {
  readonly type: SocketTypeName;
  sndhwm: number;
  rcvhwm: number;
  /** -1: for ever. */
  linger: number;
  sndtimeo: number;
  rcvtimeo: number;
  immediate: boolean;
  conflate: boolean;
  /** Byte string. */
  routingId: string;
  affinity: number;
  backlog: number;
  maxmsgsize: number;
  reconnectIvl: number;
  reconnectIvlMax: number;
  connectTimeout: number;
  handshakeIvl: number;
  heartbeatIvl: number;
  /** -1: same as heartbeatIvl. */
  heartbeatTimeout: number;
  heartbeatTtl: number;
  sndbuf: number;
  rcvbuf: number;
  invertMatching: boolean;
  /** The type wants the peer's routing id as the first thing in the pipe: ROUTER, REP. */
  readonly recvRoutingId: boolean;
}

export function defaultOptions(type: SocketTypeName, blocky: boolean): SocketOptions {
  return {
    type,
    sndhwm: 1000,
    rcvhwm: 1000,
    linger: type === "SUB" || type === "XSUB" || !blocky ? 0 : -1,
    sndtimeo: -1,
    rcvtimeo: -1,
    immediate: false,
    conflate: false,
    routingId: "",
    affinity: 0,
    backlog: 100,
    maxmsgsize: -1,
    reconnectIvl: 100,
    reconnectIvlMax: 0,
    connectTimeout: 0,
    handshakeIvl: 30_000,
    heartbeatIvl: 0,
    heartbeatTimeout: -1,
    heartbeatTtl: 0,
    sndbuf: -1,
    rcvbuf: -1,
    invertMatching: false,
    recvRoutingId: type === "ROUTER" || type === "REP",
  };
}

/** CONFLATE counts only for these types. libzmq: get_effective_conflate_option. */
export const effectiveConflate = (options: SocketOptions): boolean =>
  options.conflate &&
  (options.type === "DEALER" ||
    options.type === "PULL" ||
    options.type === "PUSH" ||
    options.type === "PUB" ||
    options.type === "SUB");
