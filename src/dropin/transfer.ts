/** Whole messages between a program and a socket of the engine, without waiting. */
import { Message } from "../journal/message.ts";
import type { Frame } from "../pipe/frame.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { ErrorCode } from "./errors.ts";
import type { Instance } from "./instance.ts";
import { toBuffer } from "./parts.ts";
import { recordFrames } from "./record.ts";

/** Parts, and for some draft types an object that says more about the message. */
export type Received = unknown[];

/** The identity of received contents: a broker that sends one on passes the same message on. */
const identities = new WeakMap<Buffer, { readonly message: Message; readonly base: SocketBase }>();

export function writeFrames(
  instance: Instance,
  base: SocketBase,
  frames: readonly Frame[],
  waited: number,
): ErrorCode | null {
  const { costs } = instance.process;
  // Between JavaScript and the library, and a promise.
  instance.charge(costs.call);
  let error: ErrorCode | null = null;
  for (const frame of frames) {
    instance.chargeDrawn(costs.send);
    instance.charge(frame.size * costs.perByteSend);
    error = base.send(frame, true);
    if (error !== null) break;
  }
  recordFrames(instance, "send", base, error, frames, waited);
  // A message that was refused was none.
  if (error !== null && frames[frames.length - 1]?.message?.origin === base.name) base.numbers.takeBack();
  return error;
}

export function readValues(
  instance: Instance,
  base: SocketBase,
  waited: number,
  describe: ((frame: Frame) => object) | null,
): Received | ErrorCode {
  const { costs } = instance.process;
  instance.charge(costs.call);
  const frames: Frame[] = [];
  for (;;) {
    instance.chargeDrawn(costs.recv);
    const frame = base.recv(true);
    if (frame === null) {
      recordFrames(instance, "recv", base, base.errno, [], waited);
      return base.errno;
    }
    frames.push(frame);
    if (!frame.more) break;
  }
  recordFrames(instance, "recv", base, null, frames, waited);
  const list = valuesOf(base, frames);
  if (describe !== null) list.push(describe(frames[0] as Frame));
  return list;
}

function valuesOf(base: SocketBase, frames: readonly Frame[]): Received {
  const list: Received = frames.map(toBuffer);
  const last = frames[frames.length - 1] as Frame;
  const { journal } = base.context.process.world;
  if (journal.full && last.message !== null) {
    identities.set(list[list.length - 1] as Buffer, { message: last.message, base });
  }
  return list;
}

/** A message that came from another socket and goes on keeps its identity; subscriptions have none; the rest is new. */
export function identityOf(value: unknown, base: SocketBase): Message | null {
  const last: unknown = Array.isArray(value) ? value[value.length - 1] : value;
  const known = last instanceof Buffer ? identities.get(last) : undefined;
  if (known !== undefined && known.base !== base) return known.message;
  if ((base.type === "XSUB" || base.type === "SUB") && isSubscription(last)) return null;
  return new Message(base.name, base.numbers.next());
}

function isSubscription(value: unknown): boolean {
  if (ArrayBuffer.isView(value)) {
    return value.byteLength > 0 && new DataView(value.buffer, value.byteOffset).getUint8(0) <= 1;
  }
  return typeof value === "string" && value.length > 0 && value.charCodeAt(0) <= 1;
}
