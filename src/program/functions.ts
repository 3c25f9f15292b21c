/** The functions of the expression language. Pure but for the draws, which come from the scope. */
import { ln } from "../kernel/math.ts";
import { eventName } from "../socket/monitor.ts";
import { asList, describe, equal, type FrameValue, formatValue, isFrame, isList, type Value } from "./value.ts";

/** Draws of a program; a RandomStream of the kernel fits. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  float(): number;
}

export interface ExpressionFunction {
  /** Shown in messages: "randint(lo, hi)". */
  readonly usage: string;
  readonly least: number;
  readonly most: number;
  /** Draws random numbers, so it is not evaluated ahead of time. */
  readonly draws?: true;
  /** Throws FunctionError when an argument does not fit. */
  readonly call: (args: readonly Value[], random: RandomSource) => Value;
}

/** An argument that does not fit; the evaluator adds the place. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

const fail = (message: string): never => {
  throw new FunctionError(message);
};

const number = (value: Value | undefined): number =>
  typeof value === "number" ? value : fail(`a number is wanted, found ${describe(value ?? null)}`);
const integer = (value: Value | undefined): number =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : fail(`a whole number is wanted, found ${describe(value ?? null)}`);
const text = (value: Value | undefined): string => {
  if (typeof value === "string") return value;
  return value !== undefined && isFrame(value)
    ? value.text
    : fail(`a text is wanted, found ${describe(value ?? null)}`);
};
const list = (value: Value | undefined): readonly Value[] =>
  asList(value ?? null) ?? fail(`a list or a message is wanted, found ${describe(value ?? null)}`);

function define(usage: string, call: ExpressionFunction["call"]): ExpressionFunction {
  const parameters = usage
    .slice(usage.indexOf("(") + 1, -1)
    .split(", ")
    .filter((name) => name !== "");
  if (parameters.at(-1) === "...") return { usage, least: 1, most: Number.POSITIVE_INFINITY, call };
  return { usage, least: parameters.filter((name) => !name.endsWith("?")).length, most: parameters.length, call };
}
const draw = (usage: string, call: ExpressionFunction["call"]): ExpressionFunction => ({
  ...define(usage, call),
  draws: true,
});

/** Whole number in [lo, hi], as Python's randint. */
function randint(lo: number, hi: number, random: RandomSource): number {
  if (lo > hi) fail(`randint(${lo}, ${hi}): the first bound is above the second`);
  return lo + Math.floor(random.float() * (hi - lo + 1));
}

const DEFINITIONS: readonly ExpressionFunction[] = [
  define("size(x)", ([value]) => sizeOf(value!)),
  define("string(x)", ([value]) => formatValue(value!)),
  define("int(x)", ([value]) => toInteger(value!)),
  define("number(x)", ([value]) => toNumber(value!)),
  define("frames(message, from?, to?)", ([message, from, to]) => slice(list(message), from, to)),
  define("rest(list, from?)", ([items, from]) => slice(list(items), from ?? 1, undefined)),
  define("slice(x, from, to?)", ([value, from, to]) => {
    if (typeof value === "string" || isFrame(value!))
      return text(value).slice(integer(from), to === undefined ? undefined : integer(to));
    return slice(list(value), from, to);
  }),
  define("contains(x, part)", ([value, part]) => {
    const items = asList(value!);
    return items ? items.some((item) => equal(item, part!)) : text(value).includes(text(part));
  }),
  define("startsWith(text, prefix)", ([whole, prefix]) => text(whole).startsWith(text(prefix))),
  define("endsWith(text, suffix)", ([whole, suffix]) => text(whole).endsWith(text(suffix))),
  define("split(text, separator)", ([whole, separator]) => text(whole).split(text(separator))),
  define("join(list, separator)", ([items, separator]) => list(items).map(formatValue).join(text(separator))),
  define("event(message)", ([message]) => eventOf(list(message))),
  define("range(count)", ([count]) => rangeOf(integer(count))),
  define("abs(x)", ([x]) => Math.abs(number(x))),
  define("floor(x)", ([x]) => Math.floor(number(x))),
  define("ceil(x)", ([x]) => Math.ceil(number(x))),
  define("round(x)", ([x]) => Math.round(number(x))),
  define("min(...)", (args) => numbersOf(args).reduce((a, b) => Math.min(a, b))),
  define("max(...)", (args) => numbersOf(args).reduce((a, b) => Math.max(a, b))),
  draw("random()", (_, random) => random.float()),
  draw("randint(lo, hi)", ([lo, hi], random) => randint(integer(lo), integer(hi), random)),
  draw("uniform(lo, hi)", ([lo, hi], random) => number(lo) + (number(hi) - number(lo)) * random.float()),
  draw("choice(list)", ([items], random) => {
    const from = list(items);
    return from.length > 0 ? from[randint(0, from.length - 1, random)]! : fail("choice of an empty list");
  }),
  draw("exponential(mean)", ([mean], random) => 0 - number(mean) * ln(1 - random.float())),
];

