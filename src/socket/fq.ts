/**
 * Fair queue: one whole message per pipe in turn, empty pipes leave the rotation. libzmq: fq.cpp.
 * DIFFERS(abort-in-message): libzmq 4.3.5 aborts the process when the rest of a begun message cannot be read,
 * as after ZMQ_EVENTS of a ROUTER, REP, SUB or XSUB, which takes the first frame, and a disconnect; here the
 * rest never comes.
 */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";
import { appended, erase, NO_PIPES, swap } from "./lb.ts";

export class FairQueue {
  /** pipes[0..active) may have something. */
  private pipes: Pipe[] = NO_PIPES;
  private active = 0;
  private current = 0;
  private more = false;
  /** The pipe of the last frame that recv returned. */
  lastPipe: Pipe | null = null;

  attach(pipe: Pipe): void {
    pipe.fqIndex = this.pipes.length;
    this.pipes = appended(this.pipes, pipe);
    this.activated(pipe);
  }

  activated(pipe: Pipe): void {
    this.swap(pipe.fqIndex, this.active);
    this.active++;
  }

  terminated(pipe: Pipe): void {
    const index = pipe.fqIndex;
    if (index < this.active) {
      this.active--;
      this.swap(index, this.active);
      if (this.current === this.active) this.current = 0;
    }
    erase(this.pipes, pipe.fqIndex, setFqIndex);
    if (this.lastPipe === pipe) this.lastPipe = null;
  }

  recv(): Frame | null {
    while (this.active > 0) {
      const pipe = this.pipes[this.current] as Pipe;
      const frame = pipe.read();
      if (frame !== null) {
        this.lastPipe = pipe;
        this.more = frame.more;
        if (!this.more) this.current = (this.current + 1) % this.active;
        return frame;
      }
      this.deactivateCurrent();
    }
    return null;
  }

  hasIn(): boolean {
    if (this.more) return true;
    while (this.active > 0) {
      if ((this.pipes[this.current] as Pipe).canRead()) return true;
      this.deactivateCurrent();
    }
    return false;
  }

  private deactivateCurrent(): void {
    this.active--;
    this.swap(this.current, this.active);
    if (this.current === this.active) this.current = 0;
  }

  private swap(a: number, b: number): void {
    swap(this.pipes, a, b, setFqIndex);
  }
}

const setFqIndex = (pipe: Pipe, index: number): void => {
  pipe.fqIndex = index;
};
