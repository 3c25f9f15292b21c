/** REQ checks the shape of what comes in before it reaches the pipe. libzmq: req_session_t. */
import type { Frame } from "../pipe/frame.ts";
import { Session } from "./session.ts";

type Expect = "bottom" | "bottom-or-id" | "body";

/** Accepts [4-byte request id] + empty frame + body frames; anything else ends the connection. */
export class ReqSession extends Session {
  override protocolError = false;
  private expect: Expect = "bottom-or-id";

  override pushMsg(frame: Frame): boolean {
    if (!this.fits(frame)) {
      this.protocolError = true;
      return false;
    }
    const before = this.expect;
    this.expect = this.after(frame);
    if (super.pushMsg(frame)) return true;
    this.expect = before;
    return false;
  }

  private fits(frame: Frame): boolean {
    if (this.expect === "body") return true;
    if (!frame.more) return false;
    return frame.size === 0 || (this.expect === "bottom-or-id" && frame.size === 4);
  }

  private after(frame: Frame): Expect {
    if (this.expect === "bottom-or-id" && frame.size === 4) return "bottom";
    if (this.expect !== "body") return "body";
    return frame.more ? "body" : "bottom-or-id";
  }

  override engineError(handshaked: boolean, reason: "connection" | "protocol" | "timeout"): void {
    this.expect = "bottom-or-id";
    super.engineError(handshaked, reason);
  }
}
