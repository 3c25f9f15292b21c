/** The network, distributions, and the timeline of faults. */
import { type DistributionSpec, distributionProblem } from "../kernel/distribution.ts";
import type { Instant } from "../kernel/time.ts";
import { PROFILE_KEYS, PROFILE_NAMES, profileProblems } from "../network/profile-problems.ts";
import type { PlanFault, PlanLink, PlanNetwork, PlanNode, ProfileSpec } from "../program/plan.ts";
import { parseDuration, parseRate } from "../program/quantity.ts";
import type { Directory } from "./directory.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { under } from "./source.ts";

const LINKS_MAX = 1_000_000;

/** A distribution of good form, in ns. Texts that are no durations have been reported. */
export function compileDistribution(given: schema.Distribution, pointer: string, report: Report): DistributionSpec {
  const spec = distributionOf(given, pointer, report);
  const problem = distributionProblem(spec);
  if (problem !== null) report.error(pointer, "ZS332", `this distribution cannot be: ${problem}`);
  return spec;
}

function distributionOf(given: schema.Distribution, pointer: string, report: Report): DistributionSpec {
  if (typeof given === "string") return nanoseconds(given, pointer, report);
  const kinds = Object.keys(given);
  if (kinds.length > 1)
    report.error(
      under(pointer, kinds[1]!),
      "ZS213",
      `a distribution has one kind, this one has ${kinds.join(" and ")}`,
      { key: true },
    );
  const at = (text: string, ...path: readonly (string | number)[]): number =>
    nanoseconds(text, under(pointer, ...path), report);
  const { uniform, exponential, lognormal, quantiles = {} } = given;
  if (uniform) return { kind: "uniform", min: at(uniform[0], "uniform", 0), max: at(uniform[1], "uniform", 1) };
  if (exponential !== undefined) return { kind: "exponential", mean: at(exponential, "exponential") };
  if (lognormal)
    return {
      kind: "lognormal",
      median: at(lognormal.median, "lognormal", "median"),
      p95: at(lognormal.p95, "lognormal", "p95"),
    };
  const points = Object.entries(quantiles).map(
    ([percent, value]) => [Number(percent) / 100, at(value as string, "quantiles", percent)] as const,
  );
  return { kind: "quantiles", points: points.sort(([a], [b]) => a - b) };
}

/** A duration in ns; reports one that is too fine or too large, and gives 0. */
export function nanoseconds(text: string, pointer: string, report: Report): number {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  report.once(pointer, "ZS301", parsed.message, { hint: parsed.hint });
  return 0;
}

/** Names of hosts, and of nodes for theirs. */
export class Hosts {
  readonly #byName = new Map<string, Set<string>>();
  readonly #directory: Directory;
  /** In order of declaration, without repetition. */
  readonly all: readonly string[];

  constructor(nodes: readonly PlanNode[], directory: Directory) {
    this.#directory = directory;
    for (const { name, group, host } of nodes) for (const key of new Set([host, name, group])) this.#add(key, host);
    this.all = [...new Set(nodes.map(({ host }) => host))];
  }

