/** The public API of zeromq-sim. */
export type * from "./journal/events.ts";
export type { Fate } from "./journal/fates.ts";
export { FATES } from "./journal/fates.ts";
export type { Duration, Instant } from "./kernel/time.ts";
export type { Plan } from "./program/plan.ts";
export type { RunRecord, SimulateOptions, TraceLevel } from "./run/record.ts";
export type { Expectation } from "./scenario/expectation.ts";