/** By name. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map(
  DEFINITIONS.map((definition) => [definition.usage.slice(0, definition.usage.indexOf("(")), definition]),
);

/** Characters of a text, bytes of a frame, frames of a message, items of a list, members of an object. */
function sizeOf(value: Value): number {
  if (typeof value === "string") return value.length;
  if (value !== null && isFrame(value)) return value.size;
  const items = asList(value);
  if (items) return items.length;
  return value !== null && typeof value === "object"
    ? Object.keys(value).length
    : fail(`${describe(value)} has no size`);
}

/** Decimal text, or a number with its fraction cut off. */
function toInteger(value: Value): number {
  const count = Math.trunc(toNumber(value));
  return Number.isSafeInteger(count) ? count : fail(`${describe(value)} is too large for a whole number`);
}

function toNumber(value: Value): number {
  if (typeof value === "number") return value;
  const source = text(value).trim();
  const result = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(source) ? Number(source) : Number.NaN;
  return Number.isFinite(result) ? result : fail(`${JSON.stringify(source)} is not a number`);
}

/** Bounds as in Python: negative ones count from the end. */
function slice(items: readonly Value[], from: Value | undefined, to: Value | undefined): readonly Value[] {
  return items.slice(from === undefined ? 0 : integer(from), to === undefined ? undefined : integer(to));
}

/** What a monitor's message says: {event: "CONNECTED", value: 12, endpoint: "tcp://..."}. libzmq: monitor_event. */
function eventOf(frames: readonly Value[]): Value {
  const [head, endpoint] = frames;
  const bytes = frames.length === 2 && head !== undefined && head !== null && isFrame(head) ? bytesOf(head) : [];
  if (bytes.length !== EVENT_BYTES) return fail("this is no message of a monitor");
  const number = (from: number, to: number): number =>
    bytes.slice(from, to).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return { event: eventName(number(0, 2)), value: number(2, EVENT_BYTES), endpoint: text(endpoint) };
}

/** A u16 and a u32. */
const EVENT_BYTES = 6;

/** A frame's text has a character per byte, unless the bytes are UTF-8. */
const bytesOf = (frame: FrameValue): readonly number[] =>
  frame.text.length === frame.size
    ? Array.from(frame.text, (character) => character.charCodeAt(0))
    : [...new TextEncoder().encode(frame.text)];

const RANGE_MAX = 1_000_000;

function rangeOf(count: number): readonly number[] {
  if (count > RANGE_MAX) fail(`range(${count}): at most ${RANGE_MAX}`);
  return Array.from({ length: Math.max(0, count) }, (_, at) => at);
}

function numbersOf(args: readonly Value[]): number[] {
  const only = args[0];
  const values = args.length === 1 && only !== undefined && isList(only) ? only : args;
  return values.length > 0 ? values.map(number) : fail("of an empty list");
}
