/** Socket options as scenarios write them: form, and the socket types that take them (model, section 10). */

import type { SocketTypeName } from "../ctx/options.ts";
import { parseDuration, parseSize } from "../program/quantity.ts";
import { SOCKET_TYPES } from "../socket/types.ts";

/** "ms": milliseconds or a duration; "size": bytes or a size; "bytes": text. */
export type OptionForm = "int" | "ms" | "size" | "flag" | "bytes";

export interface OptionInfo {
  readonly form: OptionForm;
  /** Bounds of the integer as libzmq takes it. */
  readonly min: number;
  readonly max: number;
  /** Types for which setsockopt succeeds; all when absent. */
  readonly types?: readonly SocketTypeName[];
  /** Types on which it has an effect; all that take it when absent. */
  readonly effective?: readonly SocketTypeName[];
  /** A key of CURVE in Z85. */
  readonly key?: true;
  /** Only draft builds of libzmq have it. */
  readonly draft?: true;
}

const INT_MAX = 2147483647;
const PUBS: readonly SocketTypeName[] = ["PUB", "XPUB"];
const SUBS: readonly SocketTypeName[] = ["SUB", "XSUB"];

const int = (min: number, more: Partial<OptionInfo> = {}): OptionInfo => ({ form: "int", min, max: INT_MAX, ...more });
const ms = (min: number): OptionInfo => ({ form: "ms", min, max: INT_MAX });
const flag = (more: Partial<OptionInfo> = {}): OptionInfo => ({ form: "flag", min: 0, max: 1, ...more });
const bytes = (min: number, max: number, more: Partial<OptionInfo> = {}): OptionInfo => ({
  form: "bytes",
  min,
  max,
  ...more,
});

/** Options that a program may set. For "bytes" min and max bound the length. */
export const OPTIONS: ReadonlyMap<string, OptionInfo> = new Map(
  Object.entries({
    sndhwm: int(0),
    rcvhwm: int(0),
    sndtimeo: ms(-1),
    rcvtimeo: ms(-1),
    linger: ms(-1),
    immediate: flag(),
    conflate: flag({ effective: ["PULL", "PUSH", "SUB", "PUB", "DEALER"] }),
    routing_id: bytes(1, 255, { effective: ["REQ", "REP", "DEALER", "ROUTER"] }),
    connect_routing_id: bytes(1, 255, { types: ["ROUTER", "REP", "STREAM"], effective: ["ROUTER", "STREAM"] }),
    router_mandatory: flag({ types: ["ROUTER", "REP"], effective: ["ROUTER"] }),
    router_handover: flag({ types: ["ROUTER", "REP"], effective: ["ROUTER"] }),
    router_raw: flag({ types: ["ROUTER", "REP"], effective: ["ROUTER"] }),
    router_notify: int(0, { max: 3, types: ["ROUTER", "REP"], effective: ["ROUTER"], draft: true }),
    probe_router: flag({ types: ["DEALER", "REQ", "ROUTER", "REP"] }),
    req_relaxed: flag({ types: ["REQ"] }),
    req_correlate: flag({ types: ["REQ"] }),
    invert_matching: flag({ effective: ["PUB", "XPUB", "SUB"] }),
    xpub_verbose: flag({ types: PUBS, effective: ["XPUB"] }),
    xpub_verboser: flag({ types: PUBS, effective: ["XPUB"] }),
    xpub_nodrop: flag({ types: [...PUBS, "RADIO"] }),
    xpub_manual: flag({ types: PUBS, effective: ["XPUB"] }),
    xpub_manual_last_value: flag({ types: PUBS, effective: ["XPUB"], draft: true }),
    xpub_welcome_msg: bytes(0, INT_MAX, { types: PUBS }),
    only_first_subscribe: flag({ types: [...PUBS, ...SUBS], effective: ["XPUB", "XSUB"] }),
    xsub_verbose_unsubscribe: flag({ types: SUBS, effective: ["XSUB"], draft: true }),
    hello_msg: bytes(0, INT_MAX, { draft: true }),
    disconnect_msg: bytes(0, INT_MAX, { draft: true }),
    hiccup_msg: bytes(0, INT_MAX, { draft: true }),
    stream_notify: flag({ types: ["STREAM"] }),
    maxmsgsize: { form: "size", min: -1, max: Number.MAX_SAFE_INTEGER },
    affinity: int(0),
    reconnect_ivl: ms(-1),
    reconnect_ivl_max: ms(0),
    reconnect_stop: int(0, { max: 7, draft: true }),
    connect_timeout: ms(0),
    handshake_ivl: ms(0),
    heartbeat_ivl: ms(0),
    heartbeat_timeout: ms(-1),
    // libzmq keeps it in tenths of a second in 16 bits.
    heartbeat_ttl: { form: "ms", min: 0, max: 6553599 },
    tcp_maxrt: ms(0),
    tcp_keepalive: int(-1, { max: 1 }),
    tcp_keepalive_cnt: int(-1),
    tcp_keepalive_idle: int(-1),
    tcp_keepalive_intvl: int(-1),
    sndbuf: { form: "size", min: -1, max: INT_MAX },
    rcvbuf: { form: "size", min: -1, max: INT_MAX },
    backlog: int(0),
    in_batch_size: int(1, { draft: true }),
    out_batch_size: int(1, { draft: true }),
    tos: int(0),
    priority: int(0, { draft: true }),
    bindtodevice: bytes(0, INT_MAX),
    ipv6: flag(),
    ipv4only: flag(),
    loopback_fastpath: flag(),
    use_fd: int(-1),
    busy_poll: flag({ draft: true }),
    socks_proxy: bytes(0, INT_MAX),
    socks_username: bytes(0, 255, { draft: true }),
    socks_password: bytes(0, 255, { draft: true }),
    tcp_accept_filter: bytes(0, 255),
    ipc_filter_uid: int(0),
    ipc_filter_gid: int(0),
    ipc_filter_pid: int(0),
    metadata: bytes(3, INT_MAX, { draft: true }),
    rate: int(1),
    recovery_ivl: ms(0),
    multicast_hops: int(1),
    multicast_maxtpdu: int(1),
    multicast_loop: flag({ effective: ["RADIO"] }),
    plain_server: flag(),
    plain_username: bytes(1, 255),
    plain_password: bytes(1, 255),
    curve_server: flag(),
    curve_publickey: bytes(40, 40, { key: true }),
    curve_secretkey: bytes(40, 40, { key: true }),
    curve_serverkey: bytes(40, 40, { key: true }),
    zap_domain: bytes(1, 255),
    zap_enforce_domain: flag(),
  } satisfies Record<string, OptionInfo>),
);

