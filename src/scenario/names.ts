/** Names of nodes, threads, sockets and messages as they appear in traces, and selectors of them. */

/** What a user may call a node, thread, socket or variable; never integer-like, so that JSON keeps the order. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** A part of a dotted name with an optional replica index. */
const PART = /^([A-Za-z_][A-Za-z0-9_-]*)(?:\[(0|[1-9][0-9]*)\])?$/;

export interface NamePart {
  readonly name: string;
  /** Replica index; absent = all replicas. */
  readonly index?: number;
}

/** "worker[2].receiver" -> its parts; undefined when the text is no dotted name. */
export function parseName(text: string): readonly NamePart[] | undefined {
  const parts: NamePart[] = [];
  for (const part of text.split(".")) {
    const match = PART.exec(part);
    if (!match) return undefined;
    parts.push(match[2] === undefined ? { name: match[1]! } : { name: match[1]!, index: Number(match[2]) });
  }
  return parts;
}

/** Without the replica indices: "worker[2].receiver" -> "worker.receiver". */
export const withoutIndices = (name: string): string => name.replace(/\[\d+\]/g, "");

/**
 * Whether a selector means the named socket or thread: part by part the same, where a part of the
 * selector without [i] stands for every replica.
 */
export function selects(selector: string, name: string): boolean {
  if (selector === name) return true;
  const wanted = selector.split(".");
  const actual = name.split(".");
  return (
    wanted.length === actual.length &&
    wanted.every((part, at) => part === actual[at] || part === withoutIndices(actual[at]!))
  );
}
