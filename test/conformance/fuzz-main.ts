/**
 * `npm run fuzz`: random programs on both arms until the time is over. Batches run in processes of their
 * own, because some programs make libzmq 4.3.5 itself abort; those are counted and told by their seed.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { compareAll, shrink } from "./support/differential.ts";
import { programs } from "./support/fuzz.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "1000000" },
    out: { type: "string", default: "test/conformance/found" },
    batch: { type: "boolean", default: false },
  },
});
const BATCH = 100;
const FOUND_MAX = 5;
const FOUND = 1;

/** One batch; what is found is written down. */
async function batch(seed: number): Promise<boolean> {
  const found = await compareAll(fc.sample(programs, { numRuns: BATCH, seed }));
  for (const [index, one] of found.slice(0, FOUND_MAX).entries()) {
    const small = await shrink(one);
    mkdirSync(values.out, { recursive: true });
    writeFileSync(`${values.out}/seed-${seed}-${index}.json`, `${JSON.stringify(small.program, null, 2)}\n`);
    console.log(`seed ${seed}: ${JSON.stringify(small.program)}`);
    for (const [at, line] of small.simulated.entries()) {
      if (line !== small.real[at]) console.log(`  simulated ${line}\n  real      ${small.real[at]}`);
    }
  }
  return found.length > 0;
}

if (values.batch) process.exit((await batch(Number(values.seed))) ? FOUND : 0);

const until = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
let cases = 0;
let disagreeing = 0;
const crashed: number[] = [];
for (; performance.now() < until && cases < Number(values.cases); seed++) {
  const args = ["--no-warnings", process.argv[1] as string, "--batch", "--seed", String(seed), "--out", values.out];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  process.stdout.write(stdout);
  if (status === 0 || status === FOUND) cases += BATCH;
  else crashed.push(seed);
  if (status === FOUND) disagreeing++;
}
const aborts = crashed.length === 0 ? "" : `; libzmq aborted in batches ${crashed.join(", ")}`;
console.log(`fuzz: ${cases} cases from seed ${values.seed}, ${disagreeing} batches with disagreements${aborts}`);
process.exit(disagreeing > 0 ? 1 : 0);
