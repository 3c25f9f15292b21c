/**
 * The expression language of scenarios: `${i + 1}` in texts, conditions, `set` and `in`.
 *
 * Numbers are IEEE doubles (whole ones exact to 2^53), `/` divides exactly as doubles do, `%` takes
 * the sign of the divisor. Conditions are true or false and nothing else. The same source and the same
 * draws give the same value on every machine: no locale, no clock, no inexact functions.
 */
import { type ExpressionFunction, FUNCTIONS, FunctionError, type RandomSource } from "./functions.ts";
import type { Template } from "./plan.ts";
import { ExpressionError, parseSyntax, type SyntaxNode } from "./syntax.ts";
import { asList, describe, equal, formatValue, isFrame, isList, isMessage, type Value } from "./value.ts";

export type { RandomSource } from "./functions.ts";
export { ExpressionError } from "./syntax.ts";

/** Variables that every program has. Times in ms; `now` is virtual time since the start of the run. */
export const BUILTINS: Readonly<Record<string, string>> = {
  node: 'instance name of the node: "worker[2]"',
  group: 'name of the node as declared: "worker"',
  index: "number of this replica: of the thread inside a thread, else of the node",
  count: "how many replicas there are of it",
  nodeIndex: "number of the node's replica, also inside a thread",
  nodeCount: "how many replicas of the node there are",
  thread: 'name of the thread: "" for the main one, "pool[1]"',
  now: "virtual time in ms since the start of the run",
  seed: "the scenario's seed as text",
};

/** What an expression may read while it runs. */
export interface Scope {
  /** Value of a variable or builtin; undefined when it is not set. */
  get(name: string): Value | undefined;
  readonly random: RandomSource;
}

export interface Expression {
  readonly source: string;
  /** Variables it reads, without repetition, each with the offset of its first use. */
  readonly variables: readonly { readonly name: string; readonly offset: number }[];
  /** Whether it draws random numbers. */
  readonly draws: boolean;
  /** Throws ExpressionError when it fails (a missing variable, a wrong type, a division by zero). */
  evaluate(scope: Scope): Value;
}

export interface CompiledTemplate {
  /** The text, when it has no expression that varies. */
  readonly constant: string | undefined;
  evaluate(scope: Scope): string;
}

type Evaluate = (scope: Scope) => Value;

const NO_SCOPE: Scope = { get: () => undefined, random: { float: () => 0 } };

/** Throws ExpressionError with the offset in the source when it is malformed. */
export function compileExpression(source: string): Expression {
  const compiler = new Compiler();
  const evaluate = compiler.compile(parseSyntax(source));
  const variables = [...compiler.variables].map(([name, offset]) => ({ name, offset }));
  if (variables.length > 0 || compiler.draws) return { source, variables, draws: compiler.draws, evaluate };
  const constant = evaluate(NO_SCOPE);
  return { source, variables, draws: false, evaluate: () => constant };
}

/** Throws ExpressionError; its offset counts within the expression that failed. */
export function compileTemplate(parts: Template): CompiledTemplate {
  const compiled = parts.map((part) => {
    if (typeof part === "string") return part;
    const expression = compileExpression(part.expr);
    const varies = expression.draws || expression.variables.length > 0;
    return varies ? expression : formatValue(expression.evaluate(NO_SCOPE));
  });
  if (compiled.every((part) => typeof part === "string")) {
    const constant = compiled.join("");
    return { constant, evaluate: () => constant };
  }
  return { constant: undefined, evaluate: (scope) => concatenate(compiled, scope) };
}

function concatenate(parts: readonly (string | Expression)[], scope: Scope): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : formatValue(part.evaluate(scope));
  return text;
}

/** true or false; anything else is a mistake in the scenario. */
export function evaluateCondition(expression: Expression, scope: Scope): boolean {
  return condition(expression.evaluate(scope), 0);
}

function condition(value: Value, offset: number): boolean {
  if (typeof value === "boolean") return value;
  throw new ExpressionError(`a condition is true or false, found ${describe(value)}`, offset);
}

/** Turns a syntax tree into closures, once; running them touches no syntax. */
class Compiler {
  readonly variables = new Map<string, number>();
  draws = false;

