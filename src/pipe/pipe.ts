/** One half of a two-way pipe: queues, high-water marks with credit, termination. libzmq: pipe.cpp. */
import { Command, type CommandTarget, type Mailbox, send } from "../ctx/mailbox.ts";
import type { Fate } from "../journal/fates.ts";
import type { Journal } from "../journal/journal.ts";
import type { PipeEnd, PipeEvents, PipePairOptions } from "./ends.ts";
import { CREDENTIAL, DELIMITER, DELIMITER_FRAME, Frame, isSubscription, ROUTING_ID } from "./frame.ts";
import { PipeHalf } from "./half.ts";
import { ConflatingPipe, type FrameQueue, type ReplacedListener, YPipe } from "./ypipe.ts";

const Active = 0;
const DelimiterReceived = 1;
const WaitingForDelimiter = 2;
const TermAckSent = 3;
const TermReqSent1 = 4;
const TermReqSent2 = 5;

/** Messages read between two credits. 0: no credits, the pipe is unlimited. libzmq: pipe_t::compute_lwm. */
export const computeLwm = (hwm: number): number => (hwm <= 0 ? 0 : Math.floor((hwm + 1) / 2));

export class Pipe extends PipeHalf implements CommandTarget, ReplacedListener {
  private sink: PipeEvents | null = null;
  private peer: Pipe | null = null;
  private input!: FrameQueue;
  private output: FrameQueue | null = null;
  private hwm: number;
  private lwm: number;
  private msgsRead = 0;
  private msgsWritten = 0;
  private peersMsgsRead = 0;
  private state = Active;

  private constructor(end: PipeEnd, id: number, inHwm: number, outHwm: number, journal: Journal) {
    super(end, id, journal);
    this.hwm = outHwm;
    this.lwm = computeLwm(inHwm);
  }

  /** Two connected halves. Limits are messages per direction, <= 0 unlimited. libzmq: pipepair. */
  static pair(options: PipePairOptions): [Pipe, Pipe] {
    const { ends, hwms, conflate, journal, id } = options;
    const first = new Pipe(ends[0], id, hwms[1], hwms[0], journal);
    const second = new Pipe(ends[1], id, hwms[0], hwms[1], journal);
    first.peer = second;
    second.peer = first;
    first.input = conflate ? new ConflatingPipe(second) : new YPipe();
    second.input = conflate ? new ConflatingPipe(first) : new YPipe();
    first.output = second.input;
    second.output = first.input;
    return [first, second];
  }

  setSink(sink: PipeEvents): void {
    this.sink = sink;
  }

  /** Do not wait for unread messages when the peer ends the pipe. libzmq: pipe_t::set_nodelay. */
  setNodelay(): void {
    this.delay = false;
  }

  /** An inproc connection that waited for its binder gets it. libzmq: object_t::set_tid. */
  adopt(mailbox: Mailbox, socketName: string): void {
    this.mailbox = mailbox;
    this.socketName = socketName;
  }

  get otherHalf(): Pipe {
    return this.peer as Pipe;
  }

  // --- reading ---

  canRead(): boolean {
    if (!this.inActive || (this.state !== Active && this.state !== WaitingForDelimiter)) return false;
    if (!this.input.checkRead()) {
      this.inActive = false;
      return false;
    }
    if ((this.input.peek().flags & DELIMITER) !== 0) {
      this.input.read();
      this.processDelimiter();
      return false;
    }
    return true;
  }

  read(): Frame | null {
    if (!this.inActive || (this.state !== Active && this.state !== WaitingForDelimiter)) return null;
    const frame = this.input.read();
    if (frame === null) {
      this.inActive = false;
      return null;
    }
    // A credential counts as written and never as read: one message less fits from then on.
    if ((frame.flags & (DELIMITER | CREDENTIAL)) !== 0)
      return (frame.flags & CREDENTIAL) !== 0 ? this.read() : this.processDelimiter();
    if (!frame.more && (frame.flags & ROUTING_ID) === 0) this.msgsRead++;
    if (this.journal.full && isSubscription(frame))
      this.extra.subscriptionArrived = this.extra.arrivals?.shift() ?? this.journal.now;
    // The test runs after every frame: at a multiple of lwm the parts of the next message repeat the credit.
    if (this.lwm > 0 && this.msgsRead % this.lwm === 0) send(this.otherHalf, Command.activateWrite, this.msgsRead);
    return frame;
  }

