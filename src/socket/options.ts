/** setsockopt and getsockopt by name, and how faithfully each option is modelled. libzmq: options.cpp, socket_base.cpp. */
import type { SocketOptions } from "../ctx/options.ts";
import type { Errno } from "./errors.ts";
import { getSecurity, setSecurity } from "./security-options.ts";
import type { SocketBase } from "./socket-base.ts";
import { SOCKET_TYPES } from "./types.ts";

type Field = Exclude<
  keyof SocketOptions,
  "type" | "recvRoutingId" | "rawSocket" | "routingId" | "security" | TextField
>;
type TextField = "helloMsg" | "disconnectMsg" | "hiccupMsg";

/** Options kept in SocketOptions: field and least value. */
const FIELDS: ReadonlyMap<string, readonly [field: Field, least: number]> = new Map<string, readonly [Field, number]>([
  ["sndhwm", ["sndhwm", 0]],
  ["rcvhwm", ["rcvhwm", 0]],
  ["linger", ["linger", -1]],
  ["sndtimeo", ["sndtimeo", -1]],
  ["rcvtimeo", ["rcvtimeo", -1]],
  ["immediate", ["immediate", 0]],
  ["conflate", ["conflate", 0]],
  ["affinity", ["affinity", 0]],
  ["backlog", ["backlog", 0]],
  ["maxmsgsize", ["maxmsgsize", -1]],
  ["reconnect_ivl", ["reconnectIvl", -1]],
  ["reconnect_ivl_max", ["reconnectIvlMax", 0]],
  ["connect_timeout", ["connectTimeout", 0]],
  ["handshake_ivl", ["handshakeIvl", 0]],
  ["heartbeat_ivl", ["heartbeatIvl", 0]],
  ["heartbeat_timeout", ["heartbeatTimeout", -1]],
  ["heartbeat_ttl", ["heartbeatTtl", 0]],
  ["sndbuf", ["sndbuf", -1]],
  ["rcvbuf", ["rcvbuf", -1]],
  ["invert_matching", ["invertMatching", 0]],
  ["ipv6", ["ipv6", 0]],
  ["reconnect_stop", ["reconnectStop", 0]],
  ["multicast_loop", ["multicastLoop", 0]],
  ["in_batch_size", ["inBatchSize", 1]],
  ["out_batch_size", ["outBatchSize", 1]],
]);

/** Messages that the library sends by itself. */
const TEXTS: ReadonlyMap<string, TextField> = new Map([
  ["hello_msg", "helloMsg"],
  ["disconnect_msg", "disconnectMsg"],
  ["hiccup_msg", "hiccupMsg"],
]);

const TTL_MAX = 6_553_599;

/** Kept in tenths of a second. */
function setHeartbeatTtl(socket: SocketBase, ttl: number): Errno | null {
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > TTL_MAX) return "EINVAL";
  socket.changeOptions({ heartbeatTtl: ttl - (ttl % 100) });
  return null;
}

/** zmq_setsockopt. Drains no commands. `given`: null is the null pointer of C, which most options take for nothing. */
export function setOption(socket: SocketBase, name: string, given: number | string | null): Errno | null {
  if (socket.ctxTerminated) return "ETERM";
  const value = given ?? "";
  const typed = socket.xsetOption(name, value);
  if (typed !== false) return typed;
  if (name === "routing_id") {
    const id = String(value);
    if (id.length === 0 || id.length > 255) return "EINVAL";
    socket.changeOptions({ routingId: id });
    return null;
  }
  const text = TEXTS.get(name);
  if (text !== undefined) {
    socket.changeOptions({ [text]: String(value) });
    return null;
  }
  if (name === "heartbeat_ttl") return setHeartbeatTtl(socket, Number(value));
  const security = setSecurity(socket.options.security, name, given);
  if (typeof security === "string") return security;
  if (security !== undefined) {
    socket.changeOptions({ security });
    return null;
  }
  const field = FIELDS.get(name);
  if (field === undefined) return isIgnored(name) ? null : "EINVAL";
  const number = Number(value);
  if (!Number.isInteger(number) || number < field[1]) return "EINVAL";
  socket.changeOptions({ [field[0]]: typeof socket.options[field[0]] === "boolean" ? number !== 0 : number });
  if (name === "sndhwm" || name === "rcvhwm") updatePipeHwms(socket);
  return null;
}

/** SNDHWM and RCVHWM reach the live pipes. libzmq: update_pipe_options. */
function updatePipeHwms({ pipes, options: { rcvhwm, sndhwm } }: SocketBase): void {
  for (const pipe of pipes) {
    pipe.setHwms(rcvhwm, sndhwm);
    pipe.sendHwmsToPeer(sndhwm, rcvhwm);
  }
}

