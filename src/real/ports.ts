/** Free ports of 127.0.0.1, below the range from which the system takes ports for outgoing connections. */
import { createHash, randomInt } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/**
 * Were a listener's port in the ephemeral range, a connector that tries again and again could be
 * given that very port for its own end, and connect to itself.
 */
const FIRST = 20_000;
const LAST = 32_000;
const TRIES = 200;

export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/** One that nobody has now and that was not given out before in this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new NoPortError(`no free port of 127.0.0.1 between ${FIRST} and ${LAST} after ${TRIES} tries`);
}

const given = new Set<number>();

export function releasePort(port: number): void {
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

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
