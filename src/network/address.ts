/** Endpoints: "tcp://host:port", "udp://host:port", "ipc://path", "inproc://name". libzmq: address.cpp, tcp_address.cpp, udp_address.cpp. */

export type Transport = "tcp" | "udp" | "ipc" | "inproc";

export interface Endpoint {
  readonly transport: Transport;
  /** tcp and udp: host name, "*" for any; ipc and inproc: "". */
  readonly host: string;
  /** tcp and udp: port, 0 for an ephemeral one; else 0. */
  readonly port: number;
  /** ipc: path; inproc: name; tcp and udp: "host:port" as written. */
  readonly address: string;
}

export type EndpointError = "EINVAL" | "EPROTONOSUPPORT" | "ENODEV";

const TRANSPORTS: ReadonlySet<string> = new Set(["tcp", "udp", "ipc", "inproc"]);

/** What libzmq lets pass before names are resolved. */
const CONNECTABLE = /^[\w[:${][\w.\-:%;[\]*${}()]*$/;

/** The last one parsed: thousands of sockets in a row connect to the same place, and may share what it is. */
let lastText = "";
let lastForBind = false;
let lastResult: Endpoint | EndpointError = "EINVAL";

/** Parses as zmq_bind and zmq_connect do, by syntax alone; names are resolved at each attempt to connect. */
export function parseEndpoint(text: string, forBind: boolean): Endpoint | EndpointError {
  if (text === lastText && forBind === lastForBind) return lastResult;
  lastResult = parse(text, forBind);
  lastText = text;
  lastForBind = forBind;
  return lastResult;
}

function parse(text: string, forBind: boolean): Endpoint | EndpointError {
  const cut = text.indexOf("://");
  if (cut <= 0 || cut + 3 === text.length) return "EINVAL";
  const transport = text.slice(0, cut);
  const address = text.slice(cut + 3);
  if (!TRANSPORTS.has(transport)) return "EPROTONOSUPPORT";
  if (transport === "udp") return parseUdp(address, forBind);
  if (transport !== "tcp") return { transport: transport as Transport, host: "", port: 0, address };
  if (!forBind && !CONNECTABLE.test(address)) return "EINVAL";
  // A connection may name the address to come from, "source;target", which changes nothing here.
  const target = address.slice(address.indexOf(";") + 1);
  const colon = target.lastIndexOf(":");
  if (colon <= 0) return "EINVAL";
  const host = target.slice(0, colon);
  const portText = target.slice(colon + 1);
  if (portText === "*" && !forBind) return "EINVAL";
  if (portText !== "*" && !/^\d{1,5}$/.test(portText)) return "EINVAL";
  const port = portText === "*" ? 0 : Number(portText);
  if (port > 65535 || (port === 0 && !forBind) || (host === "*" && !forBind)) return "EINVAL";
  return { transport: "tcp", host, port, address };
}

/** Names are looked up here, too, but by who knows the hosts. libzmq: udp_address_t::resolve, ip_resolver_t::resolve. */
function parseUdp(address: string, forBind: boolean): Endpoint | EndpointError {
  const cut = address.lastIndexOf(";");
  const target = address.slice(cut + 1);
  const colon = target.lastIndexOf(":");
  if (colon < 0) return "EINVAL";
  const host = target.slice(0, colon);
  const portText = target.slice(colon + 1);
  const port = portNumber(portText);
  if (portText === "*" ? !forBind : port === 0 && portText !== "0") return "EINVAL";
  if (host === "" || (!forBind && (host === "*" || host === "lo"))) return forBind ? "ENODEV" : "EINVAL";
  // Only a multicast address may come with the interface to use, which changes nothing here.
  if (cut >= 0 && (!isMulticast(host) || isMulticast(address.slice(0, cut)))) return "EINVAL";
  return { transport: "udp", host, port, address };
}

/** As atoi and a cast to 16 bits make one of any text. */
export const portNumber = (text: string): number => Number(/^\s*([+-]?\d+)/.exec(text)?.[1] ?? 0) & 0xffff;

/** An address of a multicast group: 224.0.0.0 to 239.255.255.255, ff00::/8. */
export const isMulticast = (host: string): boolean => /^(2(2[4-9]|3\d)(\.\d+){3}$|\[ff)/i.test(host);

/** An IPv4 or (in brackets) IPv6 address, which needs no resolver. */
export const isLiteral = (host: string): boolean => /^(\d+(\.\d+){3}$|\[)/.test(host);

/** Names of the node's own host in an endpoint. */
export const isLocalHost = (host: string): boolean => LOCAL_HOSTS.has(host);

const LOCAL_HOSTS: ReadonlySet<string> = new Set([
  "*",
  "localhost",
  "127.0.0.1",
  "0.0.0.0",
  "lo",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
]);

/** An address to bind as libzmq writes it afterwards. */
export function resolvedHost(host: string, ipv6: boolean): string {
  if (host === "*") return ipv6 ? "[::]" : "0.0.0.0";
  if (host === "localhost") return ipv6 ? "[::1]" : "127.0.0.1";
  return ipv6 && /^\d+(\.\d+){3}$/.test(host) ? `[::ffff:${host}]` : host;
}
