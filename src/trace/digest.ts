/** The digest of a trace: equal digests mean equal runs, event for event. */
import { Sha256 } from "../journal/sha256.ts";
import { type Trace, traceChunks } from "./format.ts";

/** Digest of a run: SHA-256 of its canonical lines, each with its line feed. */
export function traceDigest(trace: Trace): string {
  const hash = new Sha256();
  for (const chunk of traceChunks(trace)) hash.update(chunk);
  return hash.hex();
}
