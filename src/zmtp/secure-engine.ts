/** Connections with more than a bare NULL handshake: credentials, and the frames of CURVE. libzmq: stream_engine_base.cpp, curve_mechanism_base.cpp. */
import { AddressedFrame, CREDENTIAL, Frame, SEALED } from "../pipe/frame.ts";
import { ZmtpEngine } from "./engine.ts";
import { type Mechanism, ProtocolError, protocolFailure } from "./handshake.ts";
import type { EngineSession } from "./stream-engine.ts";
import { bodySize, Control, commandName, SEAL, sealed, type WireItem } from "./wire.ts";

export class SecureEngine extends ZmtpEngine {
  private readonly seals = this.options.security.mechanism === "CURVE";
  private userId = "";
  /** The first message is announced by who it is from, if the ZAP handler has said. */
  private credentialPushed = false;

  protected override keep({ userId }: Mechanism): void {
    this.userId = userId;
  }

  protected override nextItem(): WireItem | null {
    const item = super.nextItem();
    if (item === null || !this.seals) return item;
    if (item instanceof Frame) return item.as(item.flags | SEALED, item.message);
    const { kind, ttl, text } = item;
    return kind === "ping" || kind === "pong" ? new Control(kind, sealed(bodySize(item)), { ttl, text }) : item;
  }

  protected override processFrame(frame: Frame): boolean {
    if (!this.seals) return super.processFrame(frame);
    const session = this.session as EngineSession;
    if ((frame.flags & SEALED) === 0) return protocolFailure(session, ProtocolError.ZMTP_UNEXPECTED_COMMAND);
    const { maxmsgsize } = this.options;
    const group = frame instanceof AddressedFrame ? frame.group.length : 0;
    const size = Math.max(frame.size + commandName(frame).length, group) + SEAL;
    if (maxmsgsize >= 0 && size > maxmsgsize) {
      this.tooBig = new Frame(null, size, frame.flags & ~SEALED, frame.message);
      return false;
    }
    return super.processFrame(frame.as(frame.flags & ~SEALED, frame.message));
  }

  protected override handOver(frame: Frame): boolean {
    if (this.credentialPushed || this.pushCredential()) return super.handOver(frame);
    const session = this.session as EngineSession;
    if (!session.protocolError) this.parked = frame;
    else session.lost(frame);
    return false;
  }

  /** The sessions of REQ and DISH know no such thing, and end the connection. libzmq: stream_engine_base_t::write_credential. */
  private pushCredential(): boolean {
    const session = this.session as EngineSession;
    const { userId } = this;
    this.credentialPushed = userId === "" || session.pushMsg(Frame.of(userId, CREDENTIAL));
    return this.credentialPushed;
  }
}
