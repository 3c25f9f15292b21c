/** Quantities with units: "10ms", "64KiB", "10Mbit". Exact in scenario files, rounded for computed text. */
import type { Duration } from "../kernel/time.ts";

/** Nanoseconds per unit. */
export const DURATION_UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9 } as const;
/** Bytes per unit. */
export const SIZE_UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1048576, GiB: 1073741824 } as const;
/** Bits per second per unit; "/s" may follow. */
export const RATE_UNITS = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 } as const;

type Units = Readonly<Record<string, number>>;

export type QuantityResult<T extends number = number> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const SHAPE = /^\s*([0-9]+)(?:\.([0-9]+))?\s*([A-Za-zµ/]*)\s*$/;
const COMPUTED = /^\s*([0-9.eE+-]+?)\s*(ns|us|ms|s|min)\s*$/;

/** "1.5ms" -> 1,500,000 ns, exactly; what is finer than a nanosecond is refused. */
export function parseDuration(text: string): QuantityResult<Duration> {
  return parseQuantity(text, {
    kind: "duration",
    units: DURATION_UNITS,
    whole: "a nanosecond",
    example: "ms",
  }) as QuantityResult<Duration>;
}

/** "64KiB" -> 65,536 bytes. */
export function parseSize(text: string): QuantityResult {
  return parseQuantity(text, { kind: "size", units: SIZE_UNITS, whole: "a byte", example: "KiB" });
}

/** "10Mbit" or "10Mbit/s" -> 10,000,000 bits per second. */
export function parseRate(text: string): QuantityResult {
  return parseQuantity(text.replace(/\/s\s*$/, ""), {
    kind: "rate",
    units: RATE_UNITS,
    whole: "a bit per second",
    example: "Mbit",
  });
}

/**
 * A duration that a program computed ("333.33333ms"): rounded to the nanosecond.
 * undefined when the text is no duration, or negative.
 */
export function computedDuration(text: string): Duration | undefined {
  const match = COMPUTED.exec(text);
  if (!match) return undefined;
  const count = Number(match[1]);
  const value = Math.round(count * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS]);
  return value >= 0 && Number.isSafeInteger(value) ? (value as Duration) : undefined;
}

interface Kind {
  readonly kind: string;
  readonly units: Units;
  readonly whole: string;
  readonly example: string;
}

function parseQuantity(text: string, { kind, units, whole, example }: Kind): QuantityResult {
  const known = Object.keys(units).join(", ");
  const match = SHAPE.exec(text);
  if (!match)
    return {
      ok: false,
      message: `"${text}" is not a ${kind}`,
      hint: `a number with a unit (${known}), such as "10${example}"`,
    };
  const [, whole_ = "", fraction = "", unit = ""] = match;
  if (unit === "")
    return {
      ok: false,
      message: `"${text}" has no unit`,
      hint: `did you mean "${text.trim()}${example}"? Units: ${known}`,
    };
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor === undefined)
    return { ok: false, message: `"${unit}" is not a unit of a ${kind}`, hint: unitHint(unit, units, known) };
  if (whole_.length + fraction.length > 40) return { ok: false, message: `"${text}" has too many digits` };
  return exact(BigInt(whole_ + fraction) * BigInt(factor), 10n ** BigInt(fraction.length), { text, whole });
}

function exact(
  numerator: bigint,
  denominator: bigint,
  { text, whole }: { text: string; whole: string },
): QuantityResult {
  if (numerator % denominator !== 0n) return { ok: false, message: `"${text}" is finer than ${whole}` };
  const value = numerator / denominator;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return { ok: false, message: `"${text}" is too large` };
  return { ok: true, value: Number(value) };
}

/** Units that people write, and what they mean by them. */
const MEANT: Readonly<Record<string, string>> = {
  m: "min",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  msec: "ms",
  millis: "ms",
  usec: "us",
  µs: "us",
  nsec: "ns",
  mins: "min",
  minute: "min",
  minutes: "min",
  b: "B",
  K: "KiB",
  k: "kB",
  KB: "kB",
  M: "MiB",
  G: "GiB",
  kb: "kB",
  mb: "MB",
  kib: "KiB",
  mib: "MiB",
  byte: "B",
  bytes: "B",
  kbps: "kbit",
  Mbps: "Mbit",
  Gbps: "Gbit",
  mbit: "Mbit",
  Kbit: "kbit",
  gbit: "Gbit",
  bits: "bit",
};

function unitHint(unit: string, units: Units, known: string): string {
  const meant = MEANT[unit];
  return meant !== undefined && Object.hasOwn(units, meant)
    ? `did you mean "${meant}"? Units: ${known}`
    : `units: ${known}`;
}
