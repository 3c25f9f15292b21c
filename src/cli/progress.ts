/** One line on stderr that redraws itself on a terminal, and nothing elsewhere. */
import type { Shell } from "./shell.ts";

const REDRAW_MS = 100;

export interface Progress {
  readonly at: (done: number) => void;
  readonly end: () => void;
}

export function progress(shell: Shell, what: string, total: number): Progress {
  if (!shell.watched || total < 2) return { at: () => {}, end: () => {} };
  const begun = Date.now();
  let drawn = begun;
  return {
    at: (done) => {
      const now = Date.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      const left = Math.ceil(((now - begun) / 1000 / done) * (total - done));
      shell.err(`\r\u001b[K${what} ${done}/${total}, about ${left} s left`);
    },
    end: () => {
      if (drawn !== begun) shell.err("\r\u001b[K");
    },
  };
}
