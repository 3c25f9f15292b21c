/** PAIR: one peer, the first to attach. libzmq: pair.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Errno } from "./errors.ts";
import { SocketBase } from "./socket-base.ts";

export class PairSocket extends SocketBase {
  protected pipe: Pipe | null = null;

  protected override xattachPipe(pipe: Pipe): void {
    if (this.pipe === null) this.pipe = pipe;
    else pipe.terminate(false);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    if (pipe === this.pipe) this.pipe = null;
  }

  protected override xsend(frame: Frame): Errno | null {
    if (this.pipe === null || !this.pipe.write(frame)) return "EAGAIN";
    if (!frame.more) this.pipe.flush();
    return null;
  }

  protected override xrecv(): Frame | null {
    return this.pipe?.read() ?? null;
  }

  protected override xhasIn(): boolean {
    return this.pipe?.canRead() ?? false;
  }

  protected override xhasOut(): boolean {
    return this.pipe?.canWrite() ?? false;
  }
}
