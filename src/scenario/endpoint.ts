/** Endpoints of libzmq: their form. */
import { isMulticast } from "../network/address.ts";

export type Endpoint =
  | { readonly transport: "tcp" | "udp"; readonly host: string /** 0 = any that is free. */; readonly port: number }
  | { readonly transport: "ipc" | "inproc"; readonly name: string };

export interface EndpointProblem {
  readonly code: "ZS321" | "ZS322";
  readonly message: string;
  /** Part of the text that is wrong. */
  readonly offset: number;
  readonly length: number;
  readonly allowed?: readonly string[];
  readonly hint?: string;
}

const TRANSPORTS = ["tcp", "udp", "ipc", "inproc"] as const;
/** What libzmq has and the simulator has not. */
const UNSUPPORTED = new Set(["pgm", "epgm", "norm", "tipc", "vmci", "ws", "wss", "hvsocket", "vsock"]);
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\[[0-9]+\])?$/;
const PATH_MAX = 107;

/** Takes an endpoint apart; `bind` allows wildcards. */
export function parseEndpoint(text: string, bind: boolean): { endpoint: Endpoint } | { problem: EndpointProblem } {
  const separator = text.indexOf("://");
  const whole = { offset: 0, length: text.length };
  if (separator < 0)
    return problem("ZS321", `"${text}" is not an endpoint`, {
      ...whole,
      hint: "such as tcp://host:5555, tcp://*:5555, ipc:///tmp/feed or inproc://name",
    });
  const transport = text.slice(0, separator);
  const address = text.slice(separator + 3);
  const offset = separator + 3;
  if (transport === "tcp") return parseAddress("tcp", address, offset, bind);
  if (transport === "udp") return parseUdp(address, offset, bind);
  if (transport === "ipc" || transport === "inproc") {
    if (address === "") return problem("ZS321", `"${text}" has no name after ${transport}://`, whole);
    if (transport === "ipc" && address.length > PATH_MAX)
      return problem("ZS321", `the path is longer than ${PATH_MAX} characters`, { offset, length: address.length });
    return { endpoint: { transport, name: address } };
  }
  const message = UNSUPPORTED.has(transport)
    ? `the transport "${transport}" is not modelled`
    : `unknown transport "${transport}"`;
  return problem("ZS322", message, { offset: 0, length: Math.max(1, separator), allowed: TRANSPORTS });
}

/** A multicast address may come with the interface to use before it, which changes nothing here. */
function parseUdp(
  address: string,
  offset: number,
  bind: boolean,
): { endpoint: Endpoint } | { problem: EndpointProblem } {
  const cut = address.lastIndexOf(";") + 1;
  const result = parseAddress("udp", address.slice(cut), offset + cut, bind);
  if (cut === 0 || "problem" in result || (result.endpoint.transport === "udp" && isMulticast(result.endpoint.host)))
    return result;
  return problem("ZS321", "only a multicast address comes with an interface", { offset, length: cut });
}

function parseAddress(
  transport: "tcp" | "udp",
  address: string,
  offset: number,
  bind: boolean,
): { endpoint: Endpoint } | { problem: EndpointProblem } {
  const colon = address.lastIndexOf(":");
  if (colon < 0)
    return problem("ZS321", "the port is missing", {
      offset,
      length: Math.max(1, address.length),
      hint: `such as ${transport}://${address || "host"}:5555`,
    });
  const host = address.slice(0, colon);
  const port = address.slice(colon + 1);
  if (host === "*" && !bind) return problem("ZS321", '"*" cannot be connected to; name a host', { offset, length: 1 });
  if (host !== "*" && !HOST.test(host))
    return problem("ZS321", host === "" ? "the host is missing" : `"${host}" is not a host name`, {
      offset,
      length: Math.max(1, host.length),
    });
  if (bind && (port === "*" || port === "!" || port === "0")) return { endpoint: { transport, host, port: 0 } };
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65535) return { endpoint: { transport, host, port: number } };
  return problem("ZS321", `"${port}" is not a port`, {
    offset: offset + colon + 1,
    length: Math.max(1, port.length),
    hint: "a number from 1 to 65535",
  });
}

const problem = (
  code: EndpointProblem["code"],
  message: string,
  rest: Omit<EndpointProblem, "code" | "message">,
): { problem: EndpointProblem } => ({
  problem: { code, message, ...rest },
});
