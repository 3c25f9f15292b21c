/** One-way frame queues between two threads, with the wake-up protocol of libzmq's lock-free pipe. */
import { CREDENTIAL, DELIMITER, type Frame, MORE, ROUTING_ID } from "./frame.ts";

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
const UNCOUNTED = MORE | ROUTING_ID | DELIMITER | CREDENTIAL;

/** Some places of a queue, and where it goes on. libzmq: yqueue_t::chunk_t. */
class Chunk {
  readonly frames: (Frame | null)[];
  next: Chunk | null = null;

  constructor(places: number) {
    this.frames = new Array<Frame | null>(places).fill(null);
  }
}

/** A queue of any length. libzmq: ypipe_t, yqueue_t. */
export class YPipe implements FrameQueue {
  messages = 0;
  private first = NO_PLACES;
  private firstAt = 0;
  private last = NO_PLACES;
  private lastAt = 0;
  /** Frames that the reader can see, that are complete but not flushed, and that begin an unfinished message. */
  private published = 0;
  private complete = 0;
  private unfinished = 0;
  private asleep = false;

  write(frame: Frame, incomplete: boolean): void {
    if (this.lastAt === this.last.frames.length) this.extend();
    this.last.frames[this.lastAt++] = frame;
    if (incomplete) {
      this.unfinished++;
      return;
    }
    this.complete += this.unfinished + 1;
    this.unfinished = 0;
    if ((frame.flags & UNCOUNTED) === 0) this.messages++;
  }

  unwrite(): Frame | null {
    if (this.unfinished === 0) return null;
    this.unfinished--;
    if (this.lastAt === 0) this.retract();
    const at = --this.lastAt;
    const frame = this.last.frames[at] as Frame;
    this.last.frames[at] = null;
    return frame;
  }

  flush(): boolean {
    if (this.complete === 0) return true;
    this.published += this.complete;
    this.complete = 0;
    if (!this.asleep) return true;
    this.asleep = false;
    return false;
  }

  checkRead(): boolean {
    if (this.published > 0) return true;
    this.asleep = true;
    return false;
  }

  peek(): Frame {
    if (this.firstAt === this.first.frames.length) this.advance();
    return this.first.frames[this.firstAt] as Frame;
  }

  read(): Frame | null {
    if (!this.checkRead()) return null;
    const frame = this.peek();
    this.first.frames[this.firstAt++] = null;
    this.published--;
    if ((frame.flags & UNCOUNTED) === 0) this.messages--;
    // Empty: the same places serve again.
    if (this.first === this.last && this.firstAt === this.lastAt) this.firstAt = this.lastAt = 0;
    return frame;
  }

  remaining(): readonly Frame[] {
    const frames: Frame[] = [];
    for (let chunk: Chunk | null = this.first; chunk !== null; chunk = chunk.next)
      for (const frame of chunk.frames) if (frame !== null) frames.push(frame);
    return frames;
  }

  /** Another chunk, larger than the last one up to CHUNK_MAX: an idle queue takes next to no memory. */
  private extend(): void {
    const { last } = this;
    const chunk = new Chunk(Math.min(Math.max(2 * last.frames.length, CHUNK_MIN), CHUNK_MAX));
    if (last === NO_PLACES) this.first = chunk;
    else last.next = chunk;
    this.last = chunk;
    this.lastAt = 0;
  }

  private advance(): void {
    this.first = this.first.next as Chunk;
    this.firstAt = 0;
  }

  /** The last chunk holds nothing: back to the one before. */
  private retract(): void {
    let chunk = this.first;
    while (chunk.next !== this.last) chunk = chunk.next as Chunk;
    chunk.next = null;
    this.last = chunk;
    this.lastAt = chunk.frames.length;
  }
}

const CHUNK_MIN = 1;
/** libzmq: message_pipe_granularity. */
const CHUNK_MAX = 256;
/** Shared by the queues that never held anything. */
const NO_PLACES = new Chunk(0);

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
