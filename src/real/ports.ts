/** Free ports of 127.0.0.1, below the range from which the system takes ports for outgoing connections. */
import { createHash, randomInt } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

/**
 * Were a listener's port in the ephemeral range, a connector that tries again and again could be
 * given that very port for its own end, and connect to itself.
 */
const FIRST = 20_000;
const LAST = 26_000;
/**
 * Between the choice of a port and its bind another recorder could choose the same: two scenarios would
 * then talk to each other. Whoever listens on the port that lies so much higher has claimed it. The
 * claim ends with its process, whatever ends that.
 */
const CLAIM = 6000;
const TRIES = 200;

export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/** One that nobody has now and that no recorder on this machine has claimed. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port)) continue;
    const claim = await listener(port + CLAIM);
    if (claim === undefined) continue;
    const own = await listener(port);
    if (own === undefined) {
      claim.close();
      continue;
    }
    await new Promise((resolve) => own.close(resolve));
    given.set(port, claim);
    return port;
  }
  throw new NoPortError(`no free port of 127.0.0.1 between ${FIRST} and ${LAST} after ${TRIES} tries`);
}

/** Each with its claim. */
const given = new Map<number, Server>();

export function releasePort(port: number): void {
  given.get(port)?.close();
  given.delete(port);
}

/**
 * The port of an address ("host:port") that nobody foresaw, agreed on by the processes of a run without
 * a word: whoever links the file of the address first decides, with the next of its `spares`.
 */
export function claimPort(folder: string, key: string, spares: number[]): number {
  const file = join(folder, `port-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`);
  const offer = spares[0];
  if (offer === undefined) throw new NoPortError(`no port left for ${key}`);
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(offer));
  try {
    linkSync(own, file);
    spares.shift();
    return offer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return Number(readFileSync(file, "utf8"));
  } finally {
    rmSync(own, { force: true });
  }
}

/** Undefined when somebody has it. */
function listener(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server.unref()));
  });
}
