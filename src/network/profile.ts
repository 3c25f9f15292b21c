/** Profiles: latencies and costs of a modelled environment, as data. */
import type { Costs } from "../ctx/costs.ts";
import { compileDistribution, type DistributionSpec } from "../kernel/distribution.ts";
import type { LinkShape } from "./link.ts";
import { profileProblems } from "./profile-problems.ts";
import { PROFILES } from "./profiles.ts";

/** The plain form: durations in nanoseconds, rates in bits per second. */
export interface ProfileData {
  readonly name: string;
  /** Where the numbers come from. */
  readonly provenance: string;
  readonly ioWake: DistributionSpec;
  readonly appWake: DistributionSpec;
  readonly coldWake: readonly { readonly after: number; readonly delay: DistributionSpec }[];
  readonly timerSlack: DistributionSpec;
  readonly sleepSlack: DistributionSpec;
  readonly stall: DistributionSpec;
  readonly stallChance: number;
  readonly bindCall: DistributionSpec;
  readonly connectCall: DistributionSpec;
  readonly firstConnect: DistributionSpec;
  readonly send: DistributionSpec;
  readonly recv: DistributionSpec;
  readonly poll: DistributionSpec;
  readonly pollItem: number;
  readonly call: number;
  readonly socket: DistributionSpec;
  readonly command: number;
  readonly syscall: number;
  readonly codec: number;
  readonly open: DistributionSpec;
  readonly perByteSend: number;
  readonly perByteWrite: number;
  readonly perByteRead: number;
  readonly copyStall: DistributionSpec;
  readonly copyStallEvery: DistributionSpec;
  readonly commandDelay: number;
  /** Between processes of one host. */
  readonly loopback: LinkData;
  /** Between hosts. */
  readonly network: LinkData;
  readonly ipc: LinkData;
  /** Kernel buffers in bytes. */
  readonly sndbuf: number;
  readonly rcvbuf: number;
}

export interface LinkData {
  readonly latency: DistributionSpec;
  /** Bits per second, 0 = unlimited. */
  readonly bandwidth: number;
}

export interface Profile {
  readonly name: string;
  readonly costs: Costs;
  readonly loopback: LinkShape;
  readonly network: LinkShape;
  readonly ipc: LinkShape;
  readonly sndbuf: number;
  readonly rcvbuf: number;
}

export type ProfileName = keyof typeof PROFILES;

/** A shipped profile by name, or one based on another ("extends", default "loopback") with changes. Throws RangeError. */
export function resolveProfile(spec: string | Readonly<Record<string, unknown>>): Profile {
  if (typeof spec === "string") return compileProfile(shippedProfile(spec));
  const [problem] = profileProblems(spec);
  if (problem !== undefined) throw new RangeError(problem.text);
  const { extends: base = "loopback", ...changes } = spec;
  return compileProfile({ ...shippedProfile(String(base)), name: `${String(base)}+`, ...changes } as ProfileData);
}

export function shippedProfile(name: string): ProfileData {
  const data = (PROFILES as Record<string, ProfileData>)[name];
  if (data === undefined) throw new RangeError(`unknown profile "${name}"; one of ${Object.keys(PROFILES).join(", ")}`);
  return data;
}

export function compileProfile(data: ProfileData): Profile {
  const link = ({ latency, bandwidth }: LinkData): LinkShape => ({ latency: compileDistribution(latency), bandwidth });
  return {
    name: data.name,
    costs: {
      ...data,
      ioWake: compileDistribution(data.ioWake),
      appWake: compileDistribution(data.appWake),
      coldWake: data.coldWake.map(({ after, delay }) => ({ after, delay: compileDistribution(delay) })),
      timerSlack: compileDistribution(data.timerSlack),
      sleepSlack: compileDistribution(data.sleepSlack),
      stall: compileDistribution(data.stall),
      bind: compileDistribution(data.bindCall),
      connect: compileDistribution(data.connectCall),
      send: compileDistribution(data.send),
      recv: compileDistribution(data.recv),
      poll: compileDistribution(data.poll),
      firstConnect: compileDistribution(data.firstConnect),
      socket: compileDistribution(data.socket),
      open: compileDistribution(data.open),
      copyStall: compileDistribution(data.copyStall),
      copyStallEvery: compileDistribution(data.copyStallEvery),
    },
    loopback: link(data.loopback),
    network: link(data.network),
    ipc: link(data.ipc),
    sndbuf: data.sndbuf,
    rcvbuf: data.rcvbuf,
  };
}
