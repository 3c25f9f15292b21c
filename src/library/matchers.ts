/** Matchers for test frameworks that take expect.extend: what holds is an expectation, what fails tells the whole story. */
import type { Fate } from "../journal/fates.ts";
import type { BlockedExpectationEntry, Count, Expectation, Moment } from "../scenario/schema.generated.ts";
import type { ExpectationResult } from "../trace/expectation.ts";
import { ScenarioError } from "./run.ts";

/** What a matcher needs of a Run. */
export interface Checkable {
  readonly seed: string;
  readonly reproduce: string;
  check(expectation: Expectation): ExpectationResult;
}

export interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

export interface Route {
  /** The socket that first sent the messages: "publisher.sender". */
  readonly from: string;
  readonly to: string;
}

type Run = Checkable;

function judge(run: unknown, entry: Expectation): Matched {
  if (typeof run !== "object" || run === null || !("check" in run))
    throw new ScenarioError("expect() takes a run here: expect(simulate(scenario))");
  const { seed, reproduce } = run as Run;
  const result = (run as Run).check(entry);
  return { pass: result.ok, message: () => failure(result, { seed, reproduce }) };
}

/** As the command says it. */
function failure(
  { ok, text, expected, actual, detail }: ExpectationResult,
  run: Pick<Run, "seed" | "reproduce">,
): string {
  if (ok) return `${text}\n  holds, and should not: ${actual}\n  seed ${run.seed}, reproduce: ${run.reproduce}`;
  const lines = [text, `  expected: ${expected}`, `  but was:  ${actual}`, ...detail.map((line) => `  ${line}`)];
  return [...lines, `  seed ${run.seed}, reproduce: ${run.reproduce}`].join("\n");
}

export const matchers = {
  /** So many messages are delivered; without a count every one that was sent: none lost, none left behind. */
  toDeliver(run: unknown, { from, to, count }: Route & { readonly count?: Count }): Matched {
    if (count !== undefined) return judge(run, { from, to, delivered: count });
    return judge(run, { from, to, sent: { min: 1 }, lost: 0, queued: 0 });
  },
  /** Every message is delivered, each within this time of its sending. */
  toDeliverWithin(run: unknown, within: string, { from, to }: Route): Matched {
    return judge(run, { from, to, within });
  },
  toLose(run: unknown, lost: Count, { from, to }: Route): Matched {
    return judge(run, { from, to, lost });
  },
  /** No message ends for this reason: "hwm", "no-subscription", ... */
  toNeverDrop(run: unknown, reason: Fate, route: Partial<Route> = {}): Matched {
    return judge(run, { never: reason, ...route });
  },
  /** "pub.out#0" stands for its sending. */
  toHappenBefore(run: unknown, first: Moment | string, then: Moment | string): Matched {
    return judge(run, { first: momentOf(first), then: momentOf(then) });
  },
  /** The pipe between the two sockets always holds fewer messages than that. */
  toStayBelow(run: unknown, depth: number, { from, to }: Route): Matched {
    return judge(run, { from, to, depth: { max: depth - 1 } });
  },
  /** The thread waits inside a call. */
  toBlock(run: unknown, wait: string | Omit<BlockedExpectationEntry, "blocked">): Matched {
    const entry = typeof wait === "string" ? { thread: wait } : wait;
    return judge(run, { ...entry, blocked: true });
  },
};

const momentOf = (moment: Moment | string): Moment => (typeof moment === "string" ? { sent: moment } : moment);
