/** What is wrong with a profile that a user wrote, before anything is computed from it. */
import { type DistributionSpec, distributionProblem } from "../kernel/distribution.ts";
import { PROFILES } from "./profiles.ts";

export interface ProfileProblem {
  /** The key of the profile that is meant. */
  readonly key: string;
  readonly text: string;
  /** The key means nothing. */
  readonly unknown: boolean;
}

export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** Every key that a profile may have. */
export const PROFILE_KEYS: readonly string[] = ["extends", ...Object.keys(PROFILES.loopback)];

type Check = (value: unknown) => string | null;

/** All problems of a profile of one's own; whether the profile it extends exists is not asked here. */
export function profileProblems(spec: Readonly<Record<string, unknown>>): ProfileProblem[] {
  return Object.entries(spec).flatMap(([key, value]): ProfileProblem[] => {
    if (!PROFILE_KEYS.includes(key)) return [{ key, text: `unknown key "${key}" in the profile`, unknown: true }];
    const text = (CHECKS[key] ?? distribution)(value);
    return text === null ? [] : [{ key, text: `${key}: ${text}`, unknown: false }];
  });
}

const shown = (value: unknown): string => JSON.stringify(value) ?? "nothing";

const text: Check = (value) => (typeof value === "string" ? null : `a text is wanted here, found ${shown(value)}`);

const number: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? null
    : `a number from 0 is wanted here, durations in nanoseconds; found ${shown(value)}`;

const chance: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? null : `a chance is 0 to 1, found ${shown(value)}`;

/** The numbers that each kind needs, and those that it may have besides. */
const KINDS: Readonly<Record<string, { readonly needs: readonly string[]; readonly may?: readonly string[] }>> = {
  constant: { needs: ["value"] },
  uniform: { needs: ["min", "max"] },
  exponential: { needs: ["mean"], may: ["min", "max"] },
  lognormal: { needs: ["median", "p95"], may: ["min", "max"] },
  quantiles: { needs: ["points"] },
};

const distribution: Check = (value) => {
  if (typeof value === "number") return distributionProblem(value);
  if (!isObject(value)) return `nanoseconds or a distribution is wanted here, found ${shown(value)}`;
  const { kind, ...rest } = value;
  const shape = typeof kind === "string" && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (shape === undefined) return `the kind is one of ${Object.keys(KINDS).join(", ")}, found ${shown(kind)}`;
  const { needs, may = [] } = shape;
  const missing = needs.find((key) => rest[key] === undefined);
  if (missing !== undefined) return `${String(kind)} needs ${needs.join(" and ")}`;
  const strange = Object.keys(rest).find((key) => !needs.includes(key) && !may.includes(key));
  if (strange !== undefined) return `${String(kind)} has no "${strange}"`;
  for (const [key, one] of Object.entries(rest)) {
    if (key === "points" ? !arePoints(one) : typeof one !== "number")
      return `${key} takes ${key === "points" ? "pairs of numbers" : "nanoseconds"}, found ${shown(one)}`;
  }
  return distributionProblem(value as unknown as DistributionSpec);
};

const arePoints = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((point) => Array.isArray(point) && point.length === 2 && point.every((part) => typeof part === "number"));

const coldWake: Check = (value) => {
  if (!Array.isArray(value)) return `a list of { after, delay } is wanted here, found ${shown(value)}`;
  for (const level of value) {
    const problem = isObject(level)
      ? (number(level["after"]) ?? distribution(level["delay"]))
      : `a level is { after, delay }, found ${shown(level)}`;
    if (problem !== null) return problem;
  }
  return null;
};

const link: Check = (value) =>
  isObject(value)
    ? (distribution(value["latency"]) ?? number(value["bandwidth"]))
    : `{ latency, bandwidth } is wanted here, found ${shown(value)}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys that are no distributions. */
const CHECKS: Readonly<Record<string, Check>> = {
  extends: text,
  name: text,
  provenance: text,
  stallChance: chance,
  coldWake,
  loopback: link,
  network: link,
  ipc: link,
  ...Object.fromEntries(
    Object.entries(PROFILES.loopback)
      .filter(([key, value]) => typeof value === "number" && key !== "stallChance")
      .map(([key]) => [key, number]),
  ),
};
