/**
 * The mark that makes messages of equal content tell apart: the last eight bytes of the last
 * frame. It begins with two bytes that UTF-8 never has, so that no text ends like it and no
 * subscription to a text matches into it. A payload of mere size has room for it; any other frame
 * grows by eight bytes on the wire, and the receiver's program never sees them.
 */

export const MARK_BYTES = 8;
const MAGIC = 0xfffe;

/**
 * A process does not know how many messages the life before it sent, so every life has numbers of its own; in the
 * trace they follow each other. 256 lives fit into a mark, and more messages than a recording can hold into a life.
 */
export const NUMBERS_PER_LIFE = 2 ** 24;

export type Mark = readonly [socket: number, message: number];

/** `inside`: the frame is mere size, and the mark takes the place of its last bytes. */
export function withMark(frame: Buffer, [socket, message]: Mark, inside: boolean): Buffer {
  const fits = inside && frame.length >= MARK_BYTES;
  const marked = Buffer.alloc(fits ? frame.length : frame.length + MARK_BYTES);
  frame.copy(marked);
  const at = marked.length - MARK_BYTES;
  marked.writeUInt16BE(MAGIC, at);
  // The top bit says that the mark came on top.
  marked.writeUInt16BE(fits ? socket : socket | 0x8000, at + 2);
  marked.writeUInt32BE(message, at + 4);
  return marked;
}

/** The mark of a frame, and the frame as it was before. */
export function readMark(
  frame: Buffer,
  isMarked: (socket: number) => boolean,
): { readonly mark: Mark; readonly frame: Buffer } | undefined {
  const at = frame.length - MARK_BYTES;
  if (at < 0 || frame.readUInt16BE(at) !== MAGIC) return undefined;
  const number = frame.readUInt16BE(at + 2);
  const socket = number & 0x7fff;
  if (!isMarked(socket)) return undefined;
  const mark = [socket, frame.readUInt32BE(at + 4)] as const;
  if (number !== socket) return { mark, frame: frame.subarray(0, at) };
  const bare = Buffer.from(frame);
  bare.fill(0, at);
  return { mark, frame: bare };
}
