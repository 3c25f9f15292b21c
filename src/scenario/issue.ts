/** Problems of a scenario, each with its place, and how they are shown. */

export interface Issue {
  readonly severity: "error" | "warning";
  /** Stable id: "ZS201". */
  readonly code: string;
  readonly file: string;
  /** JSON pointer of the value in question. */
  readonly pointer: string;
  /** From 1; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** One sentence without its full stop. */
  readonly message: string;
  readonly found?: string;
  /** What may stand there. */
  readonly allowed?: readonly string[];
  readonly hint?: string;
}

export interface FormatOptions {
  /** ANSI colours. Default false. */
  readonly color?: boolean;
}

/** In the order of the file, errors before warnings at one place. */
export function sortIssues(issues: readonly Issue[]): Issue[] {
  const rank = (issue: Issue): number => (issue.severity === "error" ? 0 : 1);
  return [...issues].sort(
    (a, b) =>
      a.line - b.line || a.column - b.column || rank(a) - rank(b) || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

/** As a compiler prints them: place and message, the line, a caret, what is allowed, the nearest name. */
export function formatIssues(issues: readonly Issue[], text: string, { color = false }: FormatOptions = {}): string {
  const lines = text.split(/\r\n|\n|\r/);
  return issues.map((issue) => formatIssue(issue, lines, paint(color))).join("\n");
}

type Paint = (style: keyof typeof STYLES, text: string) => string;
const STYLES = { error: "31", warning: "33", place: "1", dim: "2", caret: "32" } as const;
const paint =
  (color: boolean): Paint =>
  (style, text) =>
    color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;

const LINE_MAX = 120;
const ALLOWED_MAX = 24;

function formatIssue(issue: Issue, lines: readonly string[], styled: Paint): string {
  const place = styled("place", `${issue.file}:${issue.line}:${issue.column}`);
  const out = [`${place}: ${styled(issue.severity, issue.severity)} ${issue.code}: ${issue.message}`];
  const line = issue.file === OVERRIDE_FILE ? undefined : lines[issue.line - 1];
  if (line !== undefined) out.push(...excerpt(line, issue, styled));
  if (issue.allowed && issue.allowed.length > 0) out.push(`  ${styled("dim", "allowed:")} ${listed(issue.allowed)}`);
  if (issue.hint !== undefined) out.push(`  ${styled("dim", "hint:")} ${issue.hint}`);
  return `${out.join("\n")}\n`;
}

/** In place of a file name for what came by --set. */
export const OVERRIDE_FILE = "--set";

function excerpt(line: string, { line: number, column, length }: Issue, styled: Paint): string[] {
  const from = line.length > LINE_MAX ? Math.max(0, column - 1 - LINE_MAX / 2) : 0;
  const shown = line.slice(from, from + LINE_MAX).replace(/\t/g, " ");
  const gutter = String(number);
  const width = Math.max(1, Math.min(length, shown.length - (column - 1 - from)));
  return [
    `  ${styled("dim", `${gutter} |`)} ${from > 0 ? "…" : ""}${shown}`,
    `  ${styled("dim", `${" ".repeat(gutter.length)} |`)} ${" ".repeat(column - 1 - from + (from > 0 ? 1 : 0))}${styled("caret", "^".repeat(width))}`,
  ];
}

function listed(allowed: readonly string[]): string {
  const rest = allowed.length - ALLOWED_MAX;
  return rest > 0 ? `${allowed.slice(0, ALLOWED_MAX).join(", ")}, and ${rest} more` : allowed.join(", ");
}
