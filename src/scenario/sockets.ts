/** Declared sockets: checks options and endpoints and compiles them. */
import type { SocketTypeName } from "../ctx/options.ts";
import type { PlanOption, PlanSocket, Template } from "../program/plan.ts";
import { decodeZ85 } from "../socket/security-options.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { OPTIONS, optionInteger, takersOf } from "./options.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { under } from "./source.ts";
import type { EndpointUse } from "./step-place.ts";
import type { Texts } from "./texts.ts";

export interface OptionContext {
  readonly option: string;
  readonly value: number | boolean | string;
  /** undefined when unknown. */
  readonly type: SocketTypeName | undefined;
  /** Place of the value and of the option's name. */
  readonly pointer: string;
  readonly namePointer?: string;
  readonly report: Report;
  readonly texts: Texts;
  /** The node's libzmq has draft options. */
  readonly draftBuild: boolean;
  /** The program looks at the error itself, so that a wrong use may be meant. */
  readonly mayFail?: boolean;
}

/** A known option's value as the plan has it; undefined and reported when it is wrong. */
export function compileOption({
  option,
  value,
  type,
  pointer,
  namePointer,
  report,
  texts,
  draftBuild,
  mayFail = false,
}: OptionContext): number | Template | undefined {
  const info = OPTIONS.get(option)!;
  const name = namePointer === undefined ? { pointer, key: true } : { pointer: namePointer, key: false };
  if (type !== undefined && !takersOf(info).includes(type)) {
    if (!mayFail)
      report.error(name.pointer, "ZS413", `${type} sockets do not take the option "${option}"`, {
        key: name.key,
        allowed: takersOf(info).filter((taker) => (info.effective ?? takersOf(info)).includes(taker)),
      });
  } else if (type !== undefined && info.effective && !info.effective.includes(type)) {
    report.warning(name.pointer, "ZS511", `"${option}" has no effect on a ${type} socket`, {
      key: name.key,
      allowed: info.effective,
    });
  }
  if (info.draft && !draftBuild && !mayFail) {
    report.warning(name.pointer, "ZS512", `"${option}" is a draft option: EINVAL in the stable build of libzmq`, {
      key: name.key,
      hint: 'the binding "zeromq.js" has the draft build',
    });
  }
  if (info.form === "bytes") return bytesValue(value, { option, pointer, report, texts, ...info, mayFail });
  if (typeof value === "string" && value.includes("${")) return texts.template(value, pointer);
  const result = optionInteger(option, info, value);
  if (result.ok) return result.value;
  if (mayFail && typeof value === "number") return value;
  report.error(pointer, "ZS331", result.message, { hint: result.hint });
  return undefined;
}

interface BytesContext {
  readonly option: string;
  readonly pointer: string;
  readonly report: Report;
  readonly texts: Texts;
  readonly min: number;
  readonly max: number;
  readonly key?: boolean;
  readonly mayFail: boolean;
}

function bytesValue(
  value: number | boolean | string,
  { option, pointer, report, texts, min, max, key = false, mayFail }: BytesContext,
): Template | undefined {
  if (typeof value !== "string") {
    report.error(pointer, "ZS331", `"${option}" takes a text`);
    return undefined;
  }
  const template = texts.template(value, pointer);
  const plain = template.every((part) => typeof part === "string");
  const size = utf8Length(template.join(""));
  if (plain && !mayFail && (size < min || size > max)) {
    const bounds =
      min === max
        ? `${min} bytes`
        : size < min
          ? `at least ${min} byte${min === 1 ? "" : "s"}`
          : `at most ${max} bytes`;
    report.error(pointer, "ZS331", `${option} is ${bounds} long, found ${size}`);
  } else if (plain && !mayFail && key && decodeZ85(template.join("")) === null) {
    report.error(pointer, "ZS331", `${option} is no key in Z85`, { hint: KEY_HINT });
  }
  return template;
}

const KEY_HINT = "curveKeyPair() of zeromq.js and zmq_curve_keypair make pairs";

function utf8Length(text: string): number {
  let length = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

export interface SocketContext {
  readonly report: Report;
  readonly texts: Texts;
  readonly draftBuild: boolean;
  readonly uses: EndpointUse[];
}

/** A socket with a known type; parts that broke the schema are left out. */
export function compileSocket(
  name: string,
  socket: schema.Socket,
  pointer: string,
  context: SocketContext,
): PlanSocket {
  const { report, texts } = context;
  const subscribe = report.isBroken(under(pointer, "subscribe")) ? [] : listOf(socket.subscribe);
  if (subscribe.length > 0 && socket.type !== "SUB") {
    const hint = socket.type === "XSUB" ? "an XSUB sends a frame that begins with byte 1 to subscribe" : undefined;
    report.error(under(pointer, "subscribe"), "ZS412", `only SUB sockets subscribe; this is ${socket.type}`, {
      key: true,
      hint,
    });
  }
  const join = report.isBroken(under(pointer, "join")) ? [] : listOf(socket.join);
  if (join.length > 0 && socket.type !== "DISH")
    report.error(under(pointer, "join"), "ZS412", `only DISH sockets join groups; this is ${socket.type}`, {
      key: true,
    });
  return {
    name,
    type: socket.type,
    options: compileOptions(socket, under(pointer, "options"), context),
    subscribe: subscribe.map((topic, at) =>
      texts.template(topic, placeOf(socket.subscribe, under(pointer, "subscribe"), at)),
    ),
    ...(join.length === 0
      ? {}
      : { join: join.map((group, at) => texts.template(group, placeOf(socket.join, under(pointer, "join"), at))) }),
    bind: endpoints("bind", name, socket, pointer, context),
    connect: endpoints("connect", name, socket, pointer, context),
    atStart: socket.open ?? true,
  };
}

function compileOptions(
  socket: schema.Socket,
  pointer: string,
  { report, texts, draftBuild }: SocketContext,
): PlanOption[] {
  if (report.isBroken(pointer) && typeof socket.options !== "object") return [];
  return Object.entries((socket.options ?? {}) as Record<string, number | boolean | string>).flatMap(
    ([option, given]) => {
      const value =
        OPTIONS.has(option) && !report.isBroken(under(pointer, option))
          ? compileOption({
              option,
              value: given,
              type: socket.type,
              pointer: under(pointer, option),
              report,
              texts,
              draftBuild,
            })
          : undefined;
      return value === undefined ? [] : [{ name: option, value }];
    },
  );
}

function endpoints(
  kind: "bind" | "connect",
  socket: string,
  declaration: schema.Socket,
  pointer: string,
  { report, texts, uses }: SocketContext,
): Template[] {
  const given = report.isBroken(under(pointer, kind)) ? undefined : declaration[kind];
  return listOf(given).map((text, at) => {
    const place = placeOf(given, under(pointer, kind), at);
    const template = texts.template(text, place);
    const plain = template.length === 1 && typeof template[0] === "string";
    if (!plain || checkEndpoint(text, { pointer: place, bind: kind === "bind", type: declaration.type, report }))
      uses.push({ kind, socket, template, pointer: place, atStart: declaration.open ?? true });
    return template;
  });
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : (value ?? []);
const placeOf = (value: unknown, pointer: string, at: number): string =>
  typeof value === "string" ? pointer : under(pointer, at);
