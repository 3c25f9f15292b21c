/**
 * What comes of secured handshakes, by mechanism, handler and mistake: what both sides hear of the first
 * connection, from its begin to its success or end. Run on the simulator and on npm zeromq.
 */

import type { Options } from "./lab.ts";
import {
  type Answer,
  answer,
  CURVE_CLIENT,
  CURVE_SERVER,
  KEYS,
  PLAIN_CLIENT,
  PLAIN_SERVER,
  type SecuredOptions,
} from "./zap.ts";

export const DONE = "HANDSHAKE_SUCCEEDED";
export const END = "DISCONNECTED";
const auth = (status: number): string => `HANDSHAKE_FAILED_AUTH(${status})`;
export const protocol = (value: number): string => `HANDSHAKE_FAILED_PROTOCOL(${value})`;
export const other = (errno: number): string => `HANDSHAKE_FAILED_NO_DETAIL(${errno})`;
export const [EAGAIN, EFAULT, EPIPE] = [11, 14, 32];
const CRYPTOGRAPHIC = protocol(0x1100_0001);
const MISMATCH = protocol(0x1100_0002);
const UNEXPECTED = protocol(0x1000_0001);

export const PLAIN = { server: PLAIN_SERVER, client: PLAIN_CLIENT };
export const CURVE = { server: CURVE_SERVER, client: CURVE_CLIENT };
export const NULL = { server: { zap_domain: "d" } };
export const SHORT: Options = { handshake_ivl: 150 };

/** There is nobody to ask where there should be. */
export const ALONE = {
  PLAIN,
  CURVE: { ...CURVE, server: { ...CURVE_SERVER, zap_domain: "d", zap_enforce_domain: 1 } },
};
/**
 * What a server hears that tells its monitor so more than max_command_delay after the event before: it reads no
 * further, and ends the connection when the time for handshakes is up.
 */
export const STUCK = [other(EFAULT), other(EAGAIN), END];

export type Row = [
  what: string,
  options: SecuredOptions,
  server: readonly string[],
  client: readonly string[],
  again?: "comes again",
];

