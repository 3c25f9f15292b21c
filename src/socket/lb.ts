/** Load balancer: one message per pipe in turn, full pipes leave the rotation. libzmq: lb.cpp. */
import type { Frame } from "../pipe/frame.ts";
import type { Pipe } from "../pipe/pipe.ts";

/** Outcome of a send: sent, no pipe can take it, or the pipe died in the middle of a message. */
export type LbResult = "sent" | "again" | "broken";

/** Hears of every frame that is swallowed because its pipe died. */
export interface DropListener {
  dropIncomplete(frame: Frame): void;
}

export class LoadBalancer {
  /** pipes[0..active) can be tried. */
  private pipes: Pipe[] = NO_PIPES;
  private active = 0;
  private current = 0;
  private more = false;
  private dropping = false;
  private readonly owner: DropListener;

  constructor(owner: DropListener) {
    this.owner = owner;
  }

  attach(pipe: Pipe): void {
    pipe.outIndex = this.pipes.length;
    this.pipes = appended(this.pipes, pipe);
    this.activated(pipe);
  }

  activated(pipe: Pipe): void {
    this.swap(pipe.outIndex, this.active);
    this.active++;
  }

  terminated(pipe: Pipe): void {
    const index = pipe.outIndex;
    if (index === this.current && this.more) this.dropping = true;
    if (index < this.active) {
      this.active--;
      this.swap(index, this.active);
      if (this.current === this.active) this.current = 0;
    }
    erase(this.pipes, pipe.outIndex, setOutIndex);
  }

  /** Sends a frame; `taken` hears which pipe took it. */
  send(frame: Frame, taken?: (pipe: Pipe) => void): LbResult {
    if (this.dropping) {
      this.more = frame.more;
      this.dropping = this.more;
      this.owner.dropIncomplete(frame);
      return "sent";
    }
    while (this.active > 0) {
      const pipe = this.pipes[this.current] as Pipe;
      if (pipe.write(frame)) {
        taken?.(pipe);
        break;
      }
      if (this.more) {
        pipe.rollback();
        this.dropping = frame.more;
        this.more = false;
        return "broken";
      }
      this.active--;
      if (this.current < this.active) this.swap(this.current, this.active);
      else this.current = 0;
    }
    if (this.active === 0) return "again";
    this.more = frame.more;
    if (!this.more) {
      (this.pipes[this.current] as Pipe).flush();
      if (++this.current >= this.active) this.current = 0;
    }
    return "sent";
  }

  hasOut(): boolean {
    if (this.more) return true;
    while (this.active > 0) {
      if ((this.pipes[this.current] as Pipe).canWrite()) return true;
      this.active--;
      this.swap(this.current, this.active);
      if (this.current === this.active) this.current = 0;
    }
    return false;
  }

  private swap(a: number, b: number): void {
    swap(this.pipes, a, b, setOutIndex);
  }
}

const setOutIndex = (pipe: Pipe, index: number): void => {
  pipe.outIndex = index;
};

/** Shared by everything without pipes, and never written. */
export const NO_PIPES: Pipe[] = [];

/** Adds at the end. A first pipe gets an array of just its size: most sockets never have a second. */
export function appended(pipes: Pipe[], pipe: Pipe): Pipe[] {
  if (pipes.length === 0) return [pipe];
  pipes.push(pipe);
  return pipes;
}

/** libzmq: array_t::swap. */
export function swap(pipes: Pipe[], a: number, b: number, setIndex: (pipe: Pipe, index: number) => void): void {
  if (a === b) return;
  const first = pipes[a] as Pipe;
  const second = pipes[b] as Pipe;
  pipes[a] = second;
  pipes[b] = first;
  setIndex(second, a);
  setIndex(first, b);
}

/** The last element moves into the hole. libzmq: array_t::erase. */
export function erase(pipes: Pipe[], index: number, setIndex: (pipe: Pipe, index: number) => void): void {
  const gone = pipes[index] as Pipe;
  const last = pipes.pop() as Pipe;
  setIndex(gone, -1);
  if (last === gone) return;
  pipes[index] = last;
  setIndex(last, index);
}
