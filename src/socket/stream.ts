/** STREAM: bytes of raw connections, addressed by routing id. libzmq: stream.cpp. */
import { Frame, MORE } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Context } from "./context.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { RoutingIds } from "./routing-ids.ts";
import { SocketBase } from "./socket-base.ts";

export class StreamSocket extends SocketBase {
  private readonly fq = new FairQueue();
  private readonly outPipes = new Map<string, Pipe>();
  private readonly ids: RoutingIds;
  private currentOut: Pipe | null = null;
  private moreOut = false;
  private prefetched: Frame | null = null;
  private idSent = false;
  private currentId = "";
  private connectRoutingId = "";

  constructor(context: Context, name: string) {
    super(context, "STREAM", name);
    this.ids = new RoutingIds(context.process.rand.generateRandom());
  }

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name === "connect_routing_id") this.connectRoutingId = String(value);
    else if (name !== "stream_notify") return super.xsetOption(name, value);
    else if (value !== 0 && value !== 1) return "EINVAL";
    else this.changeOptions({ streamNotify: value === 1 });
    return null;
  }

  override xprefetched(): readonly Frame[] {
    return this.prefetched === null ? [] : [this.prefetched];
  }

  protected override xattachPipe(pipe: Pipe, locallyInitiated: boolean): void {
    const given = locallyInitiated ? this.connectRoutingId : "";
    if (given !== "") this.connectRoutingId = "";
    else this.changeOptions({ routingId: this.ids.next() });
    const id = given !== "" ? given : this.options.routingId;
    pipe.routingId = id;
    this.outPipes.set(id, pipe);
    this.fq.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.outPipes.delete(pipe.routingId as string);
    this.fq.terminated(pipe);
    if (pipe === this.currentOut) this.currentOut = null;
  }

  protected override xreadActivated(pipe: Pipe): void {
    this.fq.activated(pipe);
  }

  protected override xsend(frame: Frame): Errno | null {
    if (!this.moreOut) return this.choosePeer(frame);
    this.moreOut = false;
    const pipe = this.currentOut;
    this.currentOut = null;
    const last = frame.as(frame.flags & ~MORE, frame.message);
    if (pipe === null) this.dropped(last, "malformed");
    // An empty message closes the connection.
    else if (last.size === 0) pipe.terminate(false);
    else if (pipe.write(last)) pipe.flush();
    else this.dropped(last, "unroutable");
    return null;
  }

  protected override xrecv(): Frame | null {
    const { prefetched } = this;
    if (prefetched !== null) {
      if (this.idSent) {
        this.prefetched = null;
        return prefetched;
      }
      this.idSent = true;
      return this.idFrame(prefetched);
    }
    if (!this.prefetch()) return null;
    this.idSent = true;
    return this.idFrame(this.prefetched as unknown as Frame);
  }

  protected override xhasIn(): boolean {
    if (this.prefetched !== null) return true;
    this.idSent = false;
    return this.prefetch();
  }

  protected override xhasOut(): boolean {
    return true;
  }

  private prefetch(): boolean {
    this.prefetched = this.fq.recv();
    this.currentId = this.fq.lastPipe?.routingId ?? "";
    return this.prefetched !== null;
  }

  private idFrame(data: Frame): Frame {
    return new Frame(this.currentId, this.currentId.length, MORE, data.message);
  }

  private choosePeer(frame: Frame): Errno | null {
    // An address without a message swallows the next frame.
    if (frame.more) {
      const pipe = this.outPipes.get(frame.bytes);
      if (pipe === undefined) return "EHOSTUNREACH";
      if (!pipe.canWrite()) return "EAGAIN";
      this.currentOut = pipe;
    }
    this.moreOut = true;
    return null;
  }

  private dropped(frame: Frame, fate: "malformed" | "unroutable"): void {
    if (frame.message !== null) this.journal.drop(frame.message, fate, this.name);
  }
}