  /** Reports what is unknown. */
  find(name: string, pointer: string, report: Report): readonly string[] {
    const found = this.#byName.get(name);
    if (found) return [...found];
    // A malformed node has no plan; its name is known all the same.
    if (this.#directory.instances(name)) return [];
    const allowed = [...new Set([...this.#directory.nodes.keys(), ...this.all])];
    report.error(pointer, "ZS402", `unknown host or node "${name}"`, { allowed, hint: didYouMean(name, allowed) });
    return [];
  }

  #add(key: string, host: string): void {
    const hosts = this.#byName.get(key);
    if (hosts) hosts.add(host);
    else this.#byName.set(key, new Set([host]));
  }
}

export function compileNetwork(network: schema.Network | undefined, hosts: Hosts, report: Report): PlanNetwork {
  const links = Array.isArray(network?.links) ? network.links : [];
  return {
    profile: profileOf(network?.profile ?? "loopback", report),
    links: links.flatMap((link, at) => {
      const pointer = under("/network/links", at);
      return report.isBroken(pointer) ? [] : compileLink(link, pointer, hosts, report);
    }),
  };
}

function profileOf(profile: NonNullable<schema.Network["profile"]>, report: Report): string | ProfileSpec {
  const name = typeof profile === "string" ? profile : profile.extends;
  const pointer = typeof profile === "string" ? "/network/profile" : "/network/profile/extends";
  if (name !== undefined && !PROFILE_NAMES.includes(name) && !report.isBroken(pointer)) {
    report.error(pointer, "ZS204", `unknown profile "${name}"`, {
      allowed: PROFILE_NAMES,
      hint: didYouMean(name, PROFILE_NAMES),
    });
  }
  for (const { key, text, unknown } of typeof profile === "string" ? [] : profileProblems(profile)) {
    const place = under("/network/profile", key);
    if (unknown) report.error(place, "ZS201", text, { allowed: PROFILE_KEYS, hint: didYouMean(key, PROFILE_KEYS) });
    else if (!report.isBroken(place)) report.error(place, "ZS333", text);
  }
  return profile;
}

/** One entry per ordered pair of hosts. */
function compileLink(link: schema.Link, pointer: string, hosts: Hosts, report: Report): PlanLink[] {
  const from = hosts.find(link.from, under(pointer, "from"), report);
  const to = hosts.find(link.to, under(pointer, "to"), report);
  if (link.latency === undefined && link.bandwidth === undefined)
    report.error(pointer, "ZS202", 'a link needs "latency" or "bandwidth"');
  const latency =
    link.latency === undefined ? {} : { latency: compileDistribution(link.latency, under(pointer, "latency"), report) };
  const rate = link.bandwidth === undefined ? undefined : parseRate(link.bandwidth);
  if (rate && !rate.ok) report.error(under(pointer, "bandwidth"), "ZS301", rate.message);
  if (rate?.ok && rate.value === 0)
    report.error(under(pointer, "bandwidth"), "ZS205", "a bandwidth is more than 0", {
      hint: "a partition on the timeline cuts a link",
    });
  const shape = { ...latency, ...(rate?.ok ? { bandwidth: rate.value } : {}) };
  if (from.length * to.length > LINKS_MAX) {
    report.error(pointer, "ZS603", `this stands for more than ${LINKS_MAX} links`);
    return [];
  }
  const pairs = from.flatMap((a) => to.map((b) => [a, b] as const));
  const both = (link.both ?? true) ? pairs.filter(([a, b]) => a !== b).map(([a, b]) => [b, a] as const) : [];
  return [...pairs, ...both].map(([a, b]) => ({ from: a, to: b, ...shape }));
}

/** Ascending by time, in the order of the file among equals. */
export function compileTimeline(
  entries: readonly schema.TimelineEntry[],
  hosts: Hosts,
  directory: Directory,
  report: Report,
): PlanFault[] {
  const faults = entries.flatMap((entry, at) => {
    const pointer = under("/timeline", at);
    return report.isBroken(pointer) ? [] : compileEntry(entry, pointer, hosts, directory, report);
  });
  return faults.sort((a, b) => a.at - b.at);
}

function compileEntry(
  entry: schema.TimelineEntry,
  pointer: string,
  hosts: Hosts,
  directory: Directory,
  report: Report,
): PlanFault[] {
  const at = nanoseconds(entry.at, under(pointer, "at"), report) as Instant;
  if ("crash" in entry || "restart" in entry) {
    const kind = "crash" in entry ? "crash" : "restart";
    const selector = "crash" in entry ? entry.crash : entry.restart;
    return directory.findInstances(selector, under(pointer, kind), report).map((node) => ({ at, kind, node }));
  }
  if ("link" in entry)
    return compileLink(entry.link, under(pointer, "link"), hosts, report).map((link) => ({ at, kind: "link", link }));
  const kind = "partition" in entry ? "partition" : "heal";
  const groups = "partition" in entry ? entry.partition : entry.heal;
  const oneWay = entry.oneWay ?? false;
  if (groups === true) return [{ at, kind, from: hosts.all, to: hosts.all, oneWay: false }];
  if (groups === false) {
    report.error(under(pointer, "heal"), "ZS204", "heal is true, or two lists of hosts");
    return [];
  }
  const [from, to] = (groups as readonly (readonly string[])[]).map((group, side) => [
    ...new Set(group.flatMap((name, index) => hosts.find(name, under(pointer, kind, side, index), report))),
  ]);
  return [{ at, kind, from: from ?? [], to: to ?? [], oneWay }];
}
