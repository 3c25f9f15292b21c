/** The identity of a plan, which traces carry: the same text, overrides and version of the compiler give the same hash. */
import { sha256 } from "../journal/sha256.ts";
import type { Plan } from "../program/plan.ts";

export const planHash = (plan: Plan): string => sha256(JSON.stringify({ ...plan, seed: "" }));
