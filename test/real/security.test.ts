/**
 * The tables of secured handshakes on npm zeromq: events and bytes as the simulator has them. Each row has a
 * context of its own; bytes are counted by a relay between the two sockets.
 */
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import * as zmq from "zeromq";
import { SOCKET_TYPES } from "../../src/socket/types.ts";
import { KINDS, NUMBERS } from "../conformance/support/option-numbers.ts";
import {
  ALONE,
  BAD,
  CURVE,
  DONE,
  END,
  EPIPE,
  NULL,
  other,
  PLAIN,
  protocol,
  ROWS,
  SIZES,
  STUCK,
} from "../support/security-table.ts";
import type { Answer, SecuredOptions } from "../support/zap.ts";

type Raw = zmq.Pair & {
  setInt32Option(id: number, value: number): void;
  setStringOption(id: number, value: Buffer): void;
};

const RawSocket = zmq.Socket as unknown as new (type: number, options: object) => Raw;
const NAMES: Readonly<Record<string, string>> = {
  handshake: DONE,
  disconnect: END,
  "handshake:error:auth": "HANDSHAKE_FAILED_AUTH",
  "handshake:error:protocol": "HANDSHAKE_FAILED_PROTOCOL",
  "handshake:error:other": "HANDSHAKE_FAILED_NO_DETAIL",
};
const VALUES: Readonly<Record<string, number>> = {
  ERR_ZMTP_UNEXPECTED_COMMAND: 0x1000_0001,
  ERR_ZMTP_CRYPTOGRAPHIC: 0x1100_0001,
  ERR_ZMTP_MECHANISM_MISMATCH: 0x1100_0002,
  ERR_ZAP_MALFORMED_REPLY: 0x2000_0001,
  ERR_ZAP_BAD_REQUEST_ID: 0x2000_0002,
  ERR_ZAP_BAD_VERSION: 0x2000_0003,
  ERR_ZAP_INVALID_STATUS_CODE: 0x2000_0004,
  ERR_ZAP_INVALID_METADATA: 0x2000_0005,
};

/** Events from a connection on, with values as the monitor of the simulator tells them. */
function watch(socket: Raw): { events: string[]; retried: boolean } {
  const seen = { events: [] as string[], retried: false };
  void (async () => {
    for await (const event of socket.events) {
      const { status, code, errno } = ((event as { error?: object }).error ?? {}) as Record<string, unknown>;
      const name = NAMES[event.type];
      const value = status ?? VALUES[String(code)] ?? errno;
      if (name !== undefined) seen.events.push(value === undefined ? name : `${name}(${value})`);
      if (event.type === "connect:retry") seen.retried = true;
    }
  })().catch(() => undefined);
  return seen;
}

const firstOf = (events: readonly string[]): string[] => {
  const end = events.findIndex((event) => event === DONE || event === END);
  return events.slice(0, end < 0 ? undefined : end + 1);
};

function open(context: zmq.Context, type: keyof typeof SOCKET_TYPES, options: object = {}): Raw {
  const socket = new RawSocket(SOCKET_TYPES[type], { context, linger: 0 });
  for (const [name, value] of Object.entries(options)) {
    const id = NUMBERS[name] as number;
    if (KINDS[name] === "text") socket.setStringOption(id, Buffer.from(value as string, "latin1"));
    else socket.setInt32Option(id, value as number);
  }
  return socket;
}

async function serve(context: zmq.Context, answer: Answer): Promise<zmq.Reply> {
  const handler = new zmq.Reply({ context, linger: 0 });
  await handler.bind("inproc://zeromq.zap.01");
  void (async () => {
    for await (const request of handler) {
      const reply = answer(request.map((part) => part.toString("latin1")));
      if (reply !== null) await handler.send([...reply]);
    }
  })().catch(() => undefined);
  return handler;
}

interface Run {
  readonly server: Raw;
  readonly client: Raw;
}

/** Connects, through `port` if there is one, and lets `use` look. */
async function run<T>(options: SecuredOptions, use: (run: Run, address: string) => Promise<T>): Promise<T> {
  const { types = ["PULL", "PUSH"], answer } = options;
  const context = new zmq.Context();
  const handler = answer === undefined ? null : await serve(context, answer);
  const server = open(context, types[0], options.server);
  const client = open(context, types[1], options.client);
  server.bindSync("tcp://127.0.0.1:*");
  try {
    return await use({ server, client }, server.lastEndpoint as string);
  } finally {
    for (const socket of [server, client, handler]) socket?.close();
  }
}

/** A busy machine may need another try; `rows` run side by side, some at a time. */
async function all<T extends readonly unknown[]>(rows: readonly T[], judge: (row: T) => Promise<string | null>) {
  const errors: string[] = [];
  for (let at = 0; at < rows.length; at += 8) {
    const batch = rows.slice(at, at + 8);
    const failed = (await Promise.all(batch.map(judge))).flatMap((error, index) => (error === null ? [] : [index]));
    for (const index of failed) {
      const error = await judge(batch[index] as T);
      if (error !== null) errors.push(`${String((batch[index] as T)[0])}: ${error}`);
    }
  }
  return errors;
}