  // --- writing ---

  canWrite(): boolean {
    if (!this.outActive || this.state !== Active) return false;
    if (this.hasRoom()) return true;
    this.outActive = false;
    this.note("full");
    return false;
  }

  /** False only when the high-water mark is reached; unlike canWrite it changes nothing. libzmq: pipe_t::check_hwm. */
  hasRoom(): boolean {
    return this.hwm <= 0 || this.msgsWritten - this.peersMsgsRead < this.hwm;
  }

  write(frame: Frame): boolean {
    if (!this.canWrite()) return false;
    (this.output as FrameQueue).write(frame, frame.more);
    if (!frame.more && (frame.flags & ROUTING_ID) === 0) {
      this.msgsWritten++;
      if (frame.message !== null) this.journalWrite(frame);
      else if (this.journal.full && isSubscription(frame)) this.otherHalf.noteArrival();
    }
    return true;
  }

  /** Writes past every check: routing ids queued by an inproc connecter. */
  writeUnchecked(frame: Frame): void {
    (this.output as FrameQueue).write(frame, frame.more);
  }

  /** A message that the library sends by itself, past every check: HICCUP_MSG, DISCONNECT_MSG. libzmq: send_hiccup_msg. */
  writeNotice(text: string): void {
    if (this.output === null) return;
    this.rollback();
    this.output.write(Frame.of(text), false);
    this.flush();
  }

  /** Takes back the frames of an unfinished message. */
  rollback(): void {
    if (this.output === null) return;
    while (this.output.unwrite() !== null);
  }

  flush(): void {
    if (this.state === TermAckSent) return;
    if (this.output !== null && !this.output.flush()) send(this.otherHalf, Command.activateRead);
  }

  // --- limits ---

  /** The peers' high-water marks of an inproc pair, added to one's own. libzmq: pipe_t::set_hwms_boost. */
  setHwmsBoost(inBoost: number, outBoost: number): void {
    this.extra.inBoost = inBoost;
    this.extra.outBoost = outBoost;
  }

  /** libzmq: pipe_t::set_hwms. A limit becomes none if it is <= 0 or its boost is exactly 0. */
  setHwms(inHwm: number, outHwm: number): void {
    const { inBoost, outBoost } = this.seldom ?? NO_BOOST;
    let limitIn = inHwm + Math.max(inBoost, 0);
    let limitOut = outHwm + Math.max(outBoost, 0);
    if (inHwm <= 0 || inBoost === 0) limitIn = 0;
    if (outHwm <= 0 || outBoost === 0) limitOut = 0;
    this.lwm = computeLwm(limitIn);
    this.hwm = limitOut;
  }

  sendHwmsToPeer(inHwm: number, outHwm: number): void {
    send(this.otherHalf, Command.pipeHwm, inHwm, outHwm);
  }

  // --- life and death ---

  /** Replaces the incoming queue; the peer drops what it had queued. libzmq: pipe_t::hiccup. */
  hiccup(): void {
    if (this.state !== Active) return;
    this.input = this.input instanceof ConflatingPipe ? new ConflatingPipe(this.otherHalf) : new YPipe();
    this.inActive = true;
    send(this.otherHalf, Command.hiccup, 0, this.input);
  }

  /** Begins (or hastens) the three-step termination. `delay`: let the peer read what is queued. libzmq: pipe_t::terminate. */
  terminate(delay: boolean): void {
    this.delay = delay;
    if (this.state === TermReqSent1 || this.state === TermReqSent2 || this.state === TermAckSent) return;
    if (this.state === Active || this.state === DelimiterReceived) {
      send(this.otherHalf, Command.pipeTerm);
      this.state = TermReqSent1;
    } else if (!this.delay) {
      this.rollback();
      this.acknowledge();
    }
    this.outActive = false;
    if (this.output === null) return;
    this.rollback();
    this.output.write(DELIMITER_FRAME, false);
    this.flush();
  }

