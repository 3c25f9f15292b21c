/** Errors with the texts, codes and numbers that npm zeromq gives. */
import type { Errno } from "../socket/errors.ts";

/** Codes that the engine or this layer gives: number on Linux, text. libzmq's own codes begin at its base number. */
const HAUSNUMERO = 156384712;
const ERRORS: Readonly<Record<string, readonly [errno: number, message: string]>> = {
  ENOENT: [2, "No such endpoint"],
  EBADF: [9, "Socket is closed"],
  EAGAIN: [11, "Operation was not possible or timed out"],
  ENOMEM: [12, "Cannot allocate memory"],
  EFAULT: [14, "Context is closed"],
  EBUSY: [16, "Socket is busy"],
  ENODEV: [19, "No such device"],
  EINVAL: [22, "Invalid argument"],
  EMFILE: [24, "Too many open file descriptors"],
  EPIPE: [32, "Broken pipe"],
  ENOTSOCK: [88, "Socket operation on non-socket"],
  EPROTONOSUPPORT: [93, "Protocol not supported"],
  ENOTSUP: [95, "Operation not supported"],
  EADDRINUSE: [98, "Address already in use"],
  EADDRNOTAVAIL: [99, "Cannot assign requested address"],
  EHOSTUNREACH: [113, "Host unreachable"],
  EFSM: [HAUSNUMERO + 51, "Operation cannot be accomplished in current state"],
  ENOCOMPATPROTO: [HAUSNUMERO + 52, "The protocol is not compatible with the socket type"],
  ETERM: [HAUSNUMERO + 53, "Context was terminated"],
  EMTHREAD: [HAUSNUMERO + 54, "No thread available"],
};

export type ErrorCode = Errno | "EBADF" | "EBUSY" | "EFAULT";

export interface ErrnoError extends Error {
  code: string;
  errno: number;
  address?: string;
}

/** An error of a call on a socket. */
export function errnoError(code: ErrorCode, message?: string): ErrnoError {
  const [errno, text] = ERRORS[code] ?? [0, code];
  return Object.assign(new Error(message ?? text), { errno, code });
}

/** The same with the endpoint it is about. */
export function addressError(code: ErrorCode, address: string): ErrnoError {
  return Object.assign(errnoError(code), { address });
}

const BY_NUMBER: ReadonlyMap<number, string> = new Map(Object.entries(ERRORS).map(([code, [errno]]) => [errno, code]));

/** From a number that a monitor event carries. */
export function numberedError(errno: number): ErrnoError {
  const code = BY_NUMBER.get(errno);
  if (code !== undefined) return errnoError(code as ErrorCode);
  return Object.assign(new Error(errno === 0 ? "Success" : `Unknown error ${errno}`), { errno, code: "" });
}

// --- arguments, as the addon checks them ---

type Check = readonly [valid: (value: unknown) => boolean, message: string];

const isObject = (value: unknown): boolean =>
  (typeof value === "object" && value !== null) || typeof value === "function";

export const required = {
  string: (message: string): Check => [(value) => typeof value === "string", message],
  number: (message: string): Check => [(value) => typeof value === "number", message],
  boolean: (message: string): Check => [(value) => typeof value === "boolean", message],
  object: (message: string): Check => [isObject, message],
  present: (message: string): Check => [(value) => value !== undefined, message],
  text: (message: string): Check => [
    (value) => typeof value === "string" || value === null || ArrayBuffer.isView(value),
    message,
  ],
};

export const optional = {
  object: (message: string): Check => [(value) => value === undefined || isObject(value), message],
};

/** Throws for a wrong or a surplus argument. */
export function checkArguments(args: ArrayLike<unknown>, ...checks: readonly Check[]): void {
  for (const [at, [valid, message]] of checks.entries()) if (!valid(args[at])) throw new TypeError(message);
  if (args.length <= checks.length) return;
  throw new TypeError(
    `Expected ${checks.length} argument${checks.length === 1 ? "" : "s"} but received ${args.length}`,
  );
}

type AnyClass = new (...args: never[]) => object;

/** Builds the object for `new.target`. */
type Build = (target: AnyClass | undefined, args: never[]) => object;

/**
 * The constructor that programs see: may not be called plainly, with the text of the addon. `wrap` gives it
 * as a property with the class's name, which no bundler changes: V8 shows that name in messages. With
 * `optionsAt` what it makes is sealed, so that unknown options throw, and the argument there is assigned to it.
 */
export function constructible(type: AnyClass, wrap: (build: Build) => { prototype: object }, optionsAt = -1): unknown {
  const make = wrap((target, args) => {
    if (target === undefined) throw new TypeError("Class constructors cannot be invoked without 'new'");
    const self = Object.setPrototypeOf(Reflect.construct(type, args), target.prototype as object) as object;
    if (optionsAt < 0) return self;
    Object.seal(self);
    const options: unknown = args[optionsAt];
    return typeof options === "object" ? Object.assign(self, options) : self;
  });
  make.prototype = type.prototype as object;
  Object.defineProperty(type.prototype, "constructor", { value: make, writable: true, configurable: true });
  return make;
}
