/** Puts the simulated module in the place of `zeromq` and one simulation around this process. */
import { alias, type Substitutes } from "./alias.ts";
import { optionsFromEnvironment, startAmbient } from "./ambient.ts";

/** The substitution, and the simulation. */
export function register(files: Substitutes): void {
  startAmbient(optionsFromEnvironment(process.env));
  alias(files);
}
