/** A message for DISH is two frames, group and body. libzmq: dish_session_t. */
import { AddressedFrame, type Frame } from "../pipe/frame.ts";
import { Session } from "./session.ts";

const GROUP_MAX = 255;

export class DishSession extends Session {
  override protocolError = false;
  /** Group of a message whose body is to come. */
  private group: string | null = null;

  override pushMsg(frame: Frame): boolean {
    // A RADIO that is modelled sends group and body as one item.
    if (frame instanceof AddressedFrame) return super.pushMsg(frame);
    if (this.group === null) {
      if (!frame.more || frame.size > GROUP_MAX) return this.refuse();
      this.group = frame.bytes;
      return true;
    }
    if (frame.more) return this.refuse();
    if (!super.pushMsg(new AddressedFrame(frame, { group: this.group }))) return false;
    this.group = null;
    return true;
  }

  protected override reset(): void {
    this.group = null;
  }

  private refuse(): boolean {
    this.protocolError = true;
    return false;
  }
}
