/** Asking the application's ZAP handler whom to let in. libzmq: zap_client.cpp; ZeroMQ RFC 27. */
import type { MechanismName, SocketOptions } from "../ctx/options.ts";
import type { Frame } from "../pipe/frame.ts";
import { parseProperties } from "./codec.ts";
import {
  type HandshakeSession,
  type Mechanism,
  type MechanismParameters,
  type MechanismStatus,
  noHandler,
  ProtocolError,
  protocolFailure,
} from "./handshake.ts";
import type { Control } from "./wire.ts";

const VERSION = "1.0";
const REQUEST_ID = "1";
/** Frames of a reply: empty, version, request id, status, text, user id, metadata. */
const REPLY_FRAMES = 7;

export class ZapClient {
  /** "200", "300", "400" or "500" once there is a reply. */
  status = "";
  userId = "";
  private readonly options: SocketOptions;
  private readonly session: HandshakeSession;
  private readonly peerAddress: string;

  constructor({ options, session, peerAddress }: MechanismParameters) {
    this.options = options;
    this.session = session;
    this.peerAddress = peerAddress;
  }

  request(mechanism: MechanismName, credentials: readonly string[]): void {
    const { security, routingId } = this.options;
    const { zapDomain } = security;
    const about = [zapDomain, this.peerAddress, routingId, mechanism];
    this.session.zapSend(["", VERSION, REQUEST_ID, ...about, ...credentials]);
  }

  /** Takes a reply if there is one; "failed" after telling the monitor what is wrong with it. */
  receive(): "waiting" | "done" | "failed" {
    const frames: Frame[] = [];
    while (frames.length < REPLY_FRAMES) {
      const frame = this.session.zapReceive();
      if (frame === null) return "waiting";
      frames.push(frame);
      if (frame.more !== frames.length < REPLY_FRAMES) return this.failed(ProtocolError.ZAP_MALFORMED_REPLY);
    }
    const [delimiter, version, id, status, , userId, metadata] = frames.map(({ bytes }) => bytes) as [
      string,
      ...string[],
    ];
    if (delimiter !== "") return this.failed(ProtocolError.ZAP_UNSPECIFIED);
    if (version !== VERSION) return this.failed(ProtocolError.ZAP_BAD_VERSION);
    if (id !== REQUEST_ID) return this.failed(ProtocolError.ZAP_BAD_REQUEST_ID);
    if (!/^[2-5]00$/.test(status as string)) return this.failed(ProtocolError.ZAP_INVALID_STATUS_CODE);
    this.status = status as string;
    this.userId = userId as string;
    if (parseProperties(metadata as string) === null) return this.failed(ProtocolError.ZAP_INVALID_METADATA);
    if (status !== "200") this.session.monitor("HANDSHAKE_FAILED_AUTH", Number(status));
    return "done";
  }

  private failed(value: number): "failed" {
    protocolFailure(this.session, value);
    return "failed";
  }
}

type State =
  | "waiting-for-hello"
  | "waiting-for-zap-reply"
  | "sending-welcome"
  | "waiting-for-initiate"
  | "sending-ready"
  | "ready"
  | "sending-error"
  | "error-sent";

/**
 * The serving side of the mechanisms that take turns. libzmq: zap_client_common_handshake_t.
 * DIFFERS(zap-abort): where libzmq aborts the process - a handler that is neither REP nor ROUTER nor SERVER, PLAIN
 * without a domain where one is enforced - the handshake waits for an answer.
 */
export abstract class ServerHandshake implements Mechanism {
  peerRoutingId = "";
  again = false;
  protected state: State = "waiting-for-hello";
  protected readonly options: SocketOptions;
  protected readonly session: HandshakeSession;
  protected readonly zap: ZapClient;

  constructor(parameters: MechanismParameters) {
    this.options = parameters.options;
    this.session = parameters.session;
    this.zap = new ZapClient(parameters);
  }

  /** Where a handshake that the handler lets pass goes on. */
  protected abstract readonly admitted: State;
  protected abstract welcome(): Control;
  protected abstract ready(): Control;
  protected abstract error(): Control;
  protected abstract processHello(command: Control): boolean;
  protected abstract processInitiate(command: Control): boolean;

  get status(): MechanismStatus {
    if (this.state === "ready") return "ready";
    return this.state === "error-sent" ? "error" : "handshaking";
  }

  get userId(): string {
    return this.zap.userId;
  }

  next(): Control | null {
    switch (this.state) {
      case "sending-welcome":
        this.state = "waiting-for-initiate";
        return this.welcome();
      case "sending-ready":
        this.state = "ready";
        return this.ready();
      case "sending-error":
        this.state = "error-sent";
        return this.error();
      default:
        return null;
    }
  }

  process(command: Control): boolean {
    if (this.state === "waiting-for-hello") return this.processHello(command);
    if (this.state === "waiting-for-initiate") return this.processInitiate(command);
    return protocolFailure(this.session, ProtocolError.ZMTP_UNSPECIFIED);
  }

  zapAvailable(): boolean {
    return this.state === "waiting-for-zap-reply" && this.receiveReply();
  }

  /**
   * libzmq takes errno for the reason and does not set it after telling: where the monitor has looked for commands,
   * the refused command counts as one for later.
   */
  protected noHandler(): false {
    this.again = noHandler(this.session);
    return false;
  }

  protected askHandler(mechanism: MechanismName, credentials: readonly string[]): boolean {
    this.zap.request(mechanism, credentials);
    this.state = "waiting-for-zap-reply";
    return this.receiveReply();
  }

  private receiveReply(): boolean {
    const outcome = this.zap.receive();
    if (outcome !== "done") return outcome === "waiting";
    // A peer that is refused for now hears nothing.
    if (this.zap.status === "200") this.state = this.admitted;
    else this.state = this.zap.status === "300" ? "error-sent" : "sending-error";
    return true;
  }
}
