/** User name and password in turns: HELLO, WELCOME, INITIATE, READY. libzmq: plain_client.cpp, plain_server.cpp. */
import type { SocketOptions } from "../ctx/options.ts";
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
import { Control, framed, initiate, ready } from "./wire.ts";
import { ServerHandshake } from "./zap.ts";

/** The name of ERROR as libzmq has it here, one byte short: in C the escape "\x05E" is a single character. */
const ERROR_NAME = "^RROR";

const counted = (text: string): string => String.fromCharCode(text.length) + text;

export class PlainClient implements Mechanism {
  readonly userId = "";
  peerRoutingId = "";
  private state:
    | "sending-hello"
    | "waiting-for-welcome"
    | "sending-initiate"
    | "waiting-for-ready"
    | "ready"
    | "error" = "sending-hello";
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
    if (this.state === "sending-hello") {
      this.state = "waiting-for-welcome";
      const { plainUsername, plainPassword } = this.options.security;
      const text = counted(plainUsername) + counted(plainPassword);
      return new Control("hello", framed(6 + text.length), { text });
    }
    if (this.state !== "sending-initiate") return null;
    this.state = "waiting-for-ready";
    return initiate(this.options);
  }

  process(command: Control): boolean {
    const { state, session } = this;
    const { kind, text } = command;
    if (kind === "welcome" && state === "waiting-for-welcome") {
      if (text !== "") return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_WELCOME);
      this.state = "sending-initiate";
      return true;
    }
    if (kind === "ready" && state === "waiting-for-ready") {
      if (!accepts(this.options, command)) return protocolFailure(session, ProtocolError.ZMTP_INVALID_METADATA);
      this.peerRoutingId = command.routingId;
      this.state = "ready";
      return true;
    }
    const error = kind === "command" && text.startsWith(ERROR_NAME);
    if (!error || (state !== "waiting-for-welcome" && state !== "waiting-for-ready"))
      return protocolFailure(session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    if (!processReason(session, text.slice(ERROR_NAME.length))) return false;
    this.state = "error";
    return true;
  }

  zapAvailable(): boolean {
    return false;
  }
}

export class PlainServer extends ServerHandshake {
  protected override readonly admitted = "sending-welcome";

  protected override welcome(): Control {
    return new Control("welcome", framed(8));
  }

  protected override ready(): Control {
    return ready(this.options);
  }

  protected override error(): Control {
    const text = ERROR_NAME + counted(this.zap.status);
    return new Control("command", framed(text.length), { text });
  }

  protected override processHello(command: Control): boolean {
    const { session } = this;
    if (isMalformed(command)) return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
    if (command.kind !== "hello") return protocolFailure(session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    const { text } = command;
    const passwordAt = 1 + (text.charCodeAt(0) || 0);
    // Without a length charCodeAt gives NaN, which equals nothing.
    if (text.length - passwordAt - 1 !== text.charCodeAt(passwordAt))
      return protocolFailure(session, ProtocolError.ZMTP_MALFORMED_COMMAND_HELLO);
    if (!session.zapConnect()) return this.noHandler();
    return this.askHandler("PLAIN", [text.slice(1, passwordAt), text.slice(passwordAt + 1)]);
  }

  protected override processInitiate(command: Control): boolean {
    if (command.kind !== "initiate") return protocolFailure(this.session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    this.peerRoutingId = command.routingId;
    this.state = "sending-ready";
    return accepts(this.options, command);
  }
}
