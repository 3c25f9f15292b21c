/** Frames between programs and sockets: text is UTF-8 on the way, received frames keep their bytes. */
import type { Message } from "../journal/message.ts";
import { AddressedFrame, Frame, groupOf, MORE } from "../pipe/frame.ts";
import type { OutFrame } from "../program/machine.ts";
import type { FrameValue, MessageValue } from "../program/value.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A text as byte string. */
export function utf8(text: string): string {
  if (isAscii(text)) return text;
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** A byte string as text; bytes that are no UTF-8 stand for the characters of the same number. */
export function fromUtf8(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  try {
    return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  } catch {
    return bytes;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** A frame that a program received. */
export class ReceivedFrame implements FrameValue {
  readonly kind = "frame";
  readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  get size(): number {
    return this.frame.size;
  }

  get text(): string {
    return this.frame.content === null ? "" : fromUtf8(this.frame.bytes);
  }
}

/** A message that a program received; forwarding it keeps its identity. */
export class ReceivedMessage implements MessageValue {
  readonly kind = "message";
  readonly frames: readonly ReceivedFrame[];
  readonly identity: Message | null;

  constructor(frames: readonly Frame[]) {
    this.frames = frames.map((frame) => new ReceivedFrame(frame));
    this.identity = frames[frames.length - 1]?.message ?? null;
  }

  get group(): string {
    const last = this.frames[this.frames.length - 1]?.frame;
    return last === undefined ? "" : fromUtf8(groupOf(last));
  }

  get routingId(): number {
    const last = this.frames[this.frames.length - 1]?.frame;
    return last instanceof AddressedFrame ? last.routingId : 0;
  }
}

/** Builds the frames of a message; the last has MORE only when `more` says so. */
export function toFrames(frames: readonly OutFrame[], message: Message | null, more: boolean): Frame[] {
  return frames.map((frame, index) => toFrame(frame, more || index < frames.length - 1 ? MORE : 0, message));
}

/** The frames of a message for a group of DISHes, or for the peer that a SERVER knows by a number. */
export function addressed(
  frames: readonly Frame[],
  { group, routingId }: { readonly group?: string; readonly routingId?: number },
): readonly Frame[] {
  if (group === undefined && routingId === undefined) return frames;
  const address = group === undefined ? { routingId: routingId as number } : { group: utf8(group) };
  return frames.map((frame) => new AddressedFrame(frame, address));
}

function toFrame(frame: OutFrame, flags: number, message: Message | null): Frame {
  if (typeof frame === "string") return Frame.of(utf8(frame), flags, message);
  if (frame instanceof ReceivedFrame) return new Frame(frame.frame.content, frame.size, flags, message);
  if ("hex" in frame) return Frame.of(fromHex(frame.hex), flags, message);
  if ("text" in frame) return Frame.of(utf8(frame.text), flags, message);
  return new Frame(null, frame.size, flags, message);
}

const fromHex = (hex: string): string => hex.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
