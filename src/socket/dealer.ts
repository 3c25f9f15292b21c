/** DEALER: load balancer out, fair queue in. libzmq: dealer.cpp. */
import { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { LoadBalancer } from "./lb.ts";
import { lbErrno } from "./push-pull.ts";
import { SocketBase } from "./socket-base.ts";

/** The empty message that ZMQ_PROBE_ROUTER sends to each new peer. */
export const PROBE = Frame.of("");

export class DealerSocket extends SocketBase {
  protected readonly fq = new FairQueue();
  private readonly lb = new LoadBalancer(this);
  private probeRouter = false;

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name !== "probe_router") return super.xsetOption(name, value);
    this.probeRouter = value !== 0;
    return null;
  }

  override xgetOption(name: string): number | string | null {
    return name === "probe_router" ? Number(this.probeRouter) : super.xgetOption(name);
  }

  protected override xattachPipe(pipe: Pipe, _locallyInitiated: boolean): void {
    if (this.probeRouter && pipe.write(PROBE)) pipe.flush();
    this.fq.attach(pipe);
    this.lb.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.fq.terminated(pipe);
    this.lb.terminated(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    this.fq.activated(pipe);
  }

  protected override xwriteActivated(pipe: Pipe): void {
    this.lb.activated(pipe);
  }

  protected override xsend(frame: Frame): Errno | "broken" | null {
    return lbErrno(this.lb.send(frame));
  }

  /** As xsend; `taken` hears which pipe took the frame. */
  protected sendPipe(frame: Frame, taken: (pipe: Pipe) => void): Errno | "broken" | null {
    return lbErrno(this.lb.send(frame, taken));
  }

  protected override xrecv(): Frame | null {
    return this.fq.recv();
  }

  protected override xhasIn(): boolean {
    return this.fq.hasIn();
  }

  protected override xhasOut(): boolean {
    return this.lb.hasOut();
  }
}
