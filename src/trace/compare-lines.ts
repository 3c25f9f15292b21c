/** The first place where two traces part, for a determinism check. */

export interface LineDifference {
  /** Counts from 1. */
  readonly line: number;
  /** The common lines just before. */
  readonly before: readonly string[];
  /** The lines from the difference on; empty when that trace ended. */
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/** Undefined when both give the same lines. Reads no further than the difference and `context` lines. */
export function firstDifference(
  first: Iterable<string>,
  second: Iterable<string>,
  context = 3,
): LineDifference | undefined {
  const left = first[Symbol.iterator]();
  const right = second[Symbol.iterator]();
  const before: string[] = [];
  for (let line = 1; ; line++) {
    const a = left.next();
    const b = right.next();
    if (a.done && b.done) return undefined;
    if (!a.done && !b.done && a.value === b.value) {
      before.push(a.value);
      if (before.length > context) before.shift();
      continue;
    }
    return { line, before, first: rest(a, left, context), second: rest(b, right, context) };
  }
}

function rest(head: IteratorResult<string>, tail: Iterator<string>, context: number): string[] {
  const lines: string[] = [];
  for (let next = head; !next.done && lines.length <= context; next = tail.next()) lines.push(next.value);
  return lines;
}

/** For people: common lines, then both continuations; the differing lines are marked and the first differing column shown. */
export function differenceText(
  difference: LineDifference,
  names: readonly [first: string, second: string] = ["first run", "second run"],
): string {
  const { line, before, first, second } = difference;
  const out = [`The traces differ in line ${line}${columnText(first[0], second[0])}.`];
  for (const [i, text] of before.entries()) out.push(`    ${line - before.length + i}  ${text}`);
  for (const [name, lines] of [
    [names[0], first],
    [names[1], second],
  ] as const) {
    out.push(`  ${name}:`);
    if (lines.length === 0) out.push(`  > ${line}  (ends here)`);
    for (const [i, text] of lines.entries()) out.push(`  ${i === 0 ? ">" : " "} ${line + i}  ${text}`);
  }
  return `${out.join("\n")}\n`;
}

function columnText(a: string | undefined, b: string | undefined): string {
  if (a === undefined || b === undefined) return "";
  let column = 0;
  while (column < a.length && a[column] === b[column]) column++;
  return `, column ${column + 1}`;
}