  processCommand(command: number, arg: number, ref: unknown): void {
    switch (command) {
      case Command.activateRead:
        if (!this.inActive && (this.state === Active || this.state === WaitingForDelimiter)) {
          this.inActive = true;
          this.sink?.readActivated(this);
        }
        break;
      case Command.activateWrite:
        this.peersMsgsRead = arg;
        if (!this.outActive && this.state === Active) {
          this.outActive = true;
          this.note("room");
          this.sink?.writeActivated(this);
        }
        break;
      case Command.hiccup:
        this.processHiccup(ref as FrameQueue);
        break;
      case Command.pipeTerm:
        this.processPipeTerm();
        break;
      case Command.pipeTermAck:
        this.processPipeTermAck();
        break;
      case Command.pipeHwm:
        this.setHwms(arg, ref as number);
        break;
    }
  }

  // --- for the books ---

  /** Ends a leg that was found in this half's hands on its way in or out. */
  discard(frame: Frame, fate: Exclude<Fate, "delivered">, where: string): void {
    if (frame.message === null || frame.more) return;
    const inbound = this.role === "socket";
    this.journal.lose(
      frame.message,
      fate,
      inbound ? this.peerName : this.socketName,
      inbound ? this.socketName : this.peerName,
      where,
    );
  }

  /** A newer message took the place of one that this half had written. */
  replaced(frame: Frame): void {
    if (frame.message === null || frame.more) return;
    const outbound = this.role === "socket";
    this.journal.lose(
      frame.message,
      "conflated",
      outbound ? this.socketName : this.peerName,
      outbound ? this.peerName : this.socketName,
      "pipe",
    );
  }

  /** Ends the legs of all messages on their way to this half; the pipe is not used afterwards. */
  discardIncoming(fate: Exclude<Fate, "delivered">): void {
    for (const frame of this.input.remaining()) this.discard(frame, fate, "pipe");
    this.input = new YPipe();
  }

  get incoming(): number {
    return this.input.messages;
  }

  get outgoing(): number {
    return this.output?.messages ?? 0;
  }

  /** Messages this half may have outstanding, 0 for any number. */
  get outgoingHwm(): number {
    return Math.max(this.hwm, 0);
  }

  private journalWrite(frame: Frame): void {
    const message = frame.message as NonNullable<Frame["message"]>;
    const depth = (this.output as FrameQueue).messages;
    if (this.role === "socket") this.journal.queue(message, this.socketName, this.peerName, this.id, depth);
    else this.journal.arrive(message, this.socketName, this.peerName, this.id, depth);
  }

  private noteArrival(): void {
    this.extra.arrivals ??= [];
    this.extra.arrivals.push(this.journal.now);
  }

  private note(what: "full" | "room" | "hiccup"): void {
    if (this.journal.full && this.role === "socket") {
      this.journal.record({
        t: this.journal.now,
        ev: "pipe",
        socket: this.socketName,
        peer: this.peerName,
        pipe: this.id,
        what,
      });
    }
  }

  private acknowledge(): void {
    this.output = null;
    this.state = TermAckSent;
    send(this.otherHalf, Command.pipeTermAck);
  }

  private processDelimiter(): null {
    if (this.state === Active) {
      this.state = DelimiterReceived;
      return null;
    }
    this.rollback();
    this.acknowledge();
    return null;
  }

  private processPipeTerm(): void {
    if (this.state === Active) {
      if (this.delay) this.state = WaitingForDelimiter;
      else this.acknowledge();
    } else if (this.state === DelimiterReceived) {
      this.acknowledge();
    } else if (this.state === TermReqSent1) {
      this.state = TermReqSent2;
      this.output = null;
      send(this.otherHalf, Command.pipeTermAck);
    }
  }

  private processPipeTermAck(): void {
    this.sink?.pipeTerminated(this);
    if (this.state === TermReqSent1) {
      this.output = null;
      send(this.otherHalf, Command.pipeTermAck);
    }
    this.discardIncoming(this.discardFate);
  }

  private processHiccup(queue: FrameQueue): void {
    const old = this.output;
    if (old !== null) {
      old.flush();
      for (let frame = old.read(); frame !== null; frame = old.read()) {
        if (!frame.more) this.msgsWritten--;
        if (frame.message !== null && !frame.more)
          this.journal.lose(frame.message, "pipe-closed", this.socketName, this.peerName, "pipe");
      }
    }
    this.output = queue;
    if (this.otherHalf.seldom !== null) this.otherHalf.seldom.arrivals = null;
    this.outActive = true;
    this.note("hiccup");
    if (this.state === Active) this.sink?.hiccuped(this);
  }
}

const NO_BOOST = { inBoost: -1, outBoost: -1 };
