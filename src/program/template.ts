/** Text with `${expression}` in it, cut into parts. `$${` stands for a literal "${". */
import type { Template } from "./plan.ts";

export interface TemplateProblem {
  readonly message: string;
  /** Offset in the text. */
  readonly offset: number;
}

export interface TemplateExpression {
  readonly source: string;
  /** Where the source begins in the text. */
  readonly offset: number;
}

export interface SplitTemplate {
  readonly parts: Template;
  /** The expressions in `parts`, in order, with their places. */
  readonly expressions: readonly TemplateExpression[];
  readonly problem?: TemplateProblem;
}

export function splitTemplate(text: string): SplitTemplate {
  if (!text.includes("${")) return { parts: text === "" ? [] : [text], expressions: [] };
  const parts: (string | { expr: string })[] = [];
  const expressions: TemplateExpression[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf("${", at);
    if (next < 0) break;
    if (text[next - 1] === "$" && next > at) {
      literal += `${text.slice(at, next - 1)}\${`;
      at = next + 2;
      continue;
    }
    literal += text.slice(at, next);
    const end = closingBrace(text, next + 2);
    if (end < 0) return { parts, expressions, problem: { message: 'this "${" has no closing "}"', offset: next } };
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push({ expr: text.slice(next + 2, end) });
    expressions.push({ source: text.slice(next + 2, end), offset: next + 2 });
    at = end + 1;
  }
  literal += text.slice(at);
  if (literal !== "") parts.push(literal);
  return { parts, expressions };
}

/** Offset of the "}" that ends an expression, quotes respected; -1 when there is none. */
function closingBrace(text: string, from: number): number {
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== "") {
      if (char === "\\") at++;
      else if (char === quote) quote = "";
    } else if (char === "'" || char === '"') quote = char;
    else if (char === "}") return at;
  }
  return -1;
}
