/** Collects the problems of one scenario and finds their places. */
import { type Issue, OVERRIDE_FILE, sortIssues } from "./issue.ts";
import { overrideOf } from "./override.ts";
import type { Source, Span } from "./source.ts";

export interface Details {
  /** Point at the key instead of the value. */
  readonly key?: boolean;
  /** Point at characters inside a text value. */
  readonly inside?: { readonly offset: number; readonly length: number };
  readonly found?: string;
  readonly allowed?: readonly string[] | undefined;
  readonly hint?: string | undefined;
}

export class Report {
  readonly #source: Source;
  readonly #file: string;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #issues: Issue[] = [];
  /** Pointers of values that broke the schema, and of all values around them. */
  readonly #broken = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(source: Source, file: string, overrides: ReadonlyMap<string, string>) {
    this.#source = source;
    this.#file = file;
    this.#overrides = overrides;
  }

  error(pointer: string, code: string, message: string, details: Details = {}): void {
    this.#add("error", pointer, code, message, details);
  }

  warning(pointer: string, code: string, message: string, details: Details = {}): void {
    this.#add("warning", pointer, code, message, details);
  }

  /** An error that the same place reports only once, whatever the replica. */
  once(
    pointer: string,
    code: string,
    message: string,
    details: Details = {},
    severity: Issue["severity"] = "error",
  ): void {
    const seen = `${code} ${pointer}`;
    if (this.#seen.has(seen)) return;
    this.#seen.add(seen);
    this.#add(severity, pointer, code, message, details);
  }

  /** An error of form: what it concerns is not looked at any further. */
  malformed(pointer: string, code: string, message: string, details: Details = {}): void {
    for (let end = pointer.length; end >= 0; end = end === 0 ? -1 : pointer.lastIndexOf("/", end - 1)) {
      this.#broken.add(pointer.slice(0, end));
    }
    this.#add("error", pointer, code, message, details);
  }

  /** An error outside the document. */
  errorAt(span: Span, pointer: string, code: string, message: string, hint?: string): void {
    const { line, column } = this.#source.position(span.offset);
    this.#issues.push({
      severity: "error",
      code,
      file: this.#file,
      pointer,
      line,
      column,
      length: span.length,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  overrideError(text: string, message: string, hint?: string): void {
    this.#issues.push({
      severity: "error",
      code: "ZS104",
      file: OVERRIDE_FILE,
      pointer: "",
      line: 1,
      column: 1,
      length: 1,
      message: `${text}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Whether a value, or anything in it, broke the schema. */
  isBroken(pointer: string): boolean {
    return this.#broken.has(pointer);
  }

  get hasErrors(): boolean {
    return this.#issues.some(({ severity }) => severity === "error");
  }

  issues(): Issue[] {
    return sortIssues(this.#issues);
  }

  #add(
    severity: Issue["severity"],
    pointer: string,
    code: string,
    message: string,
    { key, inside, found, allowed, hint }: Details,
  ): void {
    const override = overrideOf(this.#overrides, pointer);
    const span = inside
      ? this.#source.spanInside(pointer, inside.offset, inside.length)
      : this.#source.span(pointer, { key: key ?? false });
    const { line, column } = override === undefined ? this.#source.position(span.offset) : { line: 1, column: 1 };
    this.#issues.push({
      severity,
      code,
      file: override === undefined ? this.#file : OVERRIDE_FILE,
      pointer,
      line,
      column,
      length: override === undefined ? Math.max(1, span.length) : 1,
      message: override === undefined ? message : `${override}: ${message}`,
      ...(found === undefined ? {} : { found }),
      ...(allowed === undefined ? {} : { allowed }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
