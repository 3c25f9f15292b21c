/**
 * Everything of this layer behind one door, once per process: whatever loads a second copy of this
 * file (ESM beside CommonJS, a bundler) is given the first.
 */
import { alias } from "./alias.ts";
import { startAmbient } from "./ambient.ts";
import { register } from "./register.ts";
import { simulatePlan } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { currentStage } from "./stage.ts";
import * as zeromq from "./zeromq.ts";
import * as draft from "./zeromq-draft.ts";

const KEY = Symbol.for("zeromq-sim");
type Shared = {
  readonly zeromq: object;
  readonly draft: object;
  simulate: typeof simulate;
  readonly simulatePlan: typeof simulatePlan;
  /** Whether a simulation is on in this process. */
  readonly running: () => boolean;
  startAmbient: typeof startAmbient;
  register: typeof register;
  readonly alias: typeof alias;
};

const place = globalThis as unknown as Record<symbol, Shared | undefined>;
/** Compiled TypeScript asks for the mark, as the real package has it. */
const exportsOf = (names: object): object => Object.defineProperty({ ...names }, "__esModule", { value: true });
const mine: Shared = {
  zeromq: exportsOf(zeromq),
  draft: exportsOf(draft),
  simulate,
  simulatePlan,
  running: () => currentStage() !== null,
  startAmbient,
  register,
  alias,
};
export const shared: Shared = (place[KEY] ??= mine);
