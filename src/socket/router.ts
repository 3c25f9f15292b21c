/** ROUTER: addresses its peers by routing id. libzmq: router.cpp. */
import type { Fate } from "../journal/fates.ts";
import { Frame, MORE, ROUTING_ID } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import type { Context } from "./context.ts";
import { PROBE } from "./dealer.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { RoutingIds } from "./routing-ids.ts";
import { SocketBase } from "./socket-base.ts";

export class RouterSocket extends SocketBase {
  private readonly fq = new FairQueue();
  /** Pipes whose peer has not told its routing id, or told one that is taken. */
  private readonly anonymous = new Set<Pipe>();
  private readonly outPipes = new Map<string, Pipe>();
  private readonly ids: RoutingIds;
  private currentOut: Pipe | null = null;
  private moreOut = false;
  /** Why the message that is being sent goes nowhere. */
  private dropFate: Exclude<Fate, "delivered"> = "unroutable";
  private dropPeer = "";
  private currentIn: Pipe | null = null;
  private moreIn = false;
  private terminateCurrentIn = false;
  private prefetched: Frame | null = null;
  private prefetchedIdSent = false;
  /** What the peer was called when its message was taken: a handover meanwhile makes no difference. */
  private idIn = "";
  private mandatory = false;
  private handover = false;
  private probeRouter = false;
  private connectRoutingId = "";

