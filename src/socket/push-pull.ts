/** PUSH spreads over its peers, PULL takes from them in turn. libzmq: push.cpp, pull.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { LoadBalancer } from "./lb.ts";
import { SocketBase } from "./socket-base.ts";

/** What a load balancer says, as a send result. */
export const lbErrno = (result: ReturnType<LoadBalancer["send"]>): Errno | "broken" | null =>
  result === "sent" ? null : result === "again" ? "EAGAIN" : "broken";

export class PushSocket extends SocketBase {
  private readonly lb = new LoadBalancer(this);

  protected override xattachPipe(pipe: Pipe): void {
    // Nobody reads the incoming side, so nobody would find a delimiter there.
    pipe.setNodelay();
    this.lb.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.lb.terminated(pipe);
  }

  protected override xwriteActivated(pipe: Pipe): void {
    this.lb.activated(pipe);
  }

  protected override xsend(frame: Frame): Errno | "broken" | null {
    return lbErrno(this.lb.send(frame));
  }

  protected override xhasOut(): boolean {
    return this.lb.hasOut();
  }
}

export class PullSocket extends SocketBase {
  protected readonly fq = new FairQueue();

  protected override xattachPipe(pipe: Pipe): void {
    this.fq.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.fq.terminated(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    this.fq.activated(pipe);
  }

  protected override xrecv(): Frame | null {
    return this.fq.recv();
  }

  protected override xhasIn(): boolean {
    return this.fq.hasIn();
  }
}
