/** The engine of raw sockets: bytes as they come. libzmq: raw_engine.cpp, raw_encoder.cpp, raw_decoder.cpp. */

import type { Message } from "../journal/message.ts";
import type { Instant } from "../kernel/time.ts";
import { Frame, RAW } from "../pipe/frame.ts";
import { encode } from "./codec.ts";
import { ZmtpEngine } from "./engine.ts";
import { SecureEngine } from "./secure-engine.ts";
import { type EngineError, type EngineParameters, type EngineSession, StreamEngine } from "./stream-engine.ts";
import { Control, type WireItem } from "./wire.ts";

const NOTICE = Frame.of("");
const EPIPE = 32;

export class RawEngine extends StreamEngine {
  override readonly hasHandshake = false;
  /** Bytes of items that were begun; those that the kernel has given count in `unpushed`. */
  private encoded = "";
  private unpushed = 0;
  /** Messages by the end of their bytes in `encoded`. */
  private endings: { at: number; message: Message }[] = [];

  protected override begin(): void {
    this.encodes = true;
    if (this.options.streamNotify) {
      const session = this.session as EngineSession;
      session.pushMsg(NOTICE);
      session.flush();
    }
    this.pollOut = true;
    this.postOut();
  }

  protected override nextItem(): WireItem | null {
    const frame = (this.session as EngineSession).pullMsg();
    return frame === null ? null : frame.as(RAW, frame.more ? null : frame.message);
  }

  protected override readSize(batch: number): number {
    return batch;
  }

  protected override bytesRead(bytes: number): void {
    this.unpushed += bytes;
  }

  /** Hands over what was read as one message; the items are of no interest here. */
  protected override processItems(): boolean {
    const { unpushed } = this;
    if (unpushed === 0) return true;
    while (this.encoded.length < unpushed) this.encodeNext();
    this.unpushed = 0;
    const chunk = this.encoded.slice(0, unpushed);
    this.encoded = this.encoded.slice(unpushed);
    return this.handOver(new Frame(chunk, chunk.length, 0, this.endedIn(unpushed)));
  }

  protected override processItem(): boolean {
    return true;
  }

  protected override timerEvent(): void {}

  protected override cancelTimers(): void {}

  /** libzmq: raw_engine_t::error. Without a mechanism every end counts as one during the handshake. */
  protected override error(reason: EngineError): void {
    const session = this.session as EngineSession;
    if (this.options.streamNotify) session.pushMsg(NOTICE);
    if (reason !== "protocol") session.monitor("HANDSHAKE_FAILED_NO_DETAIL", EPIPE);
    session.monitor("DISCONNECTED", this.fd);
    session.flush();
    this.unplug();
    session.engineError(true, reason);
  }

  override processDied(at: Instant): void {
    this.loseBegun();
    super.processDied(at);
  }

  override loseItems(): void {
    this.loseBegun();
    super.loseItems();
  }

  protected override unplug(): void {
    this.loseBegun();
    super.unplug();
  }

  /** Messages of which a part was read, or nothing but the begin. */
  private loseBegun(): void {
    for (const { message } of this.endings) this.session?.lost(Frame.of("", 0, message));
    this.endings = [];
  }

  private encodeNext(): void {
    const item = this.end.takeBegun() as WireItem;
    this.encoded += encode(item);
    if (item instanceof Control || item.message === null || item.more) return;
    this.endings.push({ at: this.encoded.length, message: item.message });
  }

  /** The message that the chunk stands for: the last that ends in it. The others before it have arrived whole as well. */
  private endedIn(size: number): Message | null {
    let last: Message | null = null;
    while (this.endings.length > 0 && (this.endings[0] as { at: number }).at <= size) {
      if (last !== null) this.process.world.journal.delivered++;
      last = (this.endings.shift() as { message: Message }).message;
    }
    for (const ending of this.endings) ending.at -= size;
    return last;
  }
}

/** libzmq: stream_connecter_base_t::create_engine. */
export function createEngine(parameters: EngineParameters): StreamEngine {
  const { rawSocket, security } = parameters.options;
  if (rawSocket) return new RawEngine(parameters);
  const secured = security.mechanism !== "NULL" || security.zapDomain !== "";
  return secured ? new SecureEngine(parameters) : new ZmtpEngine(parameters);
}
