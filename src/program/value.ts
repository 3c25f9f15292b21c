/** The values that variables hold and expressions give. Plain data, never shared for writing. */

/** A frame of a received message. */
export interface FrameValue {
  readonly kind: "frame";
  /** Bytes. */
  readonly size: number;
  /**
   * The payload read as UTF-8; when it is not valid UTF-8 (a generated routing id) one character per
   * byte, so that different frames stay different; "" when it is only a size.
   */
  readonly text: string;
}

/** A received message, with the identity that a `message` or `forwards` step keeps. */
export interface MessageValue {
  readonly kind: "message";
  readonly frames: readonly FrameValue[];
  /** The group that a DISH got it for; "" for other messages. */
  readonly group?: string;
  /** The number under which a SERVER or PEER knows who sent it; 0 for other messages. */
  readonly routingId?: number;
}

export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | FrameValue
  | MessageValue
  | { readonly [key: string]: Value };

const objectKind = (value: Value): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { kind?: unknown }).kind : undefined;

export const isFrame = (value: Value): value is FrameValue => objectKind(value) === "frame";
export const isMessage = (value: Value): value is MessageValue => objectKind(value) === "message";
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** What a value is called in error messages: "a number", "a list". */
export function describe(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return `the number ${formatNumber(value)}`;
  if (typeof value === "string")
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)}`;
  if (isList(value)) return "a list";
  return isFrame(value) ? "a frame" : isMessage(value) ? "a message" : "an object";
}

/** Text of a value where text is wanted: a template, a log line, `+` with a text. Frames of a message are joined by "|". */
export function formatValue(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatNumber(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isFrame(value)) return value.text;
  if (isMessage(value)) return value.frames.map((frame) => frame.text).join("|");
  return formatNested(value);
}

/** Whole numbers as they are; others with at most 15 significant digits, so that 0.1 + 0.2 reads 0.3. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(15)));
}

/** JSON, but with numbers, frames and messages as above. */
function formatNested(value: Value): string {
  if (isList(value)) return `[${value.map(formatNested).join(",")}]`;
  if (typeof value === "number" || value === null || typeof value === "boolean") return formatValue(value);
  if (typeof value === "string" || isFrame(value) || isMessage(value)) return JSON.stringify(formatValue(value));
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${formatNested(member)}`)
    .join(",")}}`;
}

/** Same content. A frame equals a text with the same bytes, and a message equals a list of its frames. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (isFrame(a)) return typeof b === "string" ? a.text === b : isFrame(b) && a.size === b.size && a.text === b.text;
  if (isFrame(b)) return a === b.text;
  const left = asList(a);
  const right = asList(b);
  if (left && right) return left.length === right.length && left.every((item, at) => equal(item, right[at]!));
  if (typeof a !== "object" || typeof b !== "object" || left || right) return false;
  return equalMaps(a as { readonly [key: string]: Value }, b as { readonly [key: string]: Value });
}

/** A list, or the frames of a message; else undefined. */
export function asList(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return isMessage(value) ? value.frames : undefined;
}

function equalMaps(a: { readonly [key: string]: Value }, b: { readonly [key: string]: Value }): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!));
}
