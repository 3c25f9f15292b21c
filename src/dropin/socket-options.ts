/** zmq_getsockopt and zmq_setsockopt by number, with the conversions of zeromq.js. */
import { getOption, setOption } from "../socket/options.ts";
import { errnoError } from "./errors.ts";
import { OPTIONS, type OptionEntry, type OptionKind } from "./option-table.ts";
import { bytesOf, textOf } from "./parts.ts";
import type { SocketCore } from "./socket-core.ts";

/** What a socket has beside the engine's: options without effect here, and what the type is called in the API. */
export interface OptionHolder {
  readonly core: SocketCore;
  /** Number of the type in zmq.h. */
  readonly type: number;
  readonly threadSafe: boolean;
  readonly typeName: string;
  readonly kept: Map<number, number | string>;
}

function entryOf(holder: OptionHolder, id: number, kind: OptionKind): OptionEntry {
  const entry = OPTIONS.get(id);
  if (holder.core.state === "closed") throw errnoError("ENOTSOCK");
  if (entry === undefined || entry.kind !== kind) throw errnoError("EINVAL");
  if (entry.types !== undefined && !entry.types.includes(holder.typeName)) throw errnoError("EINVAL");
  return entry;
}

export function readNumber(holder: OptionHolder, id: number, kind: OptionKind): number {
  const entry = entryOf(holder, id, kind);
  if (entry.writeOnly) throw errnoError("EINVAL");
  if (id === 16) return holder.type;
  if (id === 81) return Number(holder.threadSafe);
  if (entry.engine === undefined) return Number(holder.kept.get(id) ?? entry.initial ?? 0);
  const got = getOption(holder.core.base, entry.engine);
  if (typeof got === "string") throw errnoError(got);
  return Number(got.value);
}

export function readString(holder: OptionHolder, id: number): string | null {
  const entry = entryOf(holder, id, "string");
  if (entry.writeOnly) throw errnoError("EINVAL");
  if (id === 32) return holder.core.base.lastEndpoint === "" ? null : holder.core.base.lastEndpoint;
  if (entry.engine === undefined) return textOf(String(holder.kept.get(id) ?? entry.initial ?? ""));
  const got = getOption(holder.core.base, entry.engine);
  if (typeof got === "string") throw errnoError(got);
  return textOf(String(got.value));
}

export function writeNumber(holder: OptionHolder, id: number, kind: OptionKind, value: number): void {
  warnUnlessImmediate(holder, id);
  const entry = entryOf(holder, id, kind);
  if (entry.readOnly) throw errnoError("EINVAL");
  const number = kind === "uint64" ? unsigned64(value) : kind === "int64" ? Math.trunc(value) : value | 0;
  if (entry.engine === undefined) {
    if (number < (entry.least ?? -1)) throw errnoError("EINVAL");
    holder.kept.set(id, number);
    return;
  }
  const error = setOption(holder.core.base, entry.engine, number);
  if (error !== null) throw errnoError(error);
  if (id === 28) holder.core.sendTimeout = number;
  if (id === 27) holder.core.receiveTimeout = number;
}

export function writeString(holder: OptionHolder, id: number, value: string | ArrayBufferView | null): void {
  warnUnlessImmediate(holder, id);
  const entry = entryOf(holder, id, "string");
  if (entry.readOnly) throw errnoError("EINVAL");
  const bytes = value === null ? "" : bytesOf(value);
  if (entry.engine === undefined) {
    holder.kept.set(id, bytes);
    return;
  }
  const error = setOption(holder.core.base, entry.engine, value === null ? null : bytes);
  if (error !== null) throw errnoError(error);
  if (id === 6 || id === 7) holder.core.record(id === 6 ? "subscribe" : "unsubscribe", null, bytes);
}

function warnUnlessImmediate({ core }: OptionHolder, id: number): void {
  if (OPTIONS.get(id)?.immediate === true) return;
  if (core.state === "open" && core.endpoints === 0) return;
  warn("Socket option will not take effect until next connect/bind.");
}

/** Whoever listens to process warnings hears it, as from the real package. */
export const warn = (text: string): void => process.emitWarning(text);

/** The real conversion: negative is 0, too large is the largest. */
function unsigned64(value: number): number {
  if (value < 0) return 0;
  if (value > Number.MAX_SAFE_INTEGER) {
    warn("Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.");
  }
  return Math.min(Math.trunc(value), 2 ** 64);
}
