/** Calls of programs as events of the trace: most of a full trace, hence made with care for what they cost. */
import type { CallEvent } from "../journal/events.ts";
import type { Message } from "../journal/message.ts";
import type { Frame } from "../pipe/frame.ts";

/** What a call was about; an absent key stays out of the event. */
export interface CallAbout {
  readonly socket?: string | undefined;
  readonly arg?: string | undefined;
  readonly message?: Message | null | undefined;
  readonly frames?: readonly Frame[] | null | undefined;
}

/** A call that is over; `waited` in ns, 0 when it did not block. Keys in the order of the vocabulary. */
export function callEvent(
  t: number,
  thread: string,
  call: string,
  { socket, arg, message, frames }: CallAbout,
  result: string,
  waited: number,
): CallEvent {
  // A message sent or received: whole literals, since objects built key by key are several times dearer.
  if (socket !== undefined && arg === undefined && message && frames) {
    const name = message.name;
    const sizes = frames.map(sizeOf);
    const texts = frames.map(preview);
    return waited > 0
      ? { t, ev: "call", thread, call, socket, message: name, sizes, frames: texts, result, waited }
      : { t, ev: "call", thread, call, socket, message: name, sizes, frames: texts, result };
  }
  return {
    t,
    ev: "call",
    thread,
    call,
    ...(socket === undefined ? {} : { socket }),
    ...(arg === undefined ? {} : { arg }),
    ...(message ? { message: message.name } : {}),
    ...(frames ? { sizes: frames.map(sizeOf), frames: frames.map(preview) } : {}),
    result,
    ...(waited > 0 ? { waited } : {}),
  };
}

const sizeOf = (frame: Frame): number => frame.size;

/** Longest preview of a frame in a trace, in bytes. */
const PREVIEW = 64;

/** Frames for a trace: printable ASCII as it is, other bytes as \\xNN, long ones cut. */
export const previews = (frames: readonly Frame[]): string[] => frames.map(preview);

function preview({ content, size }: Frame): string {
  if (content === null) return `<${size} bytes>`;
  const shown = typeof content === "string" ? content : String.fromCharCode(...content.subarray(0, PREVIEW));
  const cut = shown.length > PREVIEW ? shown.slice(0, PREVIEW) : shown;
  const text = UNPRINTABLE.test(cut) ? cut.replace(UNPRINTABLES, escaped) : cut;
  return size > PREVIEW ? `${text}...` : text;
}

const UNPRINTABLE = /[^\x20-\x5b\x5d-\x7e]/;
const UNPRINTABLES = /[^\x20-\x5b\x5d-\x7e]/g;
const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
