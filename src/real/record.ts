/** Records any number of runs of a plan, one after the other. The door of this layer. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Plan, Step } from "../program/plan.ts";
import { Canary } from "./canary.ts";
import { Crew } from "./crew.ts";
import { forecast } from "./forecast.ts";
import type { Surroundings } from "./member.ts";
import { heldUp, isHeldUp, repeatedNote } from "./notes.ts";
import { type RecordedRun, Recording, type RecordingOptions } from "./recording.ts";

export { LibraryError, type RecordedRun } from "./recording.ts";

export interface RecordOptions extends Surroundings {
  readonly runs: number;
  /** Of the run with this number, counted from 1. */
  readonly seedOf: (run: number) => string;
  readonly planFor: (seed: string) => Plan;
  /** Path of the scenario, beside which its modules lie. */
  readonly scenario: string;
  readonly signal: AbortSignal;
  /** Records a run again when the machine held it up for more than 5 ms, whatever came of it. */
  readonly calm: boolean;
  /** Called after each run; the next one waits for it. */
  readonly done: (run: number, recorded: RecordedRun) => Promise<void>;
}

/** Processes at one time; each is a whole Node. */
const NODES_MAX = 64;

/** Why this plan cannot be had for real; undefined when it can. */
export function obstacle(plan: Plan): string | undefined {
  const fault = plan.timeline.find(({ kind }) => kind !== "crash" && kind !== "restart");
  if (fault !== undefined)
    return `the timeline has a "${fault.kind}" entry, and real connections of one machine cannot be cut or slowed`;
  for (const { name, type } of plan.nodes.flatMap(({ threads }) => threads.flatMap(({ sockets }) => sockets))) {
    if (type === "DGRAM")
      return `socket "${name}" is a DGRAM, and the addresses in its messages are the scenario's, not this machine's`;
    if (type === "PEER" || type === "CHANNEL") return `socket "${name}" is a ${type}, and zeromq.js has no such class`;
  }
  const threads = plan.nodes.flatMap((node) => node.threads);
  if (threads.some(({ program }) => monitors(program)))
    return 'it has a "monitor" step, and zeromq.js keeps the messages of monitors to itself';
  if (plan.nodes.length > NODES_MAX)
    return `it has ${plan.nodes.length} nodes, and each would be a process; at most ${NODES_MAX} are recorded`;
  return undefined;
}

const monitors = (steps: readonly Step[]): boolean =>
  steps.some(
    (step) =>
      step.kind === "monitor" ||
      ("do" in step && monitors(step.do)) ||
      (step.kind === "if" && (monitors(step.then) || monitors(step.else))),
  );

/** Ends early when a run is incomplete. Throws LibraryError when npm zeromq does not work. */
export async function record({
  runs,
  seedOf,
  planFor,
  scenario,
  signal,
  calm,
  done,
  ...surroundings
}: RecordOptions): Promise<void> {
  const crew = new Crew();
  const canary = calm ? new Canary(crew, surroundings) : undefined;
  try {
    const patience = new Patience();
    for (let run = 1; run <= runs && !signal.aborted; run++) {
      const seed = seedOf(run);
      const plan = planFor(seed);
      const folder = join(crew.folder, String(run));
      const foreseen = await forecast(plan, seed, scenario);
      const about = { ...surroundings, plan, seed, forecast: foreseen, scenario, folder, crew, canary, signal };
      const recorded = calm ? await calmest(about, patience) : await attempt(about);
      await done(run, recorded);
      if (recorded.incomplete !== undefined) return;
    }
  } finally {
    canary?.dismiss();
    await crew.dismiss();
  }
}

/** Made again until the machine did not hold it up, or patience ends: then the attempt that was held up least. */
async function calmest(conditions: RecordingOptions, patience: Patience): Promise<RecordedRun> {
  const first = performance.now();
  let best = await attempt(conditions);
  patience.grow(performance.now() - first);
  let attempts = 1;
  while (isDisturbed(best) && attempts < ATTEMPTS && patience.lasts) {
    const begin = performance.now();
    const again = await attempt(conditions);
    patience.spend(performance.now() - begin);
    attempts++;
    if (again.incomplete !== undefined || heldUp(again) < heldUp(best)) best = again;
  }
  if (attempts === 1) return best;
  const { notes = [] } = best.header;
  return { ...best, header: { ...best.header, notes: [...notes, repeatedNote(attempts)] } };
}

/** Attempts at one run. */
const ATTEMPTS = 8;

/** A machine that is busy all the time would keep us for ever: half a minute for repeats, and half of what the runs themselves take. */
class Patience {
  #ms = 30_000;

  /** Another run took as long. */
  grow(ms: number): void {
    this.#ms += ms / 2;
  }

  spend(ms: number): void {
    this.#ms -= ms;
  }

  get lasts(): boolean {
    return this.#ms > 0;
  }
}

const isDisturbed = (run: RecordedRun): boolean => run.incomplete === undefined && isHeldUp(run);

async function attempt(conditions: RecordingOptions): Promise<RecordedRun> {
  mkdirSync(conditions.folder);
  try {
    return await new Recording(conditions).run();
  } finally {
    rmSync(conditions.folder, { recursive: true, force: true });
  }
}
