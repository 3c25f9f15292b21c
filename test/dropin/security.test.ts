/** PLAIN, CURVE and ZAP through the API of zeromq.js: the same body on npm zeromq and on the simulated module. */
import { describe, expect, test } from "vitest";
import * as real from "zeromq";
import { simulate } from "../../src/dropin/simulate.ts";
import * as sim from "../../src/dropin/zeromq.ts";

type Zmq = typeof real;

const failed = (call: () => unknown): string => {
  try {
    call();
    return "ok";
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as Error).message}`;
  }
};

/** The first event of a type, with its error in plain data. */
async function heard(socket: { readonly events: AsyncIterable<unknown> }, type: string): Promise<unknown> {
  for await (const event of socket.events) {
    const { error, ...rest } = event as { type: string; address: string; error?: Error };
    if (rest.type !== type) continue;
    return { type, error: error === undefined ? null : { text: error.message, ...error } };
  }
  return null;
}

/** A handler in the default context that answers with what `reply` makes of the frames after the route. */
async function handler({ Router }: Zmq, reply: (request: string[]) => (string | null)[]): Promise<() => void> {
  const router = new Router();
  await router.bind("inproc://zeromq.zap.01");
  const serve = async (): Promise<void> => {
    for await (const [route, , ...request] of router)
      await router.send([route as Buffer, null, ...reply(request.map((part) => part.toString("latin1")))]);
  };
  void serve().catch(() => undefined);
  return () => router.close();
}

const admit = ([version = "", id = ""]: string[]): (string | null)[] => [version, id, "200", "OK", "joe", null];
const KEY = "N!zk:olj@W}E8$((X=A*d8v/Ji*Mc>2ZC*6tvn^y";

/** Each case has ten ports; below the ephemeral ones, and others for another process. */
let port = 20_000 + (process.pid % 120) * 100;
const CASES: Record<string, (zmq: Zmq, address: string) => Promise<unknown>> = {
  "options, what they do to each other, and what is refused": async ({ Dealer }) => {
    const dealer = new Dealer();
    const values = {
      plainUsername: [null, "", "bob", "y".repeat(255), "y".repeat(256), "bob"],
      plainPassword: [null, "", "pass"],
      plainServer: [true, false],
      zapDomain: [null, "", "domain", "y".repeat(256)],
      curvePublicKey: [null, "", KEY, `${KEY}\0`, KEY.slice(1), `${KEY.slice(1)}~`, "#".repeat(40), `${KEY}x`],
      curveSecretKey: [KEY],
      curveServer: [true],
      curveServerKey: [KEY],
      zapEnforceDomain: [true],
    };
    const seen = Object.entries(values).flatMap(([option, tried]) =>
      tried.map((value) => {
        const result = failed(() => Object.assign(dealer, { [option]: value }));
        return [option, result, dealer.securityMechanism, dealer.plainServer, dealer.curveServer];
      }),
    );
    const bytes = failed(() =>
      (dealer as unknown as { setStringOption(id: number, value: Buffer): void }).setStringOption(48, Buffer.alloc(32)),
    );
    return [
      seen,
      bytes,
      dealer.plainUsername,
      dealer.plainPassword,
      dealer.zapDomain,
      failed(() => dealer.curvePublicKey),
    ];
  },

  "PLAIN: admitted by a router": async (zmq, address) => {
    const seen: string[][] = [];
    const stop = await handler(zmq, (request) => {
      seen.push(request);
      return admit(request);
    });
    const server = new zmq.Pair({ plainServer: true, zapDomain: "test", linger: 0 });
    const client = new zmq.Pair({ plainUsername: "user", plainPassword: "pass", linger: 0 });
    await server.bind(address);
    client.connect(address);
    await server.send("foo");
    const got = String(await client.receive());
    stop();
    return [got, seen, server.securityMechanism];
  },

  "PLAIN: refused": async (zmq, address) => {
    const stop = await handler(zmq, ([version = "", id = ""]) => [version, id, "400", "no", null, null]);
    const server = new zmq.Pair({ plainServer: true, linger: 0 });
    const client = new zmq.Pair({ plainUsername: "user", linger: 0 });
    const events = [heard(server, "handshake:error:auth"), heard(client, "handshake:error:auth")];
    await server.bind(address);
    client.connect(address);
    const got = await Promise.all(events);
    stop();
    return got;
  },

  "answers that break the protocol": async (zmq, address) => {
    const got: unknown[] = [];
    const bad: ((request: string[]) => (string | null)[])[] = [
      ([, id = ""]) => ["9.9", id, "200", "OK", null, null],
      ([version = ""]) => [version, "x", "200", "OK", null, null],
      ([version = "", id = ""]) => [version, id, "999", "OK", null, null],
      ([version = "", id = ""]) => [version, id, "200", "OK", null, "xx"],
      () => [null, null],
    ];
    for (const [number, reply] of bad.entries()) {
      const stop = await handler(zmq, reply);
      const server = new zmq.Pair({ zapDomain: "test", linger: 0 });
      const client = new zmq.Pair({ linger: 0 });
      const event = heard(server, "handshake:error:protocol");
      const own = address.replace(/\d$/, String(number));
      await server.bind(own);
      client.connect(own);
      got.push(await event);
      for (const end of [stop, () => server.close(), () => client.close()]) end();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return got;
  },

  "mechanisms that do not fit": async ({ Pair }, address) => {
    const [server, client] = [new Pair({ plainServer: true, linger: 0 }), new Pair({ curveServer: true, linger: 0 })];
    const events = [heard(server, "handshake:error:protocol"), heard(client, "handshake:error:protocol")];
    await server.bind(address);
    client.connect(address);
    return Promise.all(events);
  },

  "CURVE with pairs of its own": async ({ Pair, curveKeyPair }, address) => {
    const [atServer, atClient] = [curveKeyPair(), curveKeyPair()];
    const server = new Pair({ curveServer: true, curveSecretKey: atServer.secretKey, linger: 0 });
    const client = new Pair({
      curvePublicKey: atClient.publicKey,
      curveSecretKey: atClient.secretKey,
      curveServerKey: atServer.publicKey,
      linger: 0,
    });
    await server.bind(address);
    client.connect(address);
    await server.send(["foo", "bar"]);
    return (await client.receive()).map(String);
  },

  "CURVE for another server": async ({ Pair, curveKeyPair }, address) => {
    const [atServer, atClient] = [curveKeyPair(), curveKeyPair()];
    const server = new Pair({ curveServer: true, curveSecretKey: atServer.secretKey, linger: 0 });
    const client = new Pair({
      curvePublicKey: atClient.publicKey,
      curveSecretKey: atClient.secretKey,
      curveServerKey: atClient.publicKey,
      linger: 0,
    });
    const events = [heard(server, "handshake:error:protocol"), heard(client, "handshake:error:other")];
    await server.bind(address);
    client.connect(address);
    return Promise.all(events);
  },
};

describe("one body, two modules", () => {
  test.each(Object.keys(CASES))("%s", async (name) => {
    const address = `tcp://127.0.0.1:${port}`;
    port += 10;
    const body = CASES[name] as (typeof CASES)[string];
    const { value } = await simulate(() => body(sim as unknown as Zmq, address));
    expect(value).toEqual(await body(real, address));
  });
});

