/**
 * Numbers of the messages that programs send on a socket. A socket that opens under the same name later, in this
 * process or after a restart of the node, counts on: no two messages of a run have one name.
 */
import type { Journal } from "../journal/journal.ts";
import type { Message } from "../journal/message.ts";

export class MessageNumbers {
  private readonly journal: Journal;
  private readonly name: string;
  /** Number of the message that a program begins to send next. */
  private upcoming: number;
  /** Number after that of the last message that a call took whole. */
  private over: number;

  constructor(journal: Journal, name: string) {
    this.journal = journal;
    this.name = name;
    this.upcoming = journal.numbers.get(name) ?? 0;
    this.over = this.upcoming;
  }

  next(): number {
    return this.upcoming++;
  }

  /** The message that got the last number was refused whole. */
  takeBack(): void {
    this.upcoming--;
  }

  /** A call took the whole message, whether it goes anywhere or not. */
  took(message: Message): void {
    this.over = message.number + 1;
  }

  /** The socket is closed or dies; a message that still waits to be sent never was one. */
  end(): void {
    if (this.over > 0) this.journal.numbers.set(this.name, this.over);
  }
}
