/** What the process ends with; the same whatever the output format. */
export const EXIT = {
  ok: 0,
  expectationFailed: 1,
  /** Bad usage, a bad scenario or bad input of another kind. */
  usage: 2,
  /** A bug of the simulator, or a limit of the scenario reached. */
  internal: 3,
  nondeterministic: 4,
  inconclusive: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Of several runs the gravest decides: a broken tool, broken input, nondeterminism, a failure, no verdict. */
const GRAVITY: readonly ExitCode[] = [
  EXIT.ok,
  EXIT.inconclusive,
  EXIT.expectationFailed,
  EXIT.nondeterministic,
  EXIT.usage,
  EXIT.internal,
  EXIT.interrupted,
];

export const gravest = (a: ExitCode, b: ExitCode): ExitCode => (GRAVITY.indexOf(a) >= GRAVITY.indexOf(b) ? a : b);
