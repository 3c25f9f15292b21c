/** `--set nodes.publisher.startAt=1s`: changes of a scenario before it is checked. */
import type { Json } from "../program/plan.ts";
import { didYouMean } from "./nearest.ts";
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
    const result = unknownName(value, parts) ?? replace(value, parts, parseValue(source));
    if ("message" in result) problems.push({ text, ...result });
    else {
      // What had to be made on the way to the value is not the file's either.
      for (let length = presentParts(value, parts) + 1; length <= parts.length; length++)
        places.set(under("", ...parts.slice(0, length)), text);
      places.set(under("", ...parts), text);
      value = result.value;
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

type Path = readonly (string | number)[];
type Refusal = Omit<OverrideProblem, "text">;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const memberOf = (value: Json | undefined, part: string | number): Json | undefined => {
  if (typeof part === "number") return Array.isArray(value) ? (value as readonly Json[])[part] : undefined;
  return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
};

/** How many leading parts of the path are in the document. */
function presentParts(document: Json, parts: Path): number {
  let value: Json | undefined = document;
  for (const [at, part] of parts.entries()) {
    value = memberOf(value, part);
    if (value === undefined) return at;
  }
  return parts.length;
}

/** Keys under which the names are the user's, and what such a name is called. */
const NAMED: Readonly<Record<string, string>> = {
  nodes: "node",
  threads: "thread",
  sockets: "socket",
  vars: "variable",
};

/**
 * A part of the path that names a node, thread, socket or variable which the scenario does not have: a slip of
 * the pen would else add one, with nothing but the value in it. A whole new node may be added (nodes.x={...}).
 */
function unknownName(document: Json, parts: Path): Refusal | undefined {
  let value: Json | undefined = document;
  for (const [at, part] of parts.entries()) {
    const noun = at > 0 && (at === 1 || parts[0] === "nodes") ? NAMED[String(parts[at - 1])] : undefined;
    const isWhole = at === parts.length - 1 && noun !== "variable";
    if (noun !== undefined && typeof part === "string" && !isWhole && memberOf(value, part) === undefined) {
      const known = isObject(value) ? Object.keys(value) : [];
      const hint = didYouMean(part, known) ?? (known.length === 0 ? undefined : `there is ${known.join(", ")}`);
      return { message: `there is no ${noun} "${part}" to change`, ...(hint === undefined ? {} : { hint }) };
    }
    value = memberOf(value, part);
  }
  return undefined;
}

/** The document with one value replaced, or a sentence why that is impossible. */
function replace(document: Json, parts: Path, value: Json): { value: Json } | Refusal {
  const [part, ...rest] = parts;
  if (part === undefined) return { value };
  if (typeof part === "number") {
    if (!Array.isArray(document)) return { message: `[${part}] needs a list there` };
    const list = document as readonly Json[];
    if (part > list.length) return { message: `[${part}] is beyond the end: the list has ${list.length}` };
    const inner = replace(list[part] ?? {}, rest, value);
    return "message" in inner ? inner : { value: Object.assign([...list], { [part]: inner.value }) };
  }
  if (!isObject(document)) return { message: `"${part}" needs an object there` };
  const made = typeof rest[0] === "number" ? [] : {};
  const inner = replace(memberOf(document, part) ?? made, rest, value);
  return "message" in inner ? inner : { value: { ...document, [part]: inner.value } };
}
