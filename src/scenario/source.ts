/** Scenario text -> plain data, with the place of every value. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Json } from "../program/plan.ts";

/** Part of a text, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface SyntaxProblem extends Span {
  readonly code: string;
  readonly message: string;
  readonly pointer: string;
  readonly hint?: string;
}

const TEXT_MAX = 8 * 1024 * 1024;
const DEPTH_MAX = 100;

/** A parsed text. `value` is undefined when the problems leave nothing to check. */
export class Source {
  readonly text: string;
  readonly value: Json | undefined;
  readonly problems: readonly SyntaxProblem[];
  readonly #root: Node | undefined;
  #lineStarts: number[] | undefined;

  constructor(text: string) {
    this.text = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
    const refusal = refuse(this.text);
    const problems: SyntaxProblem[] = refusal ? [refusal] : [];
    const errors: ParseError[] = [];
    this.#root = refusal
      ? undefined
      : parseTree(this.text, errors, { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true });
    for (const error of errors) problems.push(syntaxProblem(error, this.text));
    if (!this.#root && problems.length === 0)
      problems.push({ code: "ZS101", message: "the file is empty", pointer: "", offset: 0, length: 1 });
    this.value = this.#root ? toValue(this.#root, "", problems) : undefined;
    this.problems = problems;
  }

  /**
   * Place of a value, or with `key` of its key. Of an absent value: of the nearest present one around it
   * (an object then counts as its opening brace).
   */
  span(pointer: string, { key = false }: { readonly key?: boolean } = {}): Span {
    const { node, exact } = this.#find(pointer);
    if (!node) return { offset: 0, length: 1 };
    if (key && exact && node.parent?.type === "property") return node.parent.children![0]!;
    return node.type === "object" || node.type === "array" ? { offset: node.offset, length: 1 } : node;
  }

  /** Place of characters of a text value, escapes accounted for. */
  spanInside(pointer: string, offset: number, length: number): Span {
    const { node, exact } = this.#find(pointer);
    if (!node || !exact || node.type !== "string") return this.span(pointer);
    const raw = this.text.slice(node.offset, node.offset + node.length);
    const from = rawOffset(raw, offset);
    return {
      offset: node.offset + from,
      length: Math.max(1, Math.min(rawOffset(raw, offset + length), raw.length) - from),
    };
  }

  /** Line and column, both from 1. */
  position(offset: number): { line: number; column: number } {
    this.#lineStarts ??= lineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }

  #find(pointer: string): { node: Node | undefined; exact: boolean } {
    let node = this.#root;
    for (const part of pointerParts(pointer)) {
      const next: Node | undefined = node && childOf(node, part);
      if (!next) return { node, exact: false };
      node = next;
    }
    return { node, exact: true };
  }
}

export const pointerParts = (pointer: string): string[] =>
  pointer === ""
    ? []
    : pointer
        .slice(1)
        .split("/")
        .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));

/** Pointer of a member. */
export const under = (pointer: string, ...parts: readonly (string | number)[]): string =>
  parts.reduce<string>((all, part) => `${all}/${String(part).replace(/~/g, "~0").replace(/\//g, "~1")}`, pointer);

/** What would exhaust memory or the stack before a parser could complain. */
function refuse(text: string): SyntaxProblem | undefined {
  if (text.length > TEXT_MAX)
    return { code: "ZS601", message: "the file is larger than 8 MiB", pointer: "", offset: 0, length: 1 };
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = stringEnd(text, at);
    else if (char === 0x7b || char === 0x5b) depth++;
    else if (char === 0x7d || char === 0x5d) depth--;
    if (depth > DEPTH_MAX)
      return {
        code: "ZS602",
        message: `values are nested more than ${DEPTH_MAX} deep`,
        pointer: "",
        offset: at,
        length: 1,
      };
  }
  return undefined;
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5c) at++;
    else if (char === 0x22 || char === 0x0a) return at;
  }
  return text.length;
}

const SENTENCES: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value; texts stand in double quotes",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a key in double quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: 'a ":" is missing here',
  CommaExpected: 'a "," is missing here',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: "nothing may follow the scenario",
  UnexpectedEndOfComment: "this comment has no end",
  UnexpectedEndOfString: "this text has no closing quote",
  UnexpectedEndOfNumber: "this number is cut off",
  InvalidUnicode: "this \\u escape is not valid",
  InvalidEscapeCharacter: "this escape is not valid",
  InvalidCharacter: "this character may not stand here unescaped",
};

function syntaxProblem({ error, offset, length }: ParseError, text: string): SyntaxProblem {
  const name = printParseErrorCode(error);
  const at = Math.min(offset, Math.max(0, text.trimEnd().length));
  return { code: "ZS101", message: SENTENCES[name] ?? name, pointer: "", offset: at, length: Math.max(1, length) };
}

function toValue(node: Node, pointer: string, problems: SyntaxProblem[]): Json {
  if (node.type === "array")
    return (node.children ?? []).map((child, at) => toValue(child, under(pointer, at), problems));
  if (node.type !== "object") return node.value as Json;
  const result: Record<string, Json> = {};
  for (const { children } of node.children ?? []) {
    const [keyNode, valueNode] = children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = String(keyNode.value);
    const place = { pointer: under(pointer, key), offset: keyNode.offset, length: keyNode.length };
    if (key === "__proto__") problems.push({ ...place, code: "ZS103", message: 'the key "__proto__" is not allowed' });
    else if (Object.hasOwn(result, key))
      problems.push({
        ...place,
        code: "ZS102",
        message: `the key "${key}" appears twice`,
        hint: "names are unique; the first one counts",
      });
    else result[key] = toValue(valueNode, place.pointer, problems);
  }
  return result;
}

function childOf(node: Node, part: string): Node | undefined {
  if (node.type === "array") return node.children?.[Number(part)];
  if (node.type !== "object") return undefined;
  return node.children?.find((property) => property.children?.[0]?.value === part)?.children?.[1];
}

/** Offset in the raw JSON literal (with its quotes) of a character of the value. */
function rawOffset(raw: string, offset: number): number {
  let at = 1;
  for (let count = 0; count < offset && at < raw.length; count++)
    at += raw[at] === "\\" ? (raw[at + 1] === "u" ? 6 : 2) : 1;
  return at;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++)
    if (text[at] === "\n" || (text[at] === "\r" && text[at + 1] !== "\n")) starts.push(at + 1);
  return starts;
}
