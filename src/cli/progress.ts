/** How far a long work is: one line that redraws itself on a terminal, elsewhere a line now and then. */
import type { Shell } from "./shell.ts";

const REDRAW_MS = 100;
/** Where nobody watches, the first line comes after this, each further one after twice the time. */
const QUIET_MS = 10_000;

export interface Progress {
  readonly at: (done: number) => void;
  readonly end: () => void;
}

export function progress(shell: Shell, what: string, total: number): Progress {
  if (total < 2) return { at: () => {}, end: () => {} };
  const begun = Date.now();
  let drawn = begun;
  let nextLine = begun + QUIET_MS;
  return {
    at: (done) => {
      const now = Date.now();
      if (now - drawn < REDRAW_MS || (!shell.watched && now < nextLine)) return;
      drawn = now;
      const rate = (1000 * done) / (now - begun);
      const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
      const text = `${what} ${done}/${total}, ${rateText(rate)}, about ${left} s left`;
      if (shell.watched) shell.err(`\r\u001b[K${text}`);
      else shell.err(`${text}\n`);
      nextLine = begun + 2 * (now - begun);
    },
    end: () => {
      if (shell.watched && drawn !== begun) shell.err("\r\u001b[K");
    },
  };
}

/** "760 runs/s", "1.5 runs/s". */
export const rateText = (rate: number): string => `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} runs/s`;
