/**
 * Frames as a trace shows them: bytes outside printable ASCII, and the backslash, as \xNN; a long
 * frame cut and ended with "...". What people write in a scenario has to be brought into that form.
 */

const SPECIAL = /[^\x20-\x5b\x5d-\x7e]/;
const EVERY_SPECIAL = /[^\x20-\x5b\x5d-\x7e]/g;
const CUT = "...";

/** Text as a program would send it: UTF-8, then escaped. */
export function shownText(text: string): string {
  return SPECIAL.test(text) ? shownBytes(utf8(text)) : text;
}

/** Bytes, one per character, escaped. */
export function shownBytes(bytes: string): string {
  return bytes.replace(EVERY_SPECIAL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Whether a subscription to `topic` (in shown form) matches a frame as shown, as far as it is shown. */
export function topicMatches(topic: string, frame: string): boolean {
  if (frame.startsWith(topic)) return true;
  return frame.endsWith(CUT) && topic.startsWith(frame.slice(0, -CUT.length));
}

/** Whether frames as shown are the message that people wrote with "|" between the frames. */
export function messageMatches(wanted: string, frames: readonly string[]): boolean {
  const joined = frames.join("|");
  if (joined === wanted || joined === shownText(wanted)) return true;
  return frames.some((frame) => frame.endsWith(CUT)) && cutMatches(shownText(wanted).split("|"), frames);
}

function cutMatches(wanted: readonly string[], frames: readonly string[]): boolean {
  if (wanted.length !== frames.length) return false;
  return frames.every(
    (frame, i) => frame === wanted[i] || (frame.endsWith(CUT) && wanted[i]!.startsWith(frame.slice(0, -CUT.length))),
  );
}

function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
