export interface DeclaredDeparture {
  readonly name: string;
  readonly text: string;
  readonly file: string;
}
export function departures(): DeclaredDeparture[];
/** Constants for the bundler and for vitest. */
export function definitions(): Record<"SIM_VERSION" | "SIM_DEPARTURES", string>;
