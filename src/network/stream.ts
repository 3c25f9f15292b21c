/**
 * Reliable byte streams: what a connected tcp or ipc descriptor is to libzmq. Bytes are counted, not
 * stored; the items that they encode (frames, handshake parts) travel beside them by end offset.
 */
import type { Actor } from "../kernel/actor.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { type HealListener, type Link, retransmitAt } from "./link.ts";
import { UnixBuffer } from "./unix-buffer.ts";

/** The engine on one end; called when something happens, does its work in its own thread later. */
export interface StreamUser {
  /** Bytes, end of stream or an error can be read. */
  streamReadable(): void;
  /** A write that had found the buffers full may be tried again. */
  streamWritable(): void;
  /** It takes in what comes, and is not stopped by a limit of its own. */
  readonly pollIn: boolean;
}

/**
 * How the far end went away, as read() tells it once the bytes before are consumed. A closed Unix socket is
 * a "hangup": the end of the stream, which poll reports at once, as it does a reset.
 */
export type StreamEndOfLife = "open" | "eof" | "hangup" | "reset";

/** Told about items that can never be read any more. */
export type ItemLost = (item: unknown, sender: string, receiver: string, where: "wire" | "encoder" | "kernel") => void;

const OP_ARRIVE = 0;
const OP_FIN = 1;
const OP_RESET = 2;
const OP_WRITABLE = 3;

export class StreamEnd implements Actor, HealListener {
  /** The socket that uses this end. */
  readonly ownerName: string;
  user: StreamUser | null = null;
  /** State of the incoming direction. */
  incoming: StreamEndOfLife = "open";
  closed = false;
  private readonly kernel: Kernel;
  private readonly link: Link;
  private readonly itemLost: ItemLost;
  private readonly capacity: number;
  private readonly transport: "tcp" | "ipc";
  private peer: StreamEnd | null = null;
  /** Outgoing: bytes the kernel took; when the last of them arrives. */
  private sent = 0;
  private lastArrival = 0;
  /** Poll would not call it writable: the user hears when that changes. */
  writerBlocked = false;
  /** Outgoing, ipc: what the kernel holds. */
  private readonly unix: UnixBuffer | null;
  /** What waits for the link to come back: bytes, the first of them since when, and how the stream ends after them. */
  private stalled: { bytes: number; readonly since: Instant; end: number } | null = null;
  /** Incoming: bytes in the kernel buffer so far, bytes read, and the items with their end offsets. */
  private arrived = 0;
  private consumed = 0;
  private items: unknown[] = NO_ITEMS;
  private ends: number[] = NO_ENDS;
  private head = 0;
  private tail = 0;
  private encoded = 0;

  private constructor(options: StreamPairOptions, side: 0 | 1) {
    this.kernel = options.kernel;
    this.ownerName = options.owners[side];
    this.link = options.links[side];
    this.capacity = options.capacity[side];
    this.transport = options.transport;
    this.unix = options.transport === "ipc" ? new UnixBuffer() : null;
    this.itemLost = options.itemLost;
  }

  /**
   * Two connected ends. `capacity`: bytes that fit between a writer and a reader who does not read, over tcp.
   * DIFFERS(kernel-buffer): one number per direction; Linux tunes its buffers while it runs.
   */
  static pair(options: StreamPairOptions): [StreamEnd, StreamEnd] {
    const first = new StreamEnd(options, 0);
    const second = new StreamEnd(options, 1);
    first.peer = second;
    second.peer = first;
    return [first, second];
  }

  get label(): string {
    return `stream of ${this.ownerName}`;
  }

  /** The socket on the other end. */
  get peerName(): string {
    return (this.peer as StreamEnd).ownerName;
  }

  /**
   * Where the peer is, as ZAP handlers hear it.
   * DIFFERS(peer-address): another host is told by its name, for hosts have no addresses; over ipc everybody is root and process 1.
   */
  get peerAddress(): string {
    if (this.transport === "ipc") return "localhost:0:0:1";
    return this.link.from === this.link.to ? "127.0.0.1" : this.link.to;
  }

  // --- writing ---

