/**
 * Runs all JavaScript that is ready: promise reactions, process.nextTick, and what they start.
 * The fast way works inside one macrotask; the other returns to Node's event loop once per wake.
 */
import { real } from "./real.ts";

/** "tick": process._tickCallback, synchronous. "turn": one turn of the event loop per wake. */
export type DrainMode = "tick" | "turn";

type WithTick = typeof process & { _tickCallback?: () => void };

/** The fast drain, or null where Node has none. */
const tick = (process as WithTick)._tickCallback;

let verdict: boolean | null = null;

/**
 * Whether the fast drain does all it must: a nextTick that queues a microtask that queues a nextTick.
 * Call it from a macrotask; inside a microtask the drain does nothing, silently.
 */
export function fastDrainWorks(): boolean {
  if (verdict !== null) return verdict;
  if (tick === undefined) return (verdict = false);
  let steps = 0;
  process.nextTick(() => {
    steps++;
    queueMicrotask(() => {
      steps++;
      process.nextTick(() => steps++);
    });
  });
  try {
    tick();
  } catch {
    return (verdict = false);
  }
  return (verdict = steps === 3);
}

/** For the mode "tick". A throw of a nextTick callback comes out of it. */
export const drainNow: () => void = tick === undefined ? () => {} : () => tick();

/** Calls `turn` from a macrotask of Node's event loop, after everything that is ready now. */
export function nextTurn(turn: () => void): void {
  real.setImmediate(turn);
}
