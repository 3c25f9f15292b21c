/** Words and values that the kinds of expectations share. */
import type { Instant } from "../kernel/time.ts";
import type { Range } from "./expectation.ts";
import { nanoseconds } from "./network.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";

/** Without the members that are undefined. */
export function optional<T extends Readonly<Record<string, string | undefined>>>(
  members: T,
): { readonly [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}

export const optionalTime = (text: string | undefined, pointer: string, report: Report): Instant | undefined =>
  text === undefined ? undefined : (nanoseconds(text, pointer, report) as Instant);
export const range = (count: schema.Count): Range => (typeof count === "number" ? { min: count, max: count } : count);

export function rangeText({ min, max }: Range, noun?: string, show: (value: number) => string = String): string {
  const plural = noun === undefined ? "" : ` ${noun}${(max ?? min) === 1 ? "" : "s"}`;
  if (min === max) return `${show(min ?? 0)}${plural}`;
  if (min === undefined) return `at most ${show(max!)}${plural}`;
  return max === undefined ? `at least ${show(min)}${plural}` : `${show(min)} to ${show(max)}${plural}`;
}

const LISTED_MAX = 6;
export function list(texts: readonly string[]): string {
  if (texts.length === 0) return "nothing";
  const shown = texts
    .slice(0, LISTED_MAX)
    .map((text) => (text === "..." ? text : `"${text}"`))
    .join(", ");
  return texts.length > LISTED_MAX ? `${shown}, ... (${texts.length})` : shown;
}

export function fateText(fate: schema.Fate): string {
  if (fate === "delivered") return "is delivered";
  return fate === "queued" ? "is still queued at the end" : `ends as ${fate}`;
}
