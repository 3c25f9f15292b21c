/**
 * Options of a socket as plain data that never changes: setsockopt gives the socket another set, so bind and
 * connect keep the options of their moment, as libzmq's copies do. libzmq: options.hpp.
 */

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
  | "XSUB"
  | DraftTypeName
  | "STREAM";

/** Types of the draft API. */
export type DraftTypeName =
  | "SERVER"
  | "CLIENT"
  | "RADIO"
  | "DISH"
  | "GATHER"
  | "SCATTER"
  | "PEER"
  | "CHANNEL"
  | "DGRAM";

export type MechanismName = "NULL" | "PLAIN" | "CURVE";

/** Who one is and whom one lets in. Texts and keys are byte strings. libzmq: the members of options_t behind ZMQ_MECHANISM. */
export interface SecurityOptions {
  readonly mechanism: MechanismName;
  /** The side that checks the other. */
  readonly asServer: boolean;
  readonly plainUsername: string;
  readonly plainPassword: string;
  /** 32 bytes each; zeros when not set. */
  readonly curvePublicKey: string;
  readonly curveSecretKey: string;
  readonly curveServerKey: string;
  readonly zapDomain: string;
  /** Without a ZAP handler nobody is let in. */
  readonly zapEnforceDomain: boolean;
}

const NO_KEY = "\0".repeat(32);

/** Everybody is let in. Shared by all sockets that have set nothing of it. */
export const NO_SECURITY: SecurityOptions = {
  mechanism: "NULL",
  asServer: false,
  plainUsername: "",
  plainPassword: "",
  curvePublicKey: NO_KEY,
  curveSecretKey: NO_KEY,
  curveServerKey: NO_KEY,
  zapDomain: "",
  zapEnforceDomain: false,
};

/** Times in ms, sizes in bytes, limits in messages. */
export interface SocketOptions {
  readonly type: SocketTypeName;
  readonly sndhwm: number;
  readonly rcvhwm: number;
  /** -1: for ever. */
  readonly linger: number;
  readonly sndtimeo: number;
  readonly rcvtimeo: number;
  readonly immediate: boolean;
  readonly conflate: boolean;
  /** Byte string. */
  readonly routingId: string;
  readonly affinity: number;
  readonly backlog: number;
  readonly maxmsgsize: number;
  readonly reconnectIvl: number;
  readonly reconnectIvlMax: number;
  readonly connectTimeout: number;
  readonly handshakeIvl: number;
  readonly heartbeatIvl: number;
  /** -1: same as heartbeatIvl. */
  readonly heartbeatTimeout: number;
  readonly heartbeatTtl: number;
  readonly sndbuf: number;
  readonly rcvbuf: number;
  readonly invertMatching: boolean;
  readonly inBatchSize: number;
  readonly outBatchSize: number;
  /** Bits: 1 connection refused, 2 handshake failed, 4 after disconnect. */
  readonly reconnectStop: number;
  /** Bits: 1 at connect, 2 at disconnect. */
  readonly routerNotify: number;
  readonly streamNotify: boolean;
  /** Byte strings that the library sends by itself; "" for none. */
  readonly helloMsg: string;
  readonly disconnectMsg: string;
  readonly hiccupMsg: string;
  readonly ipv6: boolean;
  /** udp: datagrams to a multicast group come to sockets of the own host as well. */
  readonly multicastLoop: boolean;
  /** No ZMTP on the connections: STREAM, DGRAM, ROUTER_RAW. */
  readonly rawSocket: boolean;
  /** The type wants the peer's routing id as the first thing in the pipe: ROUTER, REP. */
  readonly recvRoutingId: boolean;
  readonly security: SecurityOptions;
}

/** Shared by all sockets whose options nobody has changed. */
const DEFAULTS = new Map<string, SocketOptions>();

export function defaultOptions(type: SocketTypeName, blocky: boolean): SocketOptions {
  const key = `${type} ${blocky}`;
  let options = DEFAULTS.get(key);
  if (options === undefined) {
    options = freshOptions(type, blocky);
    DEFAULTS.set(key, options);
  }
  return options;
}

function freshOptions(type: SocketTypeName, blocky: boolean): SocketOptions {
  return {
    type,
    sndhwm: 1000,
    rcvhwm: 1000,
    linger: type === "SUB" || type === "XSUB" || type === "DISH" || !blocky ? 0 : -1,
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
    inBatchSize: 8192,
    outBatchSize: 8192,
    reconnectStop: 0,
    routerNotify: 0,
    streamNotify: true,
    helloMsg: "",
    disconnectMsg: "",
    hiccupMsg: "",
    ipv6: false,
    multicastLoop: true,
    rawSocket: type === "STREAM" || type === "DGRAM",
    recvRoutingId: type === "ROUTER" || type === "REP",
    security: NO_SECURITY,
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

const HELLO: readonly SocketTypeName[] = ["DEALER", "ROUTER", "CLIENT", "SERVER", "PEER"];
const DISCONNECT: readonly SocketTypeName[] = ["ROUTER", "REP", "SERVER", "PEER"];
const HICCUP: readonly SocketTypeName[] = ["DEALER", "REQ", "CLIENT", "PEER"];

/** HELLO_MSG, if the type sends one; "" otherwise. libzmq: can_send_hello_msg. */
export const effectiveHelloMsg = ({ type, helloMsg }: SocketOptions): string => (HELLO.includes(type) ? helloMsg : "");
/** libzmq: can_recv_disconnect_msg. */
export const effectiveDisconnectMsg = ({ type, disconnectMsg }: SocketOptions): string =>
  DISCONNECT.includes(type) ? disconnectMsg : "";
/** libzmq: can_recv_hiccup_msg. */
export const effectiveHiccupMsg = ({ type, hiccupMsg }: SocketOptions): string =>
  HICCUP.includes(type) ? hiccupMsg : "";
