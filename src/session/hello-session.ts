/** Sends HELLO_MSG as the first message of every connection. libzmq: hello_msg_session_t. */
import { Frame } from "../pipe/frame.ts";
import { Session } from "./session.ts";

export class HelloSession extends Session {
  private greeted = false;

  override pullMsg(): Frame | null {
    if (this.greeted) return super.pullMsg();
    this.greeted = true;
    return Frame.of(this.options.helloMsg);
  }

  protected override reset(): void {
    this.greeted = false;
  }
}
