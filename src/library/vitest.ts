/** `import "zeromq-sim/vitest"` in a test (or in setupFiles) gives its `expect` the matchers. */
import type {} from "vitest";
import type { Fate } from "../journal/fates.ts";
import type { BlockedExpectationEntry, Count, Moment } from "../scenario/schema.generated.ts";
import { matchers, type Route } from "./matchers.ts";

export { type Matched, matchers, type Route } from "./matchers.ts";

export interface ZeromqMatchers<R = unknown> {
  /** So many messages are delivered; without a count every one that was sent: none lost, none left behind. */
  toDeliver(route: Route & { readonly count?: Count }): R;
  /** Every message is delivered, each within this time of its sending. */
  toDeliverWithin(within: string, route: Route): R;
  /** So many messages will never arrive. */
  toLose(lost: Count, route: Route): R;
  /** No message ends for this reason: "hwm", "no-subscription", ... */
  toNeverDrop(reason: Fate, route?: Partial<Route>): R;
  /** Both happen, the first first; "pub.out#0" stands for the sending of that message. */
  toHappenBefore(first: Moment | string, then: Moment | string): R;
  /** The pipe between the two sockets always holds fewer messages than that. */
  toStayBelow(depth: number, route: Route): R;
  /** The thread waits inside a call. */
  toBlock(wait: string | Omit<BlockedExpectationEntry, "blocked">): R;
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> extends ZeromqMatchers<T> {}
}

// A configuration file may import this module, too; there is no `expect` then.
if ("__vitest_worker__" in globalThis) {
  const { expect } = await import("vitest");
  expect.extend(matchers);
}
