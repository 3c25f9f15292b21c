/** `npm run conformance`: all cases in both arms, a report, and the totals on the last line. */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import "./cases/all.ts";
import { type Result, realArm, simulate } from "./support/arms.ts";
import { CASES } from "./support/bench.ts";
import { report, summary } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    simulated: { type: "boolean" },
    short: { type: "boolean" },
    out: { type: "string" },
  },
});
const wanted = CASES.filter(({ file, name }) => values.only === undefined || `${file}/${name}`.includes(values.only));
const simulated: Result[] = [];
for (const one of wanted) simulated.push(await simulate(one));
const real = values.simulated ? [] : await realArm(values.short ? wanted.filter(({ slow }) => !slow) : wanted);
for (const { arm, id, error } of [...simulated, ...real]) if (error !== null) console.log(`${arm} ${id}: ${error}`);
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  const { markdown, json } = report(simulated, real);
  writeFileSync(`${values.out}/conformance.md`, markdown);
  writeFileSync(`${values.out}/conformance.json`, `${JSON.stringify(json, null, 2)}\n`);
}
console.log(summary(simulated, real));
process.exit([...simulated, ...real].some(({ error }) => error !== null) ? 1 : 0);
