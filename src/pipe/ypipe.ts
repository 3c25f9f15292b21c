/** One-way frame queues between two threads, with the wake-up protocol of libzmq's lock-free pipe. */
import { DELIMITER, type Frame, MORE, ROUTING_ID } from "./frame.ts";

/** libzmq: ypipe_base_t. */
export interface FrameQueue {
  /** Appends; the frame becomes part of a complete message unless `incomplete`. */
  write(frame: Frame, incomplete: boolean): void;
  /** Takes back the last frame that is not part of a complete message. */
  unwrite(): Frame | null;
  /** Publishes complete messages. False: the reader is asleep and must be told. */
  flush(): boolean;
  /** Whether a frame can be read; when not, the reader counts as asleep from now on. */
  checkRead(): boolean;
  /** The next frame without taking it; call after checkRead. */
  peek(): Frame;
  read(): Frame | null;
  /** Frames in the queue that no reader can see yet included; for the final account. */
  remaining(): readonly Frame[];
  /** Complete messages in the queue. */
  readonly messages: number;
}

/** Frames that do not end a message. */
const UNCOUNTED = MORE | ROUTING_ID | DELIMITER;

/** A queue of any length. libzmq: ypipe_t. */
export class YPipe implements FrameQueue {
  messages = 0;
  private ring: (Frame | null)[] = EMPTY;
  /** Totals since the beginning; the ring index is the total masked. */
  private readTotal = 0;
  private writeTotal = 0;
  private completeTotal = 0;
  private publishedTotal = 0;
  private asleep = false;

  write(frame: Frame, incomplete: boolean): void {
    if (this.writeTotal - this.readTotal === this.ring.length) this.grow();
    this.ring[this.writeTotal & (this.ring.length - 1)] = frame;
    this.writeTotal++;
    if (incomplete) return;
    this.completeTotal = this.writeTotal;
    if ((frame.flags & UNCOUNTED) === 0) this.messages++;
  }

  unwrite(): Frame | null {
    if (this.writeTotal === this.completeTotal) return null;
    this.writeTotal--;
    const at = this.writeTotal & (this.ring.length - 1);
    const frame = this.ring[at] as Frame;
    this.ring[at] = null;
    return frame;
  }

  flush(): boolean {
    if (this.publishedTotal === this.completeTotal) return true;
    this.publishedTotal = this.completeTotal;
    if (!this.asleep) return true;
    this.asleep = false;
    return false;
  }

  checkRead(): boolean {
    if (this.readTotal < this.publishedTotal) return true;
    this.asleep = true;
    return false;
  }

  peek(): Frame {
    return this.ring[this.readTotal & (this.ring.length - 1)] as Frame;
  }

  read(): Frame | null {
    if (!this.checkRead()) return null;
    const at = this.readTotal & (this.ring.length - 1);
    const frame = this.ring[at] as Frame;
    this.ring[at] = null;
    this.readTotal++;
    if ((frame.flags & UNCOUNTED) === 0) this.messages--;
    if (this.readTotal === this.writeTotal && this.ring.length > RING_KEPT) this.ring = EMPTY;
    return frame;
  }

  remaining(): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = this.readTotal; at < this.writeTotal; at++)
      frames.push(this.ring[at & (this.ring.length - 1)] as Frame);
    return frames;
  }

  private grow(): void {
    const { ring } = this;
    const grown: (Frame | null)[] = new Array(ring.length === 0 ? 4 : ring.length * 2).fill(null);
    for (let at = this.readTotal; at < this.writeTotal; at++)
      grown[at & (grown.length - 1)] = ring[at & (ring.length - 1)] as Frame;
    this.ring = grown;
  }
}

/** An idle queue holds no memory; a ring larger than this is released when it runs empty. */
const EMPTY: (Frame | null)[] = [];
const RING_KEPT = 1024;

/** Hears about each value that a newer one pushed out of a conflating queue. */
export interface ReplacedListener {
  replaced(frame: Frame): void;
}

/**
 * A queue that holds the last value only (ZMQ_CONFLATE). The awake flag is never set by a write, so
 * every flush wakes the reader. libzmq: ypipe_conflate_t, dbuffer_t.
 */
export class ConflatingPipe implements FrameQueue {
  private slot: Frame | null = null;
  private readonly writer: ReplacedListener;

  constructor(writer: ReplacedListener) {
    this.writer = writer;
  }

  get messages(): number {
    return this.slot === null ? 0 : 1;
  }

  write(frame: Frame): void {
    if (this.slot !== null) this.writer.replaced(this.slot);
    this.slot = frame;
  }

  unwrite(): Frame | null {
    return null;
  }

  flush(): boolean {
    return false;
  }

  checkRead(): boolean {
    return this.slot !== null;
  }

  peek(): Frame {
    return this.slot as Frame;
  }

  read(): Frame | null {
    const frame = this.slot;
    this.slot = null;
    return frame;
  }

  remaining(): readonly Frame[] {
    return this.slot === null ? [] : [this.slot];
  }
}
