/** What security mechanisms have in common, and what they need around them. libzmq: mechanism.cpp, mechanism_base.cpp. */
import type { SocketOptions } from "../ctx/options.ts";
import type { Frame } from "../pipe/frame.ts";
import { type Control, compatible } from "./wire.ts";

/** Values of HANDSHAKE_FAILED_PROTOCOL. libzmq: ZMQ_PROTOCOL_ERROR_*. */
export const ProtocolError = {
  ZMTP_UNSPECIFIED: 0x1000_0000,
  ZMTP_UNEXPECTED_COMMAND: 0x1000_0001,
  ZMTP_INVALID_SEQUENCE: 0x1000_0002,
  ZMTP_KEY_EXCHANGE: 0x1000_0003,
  ZMTP_MALFORMED_COMMAND_UNSPECIFIED: 0x1000_0011,
  ZMTP_MALFORMED_COMMAND_MESSAGE: 0x1000_0012,
  ZMTP_MALFORMED_COMMAND_HELLO: 0x1000_0013,
  ZMTP_MALFORMED_COMMAND_INITIATE: 0x1000_0014,
  ZMTP_MALFORMED_COMMAND_ERROR: 0x1000_0015,
  ZMTP_MALFORMED_COMMAND_READY: 0x1000_0016,
  ZMTP_MALFORMED_COMMAND_WELCOME: 0x1000_0017,
  ZMTP_INVALID_METADATA: 0x1000_0018,
  ZMTP_CRYPTOGRAPHIC: 0x1100_0001,
  ZMTP_MECHANISM_MISMATCH: 0x1100_0002,
  ZAP_UNSPECIFIED: 0x2000_0000,
  ZAP_MALFORMED_REPLY: 0x2000_0001,
  ZAP_BAD_REQUEST_ID: 0x2000_0002,
  ZAP_BAD_VERSION: 0x2000_0003,
  ZAP_INVALID_STATUS_CODE: 0x2000_0004,
  ZAP_INVALID_METADATA: 0x2000_0005,
} as const;

/** What a mechanism needs from the session of its connection. libzmq: session_base_t. */
export interface HandshakeSession {
  /** True: errno is EAGAIN after it. */
  monitor(event: string, value: number): boolean;
  /** Opens the pipe to the ZAP handler of the context; false when there is none. */
  zapConnect(): boolean;
  zapSend(frames: readonly string[]): void;
  /** The next frame from the handler, null when none is there. */
  zapReceive(): Frame | null;
}

/** What every mechanism is made of. */
export interface MechanismParameters {
  readonly options: SocketOptions;
  readonly session: HandshakeSession;
  /** As ZAP tells it. */
  readonly peerAddress: string;
}

/** "error": one side has refused the other. libzmq: mechanism_t::status_t. */
export type MechanismStatus = "handshaking" | "ready" | "error";

export interface Mechanism {
  readonly status: MechanismStatus;
  readonly peerRoutingId: string;
  /** What the ZAP handler calls the peer, "" for nobody. */
  readonly userId: string;
  /** What refused a command left errno at EAGAIN: the connection does not end, it is read no further. */
  readonly again?: boolean;
  /** The next command to send; null when it is the peer's turn, or the ZAP handler's. */
  next(): Control | null;
  /** A command of the peer. False: the connection ends, after a monitor event or in silence; but see `again`. */
  process(command: Control): boolean;
  /** The ZAP handler has written something. False: the connection ends. */
  zapAvailable(): boolean;
}

export function protocolFailure(session: HandshakeSession, value: number): false {
  session.monitor("HANDSHAKE_FAILED_PROTOCOL", value);
  return false;
}

const EFAULT = 14;

/** There is nobody who says whom to let in. True: errno is EAGAIN now. */
export const noHandler = (session: HandshakeSession): boolean => session.monitor("HANDSHAKE_FAILED_NO_DETAIL", EFAULT);

/** Not even the length of its name fits. libzmq: check_basic_command_structure. */
export const isMalformed = ({ kind, text }: Control): boolean =>
  kind === "command" && (text.length <= 1 || text.length <= text.charCodeAt(0));

/** The body of an ERROR command: length and reason. libzmq: process_error, handle_error_reason. */
export function processReason(session: HandshakeSession, text: string): boolean {
  if (text.length === 0 || text.charCodeAt(0) > text.length - 1)
    return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_ERROR);
  const reason = text.slice(1, 1 + text.charCodeAt(0));
  if (/^[345]00$/.test(reason)) session.monitor("HANDSHAKE_FAILED_AUTH", Number(reason));
  return true;
}

/** May these sockets talk? Silent about it. libzmq: mechanism_t::parse_metadata. */
export const accepts = (options: SocketOptions, { socketType }: Control): boolean =>
  compatible(options.type, socketType);
