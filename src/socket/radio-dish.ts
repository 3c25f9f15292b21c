/** RADIO and DISH: messages by group. libzmq: radio.cpp, dish.cpp. */
import type { Message } from "../journal/message.ts";
import { AddressedFrame, Frame, groupOf, JOIN, LEAVE } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { DishSession } from "../session/dish-session.ts";
import type { Session, SessionParameters } from "../session/session.ts";
import { Distributor } from "./dist.ts";
import type { Errno } from "./errors.ts";
import { FairQueue } from "./fq.ts";
import { SocketBase } from "./socket-base.ts";

/** Longest name of a group. libzmq: ZMQ_GROUP_MAX_LENGTH. */
const GROUP_MAX = 255;

export class RadioSocket extends SocketBase {
  private readonly dist = new Distributor(this);
  private readonly members = new Map<string, Pipe[]>();
  /** They get every message: nobody tells over udp what it joins. */
  private udpPipes: readonly Pipe[] = [];
  private lossy = true;

  override xsetOption(name: string, value: number | string): Errno | null | false {
    if (name !== "xpub_nodrop") return false;
    this.lossy = value === 0;
    return null;
  }

  protected override xattachPipe(pipe: Pipe, _locallyInitiated: boolean, subscribeToAll: boolean): void {
    // Nobody reads the incoming side.
    pipe.setNodelay();
    this.dist.attach(pipe);
    if (subscribeToAll) this.udpPipes = [...this.udpPipes, pipe];
    else this.xreadActivated(pipe);
  }

  protected override xpipeTerminated(pipe: Pipe): void {
    for (const [group, pipes] of this.members) {
      this.members.set(
        group,
        pipes.filter((member) => member !== pipe),
      );
    }
    if (this.udpPipes.length > 0) this.udpPipes = this.udpPipes.filter((other) => other !== pipe);
    this.dist.terminated(pipe);
  }

  protected override xreadActivated(pipe: Pipe): void {
    for (let frame = pipe.read(); frame !== null; frame = pipe.read()) {
      if ((frame.flags & JOIN) !== 0) this.addMember(frame.bytes, pipe);
      else if ((frame.flags & LEAVE) !== 0) this.removeMember(frame.bytes, pipe);
      else this.loseMalformed(frame);
    }
  }

  protected override xwriteActivated(pipe: Pipe): void {
    this.dist.activated(pipe);
  }

  protected override xsend(frame: Frame): Errno | null {
    if (frame.more) return "EINVAL";
    const group = groupOf(frame);
    this.dist.unmatch();
    const members = this.members.get(group) ?? NOBODY;
    for (const pipe of members) if (!this.dist.match(pipe)) this.missed(frame, pipe);
    for (const pipe of this.udpPipes) if (!this.dist.match(pipe)) this.missed(frame, pipe);
    if (!this.lossy && !this.dist.checkHwm()) return "EAGAIN";
    if (frame.message !== null && members.length + this.udpPipes.length === 0) this.unheard(frame.message);
    this.dist.sendToMatching(frame instanceof AddressedFrame ? frame : new AddressedFrame(frame, {}));
    return null;
  }

  protected override xhasOut(): boolean {
    return true;
  }

  private addMember(group: string, pipe: Pipe): void {
    const pipes = this.members.get(group);
    if (pipes === undefined) this.members.set(group, [pipe]);
    else pipes.push(pipe);
  }

  private removeMember(group: string, pipe: Pipe): void {
    const pipes = this.members.get(group);
    const index = pipes?.indexOf(pipe) ?? -1;
    if (index >= 0) pipes?.splice(index, 1);
  }

  private unheard(message: Message): void {
    this.journal.drop(message, this.dist.pipes.length === 0 ? "no-peer" : "no-subscription", this.name);
  }

  missed(frame: Frame, pipe: Pipe): void {
    if (frame.message !== null) this.journal.drop(frame.message, "hwm", this.name, pipe.peerName);
  }
}

export class DishSocket extends SocketBase {
  private readonly fq = new FairQueue();
  private readonly dist = new Distributor({ missed: () => undefined });
  private readonly groups = new Set<string>();
  /** A message that poll found. */
  private prefetched: Frame | null = null;

  override createSession(parameters: SessionParameters): Session {
    return new DishSession(parameters);
  }

  override xprefetched(): readonly Frame[] {
    return this.prefetched === null ? [] : [this.prefetched];
  }

  override xgroup(what: "join" | "leave", group: string): Errno | null {
    if (this.ctxTerminated) return "ETERM";
    const joins = what === "join";
    if (group.length > GROUP_MAX || this.groups.has(group) === joins) return "EINVAL";
    if (joins) this.groups.add(group);
    else this.groups.delete(group);
    this.dist.sendToAll(Frame.of(group, joins ? JOIN : LEAVE));
    return null;
  }

  protected override xattachPipe(pipe: Pipe): void {
    this.fq.attach(pipe);
    this.dist.attach(pipe);
    this.sendJoins(pipe);
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
    this.sendJoins(pipe);
  }

  protected override xrecv(): Frame | null {
    const { prefetched } = this;
    this.prefetched = null;
    return prefetched ?? this.nextOfGroup();
  }

  protected override xhasIn(): boolean {
    this.prefetched ??= this.nextOfGroup();
    return this.prefetched !== null;
  }

  protected override xhasOut(): boolean {
    return true;
  }

  /** Messages that were queued before the group was left are skipped. */
  private nextOfGroup(): Frame | null {
    for (;;) {
      const frame = this.fq.recv();
      if (frame === null || this.groups.has(groupOf(frame))) return frame;
      if (frame.message !== null && !frame.more) {
        this.journal.lose(frame.message, "filtered", this.fq.lastPipe?.peerName ?? "", this.name, "socket");
      }
    }
  }

  private sendJoins(pipe: Pipe): void {
    for (const group of [...this.groups].sort(byBytes)) pipe.write(Frame.of(group, JOIN));
    pipe.flush();
  }
}

const NOBODY: readonly Pipe[] = [];

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
