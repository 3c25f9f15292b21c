/** What a case of secured connections needs beside the bench: events with their values, and a ZAP handler. */
import { deepStrictEqual } from "node:assert/strict";
import { type Bench, nothing, type Options, outcome, type Sock } from "./bench.ts";
import type { VirtualBench } from "./virtual.ts";

/** How handshakes ended at a socket, with the value of the event: "HANDSHAKE_FAILED_AUTH(400)". */
export type Handshakes = () => string[];

/** To be called before the socket is bound or connected. */
export function watch(bench: Bench, socket: Sock): Handshakes {
  if (bench.arm === "real") return watchReal(socket as unknown as RealSocket);
  const { journal } = (bench as VirtualBench).world;
  const { name } = (socket as unknown as { base: { name: string } }).base;
  return () =>
    journal.events.flatMap((event) =>
      event.ev === "monitor" && event.socket === name && event.event.startsWith("HANDSHAKE")
        ? [event.event === DONE ? DONE : `${event.event}(${event.value})`]
        : [],
    );
}

interface RealSocket {
  readonly raw: {
    readonly events: {
      receive(): Promise<{ type: string; error?: { status?: number; errno?: number; code?: string } }>;
    };
  };
}

/** libzmq's values by the codes of zeromq.js. */
export const PROTOCOL: Readonly<Record<string, number>> = {
  ERR_ZMTP_UNSPECIFIED: 0x1000_0000,
  ERR_ZMTP_UNEXPECTED_COMMAND: 0x1000_0001,
  ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: 0x1000_0011,
  ERR_ZMTP_MALFORMED_COMMAND_HELLO: 0x1000_0013,
  ERR_ZMTP_MALFORMED_COMMAND_INITIATE: 0x1000_0014,
  ERR_ZMTP_CRYPTOGRAPHIC: 0x1100_0001,
  ERR_ZMTP_MECHANISM_MISMATCH: 0x1100_0002,
  ERR_ZAP_UNSPECIFIED: 0x2000_0000,
  ERR_ZAP_MALFORMED_REPLY: 0x2000_0001,
  ERR_ZAP_BAD_REQUEST_ID: 0x2000_0002,
  ERR_ZAP_BAD_VERSION: 0x2000_0003,
  ERR_ZAP_INVALID_STATUS_CODE: 0x2000_0004,
  ERR_ZAP_INVALID_METADATA: 0x2000_0005,
};

function watchReal({ raw }: RealSocket): Handshakes {
  const seen: string[] = [];
  void (async () => {
    for (;;) {
      const { type, error } = await raw.events.receive();
      if (type === "handshake") seen.push(DONE);
      else if (type === "handshake:error:auth") seen.push(`HANDSHAKE_FAILED_AUTH(${error?.status})`);
      else if (type === "handshake:error:other") seen.push(`HANDSHAKE_FAILED_NO_DETAIL(${error?.errno})`);
      else if (type === "handshake:error:protocol")
        seen.push(`HANDSHAKE_FAILED_PROTOCOL(${PROTOCOL[error?.code ?? ""]})`);
      else if (type === "end") return;
    }
  })().catch(() => undefined);
  return () => [...seen];
}

/** A request without the frames up to the empty one. */
export type Reply = (request: readonly string[]) => readonly string[] | null;

/** Version and number of the request, then status and user id. */
export const reply =
  (status: string, userId = "anonymous"): Reply =>
  ([version = "", number = ""]) => [version, number, status, "OK", userId, ""];

/** The handler of upstream's tests: a REP that answers for so many ms. Returns the number of requests. */
export async function serve(bench: Bench, handler: Sock, answer: Reply, ms: number): Promise<number> {
  let requests = 0;
  for (const until = bench.now() + ms; bench.now() < until; await bench.settle(5)) {
    const got: string[][] = [];
    if ((await outcome(async () => got.push(await handler.recvNow()))) !== "ok") continue;
    requests++;
    const frames = answer(got[0] as string[]);
    if (frames !== null) await handler.send(...frames);
  }
  return requests;
}

export async function bindHandler(bench: Bench): Promise<Sock> {
  const handler = bench.socket("REP", { linger: 0 });
  await handler.bind("inproc://zeromq.zap.01");
  return handler;
}

/** All of these handshakes ended the same way, and there was one at least. */
export function allEnded(handshakes: readonly string[], as: string): void {
  deepStrictEqual([...new Set(handshakes)], [as]);
}

/** Beyond the cases that count. */
export const OWN = { own: true } as const;
export const DONE = "HANDSHAKE_SUCCEEDED";
export const other = (errno: number): string => `HANDSHAKE_FAILED_NO_DETAIL(${errno})`;
export const auth = (status: number): string => `HANDSHAKE_FAILED_AUTH(${status})`;
export const protocol = (value: number): string => `HANDSHAKE_FAILED_PROTOCOL(${value})`;
export const [EFAULT, EPIPE] = [14, 32];
const SECRET = "x".repeat(8);

export interface Pair {
  readonly server: Sock;
  readonly client: Sock;
  readonly atServer: Handshakes;
  readonly atClient: Handshakes;
}

export async function connect(b: Bench, serverOptions: Options, clientOptions: Options = {}): Promise<Pair> {
  const server = b.socket("DEALER", { ...serverOptions, linger: 0 });
  const client = b.socket("DEALER", { ...clientOptions, linger: 0 });
  const [atServer, atClient] = [watch(b, server), watch(b, client)];
  client.connect(await server.bind(b.address("tcp")));
  return { server, client, atServer, atClient };
}

/** Neither side gets through to the other while the handler works. */
export async function refused(
  b: Bench,
  { server, client }: Pair,
  handler: Sock | null,
  answer: Reply,
): Promise<number> {
  await outcome(() => client.sendNow(SECRET));
  const requests = handler === null ? 0 : await serve(b, handler, answer, 200);
  if (handler === null) await b.settle(200);
  await outcome(() => server.sendNow(SECRET));
  await b.settle(30);
  await nothing(server);
  await nothing(client);
  return requests;
}
