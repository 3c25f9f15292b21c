/** One run of all simulated cases and of some fuzz programs, as JSON: scripts/mutations.mjs compares such runs. */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import "./cases/all.ts";
import { simulated } from "./support/alone.ts";
import { simulate } from "./support/arms.ts";
import { CASES } from "./support/bench.ts";
import { programs } from "./support/fuzz.ts";

const FUZZ = { numRuns: 300, seed: 20_240_601 };

const failed: string[] = [];
for (const one of CASES) if ((await simulate(one)).error !== null) failed.push(`${one.file}/${one.name}`);
const transcripts: string[] = [];
for (const program of fc.sample(programs, FUZZ)) {
  // A mutant may throw where the model never does.
  const lines = await simulated(program).catch((error: unknown) => [String(error)]);
  transcripts.push(lines.join("\n"));
}
writeFileSync(process.argv[2] as string, JSON.stringify({ failed, transcripts }));
