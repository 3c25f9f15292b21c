/** Reports endpoints of bad form, and those that a type of socket cannot use. */
import type { SocketTypeName } from "../ctx/options.ts";
import { parseEndpoint } from "./endpoint.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";

export interface EndpointPlace {
  readonly pointer: string;
  readonly bind: boolean;
  /** undefined: unknown, or whatever comes of it is meant. */
  readonly type: SocketTypeName | undefined;
  readonly report: Report;
}

/** Whether an endpoint without expressions is well formed and for its socket; reports when not. */
export function checkEndpoint(text: string, { pointer, bind, type, report }: EndpointPlace): boolean {
  const result = parseEndpoint(text, bind);
  if ("endpoint" in result) {
    const wrong = result.endpoint.transport === "udp" && type !== undefined ? wrongUdp(type, bind) : undefined;
    if (wrong !== undefined) report.error(pointer, "ZS324", wrong.message, { hint: wrong.hint });
    return wrong === undefined;
  }
  const { code, message, offset, length, allowed, hint } = result.problem;
  const wrong = text.slice(offset, offset + length);
  report.error(pointer, code, message, {
    inside: { offset, length },
    allowed,
    hint: hint ?? (allowed && didYouMean(wrong, allowed)),
  });
  return false;
}

/** libzmq gives ENOCOMPATPROTO. */
function wrongUdp(type: SocketTypeName, bind: boolean): { message: string; hint: string } | undefined {
  if (type === "RADIO" && bind)
    return { message: "over udp a RADIO connects and does not bind", hint: "bind the DISH, or use tcp" };
  if ((type === "DISH" || type === "DGRAM") && !bind)
    return {
      message: `over udp a ${type} binds and does not connect`,
      hint: type === "DISH" ? "connect the RADIO, or use tcp" : "each message begins with the address that it is for",
    };
  if (type === "RADIO" || type === "DISH" || type === "DGRAM") return undefined;
  return { message: `${type} sockets cannot use udp`, hint: "RADIO, DISH and DGRAM can" };
}
