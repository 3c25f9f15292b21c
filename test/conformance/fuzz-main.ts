/**
 * `npm run fuzz`: random programs on both arms until the time is over. Batches run in processes of their
 * own, because some programs make libzmq 4.3.5 itself abort. Such a program is no agreement: it is found
 * out, made as small as it goes, and told with libzmq's last words.
 */
import { readFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { alone, type Crash, runBatch, smallestCrash } from "./support/crashes.ts";
import { disagreement, inLanes, shrink } from "./support/differential.ts";
import { type Program, programs } from "./support/fuzz.ts";
import { type FuzzRun, keep, writeReport } from "./support/fuzz-report.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string", default: "1" },
    cases: { type: "string" },
    out: { type: "string", default: "test/conformance/found" },
    report: { type: "string" },
    /** In a process of its own: these programs of the seed's batch. */
    indices: { type: "string" },
    /** In a process of its own: this one. */
    program: { type: "string" },
  },
});
const BATCH = 100;
/** Disagreements of one batch that are made smaller; each takes a while. */
const FOUND_MAX = 5;

const say = (...words: readonly unknown[]): void => {
  // An abort must not swallow what came before it.
  writeSync(1, `${words.map((word) => (typeof word === "string" ? word : JSON.stringify(word))).join(" ")}\n`);
};

async function child(chosen: ReadonlyMap<number, Program>): Promise<void> {
  const found = await inLanes([...chosen], async ([index, program]) => {
    say("begins", index);
    const one = await disagreement(program);
    if (one === null) say("agrees", index);
    return one === null ? [] : [{ index, one }];
  });
  for (const [at, { index, one }] of found.flat().entries())
    say("found", index, at < FOUND_MAX ? await shrink(one) : one);
}

async function main(): Promise<number> {
  // A number of programs that was asked for is made, however long it takes.
  const cases = Number(values.cases ?? Infinity);
  const minutes = Number(values.minutes ?? (values.cases === undefined ? 1 : Infinity));
  const until = performance.now() + minutes * 60_000;
  const first = Number(values.seed);
  const run: FuzzRun = { seed: first, cases: 0, agreed: 0, found: [], crashes: [] };
  for (let seed = first; performance.now() < until && run.cases < cases; seed++) {
    const batch = fc.sample(programs, { numRuns: BATCH, seed });
    let left = batch.map((_, index) => index);
    run.cases += left.length;
    while (left.length > 0) {
      const result = runBatch(seed, left);
      run.agreed += result.agreed.size;
      for (const one of result.found) {
        run.found.push({ seed, ...one });
        keep(values.out, seed, one);
      }
      // What had begun when the process died is tried alone, the rest again together.
      for (const index of result.unfinished) {
        const program = batch[index] as Program;
        console.log(`seed ${seed}, program ${index}: had begun when the process ended: ${result.words}`);
        const outcome = alone(program);
        if (outcome.kind === "agrees") run.agreed++;
        else if (outcome.kind === "crashes")
          run.crashes.push({ seed, index, ...smallestCrash(program, outcome.words) });
        else {
          run.found.push({ seed, index, disagreement: outcome.disagreement });
          keep(values.out, seed, { index, disagreement: outcome.disagreement });
        }
      }
      const over = new Set([...result.agreed, ...result.unfinished, ...result.found.map(({ index }) => index)]);
      if (result.crashed && result.unfinished.length === 0) {
        const lost: Crash = { words: result.words, program: null };
        for (const index of left.filter((one) => !over.has(one))) run.crashes.push({ seed, index, ...lost });
        break;
      }
      left = left.filter((index) => !over.has(index));
    }
  }
  if (values.report !== undefined) writeReport(values.report, run);
  for (const { seed, index, words, program } of run.crashes)
    console.log(`seed ${seed}, program ${index}: libzmq aborts: ${words}\n  ${JSON.stringify(program)}`);
  console.log(
    `fuzz: ${run.cases} programs from seed ${first}: ${run.agreed} agree, ${run.found.length} disagree, in ${run.crashes.length} libzmq aborts`,
  );
  return run.found.length > 0 ? 1 : 0;
}

if (values.program !== undefined) {
  await child(new Map([[0, JSON.parse(readFileSync(values.program, "utf8")) as Program]]));
  process.exit(0);
}
if (values.indices !== undefined) {
  const batch = fc.sample(programs, { numRuns: BATCH, seed: Number(values.seed) });
  await child(new Map(values.indices.split(",").map((index) => [Number(index), batch[Number(index)] as Program])));
  process.exit(0);
}
process.exit(await main());
