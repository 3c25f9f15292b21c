/**
 * ZMTP items as bytes and back, for connections with a raw socket on one end only: between two ZMTP
 * engines items travel as they are. libzmq: v2_encoder.cpp, v2_decoder.cpp, v3_1_encoder.cpp.
 */
import type { SocketTypeName } from "../ctx/options.ts";
import type { Message } from "../journal/message.ts";
import { AddressedFrame, CANCEL, Frame, JOIN, LEAVE, MORE, RAW, SEALED, SUBSCRIBE } from "../pipe/frame.ts";
import { Control, commandName, framed, hasIdentity, SEAL, type WireItem } from "./wire.ts";

const FLAG_MORE = 1;
const FLAG_LARGE = 2;
const FLAG_COMMAND = 4;
/** Of a command inside a MESSAGE. */
const FLAG_SEALED_COMMAND = 2;

const bytes = (...values: readonly number[]): string => String.fromCharCode(...values);
const u32 = (value: number): string => bytes(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

/** The bytes of an item. */
export function encode(item: WireItem): string {
  if (item instanceof Control) return encodeControl(item);
  const { flags } = item;
  if ((flags & RAW) !== 0) return item.bytes;
  const name = commandName(item);
  const group = item instanceof AddressedFrame ? item.group : null;
  if ((flags & SEALED) !== 0) {
    const before = group === null ? "" : sealedBytes(FLAG_MORE, group);
    return before + sealedBytes(name === "" ? flags & MORE : FLAG_SEALED_COMMAND, name + item.bytes);
  }
  if (name !== "") return frameBytes(FLAG_COMMAND, name + item.bytes);
  const before = group === null ? "" : frameBytes(FLAG_MORE, group);
  return before + frameBytes(item.more ? FLAG_MORE : 0, item.bytes);
}

/** A command in which only the kind of what it carries is not zero. */
const sealedBytes = (flags: number, body: string): string =>
  frameBytes(0, `\x07MESSAGE${"\0".repeat(SEAL - 9)}${bytes(flags)}${body}`);

function frameBytes(flags: number, body: string): string {
  if (body.length <= 255) return bytes(flags, body.length) + body;
  return `${bytes(flags | FLAG_LARGE)}\0\0\0\0${u32(body.length)}${body}`;
}

function encodeControl(control: Control): string {
  switch (control.kind) {
    case "signature":
      return "\xff\0\0\0\0\0\0\0\x01\x7f";
    case "major":
      return "\x03";
    case "rest":
      return `\x01${control.text.padEnd(20, "\0")}${"\0".repeat(32)}`;
    case "hello":
      return frameBytes(FLAG_COMMAND, `\x05HELLO${control.text}`);
    case "welcome":
      return frameBytes(FLAG_COMMAND, `\x07WELCOME${control.text}`);
    case "initiate":
      return frameBytes(FLAG_COMMAND, `\x08INITIATE${control.text}${properties(control)}`);
    case "ready":
      return frameBytes(FLAG_COMMAND, `\x05READY${control.text}${properties(control)}`);
    case "ping":
      return frameBytes(
        FLAG_COMMAND,
        `\x04PING${bytes((control.ttl / 100) >>> 8, (control.ttl / 100) & 255)}${control.text}`,
      );
    case "pong":
      return frameBytes(FLAG_COMMAND, `\x04PONG${control.text}`);
    case "error":
      return frameBytes(FLAG_COMMAND, `\x05ERROR${control.text}`);
    case "command":
      return frameBytes(FLAG_COMMAND, control.text);
  }
}

function properties({ socketType, routingId }: Control): string {
  if (socketType === null) return "";
  const property = (name: string, value: string): string => bytes(name.length) + name + u32(value.length) + value;
  const type = property("Socket-Type", socketType);
  return hasIdentity(socketType) ? type + property("Identity", routingId) : type;
}

type Stage = "signature" | "major" | "rest" | "frames";

/** Takes the bytes of a peer apart. */
export class Decoder {
  private stage: Stage = "signature";
  private buffer = "";

  /** The items that the bytes complete; "malformed" ends the connection. */
  decode(chunk: Frame): (WireItem | "malformed")[] {
    this.buffer += chunk.bytes;
    const items: (WireItem | "malformed")[] = [];
    for (let item = this.next(); item !== null; item = this.next()) {
      items.push(item);
      if (item === "malformed") break;
    }
    return items;
  }

  private next(): WireItem | "malformed" | null {
    switch (this.stage) {
      case "signature":
        // DIFFERS(zmtp-1): a peer that does not greet as ZMTP 3 is refused, libzmq would speak ZMTP 1 or 2 with it.
        if (this.buffer.length > 0 && this.buffer.charCodeAt(0) !== 255) return "malformed";
        return this.part(10, "major", () => new Control("signature", 10));
      case "major":
        if (this.buffer.length > 0 && this.buffer.charCodeAt(0) < 3) return "malformed";
        return this.part(1, "rest", () => new Control("major", 1));
      case "rest":
        return this.part(
          53,
          "frames",
          (text) => new Control("rest", 53, { text: text.slice(1, 21).replace(/\0+$/, "") }),
        );
      case "frames":
        return this.frame();
    }
  }

  private part(size: number, stage: Stage, make: (text: string) => Control): Control | null {
    if (this.buffer.length < size) return null;
    const text = this.buffer.slice(0, size);
    this.buffer = this.buffer.slice(size);
    this.stage = stage;
    return make(text);
  }

  private frame(): WireItem | "malformed" | null {
    const { buffer } = this;
    if (buffer.length < 2) return null;
    const flags = buffer.charCodeAt(0);
    const large = (flags & FLAG_LARGE) !== 0;
    if (large && buffer.length < 9) return null;
    const header = large ? 9 : 2;
    const size = large ? readU32(buffer, 5) : buffer.charCodeAt(1);
    if (buffer.length < header + size) return null;
    const body = buffer.slice(header, header + size);
    this.buffer = buffer.slice(header + size);
    if ((flags & FLAG_COMMAND) !== 0) return decodeCommand(body);
    return Frame.of(body, (flags & FLAG_MORE) !== 0 ? MORE : 0);
  }
}

const readU32 = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 24) |
    (text.charCodeAt(at + 1) << 16) |
    (text.charCodeAt(at + 2) << 8) |
    text.charCodeAt(at + 3)) >>>
  0;