export const ROWS: readonly Row[] = [
  ["NULL 200", { ...NULL, answer: answer("200") }, [DONE], [DONE]],
  ["NULL 400", { ...NULL, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["NULL 500", { ...NULL, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "NULL 300: the client hears nothing",
    { server: { zap_domain: "d", handshake_ivl: 200 }, client: SHORT, answer: answer("300") },
    [auth(300), END],
    [other(EAGAIN), END],
    "comes again",
  ],
  ["NULL, nobody to ask", NULL, [DONE], [DONE]],
  [
    "NULL, nobody to ask, a domain enforced: at the greeting and at READY",
    { server: { zap_domain: "d", zap_enforce_domain: 1, ...SHORT } },
    [other(EFAULT), other(EFAULT), other(EAGAIN), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["NULL without a domain: nobody is asked", { answer: answer("400") }, [DONE], [DONE]],
  ["PLAIN 200", { ...PLAIN, answer: answer("200") }, [DONE], [DONE]],
  ["PLAIN 400", { ...PLAIN, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["PLAIN 500", { ...PLAIN, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "PLAIN 300: the server waits until its time is up",
    { server: { ...PLAIN_SERVER, ...SHORT }, client: PLAIN_CLIENT, answer: answer("300") },
    [auth(300), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["PLAIN, nobody to ask", ALONE.PLAIN, [other(EFAULT), END], [other(EPIPE), END], "comes again"],
  ["CURVE, nobody to ask", CURVE, [DONE], [DONE]],
  ["CURVE 200", { ...CURVE, answer: answer("200") }, [DONE], [DONE]],
  ["CURVE 400", { ...CURVE, answer: answer("400") }, [auth(400), END], [auth(400), END]],
  ["CURVE 500", { ...CURVE, answer: answer("500") }, [auth(500), END], [auth(500), END]],
  [
    "CURVE 300",
    { server: { ...CURVE_SERVER, ...SHORT }, client: CURVE_CLIENT, answer: answer("300") },
    [auth(300), END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE without a domain where one is enforced: nobody is asked",
    { ...CURVE, server: { ...CURVE_SERVER, zap_enforce_domain: 1 }, answer: answer("400") },
    [DONE],
    [DONE],
  ],
  ["CURVE, nobody to ask, a domain enforced", ALONE.CURVE, [other(EFAULT), END], [other(EPIPE), END], "comes again"],
  [
    "CURVE, another server's key",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_serverkey: KEYS[2][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a public key that is not the client's",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_publickey: KEYS[2][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a secret key that is not the client's",
    { ...CURVE, client: { ...CURVE_CLIENT, curve_secretkey: KEYS[2][1] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a client without keys of its own",
    { ...CURVE, client: { curve_serverkey: KEYS[0][0] } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "CURVE, a client without the server's key",
    { ...CURVE, client: { curve_publickey: KEYS[1][0], curve_secretkey: KEYS[1][1], ...SHORT } },
    [other(EPIPE), END],
    [CRYPTOGRAPHIC, other(EAGAIN), END],
    "comes again",
  ],
  [
    "CURVE, a server without a key",
    { ...CURVE, server: { curve_server: 1 } },
    [CRYPTOGRAPHIC, END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "two servers wait for each other",
    { server: { ...PLAIN_SERVER, ...SHORT }, client: { ...PLAIN_SERVER, handshake_ivl: 200 } },
    [other(EAGAIN), END],
    [other(EPIPE), END],
    "comes again",
  ],
  ["two clients of PLAIN", { server: PLAIN_CLIENT, client: PLAIN_CLIENT }, [UNEXPECTED, END], [UNEXPECTED, END]],
  ["two clients of CURVE", { server: CURVE_CLIENT, client: CURVE_CLIENT }, [UNEXPECTED, END], [UNEXPECTED, END]],
  ["PLAIN and CURVE", { server: PLAIN_SERVER, client: CURVE_CLIENT }, [MISMATCH, END], [MISMATCH, END]],
  ["PLAIN and NULL", { server: PLAIN_SERVER }, [MISMATCH, END], [MISMATCH, END]],
  ["NULL and PLAIN", { client: PLAIN_CLIENT }, [MISMATCH, END], [MISMATCH, END]],
  [
    "types that do not fit, under PLAIN",
    { ...PLAIN, types: ["PULL", "PULL"], answer: answer("200") },
    [END],
    [other(EPIPE), END],
    "comes again",
  ],
  [
    "types that do not fit, under CURVE",
    { ...CURVE, types: ["PULL", "PULL"], answer: answer("200") },
    [END],
    [other(EPIPE), END],
    "comes again",
  ],
];

/** Answers that break the protocol, with the value of the event. */
export const BAD: readonly [what: string, reply: Answer, value: number][] = [
  ["too short", ([version = "", id = ""]) => [version, id], 0x2000_0001],
  ["too long", (request) => [...(answer("200")(request) ?? []), "x"], 0x2000_0001],
  ["another request's", ([version = ""]) => [version, "bad", "200", "", "", ""], 0x2000_0002],
  ["another version", ([, id = ""]) => ["9.9", id, "200", "", "", ""], 0x2000_0003],
  ["status 600", answer("600"), 0x2000_0004],
  ["status 210", answer("210"), 0x2000_0004],
  ["bad metadata", answer("200", "", "xx"), 0x2000_0005],
];

/** What a side does once connected. */
export interface Act {
  readonly by: "server" | "client";
  /** Sizes of the frames of a message. */
  readonly send?: readonly number[];
  readonly subscribe?: string;
  readonly unsubscribe?: string;
}

export interface SizeRow {
  readonly what: string;
  readonly options: SecuredOptions;
  readonly acts?: readonly Act[];
  /** Bytes of what each side writes after its greeting, frame by frame. */
  readonly client: readonly number[];
  readonly server: readonly number[];
}

const DEALERS = ["DEALER", "DEALER"] as const;
const FEED = ["PUB", "SUB"] as const;
const TOPIC: readonly Act[] = [
  { by: "client", subscribe: "topic" },
  { by: "client", unsubscribe: "topic" },
];

export const SIZES: readonly SizeRow[] = [
  { what: "PLAIN", options: { ...PLAIN, answer: answer("200") }, client: [17, 31], server: [10, 28] },
  {
    what: "PLAIN refused: the name of ERROR is a byte short",
    options: { ...PLAIN, answer: answer("400") },
    client: [17],
    server: [11],
  },
  {
    what: "PLAIN subscriptions, as under NULL",
    options: { ...PLAIN, types: FEED, answer: answer("200") },
    acts: TOPIC,
    client: [17, 30, 17, 14],
    server: [10, 27],
  },
  { what: "NULL", options: { ...NULL, answer: answer("200") }, client: [28], server: [28] },
  { what: "NULL refused", options: { ...NULL, answer: answer("400") }, client: [28], server: [12] },
  {
    what: "CURVE, with messages of 5, of 300 and 1, of 222 and 223 bytes",
    options: { ...CURVE, types: DEALERS },
    acts: [
      { by: "client", send: [5] },
      { by: "client", send: [300, 1] },
      { by: "server", send: [222] },
      { by: "server", send: [223] },
    ],
    client: [202, 301, 40, 342, 36],
    server: [170, 67, 257, 265],
  },
  {
    what: "CURVE refused",
    options: { ...CURVE, server: { ...CURVE_SERVER, zap_domain: "d" }, answer: answer("400") },
    client: [202, 286],
    server: [170, 12],
  },
  {
    what: "CURVE subscriptions",
    options: { ...CURVE, types: FEED },
    acts: TOPIC,
    client: [202, 285, 50, 47],
    server: [170, 51],
  },
  {
    what: "CURVE heartbeats",
    options: { ...CURVE, server: { ...CURVE_SERVER, heartbeat_ivl: 100 } },
    client: [202, 286, 40],
    server: [170, 52, 42],
  },
  {
    what: "CURVE with routing ids",
    options: {
      types: DEALERS,
      server: { ...CURVE_SERVER, routing_id: "srv" },
      client: { ...CURVE_CLIENT, routing_id: "c" },
    },
    client: [202, 302],
    server: [170, 70],
  },
];
