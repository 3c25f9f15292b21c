/** CLIENT, SERVER and PEER: single frames, addressed by a number. libzmq: client.cpp, server.cpp, peer.cpp. */
import { AddressedFrame, Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Context } from "./context.ts";
import { DealerSocket } from "./dealer.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { RoutingIds } from "./routing-ids.ts";
import { singleFrame } from "./single-frame.ts";
import { SocketBase } from "./socket-base.ts";

export class ClientSocket extends DealerSocket {
  override xsetOption(): Errno | null | false {
    return false;
  }

  protected override xsend(frame: Frame): Errno | "broken" | null {
    return frame.more ? "EINVAL" : super.xsend(frame);
  }

  protected override xrecv(): Frame | null {
    return singleFrame(
      () => super.xrecv(),
      (frame) => this.loseMalformed(frame),
    );
  }
}

export class ServerSocket extends SocketBase {
  /** Number of the pipe that was attached last. */
  protected lastRoutingId = 0;
  private readonly fq = new FairQueue();
  private readonly outPipes = new Map<number, Pipe>();
  private readonly ids: RoutingIds;

  constructor(context: Context, name: string, type: "SERVER" | "PEER" = "SERVER") {
    super(context, type, name);
    this.ids = new RoutingIds(context.process.rand.generateRandom());
  }

  protected override xattachPipe(pipe: Pipe): void {
    // 0 stands for no routing id.
    this.lastRoutingId = this.ids.nextNumber() || this.ids.nextNumber();
    pipe.routingId = String(this.lastRoutingId);
    this.outPipes.set(this.lastRoutingId, pipe);
    this.fq.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.outPipes.delete(Number(pipe.routingId));
    this.fq.terminated(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    this.fq.activated(pipe);
  }

  protected override xsend(frame: Frame): Errno | null {
    if (frame.more) return "EINVAL";
    const pipe = this.outPipes.get(frame instanceof AddressedFrame ? frame.routingId : 0);
    if (pipe === undefined) return "EHOSTUNREACH";
    if (!pipe.canWrite()) return "EAGAIN";
    pipe.write(new Frame(frame.content, frame.size, frame.flags, frame.message));
    pipe.flush();
    return null;
  }

  protected override xrecv(): Frame | null {
    const frame = singleFrame(
      () => this.fq.recv(),
      (skipped) => this.loseMalformed(skipped),
    );
    return frame === null ? null : new AddressedFrame(frame, { routingId: Number(this.fq.lastPipe?.routingId) });
  }

  protected override xhasIn(): boolean {
    return this.fq.hasIn();
  }

  protected override xhasOut(): boolean {
    return true;
  }

  /** zmq_disconnect_peer. */
  disconnectPeer(routingId: number): Errno | null {
    const pipe = this.outPipes.get(routingId);
    if (pipe === undefined) return "EHOSTUNREACH";
    pipe.terminate(false);
    this.outPipes.delete(routingId);
    return null;
  }
}

export class PeerSocket extends ServerSocket {
  constructor(context: Context, name: string) {
    super(context, name, "PEER");
  }

  /** zmq_connect_peer: the routing id of the peer to be. */
  connectPeer(endpoint: string): number | Errno {
    if (this.options.immediate) return "EFAULT";
    return this.connect(endpoint) ?? this.lastRoutingId;
  }
}