/** Options that can only be read. */
export const READ_ONLY_OPTIONS: readonly string[] = [
  "rcvmore",
  "events",
  "type",
  "last_endpoint",
  "mechanism",
  "topics_count",
  "fd",
  "thread_safe",
];

export type OptionValue =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** The integer that libzmq gets for a value without expressions. */
export function optionInteger(name: string, info: OptionInfo, value: number | boolean | string): OptionValue {
  const result = integerOf(info, value);
  if (!result.ok) return result;
  if (result.value >= info.min && result.value <= info.max) return result;
  return {
    ok: false,
    message: `${name} is from ${info.min} to ${info.max}${info.form === "ms" ? " ms" : ""}, found ${JSON.stringify(value)}`,
  };
}

function integerOf({ form }: OptionInfo, value: number | boolean | string): OptionValue {
  if (typeof value === "number") return { ok: true, value };
  if (typeof value === "boolean")
    return form === "flag"
      ? { ok: true, value: value ? 1 : 0 }
      : { ok: false, message: "a number is wanted here, found true or false" };
  if (form === "ms") return milliseconds(value);
  if (form === "size") return parseSize(value);
  return {
    ok: false,
    message: `a whole number is wanted here, found the text ${JSON.stringify(value)}`,
    hint: "numbers stand without quotes",
  };
}

function milliseconds(text: string): OptionValue {
  const parsed = parseDuration(text);
  if (!parsed.ok) return parsed;
  if (parsed.value % 1e6 !== 0)
    return { ok: false, message: `"${text}" is finer than a millisecond, which libzmq cannot express here` };
  return { ok: true, value: parsed.value / 1e6 };
}

/** Which types a caller may name in messages. */
export const takersOf = (info: OptionInfo): readonly SocketTypeName[] =>
  info.types ?? (Object.keys(SOCKET_TYPES) as SocketTypeName[]);
