/** Reads a source file for the tidy test with the parser that vite ships: imports, code, function sizes. */
import { parseSync } from "vite";

/** Lowest first. A file may import from its own layer and from those before it; index.ts from all. */
export const LAYERS: readonly string[] = [
  ...["kernel", "journal", "ctx", "network", "pipe", "zmtp", "session", "socket"],
  ...["program", "scenario", "run", "trace", "library", "dropin", "real", "cli"],
];

/** Free of Node, clocks and I/O: they run in a browser, too. */
export const PURE_LAYERS: ReadonlySet<string> = new Set(LAYERS.slice(0, LAYERS.indexOf("trace") + 1));

export const layerOf = (path: string): string => path.split("/")[0] ?? "";

export interface Source {
  /** Specifiers of static and dynamic imports and of re-exports. */
  readonly imports: readonly string[];
  /** What the code does with globals: "Math.exp", "setTimeout()", "new Date", "globalThis", and "**" unless of literals. */
  readonly uses: readonly string[];
  readonly functions: readonly { readonly line: number; readonly lines: number }[];
}

export function parseSource(name: string, text: string): Source {
  const { program, module, errors } = parseSync(name, text);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    unquoted(text.slice(moduleRequest.start, moduleRequest.end)),
  );
  const reexported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  return {
    imports: [
      ...new Set([...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...reexported, ...dynamic]),
    ],
    uses: usesOf(program),
    functions: functionSizes(program, text),
  };
}

const unquoted = (text: string): string => text.replace(/^["'`]|["'`]$/g, "");

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function functionSizes(program: unknown, text: string): Source["functions"] {
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  return [...nodesOf(program)]
    .filter(({ type }) => FUNCTIONS.has(type))
    .map(({ start, end }) => ({ line: lineAt(start), lines: lineAt(end) - lineAt(start) + 1 }));
}

function usesOf(program: unknown): string[] {
  const found = new Set<string>();
  for (const node of nodesOf(program)) {
    const use = useOf(node);
    if (use !== undefined) found.add(use);
  }
  return [...found];
}

function useOf(node: AstNode): string | undefined {
  switch (node.type) {
    case "MemberExpression":
      return isNamed(node.object) && isNamed(node.property) ? `${node.object.name}.${node.property.name}` : undefined;
    case "CallExpression":
      return isNamed(node.callee) ? `${node.callee.name}()` : undefined;
    case "NewExpression":
      return isNamed(node.callee) ? `new ${node.callee.name}` : undefined;
    case "Identifier":
      return node.name === "globalThis" ? "globalThis" : undefined;
    case "BinaryExpression":
      return node.operator === "**" && !isExactPower(node) ? "**" : undefined;
    case "AssignmentExpression":
      return node.operator === "**=" ? "**" : undefined;
    default:
      return undefined;
  }
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

function* nodesOf(value: unknown): Generator<AstNode> {
  if (typeof value !== "object" || value === null) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

const isNode = (value: object): value is AstNode => "type" in value && "start" in value;
/** A constant such as 2 ** 24, or a power of a bigint. */
const isExactPower = ({ left, right }: AstNode): boolean =>
  (isLiteral(left) && isLiteral(right)) || "bigint" in (left as AstNode);
const isLiteral = (value: unknown): boolean => (value as AstNode).type === "Literal";
const isNamed = (value: unknown): value is { readonly name: string } => (value as AstNode).type === "Identifier";