describe("key pairs", () => {
  test("are drawn from the seed", async () => {
    const draw = (seed: string) => simulate(() => sim.curveKeyPair(), { seed });
    expect((await draw("1")).value).toEqual((await draw("1")).value);
    expect((await draw("1")).value).not.toEqual((await draw("2")).value);
  });

  /** The server's secret half is of the simulated module, the client knows the public half: npm zeromq agrees that they belong together. */
  test("of the simulated module serve on npm zeromq", async () => {
    const { value } = await simulate(() => [sim.curveKeyPair(), sim.curveKeyPair()] as const);
    const [atServer, atClient] = value;
    const server = new real.Pair({ curveServer: true, curveSecretKey: atServer.secretKey, linger: 0 });
    const client = new real.Pair({
      curvePublicKey: atClient.publicKey,
      curveSecretKey: atClient.secretKey,
      curveServerKey: atServer.publicKey,
      linger: 0,
    });
    await server.bind("tcp://127.0.0.1:*");
    client.connect(server.lastEndpoint as string);
    await client.send("x");
    expect(String(await server.receive())).toBe("x");
    server.close();
    client.close();
  });
});

/** test/real/security.test.ts measures it on npm zeromq: over a slow way a monitored server reads no further. */
test.each([
  ["a monitor", true, ["handshake:error:other", "handshake:error:other", "disconnect"]],
  ["no monitor", false, []],
])("a PLAIN server with nobody to ask, %s", async (_, monitored, expected) => {
  const { value, record } = await simulate(
    async (world) => {
      const server = world.host("server", async () => {
        const pull = new sim.Pull({ plainServer: true, handshakeInterval: 150, linger: 0 });
        const heard: string[] = [];
        if (monitored)
          void (async () => {
            for await (const { type } of pull.events) heard.push(type);
          })();
        await pull.bind("tcp://*:5555");
        await new Promise((resolve) => setTimeout(resolve, 190));
        pull.close();
        return heard.filter((type) => /error|disconnect/.test(type)).slice(0, 3);
      });
      world.host("client", async () => {
        const push = new sim.Push({ plainUsername: "a", plainPassword: "b", linger: 0, reconnectInterval: 1000 });
        push.connect("tcp://server:5555");
        await new Promise((resolve) => setTimeout(resolve, 100));
        push.close();
      });
      world.link("client", "server", { latency: "2ms" });
      return await server.done;
    },
    { profile: "ideal" },
  );
  expect(value).toEqual(expected);
  const ends = record.events.flatMap((event) =>
    event.ev === "monitor" && event.event === "DISCONNECTED" && event.socket === "server.pull" ? [event.t / 1e6] : [],
  );
  expect((ends[0] as number) > 150).toBe(monitored);
});
