/** DGRAM: datagrams of udp, each with an address before it. libzmq: dgram.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { destinationText } from "../zmtp/udp-engine.ts";
import type { Errno } from "./errors.ts";
import { PairSocket } from "./pair.ts";

export class DgramSocket extends PairSocket {
  /** An address was sent, the message is to come. After a refused third frame it stays so until a last frame comes. */
  private moreOut = false;
  /** The pipe leads to the network, so that the address tells whom a message is for. */
  private udp = false;

  protected override xattachPipe(pipe: Pipe, _locallyInitiated?: boolean, subscribeToAll = false): void {
    if (this.pipe === null) this.udp = subscribeToAll;
    super.xattachPipe(pipe);
  }

  protected override xsend(frame: Frame): Errno | null {
    const { pipe } = this;
    if (pipe === null) return "EAGAIN";
    if (frame.more === this.moreOut) return "EINVAL";
    if (this.udp && frame.more) pipe.peerName = destinationText(frame.bytes);
    if (!pipe.write(frame)) return "EAGAIN";
    if (!frame.more) pipe.flush();
    this.moreOut = frame.more;
    return null;
  }
}
