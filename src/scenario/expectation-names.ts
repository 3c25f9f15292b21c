/** Resolves the names that expectations use. */
import type { DeclaredThread, Directory } from "./directory.ts";
import { parseName, withoutIndices as plain } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { under } from "./source.ts";

export class ExpectationNames {
  readonly #threads: ReadonlyMap<string, DeclaredThread>;
  readonly #report: Report;
  readonly #sockets: readonly string[];
  /** Without a directory every name passes. */
  readonly #known: boolean;

  constructor(directory: Directory | undefined, report: Report) {
    this.#report = report;
    this.#known = directory !== undefined;
    this.#threads = directory?.threads() ?? new Map();
    this.#sockets = [...this.#threads].flatMap(([thread, { sockets }]) =>
      [...sockets.keys()].map((socket) => `${thread}.${socket}`),
    );
  }

  checkAll(entry: schema.Expectation, pointer: string): void {
    const record = entry as unknown as Readonly<Record<string, unknown>>;
    for (const key of ["from", "to", "socket", "answered", "subscribed"]) {
      if (typeof record[key] !== "string" || !this.checkSocket(record[key], under(pointer, key))) continue;
      if (key === "from") this.#checkCan("send", record[key], under(pointer, key));
      if (key === "to") this.#checkCan("receive", record[key], under(pointer, key));
    }
    if (typeof record["thread"] === "string") this.#checkThread(record["thread"], under(pointer, "thread"));
  }

  /** A node, without replicas. */
  checkNode(node: string, pointer: string): void {
    if (!this.#known || (this.#threads.has(plain(node)) && !node.includes("."))) return;
    const names = [...this.#threads.keys()].filter((name) => !name.includes("."));
    const hint = didYouMean(plain(node), names);
    this.#report.error(pointer, "ZS402", `unknown node "${node}"`, { allowed: names, hint });
  }

  /** A flow from a socket that never sends, or to one that never receives, cannot be. */
  #checkCan(what: "send" | "receive", selector: string, pointer: string): void {
    const type = this.#typeOf(selector);
    const cannot = what === "send" ? ["PULL", "SUB"] : ["PUSH", "PUB"];
    if (type === undefined || !cannot.includes(type)) return;
    this.#report.error(pointer, "ZS414", `${selector} is a ${type} socket and ${what}s no messages`, {
      hint: what === "send" ? '"from" is the socket that sent them' : '"to" is the socket that receives them',
    });
  }

  #typeOf(socket: string): string | undefined {
    const at = socket.lastIndexOf(".");
    return this.#threads.get(plain(socket.slice(0, at)))?.sockets.get(socket.slice(at + 1))?.type;
  }

  /** "publisher.sender#0" */
  checkMessage(message: string, pointer: string): void {
    const match = /^(.*)#(0|[1-9]\d*)$/.exec(message);
    if (!match) {
      this.#report.error(pointer, "ZS323", `"${message}" is not the name of a message`, {
        hint: "such as publisher.sender#0: the socket that first sent it, and its number",
      });
      return;
    }
    const socket = match[1]!;
    if (!this.checkSocket(socket, pointer)) return;
    const type = this.#typeOf(socket);
    if (type === "PULL" || type === "SUB")
      this.#report.error(pointer, "ZS414", `${socket} is a ${type} socket and sends no messages`);
    const unindexed = this.#unindexed(socket);
    if (unindexed !== undefined)
      this.#report.error(pointer, "ZS323", `"${unindexed}" has replicas: say which one, such as ${unindexed}[0]`);
  }

  /** Whether there is such a socket; reports when not. */
  checkSocket(selector: string, pointer: string): boolean {
    if (!this.#known) return true;
    const parts = parseName(selector);
    const at = selector.lastIndexOf(".");
    const owner = this.#threads.get(plain(selector.slice(0, Math.max(0, at))));
    if (parts && (owner?.opensItself === true || owner?.sockets.has(selector.slice(at + 1)) === true))
      return this.#checkIndices(selector.slice(0, at), pointer);
    const hint = didYouMean(plain(selector), this.#sockets);
    this.#report.error(pointer, "ZS401", `unknown socket "${selector}"`, {
      inside: { offset: 0, length: selector.length },
      allowed: this.#sockets,
      hint: hint ?? "sockets are named node.socket or node.thread.socket",
    });
    return false;
  }

  #checkThread(selector: string, pointer: string): void {
    if (!this.#known) return;
    if (this.#threads.has(plain(selector)) && parseName(selector)) {
      this.#checkIndices(selector, pointer);
      return;
    }
    const names = [...this.#threads.keys()];
    this.#report.error(pointer, "ZS402", `unknown thread "${selector}"`, {
      allowed: names,
      hint: didYouMean(plain(selector), names),
    });
  }

  /** "worker[7].pool[2]": whether there are so many. */
  #checkIndices(thread: string, pointer: string): boolean {
    let name = "";
    for (const part of parseName(thread) ?? []) {
      name = name === "" ? part.name : `${name}.${part.name}`;
      const count = this.#threads.get(name)?.count;
      if (part.index === undefined || (count !== undefined && part.index < count)) continue;
      const hint =
        count === undefined
          ? `"${name}" has no count, so it has no index`
          : `${part.name}[0] to ${part.name}[${count - 1}]`;
      this.#report.error(pointer, "ZS402", `there is no ${part.name}[${part.index}]`, { hint });
      return false;
    }
    return true;
  }

  /** The first part of a name that stands for several replicas. */
  #unindexed(socket: string): string | undefined {
    let name = "";
    for (const part of (parseName(socket) ?? []).slice(0, -1)) {
      name = name === "" ? part.name : `${name}.${part.name}`;
      if (part.index === undefined && (this.#threads.get(name)?.count ?? 1) > 1) return part.name;
    }
    return undefined;
  }
}
