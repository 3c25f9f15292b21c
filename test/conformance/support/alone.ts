/** Fuzz programs on the simulator alone. */
import { type Program, transcript } from "./fuzz.ts";
import { VirtualBench } from "./virtual.ts";

const PAUSE = 20;

/** What the simulator says; also that everything ends, and every message has come to exactly one end. */
export async function simulated(program: Program): Promise<string[]> {
  const bench = new VirtualBench();
  const lines = await transcript(bench, program, PAUSE);
  const hangs = await bench.finish();
  const open = bench.unaccounted;
  return [...lines, ...(hangs === null ? [] : [hangs]), ...(open === 0 ? [] : [`${open} legs without a fate`])];
}
