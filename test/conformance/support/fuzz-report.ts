/** What a run of the fuzzer leaves behind. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Crash, Found } from "./crashes.ts";
import type { Program } from "./fuzz.ts";

export interface FuzzRun {
  /** The first batch has this seed, each further one the next. */
  readonly seed: number;
  cases: number;
  agreed: number;
  readonly found: (Found & { readonly seed: number })[];
  readonly crashes: (Crash & { readonly seed: number; readonly index: number })[];
}

/** Files a disagreement for the tests, and tells it. */
export function keep(folder: string, seed: number, { index, disagreement }: Found): void {
  const { program, simulated, real } = disagreement;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/seed-${seed}-${index}.json`, `${JSON.stringify(program, null, 2)}\n`);
  console.log(`seed ${seed}, program ${index}: ${JSON.stringify(program)}`);
  for (const [at, line] of simulated.entries()) {
    if (line !== real[at]) console.log(`  simulated ${line}\n  real      ${real[at]}`);
  }
}

const steps = (program: Program | null): string =>
  program === null ? "no single program" : program.steps.map((step) => Object.values(step).join(" ")).join(", ");

/** Why libzmq 4.3.5 aborts at a place. */
const REASONS: Readonly<Record<string, string>> = {
  "fq.cpp:80":
    "ZMQ_EVENTS of a ROUTER, REP, SUB or XSUB takes the first frame of a waiting message. A disconnect then makes the rest unreadable, and the next look at the socket finds a message without an end: DIFFERS(abort-in-message), own_router.",
};

export function writeReport(folder: string, { seed, cases, agreed, found, crashes }: FuzzRun): void {
  const lines = [
    "# Fuzzing",
    "",
    "Random programs on the simulator and on npm zeromq: `npm run fuzz -- --seed S --cases N --report reports`.",
    "One to three sockets connect to another of a matching type and do four to eighteen things, with pauses between",
    "them in which everything settles; what every call says, what is received and which monitor events come must be the same.",
    "",
    `- Programs: ${cases}, from seed ${seed} on`,
    `- Agree: ${agreed}`,
    `- Disagree: ${found.length}`,
    `- libzmq aborts: ${crashes.length}. These are no agreements: there is nothing to compare with.`,
    "",
    ...(crashes.length === 0
      ? []
      : ["## Aborts of libzmq", "", "| seed | program | types | steps, as few as will do | last words |"]),
    ...(crashes.length === 0 ? [] : ["|---|---|---|---|---|"]),
    ...crashes.map(
      (one) =>
        `| ${one.seed} | ${one.index} | ${one.program === null ? "" : `${one.program.types.join(", ")}; ${one.program.transport}`} | ${steps(one.program)} | ${one.words.replaceAll("|", "\\|")} |`,
    ),
    ...(crashes.length === 0 ? [] : [""]),
    ...Object.entries(REASONS).flatMap(([place, why]) =>
      crashes.some(({ words }) => words.includes(place)) ? [`${place}: ${why}`] : [],
    ),
    ...(found.length === 0 ? [] : ["", "## Disagreements", ""]),
    ...found.map((one) => `- seed ${one.seed}, program ${one.index}: ${JSON.stringify(one.disagreement.program)}`),
    "",
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/fuzz.md`, lines.join("\n").replace(/\n{3,}/g, "\n\n"));
  writeFileSync(`${folder}/fuzz.json`, `${JSON.stringify({ seed, cases, agreed, found, crashes }, null, 2)}\n`);
}
