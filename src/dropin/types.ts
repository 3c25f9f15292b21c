/** Types of the zeromq.js API, as a program sees them. */
import type { Context } from "./context.ts";
import type { Socket } from "./socket.ts";

export type Message = Buffer;
export type MessageLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null;

/** What a socket that sends has. O: further arguments of send(). */
export interface Writable<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends [...object[]] = [],
> {
  /** Network hops of multicast packets; without effect here. */
  multicastHops: number;
  /** Kernel buffer in bytes, -1: the system's. */
  sendBufferSize: number;
  /** Most messages in the queue to one peer; 0: no limit. */
  sendHighWaterMark: number;
  /** ms; -1: for ever, 0: fail at once. */
  sendTimeout: number;
  send(message: M, ...options: O): Promise<void>;
}

export type ReceiveType<T> = T extends { receive(): Promise<infer U> } ? U : never;

/** What a socket that receives has. */
export interface Readable<M extends object[] = Message[]> {
  receiveBufferSize: number;
  receiveHighWaterMark: number;
  receiveTimeout: number;
  receive(): Promise<M>;
  /** Ends when the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterator<ReceiveType<this>, undefined>;
}

type IfEquals<X, Y, A, B = never> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? A : B;
type Expand<T> = T extends infer O ? { [K in keyof O]: O[K] } : never;
type WritableKeys<T> = {
  // biome-ignore lint/complexity/noBannedTypes: any function at all
  [P in keyof T]-?: T[P] extends Function ? never : IfEquals<{ [Q in P]: T[P] }, { -readonly [Q in P]: T[P] }, P>;
}[keyof T];

/** Options that may be given to the constructor: everything of T that can be set. */
// biome-ignore lint/complexity/noBannedTypes: nothing more
export type Options<T, E = {}> = Expand<Partial<E & Pick<T, WritableKeys<T>>>>;

export type SocketOptions<S extends Socket> = Options<S, { context: Context }>;

export interface RouterConnectOptions {
  routingId?: string;
}

export interface StreamConnectOptions {
  routingId?: string;
}

type GssapiName = "hostBased" | "userName" | "krb5Principal";

/** Options of all sockets. */
export interface SocketProperties {
  affinity: number;
  rate: number;
  recoveryInterval: number;
  linger: number;
  reconnectInterval: number;
  backlog: number;
  reconnectMaxInterval: number;
  maxMessageSize: number;
  tcpKeepalive: number;
  tcpKeepaliveCount: number;
  tcpKeepaliveIdle: number;
  tcpKeepaliveInterval: number;
  tcpAcceptFilter: string | null;
  immediate: boolean;
  ipv6: boolean;
  plainServer: boolean;
  plainUsername: string | null;
  plainPassword: string | null;
  curveServer: boolean;
  curvePublicKey: string | null;
  curveSecretKey: string | null;
  curveServerKey: string | null;
  gssapiServer: boolean;
  gssapiPrincipal: string | null;
  gssapiServicePrincipal: string | null;
  gssapiPlainText: boolean;
  gssapiPrincipalNameType: GssapiName;
  gssapiServicePrincipalNameType: GssapiName;
  zapDomain: string | null;
  typeOfService: number;
  handshakeInterval: number;
  socksProxy: string | null;
  heartbeatInterval: number;
  heartbeatTimeToLive: number;
  heartbeatTimeout: number;
  connectTimeout: number;
  tcpMaxRetransmitTimeout: number;
  multicastMaxTransportDataUnit: number;
  vmciBufferSize: number;
  vmciBufferMinSize: number;
  vmciBufferMaxSize: number;
  vmciConnectTimeout: number;
  interface: string | null;
  zapEnforceDomain: boolean;
  loopbackFastPath: boolean;
  readonly type: number;
  readonly lastEndpoint: string | null;
  readonly securityMechanism: null | "plain" | "curve" | "gssapi";
  readonly threadSafe: boolean;
}

// --- monitor events ---

export interface ErrnoError extends Error {
  code: string;
  errno: number;
}

export interface AuthError extends Error {
  status: 300 | 400 | 500;
}

type ZmtpFailure =
  | "UNSPECIFIED"
  | "UNEXPECTED_COMMAND"
  | "INVALID_SEQUENCE"
  | "KEY_EXCHANGE"
  | `MALFORMED_COMMAND_${"UNSPECIFIED" | "MESSAGE" | "HELLO" | "INITIATE" | "ERROR" | "READY" | "WELCOME"}`
  | "INVALID_METADATA"
  | "CRYPTOGRAPHIC"
  | "MECHANISM_MISMATCH";
type ZapFailure =
  | "UNSPECIFIED"
  | "MALFORMED_REPLY"
  | "BAD_REQUEST_ID"
  | "BAD_VERSION"
  | "INVALID_STATUS_CODE"
  | "INVALID_METADATA";

export interface ProtoError extends Error {
  code: `ERR_ZMTP_${ZmtpFailure}` | `ERR_ZAP_${ZapFailure}`;
}

interface Addressed {
  address: string;
}

type Plain<T extends string> = { type: T };
type At<T extends string> = Expand<Plain<T> & Addressed>;
type Failed<T extends string, E = ErrnoError> = Expand<Plain<T> & Addressed & { error: E }>;

/** What happens at a socket, see its `events`. */
export type Event =
  | At<"accept">
  | Failed<"accept:error">
  | At<"bind">
  | Failed<"bind:error">
  | At<"connect">
  | At<"connect:delay">
  | Expand<Plain<"connect:retry"> & Addressed & { interval: number }>
  | At<"close">
  | Failed<"close:error">
  | At<"disconnect">
  | Plain<"end">
  | At<"handshake">
  | Failed<"handshake:error:protocol", ProtoError>
  | Failed<"handshake:error:auth", AuthError>
  | Failed<"handshake:error:other">
  | Plain<"unknown">;

export type EventType = Event["type"];
export type EventOfType<E extends EventType = EventType> = Expand<Extract<Event, Event & { type: E }>>;

export interface EventSubscriber {
  on<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber;
  off<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber;
}