  compile(node: SyntaxNode): Evaluate {
    switch (node.type) {
      case "Literal":
        return this.#literal(node.value, node.start);
      case "Identifier":
        return this.#variable(node.name, node.start);
      case "ArrayExpression":
        return this.#list(node);
      case "MemberExpression":
        return this.#member(node);
      case "CallExpression":
        return this.#call(node);
      case "UnaryExpression":
        return this.#unary(node);
      case "ConditionalExpression": {
        const [test, yes, no] = [this.compile(node.test), this.compile(node.consequent), this.compile(node.alternate)];
        return (scope) => (condition(test(scope), node.test.start) ? yes(scope) : no(scope));
      }
      case "BinaryExpression":
        return this.#binary(node);
    }
  }

  #literal(value: string | number | boolean | null, offset: number): Evaluate {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new ExpressionError("the number is too large", offset);
    return () => value;
  }

  #variable(name: string, offset: number): Evaluate {
    if (!this.variables.has(name)) this.variables.set(name, offset);
    return (scope) => {
      const value = scope.get(name);
      if (value === undefined) throw new ExpressionError(`"${name}" has no value yet`, offset);
      return value;
    };
  }

  #list(node: SyntaxNode & { type: "ArrayExpression" }): Evaluate {
    const items = node.elements.map((item) => {
      if (item === null) throw new ExpressionError("a list item is missing", node.start);
      return this.compile(item);
    });
    return (scope) => items.map((item) => item(scope));
  }

  #member(node: SyntaxNode & { type: "MemberExpression" }): Evaluate {
    if (node.optional) throw new ExpressionError('"?." is not part of the language', node.property.start);
    const object = this.compile(node.object);
    const offset = node.property.start;
    if (node.computed) {
      const key = this.compile(node.property);
      return (scope) => item(object(scope), key(scope), offset);
    }
    const name = (node.property as SyntaxNode & { type: "Identifier" }).name;
    return (scope) => member(object(scope), name, offset);
  }

  #call(node: SyntaxNode & { type: "CallExpression" }): Evaluate {
    const { callee } = node;
    if (callee.type !== "Identifier" || node.optional)
      throw new ExpressionError("only a function can be called", callee.start);
    const definition = FUNCTIONS.get(callee.name);
    if (!definition) throw new ExpressionError(`unknown function "${callee.name}"`, callee.start, callee.name);
    const args = node.arguments.map((arg) => this.compile(arg));
    if (args.length < definition.least || args.length > definition.most) {
      throw new ExpressionError(
        `${definition.usage} is called with ${args.length} argument${args.length === 1 ? "" : "s"}`,
        callee.start,
      );
    }
    if (definition.draws) this.draws = true;
    return (scope) => called(definition, args, scope, callee.start);
  }

  #unary(node: SyntaxNode & { type: "UnaryExpression" }): Evaluate {
    const argument = this.compile(node.argument);
    const offset = node.argument.start;
    switch (node.operator) {
      case "!":
        return (scope) => !condition(argument(scope), offset);
      case "-":
        return (scope) => -number(argument(scope), offset);
      default:
        throw new ExpressionError(`"${node.operator}" is not part of the language`, node.start);
    }
  }

  #binary(node: SyntaxNode & { type: "BinaryExpression" }): Evaluate {
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const [from, to] = [node.left.start, node.right.start];
    switch (node.operator) {
      case "&&":
        return (scope) => condition(left(scope), from) && condition(right(scope), to);
      case "||":
        return (scope) => condition(left(scope), from) || condition(right(scope), to);
      case "==":
        return (scope) => equal(left(scope), right(scope));
      case "!=":
        return (scope) => !equal(left(scope), right(scope));
      case "+":
        return (scope) => add(left(scope), right(scope), from);
      case "-":
        return (scope) => finite(number(left(scope), from) - number(right(scope), to), from);
      case "*":
        return (scope) => finite(number(left(scope), from) * number(right(scope), to), from);
      case "/":
        return (scope) => finite(number(left(scope), from) / divisor(right(scope), to), from);
      case "%":
        return (scope) => modulo(number(left(scope), from), divisor(right(scope), to));
      case "<":
        return (scope) => compare(left(scope), right(scope), from) < 0;
      case "<=":
        return (scope) => compare(left(scope), right(scope), from) <= 0;
      case ">":
        return (scope) => compare(left(scope), right(scope), from) > 0;
      case ">=":
        return (scope) => compare(left(scope), right(scope), from) >= 0;
      default:
        throw new ExpressionError(`"${node.operator}" is not part of the language${INSTEAD[node.operator] ?? ""}`, to);
    }
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  "===": '; use "=="',
  "!==": '; use "!="',
  "|": '; use "||"',
  "&": '; use "&&"',
};

