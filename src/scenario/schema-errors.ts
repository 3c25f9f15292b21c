/** Words what the schema validators find. */
import type { Json } from "../program/plan.ts";
import { parseDuration, parseRate, parseSize, type QuantityResult } from "../program/quantity.ts";
import { didYouMean } from "./nearest.ts";
import type { Details, Report } from "./report.ts";
import { pointerParts, under } from "./source.ts";
import type { SchemaError } from "./validate.generated.js";

interface ErrorContext {
  /** Pointer of what was validated. */
  readonly base: string;
  /** What was validated, for messages: `a "send" step`. */
  readonly what: string;
  readonly report: Report;
}

/** Reports one error at its place in the value that was validated. */
export function reportSchemaError(error: SchemaError, value: Json, { base, what, report }: ErrorContext): void {
  // The branch that failed has said what is wrong.
  if (error.keyword === "if") return;
  // A bad property name is reported twice, as a text and as a name; "propertyNames" knows which one it is.
  if (typeof error.data === "string" && typeof valueAt(value, error.instancePath) !== "string") return;
  const pointer = base + error.instancePath;
  const { params } = error;
  const subject = error.instancePath === "" ? what : owner(pointer);
  if (error.keyword === "additionalProperties") unknownKey(error, pointer, subject, report);
  else if (error.keyword === "required")
    report.malformed(pointer, "ZS202", `${subject} needs "${params["missingProperty"]}"`);
  else if (error.keyword === "propertyNames") {
    const name = String(params["propertyName"]);
    report.malformed(under(pointer, name), "ZS206", nameMessage(name, pointer), { key: true });
  } else {
    const [code, message, details] = valueMessage(error);
    report.malformed(pointer, code, message, { found: found(error.data), ...details });
  }
}

function valueAt(value: Json, instancePath: string): unknown {
  return pointerParts(instancePath).reduce<unknown>(
    (inner, part) => (inner as Record<string, unknown> | null)?.[part],
    value,
  );
}

function unknownKey(error: SchemaError, pointer: string, what: string, report: Report): void {
  const key = String(error.params["additionalProperty"]);
  const allowed = Object.keys(error.parentSchema.properties ?? {});
  const place = under(pointer, key);
  report.malformed(place, "ZS201", `unknown key "${key}" in ${what}`, {
    key: true,
    allowed,
    hint: didYouMean(key.replace(/^ZMQ_/i, ""), allowed),
  });
}

type Wording = readonly [code: string, message: string, details?: Details];

/** The keywords that speak of one value. */
function valueMessage({ keyword, params, data, parentSchema }: SchemaError): Wording {
  const limit = Number(params["limit"]);
  switch (keyword) {
    case "type":
      return ["ZS203", `${kinds(parentSchema.type)} is wanted here, found ${found(data)}`];
    case "enum":
      return choice(data, params["allowedValues"] as readonly string[]);
    case "const":
      return ["ZS204", `this is always ${JSON.stringify(params["allowedValue"])}`];
    case "pattern":
      return patternMessage(String(data), parentSchema.$comment);
    case "minimum":
      return ["ZS205", `${data} is too small; the least is ${limit}`];
    case "maximum":
      return ["ZS205", `${data} is too large; the most is ${limit}`];
    case "minLength":
      return ["ZS205", "this may not be empty"];
    case "maxLength":
      return ["ZS205", `this is longer than ${limit} characters`];
    case "minItems":
      return ["ZS205", `at least ${counted(limit, "item")} here, found ${(data as unknown[]).length}`];
    case "maxItems":
      return ["ZS205", `at most ${counted(limit, "item")} here, found ${(data as unknown[]).length}`];
    case "minProperties":
      return minProperties(limit, parentSchema);
    case "maxProperties":
      return [
        "ZS205",
        `only ${limit === 1 ? "one" : limit} of ${Object.keys(parentSchema.properties ?? {}).join(", ")} here`,
      ];
    default:
      return ["ZS200", `not valid: ${keyword}`];
  }
}

function minProperties(limit: number, { $comment, properties }: SchemaError["parentSchema"]): Wording {
  if ($comment === "flowExpectation")
    return ["ZS205", "this expects nothing: it has neither sent, delivered, lost nor queued"];
  const names = Object.keys(properties ?? {}).join(", ");
  return ["ZS205", `at least ${counted(limit, "entry")} here${names === "" ? "" : `: ${names}`}`];
}

function choice(data: unknown, allowed: readonly string[]): Wording {
  const value = String(data);
  return ["ZS204", `unknown value ${JSON.stringify(data)}`, { allowed, hint: didYouMean(value, allowed) }];
}

const QUANTITIES: Readonly<Record<string, (text: string) => QuantityResult>> = {
  duration: parseDuration,
  distribution: parseDuration,
  size: parseSize,
  rate: parseRate,
};

function patternMessage(text: string, definition: string | undefined): Wording {
  const result = QUANTITIES[definition ?? ""]?.(text);
  if (result && !result.ok) return ["ZS301", result.message, { hint: result.hint }];
  if (definition === "name" || definition === "variable" || definition === "hostName")
    return ["ZS206", nameMessage(text, definition)];
  if (text.length % 2 === 1 && /^[0-9a-f]*$/i.test(text))
    return ["ZS302", "hexadecimal bytes come in pairs of digits; one is missing"];
  return ["ZS302", `"${text}" has not the right form`];
}

function nameMessage(name: string, pointer: string): string {
  if (pointer.endsWith("quantiles")) return `"${name}" is not a percentage from 0 to 100`;
  const hyphen = pointer.endsWith("vars") || pointer.endsWith("set") || pointer === "variable" ? "" : ", -";
  return `"${name}" is not a name: a letter or _ first, then letters, digits, _${hyphen}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function kinds(type: string | readonly string[] | undefined): string {
  const names = (typeof type === "string" ? [type] : (type ?? [])).map((name) => KINDS[name] ?? name);
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}` : (names[0] ?? "something else");
}

/** "in the node", "in the socket": after the last well-known part of a pointer. */
function owner(pointer: string): string {
  const parts = pointer.split("/");
  const key = /^\d+$/.test(parts.at(-1)!) ? parts.at(-2)! : parts.at(-1)!;
  const parent = parts.at(-2);
  if (parent === "nodes") return `node "${key}"`;
  if (parent === "sockets") return `socket "${key}"`;
  if (parent === "threads") return `thread "${key}"`;
  return `"${key}"`;
}

const counted = (count: number, noun: string): string =>
  `${count} ${count === 1 ? noun : noun.replace(/y$/, "ie").concat("s")}`;

function found(data: unknown): string {
  if (data === null) return "null";
  if (Array.isArray(data)) return "a list";
  if (typeof data === "object") return "an object";
  const text = JSON.stringify(data as Json);
  return `${typeof data === "string" ? "the text " : typeof data === "number" ? "the number " : ""}${text.length > 60 ? `${text.slice(0, 60)}..."` : text}`;
}
