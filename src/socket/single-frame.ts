/** Types without multipart messages skip those that come. libzmq: client_t::xrecv and others. */
import type { Frame } from "../pipe/frame.ts";

/** The next message of one frame; `skipped` hears the last frame of each other message. */
export function singleFrame(read: () => Frame | null, skipped: (last: Frame) => void): Frame | null {
  let frame = read();
  while (frame?.more) {
    while (frame?.more) frame = read();
    if (frame === null) return null;
    skipped(frame);
    frame = read();
  }
  return frame;
}
