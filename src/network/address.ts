/** Endpoints: "tcp://host:port", "ipc://path", "inproc://name". libzmq: address.cpp, tcp_address.cpp. */

export type Transport = "tcp" | "ipc" | "inproc";

export interface Endpoint {
  readonly transport: Transport;
  /** tcp: host name, "*" for any; ipc and inproc: "". */
  readonly host: string;
  /** tcp: port, 0 for an ephemeral one; else 0. */
  readonly port: number;
  /** ipc: path; inproc: name; tcp: "host:port" as written. */
  readonly address: string;
}

export type EndpointError = "EINVAL" | "EPROTONOSUPPORT";

const TRANSPORTS: ReadonlySet<string> = new Set(["tcp", "ipc", "inproc"]);

/** What libzmq lets pass before names are resolved. */
const CONNECTABLE = /^[\w[:${][\w.\-:%;[\]*${}()]*$/;

/** Parses as zmq_bind and zmq_connect do, by syntax alone; names are resolved at each attempt to connect. */
export function parseEndpoint(text: string, forBind: boolean): Endpoint | EndpointError {
  const cut = text.indexOf("://");
  if (cut <= 0 || cut + 3 === text.length) return "EINVAL";
  const transport = text.slice(0, cut);
  const address = text.slice(cut + 3);
  if (!TRANSPORTS.has(transport)) return "EPROTONOSUPPORT";
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
