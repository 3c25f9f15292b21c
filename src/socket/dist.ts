/** Distributor: every matching pipe gets the message, full pipes miss it. libzmq: dist.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { appended, erase, NO_PIPES, swap } from "./lb.ts";

/** Hears of each pipe that was full when it should have got a frame. */
export interface MissedListener {
  missed(frame: Frame, pipe: Pipe): void;
}

/**
 * pipes[0..matching) get the present message, [0..active) may get it, [0..eligible) may be written
 * (those beyond active joined in the middle of a multipart message), the rest are full.
 */
export class Distributor {
  pipes: Pipe[] = NO_PIPES;
  private matching = 0;
  private active = 0;
  private eligible = 0;
  private more = false;
  private readonly owner: MissedListener;

  constructor(owner: MissedListener) {
    this.owner = owner;
  }

  get matched(): number {
    return this.matching;
  }

  attach(pipe: Pipe): void {
    pipe.outIndex = this.pipes.length;
    this.pipes = appended(this.pipes, pipe);
    if (this.more) {
      this.swap(this.eligible, this.pipes.length - 1);
      this.eligible++;
    } else {
      this.swap(this.active, this.pipes.length - 1);
      this.active++;
      this.eligible++;
    }
  }

  activated(pipe: Pipe): void {
    if (this.eligible < this.pipes.length) {
      this.swap(pipe.outIndex, this.eligible);
      this.eligible++;
    }
    if (!this.more && this.active < this.pipes.length) {
      this.swap(this.eligible - 1, this.active);
      this.active++;
    }
  }

  /** False when the pipe cannot be written now: it will miss the message. */
  match(pipe: Pipe): boolean {
    if (pipe.outIndex < this.matching) return true;
    if (pipe.outIndex >= this.eligible) return false;
    this.swap(pipe.outIndex, this.matching);
    this.matching++;
    return true;
  }

  unmatch(): void {
    this.matching = 0;
  }

  /** Pipes that did not match do, and the other way round. */
  reverseMatch(): void {
    const before = this.matching;
    this.unmatch();
    for (let index = before; index < this.eligible; index++) {
      this.swap(index, this.matching);
      this.matching++;
    }
  }

  terminated(pipe: Pipe): void {
    if (pipe.outIndex < this.matching) {
      this.swap(pipe.outIndex, this.matching - 1);
      this.matching--;
    }
    if (pipe.outIndex < this.active) {
      this.swap(pipe.outIndex, this.active - 1);
      this.active--;
    }
    if (pipe.outIndex < this.eligible) {
      this.swap(pipe.outIndex, this.eligible - 1);
      this.eligible--;
    }
    erase(this.pipes, pipe.outIndex, setOutIndex);
  }

  sendToAll(frame: Frame): void {
    this.matching = this.active;
    this.sendToMatching(frame);
  }

  sendToMatching(frame: Frame): void {
    this.distribute(frame);
    if (!frame.more) this.active = this.eligible;
    this.more = frame.more;
  }

  /** Is there room in every matching pipe? */
  checkHwm(): boolean {
    for (let index = 0; index < this.matching; index++) if (!(this.pipes[index] as Pipe).hasRoom()) return false;
    return true;
  }

  private distribute(frame: Frame): void {
    for (let index = 0; index < this.matching; ) {
      const pipe = this.pipes[index] as Pipe;
      if (pipe.write(frame)) {
        if (!frame.more) pipe.flush();
        index++;
        continue;
      }
      this.owner.missed(frame, pipe);
      this.swap(index, this.matching - 1);
      this.matching--;
      this.swap(this.matching, this.active - 1);
      this.active--;
      this.swap(this.active, this.eligible - 1);
      this.eligible--;
    }
  }

  private swap(a: number, b: number): void {
    swap(this.pipes, a, b, setOutIndex);
  }
}

const setOutIndex = (pipe: Pipe, index: number): void => {
  pipe.outIndex = index;
};
