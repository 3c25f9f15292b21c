/** REP: a ROUTER that answers the request it has read. libzmq: rep.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Context } from "./context.ts";
import type { Errno } from "./errors.ts";
import { RouterSocket } from "./router.ts";

export class RepSocket extends RouterSocket {
  private sendingReply = false;
  private requestBegins = true;

  constructor(context: Context, name: string) {
    super(context, name, "REP");
  }

  override xsetOption(): Errno | null | false {
    return false;
  }

  protected override xsend(frame: Frame): Errno | null {
    if (!this.sendingReply) return "EFSM";
    const error = super.xsend(frame);
    if (error !== null) return error;
    if (!frame.more) this.sendingReply = false;
    return null;
  }

  protected override xrecv(): Frame | null {
    if (this.sendingReply) return this.fail("EFSM");
    if (this.requestBegins) {
      if (!this.readEnvelope()) return null;
      this.requestBegins = false;
    }
    const frame = super.xrecv();
    if (frame !== null && !frame.more) {
      this.sendingReply = true;
      this.requestBegins = true;
    }
    return frame;
  }

  protected override xhasIn(): boolean {
    return !this.sendingReply && super.xhasIn();
  }

  protected override xhasOut(): boolean {
    return this.sendingReply;
  }

  /** Copies the envelope, up to and with the empty frame, to the way of the reply. */
  private readEnvelope(): boolean {
    for (;;) {
      const frame = super.xrecv();
      if (frame === null) return false;
      if (!frame.more) {
        // No empty frame: not a request. Forget what was prepared and try the next message.
        if (frame.message !== null)
          this.journal.lose(frame.message, "malformed", frame.message.origin, this.name, "socket");
        this.rollback();
        continue;
      }
      // The route belongs to the reply, which is another message.
      super.xsend(frame.as(frame.flags, null));
      if (frame.size === 0) return true;
    }
  }
}
