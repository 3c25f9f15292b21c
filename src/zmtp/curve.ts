/**
 * CURVE: HELLO, WELCOME, INITIATE, READY, then every frame inside a MESSAGE. The commands have their sizes, and
 * whether the keys fit is computed from the keys. libzmq: curve_client.cpp, curve_server.cpp, curve_client_tools.hpp.
 * DIFFERS(curve-contents): nothing is encrypted. What a box would hold stands in its place, then zeros; a raw socket
 * can read it.
 */
import type { SocketOptions, SocketTypeName } from "../ctx/options.ts";
import { publicKeyOf } from "./curve25519.ts";
import {
  accepts,
  type HandshakeSession,
  isMalformed,
  type Mechanism,
  type MechanismParameters,
  type MechanismStatus,
  ProtocolError,
  processReason,
  protocolFailure,
} from "./handshake.ts";
import { bodySize, Control, errorCommand, framed, initiate, ready } from "./wire.ts";
import { ServerHandshake } from "./zap.ts";

/** Bytes of the commands after their names; INITIATE and READY go on with properties. */
const HELLO = 194;
const WELCOME = 160;
const INITIATE = 248;
const READY = 24;
/** Where in them something stands that matters here. */
const HELLO_BOX = 114;
const WELCOME_BOX = 16;
const INITIATE_KEY = 104;
const INITIATE_VOUCH = 152;

const VERSION = "\x01\0";

const zeros = (count: number): string => "\0".repeat(count);
const keyAt = (text: string, at: number): string => text.slice(at, at + 32);

/** The highest bit of a public key does not count. */
const canonical = (key: string): string => key.slice(0, 31) + String.fromCharCode(key.charCodeAt(31) & 127);
const sameKey = (first: string, second: string): boolean => canonical(first) === canonical(second);

/** `command` with `text` between its name and its properties. */
function extended(command: Control, text: string): Control {
  const { kind, socketType, routingId } = command;
  const size = framed(bodySize(command) + text.length);
  return new Control(kind, size, { text, socketType: socketType as SocketTypeName, routingId });
}

export class CurveClient implements Mechanism {
  readonly userId = "";
  peerRoutingId = "";
  private state: "send-hello" | "expect-welcome" | "send-initiate" | "expect-ready" | "ready" | "error" = "send-hello";
  private readonly options: SocketOptions;
  private readonly session: HandshakeSession;

  constructor({ options, session }: MechanismParameters) {
    this.options = options;
    this.session = session;
  }

  get status(): MechanismStatus {
    return this.state === "ready" || this.state === "error" ? this.state : "handshaking";
  }

  next(): Control | null {
    const { curvePublicKey, curveSecretKey, curveServerKey } = this.options.security;
    if (this.state === "send-hello") {
      // No box can be made for such a key; the connection waits until its time is up.
      if (sameKey(curveServerKey, zeros(32))) {
        protocolFailure(this.session, ProtocolError.ZMTP_CRYPTOGRAPHIC);
        return null;
      }
      this.state = "expect-welcome";
      const text = VERSION + zeros(HELLO_BOX - 2) + curveServerKey + zeros(HELLO - HELLO_BOX - 32);
      return new Control("hello", framed(6 + HELLO), { text });
    }
    if (this.state !== "send-initiate") return null;
    this.state = "expect-ready";
    const text =
      zeros(INITIATE_KEY) +
      curvePublicKey +
      zeros(INITIATE_VOUCH - INITIATE_KEY - 32) +
      publicKeyOf(curveSecretKey) +
      zeros(INITIATE - INITIATE_VOUCH - 32);
    return extended(initiate(this.options), text);
  }

  process(command: Control): boolean {
    switch (command.kind) {
      case "welcome":
        return this.processWelcome(command);
      case "ready":
        return this.processReady(command);
      case "error":
        if (this.state !== "expect-welcome" && this.state !== "expect-ready") break;
        if (!processReason(this.session, command.text)) return false;
        this.state = "error";
        return true;
    }
    return protocolFailure(this.session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
  }

  zapAvailable(): boolean {
    return false;
  }

  private processWelcome({ text }: Control): boolean {
    if (text.length !== WELCOME || !sameKey(keyAt(text, WELCOME_BOX), this.options.security.curveServerKey))
      return protocolFailure(this.session, ProtocolError.ZMTP_CRYPTOGRAPHIC);
    this.state = "send-initiate";
    return true;
  }

  private processReady(command: Control): boolean {
    if (command.size < framed(6 + READY))
      return protocolFailure(this.session, ProtocolError.ZMTP_MALFORMED_COMMAND_READY);
    if (command.text.length !== READY) return protocolFailure(this.session, ProtocolError.ZMTP_CRYPTOGRAPHIC);
    if (!accepts(this.options, command)) return protocolFailure(this.session, ProtocolError.ZMTP_INVALID_METADATA);
    this.peerRoutingId = command.routingId;
    this.state = "ready";
    return true;
  }
}

export class CurveServer extends ServerHandshake {
  protected override readonly admitted = "sending-ready";

  private get publicKey(): string {
    return publicKeyOf(this.options.security.curveSecretKey);
  }

  protected override welcome(): Control {
    const text = zeros(WELCOME_BOX) + this.publicKey + zeros(WELCOME - WELCOME_BOX - 32);
    return new Control("welcome", framed(8 + WELCOME), { text });
  }

  protected override ready(): Control {
    return extended(ready(this.options), zeros(READY));
  }

  protected override error(): Control {
    return errorCommand(this.zap.status);
  }

  protected override processHello(command: Control): boolean {
    const { session } = this;
    if (isMalformed(command)) return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
    if (command.kind !== "hello") return protocolFailure(session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    const { text } = command;
    if (text.length !== HELLO || !text.startsWith(VERSION))
      return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_HELLO);
    if (!sameKey(keyAt(text, HELLO_BOX), this.publicKey))
      return protocolFailure(session, ProtocolError.ZMTP_CRYPTOGRAPHIC);
    this.state = "sending-welcome";
    return true;
  }

  protected override processInitiate(command: Control): boolean {
    const { session } = this;
    if (isMalformed(command)) return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
    if (command.kind !== "initiate") return protocolFailure(session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    if (command.size < framed(9 + INITIATE))
      return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_INITIATE);
    const { text } = command;
    const key = keyAt(text, INITIATE_KEY);
    if (text.length !== INITIATE || !sameKey(key, keyAt(text, INITIATE_VOUCH)))
      return protocolFailure(session, ProtocolError.ZMTP_CRYPTOGRAPHIC);
    if (!this.admit(key)) return false;
    this.peerRoutingId = command.routingId;
    return accepts(this.options, command);
  }

  /** Without a handler the keys are enough, unless a domain is enforced. */
  private admit(key: string): boolean {
    const { zapDomain, zapEnforceDomain } = this.options.security;
    if (zapEnforceDomain && zapDomain === "") this.state = "sending-ready";
    else if (this.session.zapConnect()) return this.askHandler("CURVE", [key]);
    else if (zapEnforceDomain) return this.noHandler();
    else this.state = "sending-ready";
    return true;
  }
}
