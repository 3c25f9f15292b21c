/** Plain data between the parts of `sim test`: what is run, what came of it, what is said about it. */
import type { Probability } from "../../scenario/expectation.ts";

/** A scenario to be tested, without its text: the same in the main thread, in workers and in blobs. */
export interface Case {
  /** As found, with "/" between folders. */
  readonly file: string;
  readonly about: string;
  readonly advice: string;
  /** SHA-256 of the text and of what --set changes. */
  readonly hash: string;
  /** The scenario's own seed. */
  readonly seed: string;
  readonly seeds: readonly string[];
  readonly set: readonly string[];
  readonly expectations: readonly CaseExpectation[];
}

export interface CaseExpectation {
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly probability?: Probability;
}

export interface Broken {
  /** Index in the expectations of the case. */
  readonly at: number;
  readonly expected: string;
  readonly actual: string;
  /** Slice of the timeline; left out when an earlier run of the same batch has one. */
  readonly detail?: readonly string[];
}

export interface SeedResult {
  readonly seed: string;
  readonly broken: readonly Broken[];
  /** The run broke off. */
  readonly error?: { readonly kind: "limit" | "internal"; readonly message: string };
}

/** What a second process found for a run that was done twice. */
export interface Unsteady {
  readonly seed: string;
  readonly detail: readonly string[];
}

/** The digest of the run with the scenario's own seed, beside the one that is stored. */
export interface DigestCheck {
  readonly stored: string;
  readonly now: string;
}

/** Everything that came of a case; the results in order of its seeds, gaps where a shard or a stop left them out. */
export interface CaseResults {
  readonly results: readonly SeedResult[];
  readonly unsteady: readonly Unsteady[];
  readonly digest?: DigestCheck;
}

export interface Tested {
  readonly cases: readonly Case[];
  readonly results: readonly CaseResults[];
  /** Scenarios with errors, as the checker says it. */
  readonly invalid: readonly Invalid[];
  /** Files without expectations. */
  readonly idle: readonly string[];
}

export interface Invalid {
  readonly file: string;
  readonly text: string;
  readonly line: number;
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export type Status = "passed" | "failed" | "open" | "error";

export interface ExpectationReport {
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly status: Status;
  readonly held: number;
  readonly runs: number;
  readonly probability?: Probability & { readonly low: number; readonly high: number };
  /** The first run that shows why it failed. */
  readonly example?: {
    readonly seed: string;
    readonly expected: string;
    readonly actual: string;
    readonly detail: readonly string[];
  };
  /** The command that fails again in the same way. */
  readonly reproduce?: string;
}

/** Trouble that is not of an expectation. */
export interface Trouble {
  readonly kind: "limit" | "internal" | "nondeterminism" | "digest" | "invalid";
  readonly message: string;
  readonly detail: readonly string[];
  readonly reproduce?: string;
}

export interface ScenarioReport {
  readonly file: string;
  readonly about: string;
  readonly advice: string;
  readonly status: Status;
  readonly runs: number;
  readonly expectations: readonly ExpectationReport[];
  readonly troubles: readonly Trouble[];
}

export interface TestReport {
  readonly tool: string;
  readonly model: string;
  readonly scenarios: readonly ScenarioReport[];
  /** Without expectations, so not tested. */
  readonly idle: readonly string[];
  readonly totals: { readonly [status in Status]: number } & { readonly runs: number };
  /** A part of a whole that merge-reports puts together. */
  readonly shard?: Shard;
}