  constructor(context: Context, name: string, type: "ROUTER" | "REP" = "ROUTER") {
    super(context, type, name);
    this.ids = new RoutingIds(context.process.rand.generateRandom());
  }

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name === "router_mandatory") this.mandatory = value !== 0;
    else if (name === "router_handover") this.handover = value !== 0;
    else if (name === "probe_router") this.probeRouter = value !== 0;
    else if (name === "router_raw") this.setRaw(value !== 0);
    else if (name === "router_notify") return this.setNotify(Number(value));
    else if (name === "connect_routing_id") this.connectRoutingId = String(value);
    else return super.xsetOption(name, value);
    return null;
  }

  override xgetOption(name: string): number | string | null {
    if (name === "router_mandatory") return Number(this.mandatory);
    if (name === "router_handover") return Number(this.handover);
    return name === "probe_router" ? Number(this.probeRouter) : super.xgetOption(name);
  }

  override xprefetched(): readonly Frame[] {
    return this.prefetched === null ? [] : [this.prefetched];
  }

  protected override xattachPipe(pipe: Pipe, locallyInitiated: boolean): void {
    if (this.probeRouter && pipe.write(PROBE)) pipe.flush();
    if (this.identifyPeer(pipe, locallyInitiated)) this.fq.attach(pipe);
    else this.anonymous.add(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    if (!this.anonymous.has(pipe)) {
      this.fq.activated(pipe);
      return;
    }
    if (!this.identifyPeer(pipe, false)) return;
    this.anonymous.delete(pipe);
    this.fq.attach(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    if (this.anonymous.delete(pipe)) return;
    if (pipe.routingId !== null && this.outPipes.get(pipe.routingId) === pipe) this.outPipes.delete(pipe.routingId);
    this.fq.terminated(pipe);
    pipe.rollback();
    if (pipe === this.currentOut) {
      this.currentOut = null;
      this.dropFate = "incomplete";
    }
  }

  protected override xsend(given: Frame): Errno | null {
    if (!this.moreOut) return this.beginMessage(given);
    const frame = this.options.rawSocket ? given.as(given.flags & ~MORE, given.message) : given;
    this.moreOut = frame.more;
    const pipe = this.currentOut;
    if (pipe !== null && this.options.rawSocket && frame.size === 0) {
      // A raw connection is closed by an empty message.
      pipe.terminate(false);
      this.currentOut = null;
    } else if (pipe === null) {
      this.dropped(frame);
    } else if (!pipe.write(frame)) {
      // There was room before, so the pipe is going: nothing of the message may remain.
      pipe.rollback();
      this.currentOut = null;
      this.dropFate = "incomplete";
      this.dropped(frame);
    } else if (!this.moreOut) {
      pipe.flush();
      this.currentOut = null;
    }
    return null;
  }

  protected override xrecv(): Frame | null {
    const { prefetched } = this;
    if (prefetched !== null) {
      if (!this.prefetchedIdSent) {
        this.prefetchedIdSent = true;
        return this.idFrame(prefetched);
      }
      this.prefetched = null;
      return this.endOfFrame(prefetched);
    }
    const frame = this.nextFrame();
    if (frame === null) return null;
    if (this.moreIn) return this.endOfFrame(frame);
    this.prefetched = frame;
    this.prefetchedIdSent = true;
    this.comesFrom(this.fq.lastPipe);
    return this.idFrame(frame);
  }

  protected override xhasIn(): boolean {
    if (this.moreIn || this.prefetched !== null) return true;
    const frame = this.nextFrame();
    if (frame === null) return false;
    this.prefetched = frame;
    this.prefetchedIdSent = false;
    this.comesFrom(this.fq.lastPipe);
    return true;
  }

  protected override xhasOut(): boolean {
    if (!this.mandatory) return true;
    for (const pipe of this.outPipes.values()) if (pipe.hasRoom()) return true;
    return false;
  }

  /** Takes back the frames of an unfinished message. libzmq: router_t::rollback. */
  protected rollback(): void {
    if (this.currentOut === null) return;
    this.currentOut.rollback();
    this.currentOut = null;
    this.moreOut = false;
  }

  /** The first frame names the peer. */
  private beginMessage(frame: Frame): Errno | null {
    // An address without a message is ignored.
    if (!frame.more) {
      this.dropFate = "malformed";
      this.dropped(frame);
      return null;
    }
    const pipe = this.outPipes.get(frame.bytes);
    this.dropFate = "unroutable";
    this.dropPeer = pipe?.peerName ?? "";
    if (pipe === undefined) {
      if (this.mandatory) return "EHOSTUNREACH";
    } else if (pipe.canWrite()) {
      this.currentOut = pipe;
    } else {
      const full = !pipe.hasRoom();
      if (this.mandatory) return full ? "EAGAIN" : "EHOSTUNREACH";
      if (full) this.dropFate = "hwm";
    }
    this.moreOut = true;
    return null;
  }

  private dropped(frame: Frame): void {
    if (frame.more || frame.message === null) return;
    if (this.dropPeer === "") this.journal.drop(frame.message, this.dropFate, this.name);
    else this.journal.drop(frame.message, this.dropFate, this.name, this.dropPeer);
  }

  /** Routing ids may come again after a reconnect; they are no messages. */
  private nextFrame(): Frame | null {
    for (;;) {
      const frame = this.fq.recv();
      if (frame === null || (frame.flags & ROUTING_ID) === 0) return frame;
    }
  }

  private idFrame(first: Frame): Frame {
    this.moreIn = true;
    return new Frame(this.idIn, this.idIn.length, MORE, first.message);
  }

  private comesFrom(pipe: Pipe | null): void {
    this.currentIn = pipe;
    this.idIn = pipe?.routingId ?? "";
  }

  private endOfFrame(frame: Frame): Frame {
    this.moreIn = frame.more;
    if (this.moreIn) return frame;
    if (this.terminateCurrentIn) {
      this.currentIn?.terminate(true);
      this.terminateCurrentIn = false;
    }
    this.currentIn = null;
    return frame;
  }

  private setRaw(raw: boolean): void {
    if (!raw) return;
    this.changeOptions({ recvRoutingId: false, rawSocket: true });
  }

  private setNotify(bits: number): Errno | null {
    if (!Number.isInteger(bits) || bits < 0 || bits > 3) return "EINVAL";
    this.changeOptions({ routerNotify: bits });
    return null;
  }

  /** Finds out and registers the peer's routing id. False: not yet, or never for a duplicate. */
  private identifyPeer(pipe: Pipe, locallyInitiated: boolean): boolean {
    if (locallyInitiated && this.connectRoutingId !== "") {
      this.register(this.connectRoutingId, pipe);
      this.connectRoutingId = "";
      return true;
    }
    if (this.options.rawSocket) {
      this.register(this.ids.next(), pipe);
      return true;
    }
    const frame = pipe.read();
    if (frame === null) return false;
    // A conflating pipe may have replaced the routing id by a message, which then serves as one.
    pipe.discard(frame, "malformed", "pipe");
    const id = frame.size === 0 ? this.ids.next() : frame.bytes;
    const holder = this.outPipes.get(id);
    if (holder !== undefined) {
      if (!this.handover) return false;
      this.handOver(holder);
    }
    this.register(id, pipe);
    return true;
  }

  /** The present holder of an id gets another one and goes. */
  private handOver(holder: Pipe): void {
    this.outPipes.delete(holder.routingId as string);
    this.register(this.ids.next(), holder);
    holder.discardFate = "handover";
    if (holder === this.currentIn) this.terminateCurrentIn = true;
    else holder.terminate(true);
  }

  private register(id: string, pipe: Pipe): void {
    pipe.routingId = id;
    this.outPipes.set(id, pipe);
  }
}
