/** The one simulation that is on, and whose code is running. */
import type { Instance } from "./instance.ts";

/** What the rest of this layer needs of the simulation that is on. */
export interface Stage {
  /** The program whose code runs now; null: nobody's, or that of whoever awaits something real. */
  present(): Instance | null;
  /** The error for a call that nobody of the simulation made. */
  outside(call: string): Error;
  /** A call of a program changed something: events may be due. */
  touched(): void;
  /** A program asked to end itself. */
  exit(instance: Instance, code: number): never;
  warn(id: string, text: string): void;
  /** Whether there is a host of that name. */
  hosts(name: string): boolean;
  /** Says so when a name in an endpoint belongs to nobody. */
  checkEndpoint(instance: Instance, endpoint: string): void;
}

let stage: Stage | null = null;

export const currentStage = (): Stage | null => stage;

export function setStage(next: Stage | null): void {
  stage = next;
}

/** The program whose code runs now, or null: then the real clock counts. */
export const presentInstance = (): Instance | null => (stage === null ? null : stage.present());

/** The program that makes a call which makes sense only in a simulation. Throws when there is none. */
export function requireInstance(call: string): Instance {
  if (stage === null) {
    throw new Error(
      `${call} needs a simulation: call it inside simulate(async (sim) => { ... }) of zeromq-sim/test, or start node with --import zeromq-sim/register`,
    );
  }
  const instance = stage.present();
  if (instance === null) throw stage.outside(call);
  return instance;
}
