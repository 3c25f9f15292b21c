/**
 * Security mechanisms as the exchange of commands that they are: who says what when, how large it is and what
 * comes of it. Nothing is encrypted. libzmq: mechanism.cpp, null_mechanism.cpp.
 */
import type { SocketOptions } from "../ctx/options.ts";
import { CurveClient, CurveServer } from "./curve.ts";
import {
  accepts,
  type HandshakeSession,
  type Mechanism,
  type MechanismParameters,
  type MechanismStatus,
  noHandler,
  ProtocolError,
  processReason,
  protocolFailure,
} from "./handshake.ts";
import { PlainClient, PlainServer } from "./plain.ts";
import { type Control, errorCommand, ready } from "./wire.ts";
import { ZapClient } from "./zap.ts";

/** Both send READY, neither waits for the other; with a ZAP domain the handler is asked first. libzmq: null_mechanism_t. */
class NullMechanism implements Mechanism {
  peerRoutingId = "";
  private readonly options: SocketOptions;
  private readonly session: HandshakeSession;
  private readonly zap: ZapClient | null;
  private zapAsked = false;
  private zapAnswered = false;
  private sent: "nothing" | "ready" | "error" = "nothing";
  private received: "nothing" | "ready" | "error" = "nothing";

  constructor(parameters: MechanismParameters) {
    this.options = parameters.options;
    this.session = parameters.session;
    this.zap = parameters.options.security.zapDomain === "" ? null : new ZapClient(parameters);
  }

  get status(): MechanismStatus {
    if (this.sent === "ready" && this.received === "ready") return "ready";
    return this.sent !== "nothing" && this.received !== "nothing" ? "error" : "handshaking";
  }

  get userId(): string {
    return this.zap?.userId ?? "";
  }

  next(): Control | null {
    if (this.sent !== "nothing") return null;
    if (this.zap !== null && !this.zapAnswered && !this.ask(this.zap)) return null;
    if (this.zap === null || !this.zapAnswered || this.zap.status === "200") {
      this.sent = "ready";
      return ready(this.options);
    }
    this.sent = "error";
    // A peer that is refused for now hears nothing.
    return this.zap.status === "300" ? null : errorCommand(this.zap.status);
  }

  process(command: Control): boolean {
    if (this.received !== "nothing") return protocolFailure(this.session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    if (command.kind === "ready") {
      this.received = "ready";
      this.peerRoutingId = command.routingId;
      return accepts(this.options, command);
    }
    if (command.kind !== "error") return protocolFailure(this.session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    if (!processReason(this.session, command.text)) return false;
    this.received = "error";
    return true;
  }

  zapAvailable(): boolean {
    // Nothing was asked any more.
    if (this.zap === null || this.zapAnswered) return false;
    const outcome = this.zap.receive();
    if (outcome === "done") this.zapAnswered = true;
    return outcome !== "failed";
  }

  /** False: no answer yet, or nobody to ask where that is not enough. */
  private ask(zap: ZapClient): boolean {
    if (this.zapAsked) return false;
    if (!this.session.zapConnect()) {
      if (!this.options.security.zapEnforceDomain) return true;
      noHandler(this.session);
      return false;
    }
    zap.request("NULL", []);
    this.zapAsked = true;
    this.zapAnswered = zap.receive() === "done";
    return this.zapAnswered;
  }
}

/** libzmq: zmtp_engine_t::handshake_v3_x. */
export function createMechanism(parameters: MechanismParameters): Mechanism {
  const { mechanism, asServer } = parameters.options.security;
  switch (mechanism) {
    case "NULL":
      return new NullMechanism(parameters);
    case "PLAIN":
      return asServer ? new PlainServer(parameters) : new PlainClient(parameters);
    case "CURVE":
      return asServer ? new CurveServer(parameters) : new CurveClient(parameters);
  }
}
