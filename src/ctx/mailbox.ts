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

interface Entry {
  readonly target: CommandTarget;
  readonly command: number;
  readonly arg: number;
  readonly ref: unknown;
}

/** Total order per mailbox, FIFO per sender. libzmq: mailbox_t. */
export class Mailbox {
  reader: MailboxReader;
  private entries: (Entry | null)[] = NONE;
  private head = 0;
  private tail = 0;

  constructor(reader: MailboxReader) {
    this.reader = reader;
  }

  get empty(): boolean {
    return this.head === this.tail;
  }

  push(target: CommandTarget, command: number, arg: number, ref: unknown): void {
    const entry = { target, command, arg, ref };
    // The first array has just one place: most sockets never have two commands waiting.
    if (this.entries === NONE) this.entries = [entry];
    else this.entries[this.tail] = entry;
    this.tail++;
    this.reader.mailboxActive();
  }

  /** Processes everything, also what arrives meanwhile. Returns the number of commands. */
  drain(): number {
    let count = 0;
    while (this.head < this.tail) {
      const entry = this.entries[this.head] as Entry;
      this.entries[this.head++] = null;
      count++;
      entry.target.processCommand(entry.command, entry.arg, entry.ref);
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
const NONE: (Entry | null)[] = [];

/** Posts a command to the mailbox of its target. */
export function send(target: CommandTarget, command: number, arg = 0, ref: unknown = null): void {
  target.mailbox.push(target, command, arg, ref);
}
