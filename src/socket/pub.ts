/** XPUB and PUB: every subscriber with a matching prefix gets the message. libzmq: xpub.cpp, pub.cpp. */
import type { Message } from "../journal/message.ts";
import { CANCEL, Frame, SUBSCRIBE } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { Distributor } from "./dist.ts";
import type { Errno } from "./errors.ts";
import { ManualSubscriptions } from "./manual.ts";
import { SocketBase } from "./socket-base.ts";
import { PipeSubscriptions } from "./subscriptions.ts";

export class XPubSocket extends SocketBase {
  protected readonly dist = new Distributor(this);
  private readonly subscriptions = new PipeSubscriptions();
  /** Subscriptions and user messages from below, for recv. */
  private pending: Frame[] = [];
  private verboseSubs = false;
  private verboseUnsubs = false;
  private noDrop = false;
  private onlyFirstSubscribe = false;
  private welcomeMsg = "";
  /** XPUB_MANUAL: the program decides about each subscription; null when it does not. */
  private manual: ManualSubscriptions | null = null;
  private moreSend = false;
  private moreRecv = false;
  private processSubscribe = false;
  private missedBy = new Set<Pipe>();
  /** The frame whose first bytes are being matched. */
  private matching: Frame = EMPTY;
  private readonly matchPipe = (pipe: Pipe): void => {
    if (!this.dist.match(pipe) && !this.options.invertMatching) this.missed(this.matching, pipe);
  };

  override xsetOption(name: string, value: number | string): Errno | null | false {
    const on = value !== 0;
    if (name === "xpub_verbose") {
      this.verboseSubs = on;
      this.verboseUnsubs = false;
    } else if (name === "xpub_verboser") {
      this.verboseSubs = on;
      this.verboseUnsubs = on;
    } else if (name === "xpub_nodrop") this.noDrop = on;
    else if (name === "xpub_manual" || name === "xpub_manual_last_value")
      this.setManual(on, name === "xpub_manual_last_value");
    else if (name === "subscribe" || name === "unsubscribe") return this.decide(name === "subscribe", String(value));
    else if (name === "only_first_subscribe") this.onlyFirstSubscribe = on;
    else if (name === "xpub_welcome_msg") this.welcomeMsg = String(value);
    else return super.xsetOption(name, value);
    return null;
  }

  override xgetOption(name: string): number | string | null {
    return name === "topics_count" ? this.subscriptions.topicsCount : super.xgetOption(name);
  }