  /** Announces an item of `bytes` that the following writes will carry, in order. */
  announce(item: unknown, bytes: number): void {
    const peer = this.peer as StreamEnd;
    if (peer.items === NO_ITEMS) {
      peer.items = [];
      peer.ends = [];
    }
    peer.encoded += bytes;
    peer.items[peer.tail] = item;
    peer.ends[peer.tail++] = peer.encoded;
  }

  /** Hands over up to `bytes` at the thread's instant `at`; returns how many the buffers took. */
  write(bytes: number, at: Instant): number {
    const peer = this.peer as StreamEnd;
    const { unix } = this;
    const free = this.capacity - (this.sent - peer.consumed);
    const taken = unix === null ? Math.min(bytes, Math.max(free, 0)) : unix.take(bytes, this.isRead);
    if (taken < bytes || unix?.writable === false) this.writerBlocked = true;
    if (taken === 0) return 0;
    this.sent += taken;
    if (peer.closed) peer.dropItems(this.sent, "wire");
    if (this.link.downSince !== null) this.stall(taken, at);
    else this.depart(taken, at);
    return taken;
  }

  /** How many of the bytes a write would copy: those that have no room are not looked at. */
  copied(bytes: number): number {
    return this.unix === null ? bytes : this.unix.room(bytes, this.isRead);
  }

  /** The far end reads while this one writes, as two processors do: a buffer that was nearly empty before is no limit then. */
  private get isRead(): boolean {
    return (this.peer as StreamEnd).user?.pollIn === true && this.unix?.writable === true;
  }

  // --- reading ---

  get readable(): number {
    return this.arrived - this.consumed;
  }

  /** Consumes up to `max` bytes; the items completed by them are then returned by takeItem. */
  read(max: number): number {
    const bytes = Math.min(max, this.arrived - this.consumed);
    this.consumed += bytes;
    const peer = this.peer as StreamEnd;
    if (bytes > 0) {
      peer.unix?.release(this.consumed);
      if (peer.writerBlocked) this.maybeReopen(peer);
    }
    return bytes;
  }

  /** The next item whose last byte has been read; undefined when there is none. */
  takeItem(): unknown {
    if (this.head === this.tail || (this.ends[this.head] as number) > this.consumed) return undefined;
    return this.takeBegun();
  }

  /** All items are taken: an idle stream holds no memory, a busy one keeps its places. */
  private release(): void {
    if (this.head < ITEMS_IDLE) {
      this.items = NO_ITEMS;
      this.ends = NO_ENDS;
    }
    this.head = this.tail = 0;
  }

  /** The next item, be it wholly read or not: for a reader that counts bytes itself. */
  takeBegun(): unknown {
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head++;
    if (this.head === this.tail) this.release();
    else if (this.head >= ITEMS_KEPT && 2 * this.head >= this.tail) this.compact();
    return item;
  }

  /** The places of items that were taken serve again: so many that each item moves less than once. */
  private compact(): void {
    const { items, ends, head, tail } = this;
    for (let at = head; at < tail; at++) {
      items[at - head] = items[at];
      ends[at - head] = ends[at] as number;
      items[at] = undefined;
    }
    this.head = 0;
    this.tail = tail - head;
  }

  /** Bytes of the item in progress that are still to be read, 0 between items. */
  get missing(): number {
    return this.head === this.tail ? 0 : (this.ends[this.head] as number) - this.consumed;
  }

  // --- the end ---

  /**
   * Closes the descriptor. Items whose bytes the kernel has not taken are lost here; unread input
   * makes the kernel answer with a reset instead of a clean end.
   */
  close(at: Instant): void {
    if (this.closed) return;
    this.closed = true;
    this.user = null;
    const peer = this.peer as StreamEnd;
    peer.truncate(this.sent);
    const unread = this.readable > 0;
    this.dropItems(peer.sent, "kernel");
    if (peer.closed) return;
    const op = unread ? OP_RESET : OP_FIN;
    if (this.link.downSince !== null) {
      this.stall(0, at).end = op;
    } else this.arrival(at, 0, op);
  }

