/** XPUB_MANUAL: what peers asked for, and which of them the program is deciding about. libzmq: xpub.cpp. */
import type { Pipe } from "../pipe/pipe.ts";
import { PipeSubscriptions } from "./subscriptions.ts";

export class ManualSubscriptions {
  /** XPUB_MANUAL_LAST_VALUE: the next message goes to lastPipe alone. */
  lastValue = false;
  /** The peer whose notification was read last, while it lives. */
  lastPipe: Pipe | null = null;
  private readonly wanted = new PipeSubscriptions();
  /** One entry per notification that is waiting; null for those of a pipe that ended. */
  private readonly pending: (Pipe | null)[] = [];

  /** A peer asks; nothing happens until the program decides. */
  requested(pipe: Pipe, prefix: string, add: boolean): void {
    if (add) this.wanted.add(prefix, pipe);
    else this.wanted.remove(prefix, pipe);
    this.pending.push(pipe);
  }

  /** The program reads the next notification. User messages take an entry, too, as in libzmq. */
  notificationRead(lives: (pipe: Pipe) => boolean): void {
    const pipe = this.pending.shift();
    if (pipe === undefined) return;
    this.lastPipe = pipe !== null && lives(pipe) ? pipe : null;
  }

  /** `cancelled` hears each prefix that the peer had asked for. */
  pipeTerminated(pipe: Pipe, cancelled: (prefix: string) => void): void {
    this.wanted.removePipe(pipe, (prefix) => {
      cancelled(prefix);
      this.lastPipe = null;
      this.pending.push(null);
    });
    if (pipe === this.lastPipe) this.lastPipe = null;
  }

  /** With LAST_VALUE: the only peer that the message that begins now may go to. */
  takeLastValuePipe(): Pipe | null {
    if (!this.lastValue) return null;
    const pipe = this.lastPipe;
    this.lastPipe = null;
    return pipe;
  }
}