/** zmq_getsockopt. "events" drains the mailbox, the others do not. */
export function getOption(socket: SocketBase, name: string): { value: number | string } | Errno {
  if (socket.ctxTerminated) return "ETERM";
  if (name === "events") {
    const events = socket.events();
    return typeof events === "string" ? events : { value: (events.in ? 1 : 0) + (events.out ? 2 : 0) };
  }
  if (name === "type") return { value: SOCKET_TYPES[socket.type] };
  if (name === "last_endpoint") return { value: socket.lastEndpoint };
  if (name === "routing_id") return { value: socket.options.routingId };
  if (name === "rcvmore") return { value: 0 };
  if (name === "router_notify") return { value: socket.options.routerNotify };
  if (name === "stream_notify") return { value: Number(socket.options.streamNotify) };
  const typed = socket.xgetOption(name) ?? getSecurity(socket.options.security, name);
  if (typed !== undefined) return { value: typed };
  const field = FIELDS.get(name);
  return field === undefined ? "EINVAL" : { value: Number(socket.options[field[0]]) };
}

export type FidelityLevel = "exact" | "approximated" | "ignored";

export interface OptionFidelity {
  readonly name: string;
  readonly level: FidelityLevel;
  /** What is approximated, or why it is ignored. */
  readonly note?: string;
}

const exact = (...names: readonly string[]): OptionFidelity[] => names.map((name) => ({ name, level: "exact" }));
const approximated = (name: string, note: string): OptionFidelity => ({ name, level: "approximated", note });
const ignored = (note: string, ...names: readonly string[]): OptionFidelity[] =>
  names.map((name) => ({ name, level: "ignored", note }));

/** Every option that scenarios may set. */
export const OPTION_FIDELITY: readonly OptionFidelity[] = [
  ...exact(
    "sndhwm",
    "rcvhwm",
    "sndtimeo",
    "rcvtimeo",
    "linger",
    "immediate",
    "conflate",
    "routing_id",
    "connect_routing_id",
  ),
  ...exact(
    "router_mandatory",
    "router_handover",
    "probe_router",
    "req_relaxed",
    "req_correlate",
    "subscribe",
    "unsubscribe",
  ),
  ...exact(
    "invert_matching",
    "xpub_verbose",
    "xpub_verboser",
    "xpub_manual",
    "xpub_manual_last_value",
    "xpub_nodrop",
    "xpub_welcome_msg",
    "only_first_subscribe",
  ),
  ...exact(
    "maxmsgsize",
    "affinity",
    "reconnect_ivl",
    "reconnect_ivl_max",
    "connect_timeout",
    "handshake_ivl",
    "heartbeat_ivl",
    "heartbeat_timeout",
    "heartbeat_ttl",
  ),
  approximated(
    "sndbuf",
    "one capacity per direction, without the kernel's own overhead and autotuning (kernel-buffer)",
  ),
  approximated(
    "rcvbuf",
    "one capacity per direction, without the kernel's own overhead and autotuning (kernel-buffer)",
  ),
  approximated("backlog", "a connection above it waits for the next retransmission (tcp-retransmission)"),
  ...exact(
    "router_raw",
    "router_notify",
    "xsub_verbose_unsubscribe",
    "hello_msg",
    "disconnect_msg",
    "hiccup_msg",
    "stream_notify",
  ),
  ...exact("in_batch_size", "out_batch_size", "multicast_loop"),
  approximated("reconnect_stop", "the bit for after a disconnect has no effect, as on tcp"),
  approximated("ipv6", "only the text of resolved endpoints depends on it"),
  ...exact("plain_server", "plain_username", "plain_password", "zap_domain", "zap_enforce_domain"),
  ...["curve_server", "curve_publickey", "curve_secretkey", "curve_serverkey"].map((name) =>
    approximated(name, "whether the keys fit, hops and sizes; nothing is encrypted (curve-contents)"),
  ),
  ...ignored(
    "a matter of the kernel",
    "tcp_maxrt",
    "tcp_keepalive",
    "tcp_keepalive_cnt",
    "tcp_keepalive_idle",
    "tcp_keepalive_intvl",
    "tos",
    "priority",
  ),
  ...ignored("a matter of the kernel", "bindtodevice", "ipv4only", "loopback_fastpath", "use_fd", "busy_poll"),
  ...ignored(
    "nothing in the model depends on it",
    "socks_proxy",
    "socks_username",
    "socks_password",
    "tcp_accept_filter",
    "ipc_filter_uid",
    "ipc_filter_gid",
    "ipc_filter_pid",
    "metadata",
  ),
  ...ignored(
    "pgm is not modelled, and multicast over udp comes to every host",
    "rate",
    "recovery_ivl",
    "multicast_hops",
    "multicast_maxtpdu",
  ),
];

const IGNORED: ReadonlySet<string> = new Set(
  OPTION_FIDELITY.filter(({ level }) => level === "ignored").map(({ name }) => name),
);

/** Accepted, but without effect here. */
export const isIgnored = (name: string): boolean => IGNORED.has(name);
