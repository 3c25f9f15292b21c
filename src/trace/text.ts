/** Plain text for terminals: columns, wrapping, colour by injection. */

/** What the CLI decides about colour. Applied last, so that widths are those of the bare text. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const same = (text: string): string => text;
export const PLAIN: Style = { bold: same, dim: same, red: same, green: same, yellow: same };

/** Columns of a terminal that a report fills at most. */
export const WIDTH = 100;

/** Words on lines of at most `width` columns; lines after the first begin with `hang`. */
export function wrap(text: string, first: string, hang = " ".repeat(first.length), width = WIDTH): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hang;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

/** Cuts to `width` columns and marks the cut. */
export function cut(text: string, width = WIDTH): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

export interface Column<R> {
  readonly title: string;
  readonly right?: boolean;
  readonly cell: (row: R) => string;
  readonly style?: (row: R, style: Style) => (text: string) => string;
}

/** Aligned columns; the left-aligned ones give way, down to `leftMin`, when the table is too wide. */
export function table<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  style: Style,
  indent = "",
  leftMin = 12,
): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((line) => line[i]!.length)));
  shrink(widths, columns, WIDTH - indent.length, leftMin);
  const pad = (text: string, i: number): string => {
    const fitted = shorten(text, widths[i]!);
    return columns[i]!.right ? fitted.padStart(widths[i]!) : fitted.padEnd(widths[i]!);
  };
  const line = (parts: readonly string[]): string => `${indent}${parts.join("  ")}`;
  const head = style.dim(line(columns.map((column, i) => pad(column.title, i))).trimEnd());
  const body = rows.map((row, r) => {
    const last = columns.length - 1;
    return line(
      columns.map((column, i) =>
        (column.style?.(row, style) ?? same)(i === last ? pad(cells[r]![i]!, i).trimEnd() : pad(cells[r]![i]!, i)),
      ),
    ).trimEnd();
  });
  return [head, ...body];
}

function shrink<R>(widths: number[], columns: readonly Column<R>[], width: number, leftMin: number): void {
  const left = columns.flatMap((column, i) => (column.right ? [] : [i]));
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1);
  while (total() > width) {
    const widest = left.reduce((a, b) => (widths[b]! > widths[a]! ? b : a), left[0]!);
    if (widths[widest]! <= leftMin) return;
    widths[widest] = widths[widest]! - 1;
  }
}

/** The end of a name tells more than its middle. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.floor((width - 3) / 2);
  return `${text.slice(0, width - 3 - tail)}...${text.slice(text.length - tail)}`;
}

/** "1 message", "2 messages". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
