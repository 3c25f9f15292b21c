/** A simulated process: what its threads share. */
import type { Costs } from "../ctx/costs.ts";
import type { Journal } from "../journal/journal.ts";
import { GlibcRand } from "../kernel/glibc-rand.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Instant } from "../kernel/time.ts";
import type { Network } from "./network.ts";

/** Something that the kernel closes when the process dies. */
export interface Descriptor {
  processDied(at: Instant): void;
  /** Hands all messages that it holds, or that are on their way to it, to the network's itemLost. */
  loseItems(): void;
}

/** What became of an item that a stream lost: in the hands of a process that dies it dies with it, under way it is the connection's. */
export const itemFate = (losing: World["losing"], where: "wire" | "encoder" | "kernel"): World["losing"] =>
  losing === "crashed" && where !== "encoder" ? "connection-lost" : losing;

/** One simulation. */
export interface World {
  readonly kernel: Kernel;
  readonly journal: Journal;
  readonly network: Network;
  /** Next number for a pipe pair. */
  pipeIds: number;
  /** What becomes of messages whose connection ends just now. */
  losing: "connection-lost" | "crashed" | "queued";
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
  /** It has called zmq_connect for a network before. */
  connectedBefore = false;
  /** Everything that holds a descriptor, in creation order. */
  readonly descriptors = new Set<Descriptor>();
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
