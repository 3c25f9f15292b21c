/** Quantities are exact: what the text says, in whole ns, bytes and bits per second. */
import { expect, test } from "vitest";
import { computedDuration, parseDuration, parseRate, parseSize } from "../../src/program/quantity.ts";

test.each([
  ["0ns", 0],
  ["0.1ms", 100_000],
  ["0.000001ms", 1],
  ["1.5s", 1_500_000_000],
  [" 10 ms ", 10_000_000],
  ["2min", 120_000_000_000],
  // 0.3 * 1e9 is 299999999.99999994 in doubles.
  ["0.3s", 300_000_000],
  ["9007199254740991ns", 9_007_199_254_740_991],
])("%s is %d ns", (text, value) => expect(parseDuration(text)).toEqual({ ok: true, value }));

test.each([
  ["10", '"10" has no unit', 'did you mean "10ms"? Units: ns, us, ms, s, min'],
  ["10m", '"m" is not a unit of a duration', 'did you mean "min"? Units: ns, us, ms, s, min'],
  ["10KiB", '"KiB" is not a unit of a duration', "units: ns, us, ms, s, min"],
  ["0.5ns", '"0.5ns" is finer than a nanosecond', undefined],
  ["-1s", '"-1s" is not a duration', 'a number with a unit (ns, us, ms, s, min), such as "10ms"'],
  ["1e3s", '"1e3s" is not a duration', 'a number with a unit (ns, us, ms, s, min), such as "10ms"'],
  ["9007199254740992ns", '"9007199254740992ns" is too large', undefined],
])("%s is refused", (text, message, hint) =>
  expect(parseDuration(text)).toEqual(hint === undefined ? { ok: false, message } : { ok: false, message, hint }),
);

test.each([
  ["64KiB", 65536],
  ["1kB", 1000],
  ["1.5MB", 1_500_000],
  ["0.5KiB", 512],
  ["3B", 3],
])("%s is %d bytes", (text, value) => expect(parseSize(text)).toEqual({ ok: true, value }));

test.each([
  ["10Mbit", 10_000_000],
  ["10Mbit/s", 10_000_000],
  ["1.5Gbit", 1_500_000_000],
  ["9bit", 9],
])("%s is %d bits per second", (text, value) => expect(parseRate(text)).toEqual({ ok: true, value }));

test.each([
  ["333.3333333333333ms", 333_333_333],
  ["1e-7s", 100],
  ["10ms", 10_000_000],
  ["-1ms", undefined],
  ["ms", undefined],
  ["5", undefined],
  ["NaNms", undefined],
])("a program computes %s: %s ns", (text, value) => expect(computedDuration(text)).toBe(value));
