/** What `sim doctor --model` says: gathered from the tables of the layers that know. */

export interface OptionFidelity {
  /** libzmq's name without ZMQ_, in lower case. */
  readonly name: string;
  readonly level: "exact" | "approximated" | "ignored";
  /** What is approximated, or why it is ignored. */
  readonly note?: string;
}

/** A tag `DIFFERS(name)` in the sources, explained. */
export interface Departure {
  readonly name: string;
  readonly text: string;
}

export interface Fidelity {
  readonly options: readonly OptionFidelity[];
  readonly departures: readonly Departure[];
}

export function fidelity(): Fidelity {
  return { options: [], departures: [] };
}
