/** Message parts between JavaScript values and frames. */
import type { Message } from "../journal/message.ts";
import { Frame, MORE } from "../pipe/frame.ts";

/** Up to this size contents are copied when sent; larger ones are shared, over inproc with the receiver, too. */
const COPY_MAX = 128;

/** The value of one part: buffers and views as they are, null is empty, everything else as text. */
function toFrame(value: unknown, flags: number, message: Message | null): Frame {
  if (typeof value === "string") return textFrame(value, flags, message);
  if (ArrayBuffer.isView(value))
    return bytesFrame(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength, flags, message);
  if (value === null) return new Frame("", 0, flags, message);
  if (value instanceof ArrayBuffer) return bytesFrame(value, 0, value.byteLength, flags, message);
  // A template literal throws for symbols, as the real conversion does.
  return textFrame(`${value as string}`, flags, message);
}

function textFrame(text: string, flags: number, message: Message | null): Frame {
  const content = Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");
  return new Frame(content, content.length, flags, message);
}

function bytesFrame(
  memory: ArrayBuffer,
  offset: number,
  length: number,
  flags: number,
  message: Message | null,
): Frame {
  const bytes = Buffer.from(memory, offset, length);
  return new Frame(length > COPY_MAX ? bytes : bytes.toString("latin1"), length, flags, message);
}

/** The frames of a message: an array is one part per element. */
export function toFrames(value: unknown, message: Message | null): Frame[] {
  if (!Array.isArray(value)) return [toFrame(value, 0, message)];
  const last = value.length - 1;
  return value.map((part: unknown, index) => toFrame(part, index < last ? MORE : 0, message));
}

/** What a program receives for a frame. */
export function toBuffer({ content, size }: Frame): Buffer {
  if (typeof content === "string") return Buffer.from(content, "latin1");
  if (content === null) return Buffer.alloc(size);
  return content instanceof Buffer ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/** An option's value as byte string: text is UTF-8. */
export const bytesOf = (value: string | ArrayBufferView): string =>
  typeof value === "string"
    ? Buffer.from(value).toString("latin1")
    : Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength).toString("latin1");

/** A value as the C string that zmq_join and zmq_msg_set_group get: up to the first NUL. */
export function cText(value: unknown): string {
  const bytes = bytesOf(typeof value === "string" || ArrayBuffer.isView(value) ? value : String(value));
  const end = bytes.indexOf("\0");
  return end < 0 ? bytes : bytes.slice(0, end);
}

/** A byte string as a C string of UTF-8: up to the first NUL; null when empty. */
export function textOf(bytes: string): string | null {
  const end = bytes.indexOf("\0");
  const text = end < 0 ? bytes : bytes.slice(0, end);
  return text === "" ? null : Buffer.from(text, "latin1").toString();
}
