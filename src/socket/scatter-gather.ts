/** SCATTER and GATHER: PUSH and PULL for single frames. libzmq: scatter.cpp, gather.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Errno } from "./errors.ts";
import { PullSocket, PushSocket } from "./push-pull.ts";
import { singleFrame } from "./single-frame.ts";

export class ScatterSocket extends PushSocket {
  protected override xsend(frame: Frame): Errno | "broken" | null {
    return frame.more ? "EINVAL" : super.xsend(frame);
  }
}

export class GatherSocket extends PullSocket {
  protected override xrecv(): Frame | null {
    return singleFrame(
      () => this.fq.recv(),
      (frame) => this.loseMalformed(frame),
    );
  }
}