function number(value: Value, offset: number): number {
  if (typeof value === "number") return value;
  const hint = typeof value === "string" || (value !== null && isFrame(value)) ? "; number(...) converts a text" : "";
  throw new ExpressionError(`a number is wanted here, found ${describe(value)}${hint}`, offset);
}

function divisor(value: Value, offset: number): number {
  const result = number(value, offset);
  if (result === 0) throw new ExpressionError("division by zero", offset);
  return result;
}

function finite(value: number, offset: number): number {
  if (!Number.isFinite(value)) throw new ExpressionError("the result is too large", offset);
  return value;
}

/** Remainder with the sign of the divisor, so that (i - 1) % n stays within 0..n-1. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

const TEXT_MAX = 16 * 1024 * 1024;

/** Sum of numbers, or a text when either side is one, or two lists one after the other. */
function add(a: Value, b: Value, offset: number): Value {
  if (typeof a === "number" && typeof b === "number") return finite(a + b, offset);
  if (isText(a) || isText(b)) {
    const text = formatValue(a) + formatValue(b);
    if (text.length > TEXT_MAX) throw new ExpressionError(`the text is longer than ${TEXT_MAX} characters`, offset);
    return text;
  }
  const [left, right] = [asList(a), asList(b)];
  if (left && right) return [...left, ...right];
  throw new ExpressionError(`"+" adds numbers, texts or lists, found ${describe(a)} and ${describe(b)}`, offset);
}

const isText = (value: Value): boolean => typeof value === "string" || (value !== null && isFrame(value));

function compare(a: Value, b: Value, offset: number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (!isText(a) || !isText(b))
    throw new ExpressionError(
      `only two numbers or two texts have an order, found ${describe(a)} and ${describe(b)}`,
      offset,
    );
  const [left, right] = [formatValue(a), formatValue(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function item(container: Value, key: Value, offset: number): Value {
  const items = asList(container) ?? (isText(container) ? formatValue(container) : undefined);
  if (items === undefined) {
    if (typeof key === "string") return member(container, key, offset);
    throw new ExpressionError(`${describe(container)} has no item ${formatValue(key)}`, offset);
  }
  const at = number(key, offset);
  const found = items[at < 0 ? items.length + at : at];
  if (found === undefined)
    throw new ExpressionError(
      `there is no item ${formatValue(key)}: ${describe(container)} of ${items.length}`,
      offset,
    );
  return found;
}

function member(container: Value, name: string, offset: number): Value {
  const found = readMember(container, name);
  if (found === undefined) throw new ExpressionError(`${describe(container)} has no member "${name}"`, offset);
  return found;
}

/** Of a frame or message only what is documented is visible, of other objects their own members. */
function readMember(container: Value, name: string): Value | undefined {
  if (container === null || typeof container !== "object" || isList(container)) return undefined;
  if (isMessage(container)) {
    if (name === "group") return container.group ?? "";
    if (name === "routingId") return container.routingId ?? 0;
    return name === "frames" ? container.frames : undefined;
  }
  if (isFrame(container)) return name === "size" ? container.size : name === "text" ? container.text : undefined;
  return Object.hasOwn(container, name) ? (container as { readonly [key: string]: Value })[name] : undefined;
}

function called(definition: ExpressionFunction, args: readonly Evaluate[], scope: Scope, offset: number): Value {
  const values = args.map((arg) => arg(scope));
  try {
    const result = definition.call(values, scope.random);
    return typeof result === "number" ? finite(result, offset) : result;
  } catch (error) {
    if (error instanceof FunctionError) throw new ExpressionError(`${definition.usage}: ${error.message}`, offset);
    throw error;
  }
}
