/** Socket options by libzmq's number: kind of value, the engine's name for it, default when the engine does not keep it. */

/** "int" serves booleans, too, as in libzmq. */
export type OptionKind = "int" | "int64" | "uint64" | "string";

export interface OptionEntry {
  readonly kind: OptionKind;
  /** Kept by the engine under this name; else kept here, without effect. */
  readonly engine?: string;
  readonly initial?: number | string;
  /** Least value of an option that is kept here. */
  readonly least?: number;
  /** Only for these socket types. */
  readonly types?: readonly string[];
  /** Cannot be read (EINVAL). */
  readonly writeOnly?: true;
  readonly readOnly?: true;
  /** Takes effect on a socket that is bound or connected already. */
  readonly immediate?: true;
}

const engine = (name: string, more: Partial<OptionEntry> = {}): OptionEntry => ({ kind: "int", engine: name, ...more });
const kept = (initial: number, least = -1): OptionEntry => ({ kind: "int", initial, least });
const text = (initial = ""): OptionEntry => ({ kind: "string", initial });
const unavailable: OptionEntry = { kind: "int", writeOnly: true, types: [] };

/** libzmq gives a key only into a buffer of its exact size, which zeromq.js has not. */
const CURVE_KEY = { kind: "string", writeOnly: true } as const;
const XPUB_ONLY = { types: ["XPUB", "PUB"], writeOnly: true } as const;

/** libzmq: zmq.h, options.cpp. Numbers that are missing do not exist (EINVAL). */
export const OPTIONS: ReadonlyMap<number, OptionEntry> = new Map<number, OptionEntry>([
  [4, engine("affinity", { kind: "uint64" })],
  [5, engine("routing_id", { kind: "string" })],
  [6, engine("subscribe", { kind: "string", types: ["SUB"], writeOnly: true, immediate: true })],
  [7, engine("unsubscribe", { kind: "string", types: ["SUB"], writeOnly: true, immediate: true })],
  [8, kept(100, 1)],
  [9, kept(10_000, 0)],
  [11, engine("sndbuf")],
  [12, engine("rcvbuf")],
  [16, { kind: "int", readOnly: true }],
  [17, engine("linger", { immediate: true })],
  [18, engine("reconnect_ivl")],
  [19, engine("backlog")],
  [21, engine("reconnect_ivl_max")],
  [22, engine("maxmsgsize", { kind: "int64" })],
  [23, engine("sndhwm", { immediate: true })],
  [24, engine("rcvhwm", { immediate: true })],
  [25, kept(1, 1)],
  [27, engine("rcvtimeo", { immediate: true })],
  [28, engine("sndtimeo", { immediate: true })],
  [32, { kind: "string", readOnly: true }],
  [33, engine("router_mandatory", { types: ["ROUTER"], writeOnly: true, immediate: true })],
  [34, kept(-1)],
  [35, kept(-1)],
  [36, kept(-1)],
  [37, kept(-1)],
  [38, { kind: "string", initial: "", writeOnly: true }],
  [39, engine("immediate")],
  [40, engine("xpub_verbose", { ...XPUB_ONLY, immediate: true })],
  [42, kept(0, 0)],
  [43, engine("mechanism", { readOnly: true })],
  [44, engine("plain_server")],
  [45, engine("plain_username", { kind: "string" })],
  [46, engine("plain_password", { kind: "string" })],
  [47, engine("curve_server")],
  [48, engine("curve_publickey", CURVE_KEY)],
  [49, engine("curve_secretkey", CURVE_KEY)],
  [50, engine("curve_serverkey", CURVE_KEY)],
  [51, engine("probe_router", { types: ["ROUTER", "DEALER", "REQ"], writeOnly: true, immediate: true })],
  [52, engine("req_correlate", { types: ["REQ"], writeOnly: true, immediate: true })],
  [53, engine("req_relaxed", { types: ["REQ"], writeOnly: true, immediate: true })],
  [54, engine("conflate")],
  [55, engine("zap_domain", { kind: "string" })],
  [56, engine("router_handover", { types: ["ROUTER"], writeOnly: true, immediate: true })],
  [57, kept(0, 0)],
  [61, engine("connect_routing_id", { kind: "string", types: ["ROUTER", "STREAM"], writeOnly: true })],
  [66, engine("handshake_ivl")],
  [68, text()],
  [69, engine("xpub_nodrop", XPUB_ONLY)],
  [71, engine("xpub_manual", XPUB_ONLY)],
  [72, engine("xpub_welcome_msg", { ...XPUB_ONLY, kind: "string" })],
  [73, { kind: "int", initial: 1, least: 0, types: ["STREAM"] }],
  [74, engine("invert_matching")],
  [75, engine("heartbeat_ivl")],
  [76, engine("heartbeat_ttl")],
  [77, engine("heartbeat_timeout")],
  [78, engine("xpub_verboser", { ...XPUB_ONLY, immediate: true })],
  [79, engine("connect_timeout")],
  [80, kept(0, 0)],
  [81, { kind: "int", readOnly: true }],
  [84, kept(1500, 1)],
  [85, { ...unavailable, kind: "uint64" }],
  [86, { ...unavailable, kind: "uint64" }],
  [87, { ...unavailable, kind: "uint64" }],
  [88, unavailable],
  [92, text()],
  [93, engine("zap_enforce_domain")],
  [94, kept(0, 0)],
]);
