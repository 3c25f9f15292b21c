/** A simulated process: what its threads share. */
import type { Costs } from "../ctx/costs.ts";
import type { Journal } from "../journal/journal.ts";
import { GlibcRand } from "../kernel/glibc-rand.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Network } from "./network.ts";

/** One simulation. */
export interface World {
  readonly kernel: Kernel;
  readonly journal: Journal;
  readonly network: Network;
  /** Next number for a pipe pair. */
  pipeIds: number;
}

export class Process {
  readonly world: World;
  /** Node instance: "worker[2]". */
  readonly name: string;
  /** Host whose addresses it has. */
  readonly host: string;
  readonly costs: Costs;
  /** libc's rand(), never seeded by libzmq: one sequence for the whole process. */
  readonly rand = new GlibcRand();
  alive = true;
  private fds = FIRST_FD;

  constructor(world: World, name: string, host: string, costs: Costs) {
    this.world = world;
    this.name = name;
    this.host = host;
    this.costs = costs;
  }

  /** A descriptor number for monitor events. DIFFERS(fd-numbers): a counter, never reused. */
  nextFd(): number {
    return this.fds++;
  }
}

/** Standard streams, epoll and event descriptors come first in a real process. */
const FIRST_FD = 9;
