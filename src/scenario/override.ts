/** `--set nodes.publisher.startAt=1s`: changes of a scenario before it is checked. */
import type { Json } from "../program/plan.ts";
import { pointerParts, under } from "./source.ts";

export interface OverrideProblem {
  /** The assignment as given. */
  readonly text: string;
  readonly message: string;
  readonly hint?: string;
}

export interface Overridden {
  readonly value: Json;
  /** Pointers that were replaced, with the assignment. */
  readonly places: ReadonlyMap<string, string>;
  readonly problems: readonly OverrideProblem[];
}

/** Path and value of each assignment; later ones win. Values are JSON, or else text. */
export function applyOverrides(
  document: Json,
  assignments: readonly (readonly [path: string, value: string])[],
): Overridden {
  const places = new Map<string, string>();
  const problems: OverrideProblem[] = [];
  let value = document;
  for (const [path, source] of assignments) {
    const text = `${path}=${source}`;
    const parts = pathParts(path);
    if (!parts) {
      problems.push({
        text,
        message: `"${path}" is not a path`,
        hint: "such as nodes.publisher.startAt or network.links[0].latency",
      });
      continue;
    }
    const result = replace(value, parts, parseValue(source));
    if (typeof result === "string") problems.push({ text, message: result });
    else {
      value = result.value;
      places.set(under("", ...parts), text);
    }
  }
  return { value, places, problems };
}

/** "path=value" cut in two; undefined without "=". */
export function splitAssignment(text: string): readonly [path: string, value: string] | undefined {
  const at = text.indexOf("=");
  return at > 0 ? [text.slice(0, at).trim(), text.slice(at + 1)] : undefined;
}

/** The assignment that a value came from; undefined when it is the file's. */
export function overrideOf(places: ReadonlyMap<string, string>, pointer: string): string | undefined {
  if (places.size === 0) return undefined;
  const parts = pointerParts(pointer);
  for (let length = parts.length; length > 0; length--) {
    const found = places.get(under("", ...parts.slice(0, length)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function pathParts(path: string): (string | number)[] | undefined {
  const parts: (string | number)[] = [];
  const pattern = /(?:^|\.)([A-Za-z_$][A-Za-z0-9_$-]*)|\[([0-9]{1,9})\]/y;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (!match || match[1] === "__proto__") return undefined;
    parts.push(match[1] ?? Number(match[2]));
  }
  return typeof parts[0] === "string" ? parts : undefined;
}

function parseValue(source: string): Json {
  try {
    return JSON.parse(source) as Json;
  } catch {
    return source;
  }
}

/** The document with one value replaced, or a sentence why that is impossible. */
function replace(document: Json, parts: readonly (string | number)[], value: Json): { value: Json } | string {
  const [part, ...rest] = parts;
  if (part === undefined) return { value };
  if (typeof part === "number") {
    if (!Array.isArray(document)) return `[${part}] needs a list there`;
    const list = document as readonly Json[];
    if (part > list.length) return `[${part}] is beyond the end: the list has ${list.length}`;
    const inner = replace(list[part] ?? {}, rest, value);
    return typeof inner === "string" ? inner : { value: Object.assign([...list], { [part]: inner.value }) };
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return `"${part}" needs an object there`;
  const object = document as { readonly [key: string]: Json };
  const inner = replace(
    Object.hasOwn(object, part) ? object[part]! : typeof rest[0] === "number" ? [] : {},
    rest,
    value,
  );
  return typeof inner === "string" ? inner : { value: { ...object, [part]: inner.value } };
}
