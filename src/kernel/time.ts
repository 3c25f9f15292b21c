/** Virtual time: whole nanoseconds in a branded number, exact to 2^53 ns (104 days). */

/** A point on the virtual clock: whole nanoseconds since the start of the run, >= 0. */
export type Instant = number & { readonly __unit: "instant ns" };

/** A span of virtual time: whole nanoseconds. */
export type Duration = number & { readonly __unit: "duration ns" };

export const ZERO = 0 as Duration;

export const ns = (count: number): Duration => Math.round(count) as Duration;
export const us = (count: number): Duration => Math.round(count * 1e3) as Duration;
export const ms = (count: number): Duration => Math.round(count * 1e6) as Duration;
export const seconds = (count: number): Duration => Math.round(count * 1e9) as Duration;

export const after = (at: Instant, delay: Duration): Instant => (at + delay) as Instant;
export const between = (from: Instant, to: Instant): Duration => (to - from) as Duration;

/** A time for people: three to four significant digits with the unit that fits ("600.1 ms", "1.4 ms", "82 us", "2 s"). */
export function formatTime(value: Instant | Duration): string {
  if (value < 0) return `-${formatTime(-value as Duration)}`;
  if (value < 1e3) return `${value} ns`;
  if (value < 1e6) return `${significant(value / 1e3)} us`;
  if (value < 1e9 || (value < 10e9 && value % 1e9 !== 0)) return `${significant(value / 1e6)} ms`;
  return `${significant(value / 1e9)} s`;
}

function significant(value: number): string {
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : 2;
  return value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}
