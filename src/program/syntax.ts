/** Expression text -> syntax tree with offsets, by jsep. Knows nothing of values. */
import jsep from "jsep";

/** A malformed or failing expression. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  /** Where in the source, in UTF-16 units. */
  readonly offset: number;
  /** The name that was looked for in vain, when it is that of a function. */
  readonly unknownFunction: string | undefined;

  constructor(message: string, offset: number, unknownFunction?: string) {
    super(message);
    this.offset = offset;
    this.unknownFunction = unknownFunction;
  }
}

/** Node kinds of jsep that are part of the language; `start` is the offset of the first character. */
export type SyntaxNode = { readonly start: number } & (
  | { readonly type: "Literal"; readonly value: string | number | boolean | null }
  | { readonly type: "Identifier"; readonly name: string }
  | {
      readonly type: "MemberExpression";
      readonly computed: boolean;
      readonly optional?: boolean;
      readonly object: SyntaxNode;
      readonly property: SyntaxNode;
    }
  | {
      readonly type: "CallExpression";
      readonly optional?: boolean;
      readonly callee: SyntaxNode;
      readonly arguments: readonly SyntaxNode[];
    }
  | { readonly type: "UnaryExpression"; readonly operator: string; readonly argument: SyntaxNode }
  | {
      readonly type: "BinaryExpression";
      readonly operator: string;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
    }
  | {
      readonly type: "ConditionalExpression";
      readonly test: SyntaxNode;
      readonly consequent: SyntaxNode;
      readonly alternate: SyntaxNode;
    }
  | { readonly type: "ArrayExpression"; readonly elements: readonly (SyntaxNode | null)[] }
);

/** What jsep has beyond its typings, as far as it is used here. */
interface Parser {
  index: number;
  parse(): unknown;
  gobbleSpaces(): void;
  gobbleToken(): object | false;
  gobbleIdentifier(): object;
}
const Jsep = (jsep as unknown as { Jsep: new (source: string) => Parser }).Jsep;

/** jsep records no positions; the start of every token is enough for good messages. */
class PositionedJsep extends Jsep {
  override gobbleToken(): object | false {
    this.gobbleSpaces();
    const start = this.index;
    const node = super.gobbleToken();
    return node && Object.assign(node, { start });
  }

  override gobbleIdentifier(): object {
    const start = this.index;
    return Object.assign(super.gobbleIdentifier(), { start });
  }
}

const SOURCE_MAX = 4096;
const DEPTH_MAX = 64;
const WORD = /^\s*(?!(?:true|false|null|this)\s*$)([A-Za-z_][A-Za-z0-9_]*)\s*$/;

/** Throws ExpressionError when the text is no expression. */
export function parseSyntax(source: string): SyntaxNode {
  const word = WORD.exec(source);
  if (word) return { type: "Identifier", name: word[1]!, start: source.indexOf(word[1]!) };
  if (source.trim() === "") throw new ExpressionError("an expression is missing here", 0);
  if (source.length > SOURCE_MAX)
    throw new ExpressionError(`the expression is longer than ${SOURCE_MAX} characters`, 0);
  checkDepth(source);
  return withStart(parse(source));
}

function parse(source: string): RawNode {
  try {
    return new PositionedJsep(source).parse() as RawNode;
  } catch (error) {
    const { description, index, message } = error as { description?: string; index?: number; message: string };
    throw new ExpressionError(sentence(description ?? message, source), Math.min(index ?? 0, source.length));
  }
}

/** jsep's wording, where it would puzzle a reader. */
function sentence(description: string, source: string): string {
  if (description === 'Unexpected ""' || description === "Unexpected ") return "the expression ends too early";
  if (description.startsWith("Expected expression after "))
    return `a value is missing after "${description.slice(26)}"`;
  if (description.startsWith("Unclosed quote")) return "this text has no closing quote";
  if (description === "Unclosed (" || description === "Expected )") return 'a ")" is missing';
  if (description === "Unclosed [" || description === "Expected ]") return 'a "]" is missing';
  if (/[^=!<>]=[^=]/.test(source) && description === 'Unexpected "="')
    return 'unexpected "="; "==" compares, a set step assigns';
  return description.charAt(0).toLowerCase() + description.slice(1);
}

/** A bracket nesting bound keeps the recursive parser away from the stack's end. */
function checkDepth(source: string): void {
  let depth = 0;
  let prefix = 0;
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    if (char === "(" || char === "[" || char === "?") depth++;
    else if (char === ")" || char === "]") depth--;
    prefix = char === "!" || char === "-" || char === "+" ? prefix + 1 : char === " " ? prefix : 0;
    if (depth > DEPTH_MAX || prefix > DEPTH_MAX) throw new ExpressionError("the expression is nested too deeply", at);
  }
}

interface RawNode {
  type: string;
  start?: number;
  [key: string]: unknown;
}

const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  Literal: [],
  Identifier: [],
  MemberExpression: ["object", "property"],
  CallExpression: ["callee", "arguments"],
  UnaryExpression: ["argument"],
  BinaryExpression: ["left", "right"],
  ConditionalExpression: ["test", "consequent", "alternate"],
  ArrayExpression: ["elements"],
};

/** Gives composite nodes the start of their first part and refuses what is not in the language. */
function withStart(node: RawNode): SyntaxNode {
  const fields = CHILDREN[node.type];
  if (!fields) throw new ExpressionError(refusal(node), firstStart(node));
  for (const field of fields) {
    const child = node[field] as RawNode | (RawNode | null)[];
    if (Array.isArray(child)) for (const item of child) item && withStart(item);
    else withStart(child);
  }
  node.start ??= (node[fields[0] ?? ""] as RawNode | undefined)?.start ?? 0;
  return node as unknown as SyntaxNode;
}

function refusal(node: RawNode): string {
  if (node.type === "ThisExpression") return '"this" is not part of the language';
  return "one expression is wanted here, these are several";
}

/** The second part of a sequence is where the surplus begins. */
function firstStart(node: RawNode): number {
  const parts = (node["body"] ?? node["expressions"]) as RawNode[] | undefined;
  const second = parts?.[1];
  return second
    ? (second.start ?? firstStart({ type: "", body: [second["left"], second["left"]] }))
    : (node.start ?? 0);
}