  linkHealed(): void {
    const { stalled } = this;
    if (stalled === null) return;
    const at = retransmitAt(stalled.since, this.kernel.now, false) as Instant;
    this.stalled = null;
    if (stalled.bytes > 0) this.depart(stalled.bytes, at);
    if (stalled.end >= 0) this.arrival(at, 0, stalled.end);
  }

  /** Kernel event on this end. */
  fire(op: number, arg: number): void {
    if (op === OP_WRITABLE) {
      this.writerBlocked = false;
      this.user?.streamWritable();
      return;
    }
    if (op === OP_ARRIVE) this.arrived += arg;
    else this.incoming = op === OP_RESET ? "reset" : this.transport === "ipc" ? "hangup" : "eof";
    if (!this.closed) this.user?.streamReadable();
    else if (op === OP_ARRIVE) this.refuse();
  }

  /** Whether poll reports an end that has not been read yet, to whoever asks for no input, too. */
  get hungUp(): boolean {
    return this.incoming === "reset" || this.incoming === "hangup";
  }

  /** TCP answers what comes to a closed descriptor with a reset. */
  private refuse(): void {
    const writer = this.peer as StreamEnd;
    if (this.transport === "ipc" || writer.closed || writer.incoming === "reset" || this.link.downSince !== null)
      return;
    this.kernel.schedule(this.link.sampleLatency() as Duration, writer, OP_RESET, 0);
  }

  private depart(bytes: number, at: Instant): void {
    this.arrival(at, bytes, OP_ARRIVE);
  }

  private arrival(at: Instant, bytes: number, op: number): void {
    const arrival = Math.max(this.link.transfer(at, bytes), this.lastArrival);
    this.lastArrival = arrival;
    this.kernel.scheduleAt(arrival as Instant, this.peer as StreamEnd, op, bytes);
  }

  private stall(bytes: number, at: Instant): { end: number } {
    if (this.stalled === null) {
      this.stalled = { bytes: 0, since: at, end: -1 };
      this.link.awaitHeal(this);
    }
    this.stalled.bytes += bytes;
    return this.stalled;
  }

  /** Room came back: the writer hears of it when a third of the buffer is free (tcp) or three quarters (ipc), as on Linux. */
  private maybeReopen(writer: StreamEnd): void {
    const { unix } = writer;
    if (unix === null ? (writer.sent - this.consumed) * 3 > writer.capacity * 2 : !unix.writable) return;
    writer.writerBlocked = false;
    this.kernel.schedule(this.link.sampleLatency() as Duration, writer, OP_WRITABLE, 0);
  }

  /** Everything that was sent to this end and not read is lost. */
  private dropItems(upTo: number, where: "wire" | "kernel"): void {
    while (this.head < this.tail && (this.ends[this.head] as number) <= upTo) {
      this.itemLost(this.items[this.head], this.peerName, this.ownerName, where);
      this.head++;
    }
  }

  /** The writer is gone: items that it did not get out whole will never come. */
  private truncate(sent: number): void {
    let keep = this.tail;
    while (keep > this.head && (this.ends[keep - 1] as number) > sent) keep--;
    for (let at = keep; at < this.tail; at++) this.itemLost(this.items[at], this.peerName, this.ownerName, "encoder");
    this.tail = keep;
  }

  /** Everything under way to this end is lost: the run is over. */
  loseItems(): void {
    this.dropItems(Number.MAX_VALUE, "wire");
  }
}

export interface StreamPairOptions {
  readonly kernel: Kernel;
  readonly transport: "tcp" | "ipc";
  readonly owners: readonly [string, string];
  /** Link of what each end writes. */
  readonly links: readonly [Link, Link];
  /** Bytes of what each end writes. */
  readonly capacity: readonly [number, number];
  readonly itemLost: ItemLost;
}

/** Places of taken items that may wait to be freed together. */
const ITEMS_KEPT = 1024;

/** Streams that carry fewer items at a time count as idle. */
const ITEMS_IDLE = 8;

/** Shared by streams that never carried anything in a direction. */
const NO_ITEMS: unknown[] = [];
const NO_ENDS: number[] = [];
