/** What a run knows of a node, whatever its program is written in. */
import type { Instant } from "../kernel/time.ts";
import type { PlanModule, PlanNode } from "../program/plan.ts";
import type { SocketBase } from "../socket/socket-base.ts";
import type { NodeHost, NodeState } from "./node.ts";
import type { ThreadState } from "./record.ts";

export interface Member {
  readonly plan: PlanNode;
  readonly state: NodeState;
  /** When it starts for the first time. */
  readonly startsAt: Instant;
  /** To be called once; among equal instants the order of the calls is the order of the starts. */
  scheduleStart(): void;
  start(what: "start" | "restart"): void;
  crash(): void;
  /** The run is over: its messages will not arrive. */
  loseItems(): void;
  /** `quiet`: nothing can happen any more. */
  threadStates(quiet: boolean): ThreadState[];
  sockets(): Iterable<SocketBase>;
}

/** Runs the programs in JavaScript; the layers below know none. */
export interface ModuleRuntime {
  create(host: NodeHost, plan: PlanNode, module: PlanModule): Member;
}
