/** Security mechanisms as the exchange of commands that they are; nothing is encrypted. libzmq: mechanism.cpp, null_mechanism.cpp. */
import type { SocketOptions } from "../ctx/options.ts";
import { type Control, compatible, type MechanismName, ready } from "./wire.ts";

/** A command was refused: the connection ends, after this monitor event if any. */
export interface HandshakeError {
  readonly event?: string;
  readonly value?: number;
}

/** Refused without an event: the types do not fit. */
const SILENT: HandshakeError = {};

export interface Mechanism {
  readonly name: MechanismName;
  readonly status: "handshaking" | "ready";
  readonly peerRoutingId: string;
  /** The next command to send; null when it is the peer's turn. */
  next(): Control | null;
  /** A command of the peer. null: accepted. */
  process(command: Control): HandshakeError | null;
}

/** Both send READY, neither waits for the other. libzmq: null_mechanism_t. */
class NullMechanism implements Mechanism {
  readonly name = "NULL";
  peerRoutingId = "";
  private readonly options: SocketOptions;
  private sent = false;
  private received = false;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  get status(): "handshaking" | "ready" {
    return this.sent && this.received ? "ready" : "handshaking";
  }

  next(): Control | null {
    if (this.sent) return null;
    this.sent = true;
    return ready(this.options);
  }

  process(command: Control): HandshakeError | null {
    if (command.kind !== "ready" || this.received || !compatible(this.options.type, command.socketType)) return SILENT;
    this.received = true;
    this.peerRoutingId = command.routingId;
    return null;
  }
}

export const createMechanism = (options: SocketOptions): Mechanism => new NullMechanism(options);
