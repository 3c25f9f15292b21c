/** `npm run fuzz`: random programs on both arms until the time is over. */
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
  },
});
const BATCH = 100;
const FOUND_MAX = 5;
const until = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
let cases = 0;
let found = 0;
while (performance.now() < until && cases < Number(values.cases) && found < FOUND_MAX) {
  const batch = fc.sample(programs, { numRuns: BATCH, seed });
  for (const one of (await compareAll(batch)).slice(0, FOUND_MAX - found)) {
    const small = await shrink(one);
    found++;
    mkdirSync(values.out, { recursive: true });
    writeFileSync(`${values.out}/seed-${seed}-${found}.json`, `${JSON.stringify(small.program, null, 2)}\n`);
    console.log(`seed ${seed}: ${JSON.stringify(small.program)}`);
    for (const [index, line] of small.simulated.entries()) {
      if (line !== small.real[index]) console.log(`  simulated ${line}\n  real      ${small.real[index]}`);
    }
  }
  cases += batch.length;
  seed++;
}
console.log(`fuzz: ${cases} cases from seed ${values.seed}, ${found} disagreements`);
process.exit(found > 0 ? 1 : 0);
