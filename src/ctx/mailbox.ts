/**
 * Mailboxes and commands: the only way one thread tells another to do something.
 * libzmq: mailbox.cpp, command.hpp, object.cpp.
 */

/** Commands by name; the numbers are only identities. libzmq: command_t::type_t. */
export const Command = {
  stop: 1,
  plug: 2,
  own: 3,
  attach: 4,
  bind: 5,
  activateRead: 6,
  activateWrite: 7,
  hiccup: 8,
  pipeTerm: 9,
  pipeTermAck: 10,
  pipeHwm: 11,
  termReq: 12,
  term: 13,
  termAck: 14,
  termEndpoint: 15,
  reap: 16,
  inprocConnected: 17,
  connFailed: 18,
} as const;

/** An object that lives in the thread (or socket) whose mailbox it names. */
export interface CommandTarget {
  readonly mailbox: Mailbox;
  processCommand(command: number, arg: number, ref: unknown): void;
}

/** Whoever empties a mailbox; told about each command, decides itself whether that wakes it. */
export interface MailboxReader {
  mailboxActive(): void;
}

/** Whoever waits for something that a command may bring: a thread in a call, or a promise. */
export interface Waiter {
  wake(): void;
}

/** Total order per mailbox, FIFO per sender. libzmq: mailbox_t. */
export class Mailbox {
  reader: MailboxReader;
  /** Target, command, arg and ref of each entry, one after the other: no object per command. */
  private entries: unknown[] = NONE;
  private head = 0;
  private tail = 0;

  constructor(reader: MailboxReader) {
    this.reader = reader;
  }

  get empty(): boolean {
    return this.head === this.tail;
  }

  push(target: CommandTarget, command: number, arg: number, ref: unknown): void {
    const { entries, tail } = this;
    this.tail = tail + STRIDE;
    // The first array has just one place: most sockets never have two commands waiting.
    if (entries === NONE) this.entries = [target, command, arg, ref];
    else {
      entries[tail] = target;
      entries[tail + 1] = command;
      entries[tail + 2] = arg;
      entries[tail + 3] = ref;
    }
    this.reader.mailboxActive();
  }

  /** Processes everything, also what arrives meanwhile. Returns the number of commands. */
  drain(): number {
    let count = 0;
    while (this.head < this.tail) {
      const { entries, head } = this;
      const target = entries[head] as CommandTarget;
      const ref = entries[head + 3];
      entries[head] = null;
      entries[head + 3] = null;
      this.head = head + STRIDE;
      count++;
      target.processCommand(entries[head + 1] as number, entries[head + 2] as number, ref);
    }
    // The places are used again; their number is that of the fullest moment.
    this.head = 0;
    this.tail = 0;
    return count;
  }

  /** Forgets everything: the process died. */
  clear(): void {
    this.entries = NONE;
    this.head = 0;
    this.tail = 0;
  }
}

/** Shared by all mailboxes that never got a command: a million idle sockets cost nothing here. */
const NONE: unknown[] = [];
/** Places of an entry. */
const STRIDE = 4;

/** Posts a command to the mailbox of its target. */
export function send(target: CommandTarget, command: number, arg = 0, ref: unknown = null): void {
  target.mailbox.push(target, command, arg, ref);
}
