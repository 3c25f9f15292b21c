/** XSUB and SUB: subscriptions go to every publisher, messages come from all in turn. libzmq: xsub.cpp, sub.cpp. */
import { CANCEL, Frame, SUBSCRIBE } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { Distributor } from "./dist.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { SocketBase } from "./socket-base.ts";
import { Subscriptions } from "./subscriptions.ts";

export class XSubSocket extends SocketBase {
  /** SUB lets only matching messages through. */
  protected readonly filter: boolean = false;
  protected readonly subscriptions = new Subscriptions(this.context.draft);
  private readonly fq = new FairQueue();
  private readonly dist = new Distributor(this);
  /** A message that poll found. */
  private prefetched: Frame | null = null;
  private moreSend = false;
  private moreRecv = false;
  private processSubscribe = false;
  private onlyFirstSubscribe = false;
  private verboseUnsubs = false;

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name === "only_first_subscribe") this.onlyFirstSubscribe = value !== 0;
    else if (name === "xsub_verbose_unsubscribe") this.verboseUnsubs = value !== 0;
    else return super.xsetOption(name, value);
    return null;
  }

  override xgetOption(name: string): number | string | null {
    return name === "topics_count" ? this.subscriptions.size : super.xgetOption(name);
  }

  override xprefetched(): readonly Frame[] {
    return this.prefetched === null ? [] : [this.prefetched];
  }

  protected override xattachPipe(pipe: Pipe): void {
    this.fq.attach(pipe);
    this.dist.attach(pipe);
    this.sendSubscriptions(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.fq.terminated(pipe);
    this.dist.terminated(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    this.fq.activated(pipe);
  }

  protected override xwriteActivated(pipe: Pipe): void {
    this.dist.activated(pipe);
  }

  protected override xhiccuped(pipe: Pipe): void {
    this.sendSubscriptions(pipe);
  }

  protected override xsend(frame: Frame): Errno | null {
    const first = !this.moreSend;
    this.moreSend = frame.more;
    if (first) this.processSubscribe = !this.onlyFirstSubscribe;
    const kind = first || this.processSubscribe ? subscriptionKind(frame) : null;
    if (kind === null) {
      this.dist.sendToAll(frame);
      if (!frame.more && frame.message !== null && this.dist.pipes.length === 0)
        this.journal.drop(frame.message, "no-peer", this.name);
      return null;
    }
    this.processSubscribe = true;
    const prefix = (frame.flags & (SUBSCRIBE | CANCEL)) !== 0 ? frame.bytes : frame.bytes.slice(1);
    // A subscription is no message: nobody waits for it.
    if (kind === "add") this.subscriptions.add(prefix);
    else if (!this.subscriptions.remove(prefix) && !this.verboseUnsubs) return null;
    this.dist.sendToAll(frame.as(frame.flags, null));
    return null;
  }

  protected override xrecv(): Frame | null {
    const { prefetched } = this;
    if (prefetched !== null) {
      this.prefetched = null;
      this.moreRecv = prefetched.more;
      return prefetched;
    }
    const frame = this.moreRecv ? this.fq.recv() : this.nextMatching();
    if (frame !== null) this.moreRecv = frame.more;
    return frame;
  }

  protected override xhasIn(): boolean {
    if (this.moreRecv || this.prefetched !== null) return true;
    this.prefetched = this.nextMatching();
    return this.prefetched !== null;
  }

  protected override xhasOut(): boolean {
    return true;
  }

  /** First frame of the next message that passes the filter. */
  private nextMatching(): Frame | null {
    for (;;) {
      let frame = this.fq.recv();
      if (frame === null || !this.filter || this.matches(frame)) return frame;
      for (;;) {
        if (!frame.more) break;
        const rest = this.fq.recv();
        if (rest === null) return null;
        frame = rest;
      }
      if (frame.message !== null)
        this.journal.lose(frame.message, "filtered", this.fq.lastPipe?.peerName ?? "", this.name, "socket");
    }
  }

  private matches(frame: Frame): boolean {
    return this.subscriptions.matches(frame) !== this.options.invertMatching;
  }

  private sendSubscriptions(pipe: Pipe): void {
    for (const prefix of this.subscriptions.sorted()) pipe.write(Frame.of(prefix, SUBSCRIBE));
    pipe.flush();
  }

  missed(frame: Frame, pipe: Pipe): void {
    if (frame.message !== null && !frame.more) this.journal.drop(frame.message, "hwm", this.name, pipe.peerName);
  }
}

export class SubSocket extends XSubSocket {
  protected override readonly filter = true;

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name === "subscribe") this.sendSubscription(String(value), SUBSCRIBE);
    else if (name === "unsubscribe") this.sendSubscription(String(value), CANCEL);
    else return false;
    return null;
  }

  protected override xsend(_frame: Frame): Errno | null {
    return "ENOTSUP";
  }

  protected override xhasOut(): boolean {
    return false;
  }

  private sendSubscription(prefix: string, flag: number): void {
    super.xsend(Frame.of(prefix, flag));
  }
}

function subscriptionKind(frame: Frame): "add" | "remove" | null {
  if ((frame.flags & SUBSCRIBE) !== 0) return "add";
  if ((frame.flags & CANCEL) !== 0) return "remove";
  const kind = frame.byteAt(0);
  return kind === 1 ? "add" : kind === 0 ? "remove" : null;
}
