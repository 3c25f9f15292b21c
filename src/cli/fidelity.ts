/** What `sim doctor --model` says: gathered from the layers that know. */
import { OPTION_FIDELITY, type OptionFidelity } from "../socket/options.ts";

/** A known departure from libzmq; its name is the tag in the sources. */
export interface Departure {
  readonly name: string;
  readonly text: string;
}

export interface Fidelity {
  readonly options: readonly OptionFidelity[];
  readonly departures: readonly Departure[];
}

/** Gathered by the bundler from the comments that declare them. */
declare const SIM_DEPARTURES: readonly Departure[] | undefined;

export function fidelity(): Fidelity {
  return { options: OPTION_FIDELITY, departures: typeof SIM_DEPARTURES === "undefined" ? [] : SIM_DEPARTURES };
}
