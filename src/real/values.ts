/** Frames between programs and the library: buffers on one side, the values of the step language on the other. */
import { crc32 } from "node:zlib";
import { Frame } from "../pipe/frame.ts";
import type { OutFrame } from "../program/machine.ts";
import type { MessageValue } from "../program/value.ts";
import { previews } from "../run/call-events.ts";
import { ReceivedFrame, utf8 } from "../run/values.ts";

/** A message that a program received; `receipt` numbers it within its process, so that forwarding can be followed. */
export class RealMessage implements MessageValue {
  readonly kind = "message";
  readonly frames: readonly ReceivedFrame[];
  readonly receipt: number;
  readonly group: string;
  readonly routingId: number;

  constructor(buffers: readonly Buffer[], receipt: number, { group = "", routingId = 0 }: Address = {}) {
    this.frames = buffers.map((buffer) => new ReceivedFrame(frameOf(buffer)));
    this.receipt = receipt;
    this.group = group;
    this.routingId = routingId;
  }
}

/** What draft types tell of a message besides its frames. */
interface Address {
  readonly group?: string;
  readonly routingId?: number;
}

/** Payloads of mere size travel as zeros. */
export function toBuffer(frame: OutFrame): Buffer {
  if (typeof frame === "string") return Buffer.from(frame, "utf8");
  if (frame instanceof ReceivedFrame) {
    const { content, size } = frame.frame;
    if (content === null) return Buffer.alloc(size);
    return typeof content === "string" ? Buffer.from(content, "latin1") : (content as Buffer);
  }
  if ("hex" in frame) return Buffer.from(frame.hex, "hex");
  if ("text" in frame) return Buffer.from(utf8(frame.text), "latin1");
  return Buffer.alloc(frame.size);
}

export const isMereSize = (frame: OutFrame): boolean =>
  typeof frame === "object" && !("text" in frame) && !("hex" in frame) && !(frame instanceof ReceivedFrame);

/** All zeros reads as mere size again: the simulated arm shows such a frame without text, too. */
const frameOf = (buffer: Buffer): Frame => new Frame(isZero(buffer) ? null : buffer, buffer.length, 0, null);

const isZero = (buffer: Buffer): boolean =>
  buffer.length > 0 && buffer[0] === 0 && buffer.compare(Buffer.alloc(buffer.length)) === 0;

/** A little more than a trace shows of a frame. */
const SHOWN = 72;

/** Frames as traces show them; long ones are not copied for that. */
export function shown(buffers: readonly Buffer[]): string[] {
  return previews(
    buffers.map((buffer) =>
      isZero(buffer) ? new Frame(null, buffer.length, 0, null) : Frame.of(buffer.toString("latin1", 0, SHOWN)),
    ),
  );
}

/** Equal for equal frames, and hardly ever for others. */
export const prints = (buffers: readonly Buffer[]): string[] =>
  buffers.map((buffer) => `${buffer.length}:${crc32(buffer).toString(16)}`);
