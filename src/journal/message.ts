/** The identity of a message: it stays the same on every hop, whoever forwards it. */

export class Message {
  /** The socket that first sent it: "publisher.sender". */
  readonly origin: string;
  /** Its number among the messages sent under that name, from 0; it goes on when the socket opens again. */
  readonly number: number;
  private text: string | null = null;

  constructor(origin: string, number: number) {
    this.origin = origin;
    this.number = number;
  }

  get name(): string {
    this.text ??= `${this.origin}#${this.number}`;
    return this.text;
  }
}