  protected override xattachPipe(pipe: Pipe, _locallyInitiated: boolean): void {
    this.dist.attach(pipe);
    if (this.welcomeMsg !== "") {
      pipe.write(Frame.of(this.welcomeMsg));
      pipe.flush();
    }
    // The pipe may hold subscriptions already.
    this.xreadActivated(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    this.manual?.pipeTerminated(pipe, (prefix) => this.notify(`\0${prefix}`));
    this.subscriptions.removePipe(pipe, (prefix, last) => {
      this.noteSubscription(pipe, prefix, false);
      if (this.manual === null && (last || this.verboseUnsubs)) this.notify(`\0${prefix}`);
    });
    this.dist.terminated(pipe);
  }

  protected override xwriteActivated(pipe: Pipe): void {
    this.dist.activated(pipe);
  }

  /** Everything that comes from below is taken at once. */
  protected override xreadActivated(pipe: Pipe): void {
    for (let frame = pipe.read(); frame !== null; frame = pipe.read()) {
      const first = !this.moreRecv;
      this.moreRecv = frame.more;
      const topic = first || this.processSubscribe ? subscriptionTopic(frame) : null;
      if (first) this.processSubscribe = !this.onlyFirstSubscribe || topic !== null;
      if (topic === null) this.userMessage(frame, pipe);
      else this.applySubscription(pipe, topic.add, topic.prefix, frame.more ? null : frame.message);
    }
  }

  protected override xsend(frame: Frame): Errno | null {
    if (!this.moreSend) this.matchFirstFrame(frame);
    if (this.noDrop && !this.dist.checkHwm()) return "EAGAIN";
    this.dist.sendToMatching(frame);
    this.moreSend = frame.more;
    if (!frame.more) this.account(frame);
    return null;
  }

  protected override xrecv(): Frame | null {
    const frame = this.pending.shift();
    if (frame === undefined) return null;
    this.manual?.notificationRead((pipe) => pipe.outIndex >= 0);
    return frame;
  }

  protected override xhasIn(): boolean {
    return this.pending.length > 0;
  }

  protected override xhasOut(): boolean {
    return true;
  }

  override xprefetched(): readonly Frame[] {
    return this.pending;
  }

  /** A message of the program below an XSUB; PUB has no use for it. */
  protected userMessage(frame: Frame, _pipe: Pipe): void {
    this.pending.push(frame);
  }

  /** Tells the program; PUB has nobody to tell. */
  protected notify(text: string, message: Message | null = null): void {
    this.pending.push(Frame.of(text, 0, message));
  }

  private matchFirstFrame(frame: Frame): void {
    this.dist.unmatch();
    this.matching = frame;
    const only = this.manual?.takeLastValuePipe() ?? null;
    this.subscriptions.match(frame, only === null ? this.matchPipe : (pipe) => pipe === only && this.matchPipe(pipe));
    if (this.options.invertMatching) this.dist.reverseMatch();
  }

  /** `message`: a user message whose last frame looked like a subscription; it ends here. */
  private applySubscription(pipe: Pipe, add: boolean, prefix: string, message: Message | null): void {
    if (this.manual !== null) this.manual.requested(pipe, prefix, add);
    else this.noteSubscription(pipe, prefix, add);
    if (this.manual !== null || this.tells(pipe, add, prefix)) this.notify(`${add ? "\x01" : "\0"}${prefix}`, message);
    else if (message !== null) this.journal.lose(message, "malformed", pipe.peerName, this.name, "socket");
  }

  /** Changes the table; is it news for the program? */
  private tells(pipe: Pipe, add: boolean, prefix: string): boolean {
    if (add) return this.subscriptions.add(prefix, pipe) || this.verboseSubs;
    return this.subscriptions.remove(prefix, pipe) !== "others-remain" || this.verboseUnsubs;
  }

  private setManual(on: boolean, lastValue: boolean): void {
    if (!on) this.manual = null;
    else this.manual ??= new ManualSubscriptions();
    if (this.manual !== null) this.manual.lastValue = lastValue && on;
  }

  /** XPUB_MANUAL: subscribe and unsubscribe act on the pipe whose notification was read last. */
  private decide(add: boolean, prefix: string): Errno | null {
    if (this.manual === null) return "EINVAL";
    const pipe = this.manual.lastPipe;
    if (pipe === null) return null;
    this.noteSubscription(pipe, prefix, add);
    if (add) this.subscriptions.add(prefix, pipe);
    else this.subscriptions.remove(prefix, pipe);
    return null;
  }

  missed(frame: Frame, pipe: Pipe): void {
    if (frame.message === null || this.missedBy.has(pipe)) return;
    this.missedBy.add(pipe);
    this.journal.drop(frame.message, "hwm", this.name, pipe.peerName);
  }

  /** For the books: who did not get the message, and why. */
  private account(frame: Frame): void {
    const { message } = frame;
    const { pipes, matched } = this.dist;
    if (message !== null && pipes.length === 0) this.journal.drop(message, "no-peer", this.name);
    else if (message !== null && this.journal.full && matched + this.missedBy.size < pipes.length) {
      const peers = pipes.slice(matched).filter((pipe) => !this.missedBy.has(pipe));
      this.journal.record({
        t: this.journal.now,
        ev: "skip",
        message: message.name,
        socket: this.name,
        peers: peers.map((pipe) => pipe.peerName),
      });
    }
    if (this.missedBy.size > 0) this.missedBy = new Set();
  }

  private noteSubscription(pipe: Pipe, topic: string, add: boolean): void {
    if (this.journal.full)
      this.journal.record({
        t: this.journal.now,
        ev: "subscription",
        socket: this.name,
        peer: pipe.peerName,
        topic,
        add,
        ...(add ? { arrived: pipe.subscriptionArrived } : {}),
      });
  }
}

export class PubSocket extends XPubSocket {
  protected override xattachPipe(pipe: Pipe, locallyInitiated: boolean): void {
    pipe.setNodelay();
    super.xattachPipe(pipe, locallyInitiated);
  }

  protected override xrecv(): Frame | null {
    return this.fail("ENOTSUP");
  }

  protected override xhasIn(): boolean {
    return false;
  }

  protected override userMessage(frame: Frame, pipe: Pipe): void {
    if (frame.message !== null && !frame.more)
      this.journal.lose(frame.message, "malformed", pipe.peerName, this.name, "socket");
  }

  protected override notify(_text: string, message: Message | null = null): void {
    if (message !== null) this.journal.lose(message, "malformed", message.origin, this.name, "socket");
  }
}

const EMPTY = Frame.of("");

/** A subscription or cancellation: as a command, or in the old form with a leading 1 or 0. null: a user message. */
function subscriptionTopic(frame: Frame): { add: boolean; prefix: string } | null {
  if ((frame.flags & SUBSCRIBE) !== 0) return { add: true, prefix: frame.bytes };
  if ((frame.flags & CANCEL) !== 0) return { add: false, prefix: frame.bytes };
  const kind = frame.byteAt(0);
  return kind === 0 || kind === 1 ? { add: kind === 1, prefix: frame.bytes.slice(1) } : null;
}