const differs = (got: unknown, expected: unknown): string | null =>
  JSON.stringify(got) === JSON.stringify(expected) ? null : `${JSON.stringify(got)}, not ${JSON.stringify(expected)}`;

interface Way {
  /** Through a relay that takes this many ms; 0: without one. */
  readonly delay: number;
  /** Is there a monitor of the server? */
  readonly monitored: boolean;
}

const outcome = (options: SecuredOptions, { delay, monitored }: Way = { delay: 0, monitored: true }) =>
  run(options, async ({ server, client }, address) => {
    const [atServer, atClient] = [monitored ? watch(server) : null, watch(client)];
    client.connect(delay === 0 ? address : (await relay(address, delay)).address);
    const over = ({ events }: { events: string[] }): boolean => events.includes(DONE) || events.includes(END);
    for (let waited = 0; waited < 1500 && !((atServer === null || over(atServer)) && over(atClient)); waited += 20)
      await sleep(20);
    await sleep(60);
    return { server: firstOf(atServer?.events ?? []), client: firstOf(atClient.events), again: atClient.retried };
  });

/** What comes of it depends on how long the handshake takes, so a test of its own has both cases for sure. */
const isAlone = (options: SecuredOptions): boolean => Object.values<SecuredOptions>(ALONE).includes(options);

test("outcomes", { timeout: 60_000 }, async () => {
  const bad = Object.entries({ NULL, PLAIN, CURVE }).flatMap(([mechanism, options]) =>
    BAD.map(
      ([what, answer, value]) =>
        [
          `${mechanism}: ${what}`,
          { ...options, answer },
          [protocol(value), END],
          [other(EPIPE), END],
          "comes again",
        ] as const,
    ),
  );
  const rows = ROWS.filter(([, options]) => !isAlone(options));
  const errors = await all([...rows, ...bad], async ([, options, server, client, again]) =>
    differs(await outcome(options), { server, client, again: again !== undefined }),
  );
  expect(errors).toEqual([]);
});

/** The relay takes longer than max_command_delay, so the monitor looks for commands as it is told of the failure. */
test("nobody to ask", { timeout: 60_000 }, async () => {
  const rows = Object.entries<SecuredOptions>(ALONE).flatMap(([mechanism, options]) => [
    [`${mechanism}, a monitor`, { ...options, server: { ...options.server, handshake_ivl: 700 } }, true] as const,
    [`${mechanism}, no monitor`, options, false] as const,
  ]);
  const errors = await all(rows, async ([, options, monitored]) => {
    const seen = await outcome(options, { delay: 10, monitored });
    return differs(seen, { server: monitored ? STUCK : [], client: [other(EPIPE), END], again: true });
  });
  expect(errors).toEqual([]);
});

/** Sizes of the frames in what one side wrote, after its greeting. */
function sizes(chunks: readonly Buffer[]): number[] {
  let rest = Buffer.concat(chunks).subarray(64);
  const found: number[] = [];
  while (rest.length > 1) {
    const large = ((rest[0] as number) & 2) !== 0;
    const size = large ? 9 + Number(rest.readBigUInt64BE(1)) : 2 + (rest[1] as number);
    found.push(size);
    rest = rest.subarray(size);
  }
  return found;
}

/** To a server; what it reads it writes `delay` ms later. */
async function relay(server: string, delay = 0) {
  const port = Number(server.split(":").at(-1));
  const written = { client: [] as Buffer[], server: [] as Buffer[] };
  const listener = net.createServer((near) => {
    const far = net.connect(port, "127.0.0.1");
    for (const [from, to, chunks] of [
      [near, far, written.client],
      [far, near, written.server],
    ] as const) {
      from.on("data", (chunk) => {
        chunks.push(chunk);
        setTimeout(() => to.write(chunk), delay);
      });
      from.on("close", () => to.destroy());
      from.on("error", () => undefined);
    }
    listener.close();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return { written, listener, address: `tcp://127.0.0.1:${(listener.address() as net.AddressInfo).port}` };
}

test("bytes", { timeout: 60_000 }, async () => {
  const rows = SIZES.map((row) => [row.what, row] as const);
  const errors = await all(rows, ([, { options, acts = [], client, server }]) =>
    run(options, async (sockets, address) => {
      const { written, listener, address: way } = await relay(address);
      sockets.client.connect(way);
      await sleep(200);
      for (const { by, send, subscribe, unsubscribe } of acts) {
        if (send !== undefined)
          await zmq.Pair.prototype.send.call(
            sockets[by],
            send.map((size) => Buffer.alloc(size)),
          );
        if (subscribe !== undefined) sockets[by].setStringOption(6, Buffer.from(subscribe));
        if (unsubscribe !== undefined) sockets[by].setStringOption(7, Buffer.from(unsubscribe));
        await sleep(30);
      }
      await sleep(60);
      listener.close();
      const got = { client: sizes(written.client), server: sizes(written.server) };
      // Heartbeats go on.
      return differs(
        { client: got.client.slice(0, client.length), server: got.server.slice(0, server.length) },
        { client, server },
      );
    }),
  );
  expect(errors).toEqual([]);
});
