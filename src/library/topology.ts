/** A scenario built by code, one call after the other; each call gives a new one, so that variants share a beginning. */
import type { Expectation, Link, Network, Node, Scenario, TimelineEntry } from "../scenario/schema.generated.ts";
import type { Run } from "./run.ts";
import { type AsyncRunOptions, type RunOptions, simulate, simulateAsync } from "./simulate.ts";

type Fault<T> = T extends { at: string } ? Omit<T, "at"> : never;

export class Topology {
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  /** A process: its sockets and what its program does, as in a scenario file. */
  node(name: string, node: Node): Topology {
    return this.#with({ nodes: { ...this.#scenario.nodes, [name]: node } });
  }

  /** Latency or bandwidth between two hosts. */
  link(link: Link): Topology {
    const { network } = this.#scenario;
    return this.#with({ network: { ...network, links: [...(network?.links ?? []), link] } });
  }

  /** Latencies and costs: "loopback", "lan", "wan", "ideal". */
  profile(profile: NonNullable<Network["profile"]>): Topology {
    return this.#with({ network: { ...this.#scenario.network, profile } });
  }

  /** A fault at a time: `.at("2s", { crash: "broker" })`. */
  at(time: string, fault: Fault<TimelineEntry>): Topology {
    const entry = { at: time, ...fault } as TimelineEntry;
    return this.#with({ timeline: [...(this.#scenario.timeline ?? []), entry] });
  }

  expect(...expectations: readonly Expectation[]): Topology {
    return this.#with({ expect: [...(this.#scenario.expect ?? []), ...expectations] });
  }

  /** When the run ends at the latest; default "10s". */
  until(time: string): Topology {
    return this.#with({ until: time });
  }

  seed(seed: string | number): Topology {
    return this.#with({ seed });
  }

  /** The same as a scenario file. */
  toScenario(): Scenario {
    return this.#scenario;
  }

  run(options: RunOptions = {}): Run {
    return simulate(this, options);
  }

  /** As run(), also with nodes that run programs in JavaScript. */
  runAsync(options: AsyncRunOptions = {}): Promise<Run> {
    return simulateAsync(this, options);
  }

  #with(change: Partial<Scenario>): Topology {
    return new Topology({ ...this.#scenario, ...change });
  }
}

/** Begins a scenario with the sentence that says what it shows. */
export const topology = (about: string): Topology => new Topology({ about, nodes: {} });