/** During a handshake every frame is taken for a command, flagged or not. */
export const asCommand = (frame: Frame): Control => {
  const command = (frame.flags & ~MORE) === 0 ? decodeCommand(frame.bytes) : frame;
  if (command instanceof Control) return command;
  const text = commandName(frame) + frame.bytes;
  return new Control("command", framed(text.length), { text });
};

function decodeCommand(body: string): WireItem {
  const length = body.charCodeAt(0);
  const name = length < body.length ? body.slice(1, 1 + length) : "";
  const rest = body.slice(1 + name.length);
  const size = framed(body.length);
  switch (name) {
    case "HELLO":
      return new Control("hello", size, { text: rest });
    case "WELCOME":
      return new Control("welcome", size, { text: rest });
    case "INITIATE":
      return withProperties("initiate", rest, size);
    case "READY":
      return withProperties("ready", rest, size);
    case "PING":
      if (rest.length < 2) break;
      return new Control("ping", size, {
        ttl: 100 * ((rest.charCodeAt(0) << 8) | rest.charCodeAt(1)),
        text: rest.slice(2),
      });
    case "PONG":
      return new Control("pong", size, { text: rest });
    case "ERROR":
      return new Control("error", size, { text: rest });
    case "SUBSCRIBE":
      return Frame.of(rest, SUBSCRIBE);
    case "CANCEL":
      return Frame.of(rest, CANCEL);
    case "JOIN":
      return Frame.of(rest, JOIN);
    case "LEAVE":
      return Frame.of(rest, LEAVE);
  }
  return new Control("command", size, { text: body });
}

/** READY or INITIATE; the text alone if that is not just properties that name a type. */
function withProperties(kind: "ready" | "initiate", text: string, size: number): Control {
  const found = parseProperties(text);
  const type = found?.get("socket-type");
  if (found === null || type === undefined) return new Control(kind, size, { text });
  return new Control(kind, size, { socketType: type as SocketTypeName, routingId: found.get("identity") ?? "" });
}

/** Names in small letters. null: something is missing at the end. libzmq: mechanism_t::parse_metadata. */
export function parseProperties(text: string): Map<string, string> | null {
  const found = new Map<string, string>();
  let at = 0;
  while (text.length - at > 1) {
    const nameEnd = at + 1 + text.charCodeAt(at);
    const left = text.length - nameEnd;
    // What ends with a name, or with the length of a value, passes without it.
    if (left === 0) return found;
    if (left < 4) return null;
    const valueEnd = nameEnd + 4 + readU32(text, nameEnd);
    if (valueEnd > text.length) return left === 4 ? found : null;
    found.set(text.slice(at + 1, nameEnd).toLowerCase(), text.slice(nameEnd + 4, valueEnd));
    at = valueEnd;
  }
  return at === text.length ? found : null;
}

/** The message that the bytes belong to goes on with the last whole message in them; without one its bytes count as delivered. */
export function identify(
  items: readonly (WireItem | "malformed")[],
  message: Message | null,
): { items: (WireItem | "malformed")[]; given: boolean } {
  let given = message === null;
  const identified = [...items].reverse().map((item) => {
    if (given || item === "malformed" || item instanceof Control || item.more || (item.flags & ~MORE) !== 0)
      return item;
    given = true;
    return item.as(item.flags, message);
  });
  return { items: identified.reverse(), given };
}
