/** CHANNEL: a PAIR for single frames. libzmq: channel.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Errno } from "./errors.ts";
import { PairSocket } from "./pair.ts";
import { singleFrame } from "./single-frame.ts";

export class ChannelSocket extends PairSocket {
  protected override xsend(frame: Frame): Errno | null {
    return frame.more ? "EINVAL" : super.xsend(frame);
  }

  protected override xrecv(): Frame | null {
    return singleFrame(
      () => super.xrecv(),
      (frame) => this.loseMalformed(frame),
    );
  }
}
