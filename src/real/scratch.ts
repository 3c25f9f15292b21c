/** Where a recording keeps what its processes write while it runs. */
import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** A file system in memory, on Linux. */
const MEMORY = "/dev/shm";
/** A long recording fits into this many bytes; containers often have less there. */
const ROOM = 2 ** 30;

/** All places that there may be. */
export const scratchPlaces = (): readonly string[] => [tmpdir(), MEMORY];

/**
 * Every event is written at once. On a disk such a write now and then waits for the file system's own journal, all
 * processes of a run do so together, and for longer than what they measure; in memory it does not. TMPDIR has the last word.
 */
export function scratchPlace(): string {
  if (process.env["TMPDIR"] !== undefined) return tmpdir();
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
