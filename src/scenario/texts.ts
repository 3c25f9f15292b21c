/** Reads the texts of a scenario that hold expressions, and reports what is wrong inside them. */
import { BUILTINS, compileExpression, compileTemplate, ExpressionError, type Scope } from "../program/expression.ts";
import { FUNCTIONS } from "../program/functions.ts";
import type { DurationExpr, Json, Template, ValueExpr } from "../program/plan.ts";
import { parseDuration } from "../program/quantity.ts";
import { splitTemplate } from "../program/template.ts";
import type { Value } from "../program/value.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";
import { under } from "./source.ts";

/** Variables that a text may use. */
export type Variables = ReadonlySet<string>;

/** Builtins that are known before the run. */
export const STATIC_BUILTINS: Variables = new Set([
  "node",
  "group",
  "index",
  "count",
  "nodeIndex",
  "nodeCount",
  "thread",
  "seed",
]);

const UNIT_AT_END = /(?:^|[^A-Za-z])(ns|us|ms|s|min)\s*$/;

export class Texts {
  readonly #report: Report;
  readonly #variables: Variables;
  readonly #builtins: Variables;

  /** `variables` beside the builtins. */
  constructor(report: Report, variables: Variables, builtins: Variables = new Set(Object.keys(BUILTINS))) {
    this.#report = report;
    this.#variables = variables;
    this.#builtins = builtins;
  }

  /** A text with expressions in it. */
  template(text: string, pointer: string): Template {
    const { parts, expressions, problem } = splitTemplate(text);
    if (problem)
      this.#report.error(pointer, "ZS311", problem.message, { inside: { offset: problem.offset, length: 2 } });
    for (const { source, offset } of expressions) this.#checkExpression(source, pointer, offset);
    return parts;
  }

  /** A text that is one expression, with or without ${...} around it; its source. */
  expression(text: string | number | boolean, pointer: string): string {
    if (typeof text !== "string") return String(text);
    const { parts, expressions } = splitTemplate(text);
    const only = parts.length === 1 ? expressions[0] : undefined;
    const source = only?.source ?? text;
    this.#checkExpression(source, pointer, only?.offset ?? 0);
    return source;
  }

  /** A value in which texts may hold expressions. */
  value(json: Json, pointer: string): ValueExpr {
    const source = this.#valueSource(json, pointer);
    return source === undefined ? { literal: unescaped(json) } : { expr: source };
  }

  /** Source of an expression that gives a value written in the file. */
  source(json: Json, pointer: string): string {
    return this.#valueSource(json, pointer) ?? literalSource(unescaped(json));
  }

  /** A duration whose number may be computed. */
  duration(text: string, pointer: string): DurationExpr {
    const parts = this.template(text, pointer);
    const first = parts[0];
    if (parts.length === 0 || (parts.length === 1 && typeof first === "string")) {
      const parsed = parseDuration(text);
      if (parsed.ok) return parsed.value;
      this.#report.error(pointer, "ZS301", parsed.message, { hint: parsed.hint });
      return { template: parts };
    }
    const last = parts.at(-1);
    if (typeof last === "string" && !UNIT_AT_END.test(last)) {
      this.#report.error(pointer, "ZS301", `"${text}" does not end in a unit`, { hint: "units: ns, us, ms, s, min" });
    }
    return { template: parts };
  }

  /** Source of an expression for a value that has one inside; undefined for plain data. */
  #valueSource(json: Json, pointer: string): string | undefined {
    if (typeof json === "string") return this.#textSource(json, pointer);
    if (Array.isArray(json)) {
      const list = json as readonly Json[];
      const sources = list.map((item, at) => this.#valueSource(item, under(pointer, at)));
      if (sources.every((source) => source === undefined)) return undefined;
      return `[${sources.map((source, at) => source ?? literalSource(unescaped(list[at]!))).join(", ")}]`;
    }
    if (typeof json !== "object" || json === null) return undefined;
    for (const [key, member] of Object.entries(json)) {
      if (this.#valueSource(member, under(pointer, key)) !== undefined) {
        this.#report.error(under(pointer, key), "ZS313", "an object holds plain values, not expressions");
      }
    }
    return undefined;
  }

  #textSource(text: string, pointer: string): string | undefined {
    const parts = this.template(text, pointer);
    if (parts.every((part) => typeof part === "string")) return undefined;
    const only = parts[0];
    if (parts.length === 1 && typeof only === "object") return only.expr;
    return parts.map((part) => (typeof part === "string" ? literalSource(part) : `string(${part.expr})`)).join(" + ");
  }

  #checkExpression(source: string, pointer: string, base: number): void {
    try {
      for (const { name, offset } of compileExpression(source).variables)
        this.#checkVariable(name, pointer, base + offset);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const { message, offset, unknownFunction: name } = error;
      const known =
        name === undefined ? {} : { allowed: [...FUNCTIONS.keys()], hint: didYouMean(name, FUNCTIONS.keys()) };
      this.#report.error(pointer, "ZS312", message, {
        inside: { offset: base + offset, length: name?.length ?? 1 },
        ...known,
      });
    }
  }

  #checkVariable(name: string, pointer: string, offset: number): void {
    if (this.#variables.has(name) || this.#builtins.has(name)) return;
    const always = [...this.#builtins].join(", ");
    const hint =
      didYouMean(name, [...this.#variables, ...this.#builtins]) ??
      `always there: ${always}; others come from vars, set, as and for`;
    this.#report.error(pointer, "ZS403", `unknown variable "${name}"`, {
      inside: { offset, length: name.length },
      hint,
    });
  }

  /** A variable that a step names outside an expression. */
  checkNamed(name: string, pointer: string): void {
    if (this.#variables.has(name)) return;
    this.#report.error(pointer, "ZS403", `unknown variable "${name}"`, {
      hint: didYouMean(name, this.#variables) ?? 'a recv step with "as" makes one',
    });
  }
}

/** A text that is known before the run: undefined when it depends on more than the static builtins. */
export function staticText(template: Template, values: ReadonlyMap<string, Value>): string | undefined {
  const only = template[0];
  if (template.length === 0 || (template.length === 1 && typeof only === "string"))
    return (only as string | undefined) ?? "";
  let asked = false;
  const random = {
    float: () => {
      asked = true;
      return 0;
    },
  };
  const scope: Scope = { get: (name) => values.get(name), random };
  try {
    const text = compileTemplate(template).evaluate(scope);
    return asked ? undefined : text;
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** "$${" stands for "${" in texts without expressions, too. */
function unescaped(json: Json): Json {
  if (typeof json === "string") return splitTemplate(json).parts.join("");
  if (Array.isArray(json)) return (json as readonly Json[]).map(unescaped);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, unescaped(member)]));
}

/** Plain data as the expression language writes it. */
function literalSource(json: Json): string {
  if (typeof json === "string") return `"${json.replace(/[\\"]/g, "\\$&")}"`;
  if (Array.isArray(json)) return `[${(json as readonly Json[]).map(literalSource).join(", ")}]`;
  return json !== null && typeof json === "object" ? "null" : String(json);
}
