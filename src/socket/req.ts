/** REQ: a DEALER that alternates requests and replies. libzmq: req.cpp. */
import { Frame, MORE } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { ReqSession } from "../session/req-session.ts";
import type { Session, SessionParameters } from "../session/session.ts";
import type { Context } from "./context.ts";
import { DealerSocket } from "./dealer.ts";
import type { Errno } from "./errors.ts";

export class ReqSocket extends DealerSocket {
  private receivingReply = false;
  private messageBegins = true;
  private replyPipe: Pipe | null = null;
  private requestId: number;
  private strict = true;
  private correlate = false;

  constructor(context: Context, name: string) {
    super(context, "REQ", name);
    this.requestId = context.process.rand.generateRandom();
  }

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name === "req_relaxed") this.strict = value === 0;
    else if (name === "req_correlate") this.correlate = value !== 0;
    else return super.xsetOption(name, value);
    return null;
  }

  override xgetOption(name: string): number | string | null {
    if (name === "req_relaxed") return Number(!this.strict);
    return name === "req_correlate" ? Number(this.correlate) : super.xgetOption(name);
  }

  override createSession(parameters: SessionParameters): Session {
    return new ReqSession(parameters);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    if (this.replyPipe === pipe) this.replyPipe = null;
    super.xpipeTerminated(pipe);
  }

  protected override xsend(frame: Frame): Errno | "broken" | null {
    if (this.receivingReply) {
      if (this.strict) return "EFSM";
      this.receivingReply = false;
      this.messageBegins = true;
    }
    if (this.messageBegins) {
      const error = this.beginRequest(frame);
      if (error !== null) return error;
    }
    const error = super.xsend(frame);
    if (error !== null) return error;
    if (!frame.more) {
      this.receivingReply = true;
      this.messageBegins = true;
    }
    return null;
  }

  protected override xrecv(): Frame | null {
    if (!this.receivingReply) return this.fail("EFSM");
    while (this.messageBegins) {
      if (this.correlate) {
        const id = this.recvReplyPipe();
        if (id === null) return null;
        if (!id.more || id.bytes !== hostOrder(this.requestId)) {
          this.skipRest(id);
          continue;
        }
      }
      const bottom = this.recvReplyPipe();
      if (bottom === null) return null;
      if (!bottom.more || bottom.size !== 0) this.skipRest(bottom);
      else this.messageBegins = false;
    }
    const frame = this.recvReplyPipe();
    if (frame !== null && !frame.more) {
      this.receivingReply = false;
      this.messageBegins = true;
    }
    return frame;
  }

  protected override xhasIn(): boolean {
    // A message may be there that recv will skip.
    return this.receivingReply && super.xhasIn();
  }

  protected override xhasOut(): boolean {
    return !(this.receivingReply && this.strict) && super.xhasOut();
  }

  /** Envelope, then away with every reply that is still there. */
  private beginRequest(frame: Frame): Errno | "broken" | null {
    this.replyPipe = null;
    const remember = (pipe: Pipe): void => {
      this.replyPipe = pipe;
    };
    if (this.correlate) {
      this.requestId = (this.requestId + 1) >>> 0;
      const error = this.sendPipe(new Frame(hostOrder(this.requestId), 4, MORE, frame.message), remember);
      if (error !== null) return error;
    }
    const error = this.sendPipe(new Frame("", 0, MORE, frame.message), remember);
    if (error !== null) return error;
    this.messageBegins = false;
    for (let stale = super.xrecv(); stale !== null; stale = super.xrecv()) this.stale(stale);
    return null;
  }

  private recvReplyPipe(): Frame | null {
    for (;;) {
      const frame = super.xrecv();
      if (frame === null || this.replyPipe === null || this.fq.lastPipe === this.replyPipe) return frame;
      this.stale(frame);
    }
  }

  private skipRest(first: Frame): void {
    this.stale(first);
    for (let more = first.more; more; ) {
      const frame = this.recvReplyPipe();
      if (frame === null) return;
      this.stale(frame);
      more = frame.more;
    }
  }

  private stale(frame: Frame): void {
    if (frame.message === null || frame.more) return;
    this.journal.lose(frame.message, "stale", this.fq.lastPipe?.peerName ?? frame.message.origin, this.name, "socket");
  }
}

/** Request ids travel in host byte order (little endian). */
const hostOrder = (id: number): string => String.fromCharCode(id & 255, (id >>> 8) & 255, (id >>> 16) & 255, id >>> 24);
