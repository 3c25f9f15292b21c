/** What `sim doctor --model` says: gathered from the tables of the layers that know. */

export interface OptionFidelity {
  /** libzmq's name without ZMQ_, in lower case. */
  readonly name: string;
  readonly level: "exact" | "approximated" | "ignored";
  /** What is approximated, or why it is ignored. */
  readonly note?: string;
}

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
  return { options: [], departures: typeof SIM_DEPARTURES === "undefined" ? [] : SIM_DEPARTURES };
}
