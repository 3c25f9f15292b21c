/** Frames: what pipes carry. Immutable, so that any number of queues may share one. */
import type { Message } from "../journal/message.ts";

/** Flag bits of a frame. */
export const MORE = 1;
export const COMMAND = 2;
export const ROUTING_ID = 4;
export const SUBSCRIBE = 8;
export const CANCEL = 16;
export const DELIMITER = 32;
/** A DISH joins or leaves the group that the content names. libzmq: msg_t::is_join, is_leave. */
export const JOIN = 64;
export const LEAVE = 128;
/** On the wire: bytes as a raw socket wrote them, to be decoded by whoever reads them as ZMTP. */
export const RAW = 256;
/** On the wire: inside a MESSAGE command of CURVE. */
export const SEALED = 512;
/** The user id that a ZAP handler gave to the peer; readers pass over it. libzmq: msg_t::credential. */
export const CREDENTIAL = 1024;

/** Content of a frame: a byte string (one character per byte), bytes, or null for a payload of mere size. */
export type Content = string | Uint8Array | null;

/** One part of a message, or a control item in a pipe. libzmq: msg_t. */
export class Frame {
  readonly content: Content;
  /** Bytes. */
  readonly size: number;
  readonly flags: number;
  /** null for subscriptions, routing ids and other frames that no program handed over as a message. */
  readonly message: Message | null;

  constructor(content: Content, size: number, flags: number, message: Message | null) {
    this.content = content;
    this.size = size;
    this.flags = flags;
    this.message = message;
  }

  static of(text: string, flags = 0, message: Message | null = null): Frame {
    return new Frame(text, text.length, flags, message);
  }

  get more(): boolean {
    return (this.flags & MORE) !== 0;
  }

  /** The bytes as a byte string; a payload of mere size reads as zeros. */
  get bytes(): string {
    const { content } = this;
    if (typeof content === "string") return content;
    if (content === null) return "\0".repeat(this.size);
    let text = "";
    for (let at = 0; at < content.length; at += 8192) text += String.fromCharCode(...content.subarray(at, at + 8192));
    return text;
  }

  /** The byte at `index`, or -1 beyond the end. */
  byteAt(index: number): number {
    if (index >= this.size) return -1;
    const { content } = this;
    if (typeof content === "string") return content.charCodeAt(index);
    return content === null ? 0 : (content[index] as number);
  }

  /** The same content with other flags or another identity. */
  as(flags: number, message: Message | null): Frame {
    return flags === this.flags && message === this.message ? this : new Frame(this.content, this.size, flags, message);
  }
}

/** A frame of the types that address by group (RADIO, DISH) or by number (SERVER, PEER). libzmq: zmq_msg_set_group, zmq_msg_set_routing_id. */
export class AddressedFrame extends Frame {
  /** At most 255 bytes; "" without a group. */
  readonly group: string;
  /** 0 without a routing id. */
  readonly routingId: number;

  constructor(frame: Frame, address: { readonly group?: string; readonly routingId?: number }) {
    super(frame.content, frame.size, frame.flags, frame.message);
    this.group = address.group ?? "";
    this.routingId = address.routingId ?? 0;
  }

  override as(flags: number, message: Message | null): Frame {
    return new AddressedFrame(new Frame(this.content, this.size, flags, message), this);
  }
}

/** Frames that no program handed over as a message: subscriptions, in command or old form. */
export const isSubscription = (frame: Frame): boolean =>
  frame.message === null && (frame.flags & (MORE | ROUTING_ID | CREDENTIAL)) === 0;

export const groupOf = (frame: Frame): string => (frame instanceof AddressedFrame ? frame.group : "");

/** The last item of a pipe that is closing. libzmq: msg_t::init_delimiter. */
export const DELIMITER_FRAME = new Frame("", 0, DELIMITER, null);

/** The frame that precedes everything in a pipe to a type that wants its peers' routing ids. */
export const routingIdFrame = (routingId: string): Frame => Frame.of(routingId, ROUTING_ID);
