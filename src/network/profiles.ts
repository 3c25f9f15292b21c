/** The profiles that ship with the simulator. */
import type { DistributionSpec } from "../kernel/distribution.ts";
import type { ProfileData } from "./profile.ts";

/** Quantiles in microseconds to a distribution in nanoseconds. */
const quantiles = (...points: readonly (readonly [p: number, us: number])[]): DistributionSpec => ({
  kind: "quantiles",
  points: points.map(([p, us]) => [p, Math.round(us * 1000)] as const),
});

const MEGABYTE = 1_000_000;

/** No cost and no latency: fixed order, exact arithmetic. The send throttle stays: it is a rule, not a cost. */
const ideal: ProfileData = {
  name: "ideal",
  provenance: "by definition",
  ioWake: 0,
  appWake: 0,
  coldWake: 0,
  coldAfter: Number.MAX_SAFE_INTEGER,
  timerSlack: 0,
  stall: 0,
  stallChance: 0,
  connectCall: 0,
  send: 0,
  recv: 0,
  poll: 0,
  pollItem: 0,
  call: 0,
  socket: 0,
  command: 0,
  syscall: 0,
  codec: 0,
  open: 0,
  perByteSend: 0,
  perByteWrite: 0,
  perByteRead: 0,
  commandDelay: MEGABYTE,
  loopback: { latency: 0, bandwidth: 0 },
  network: { latency: 0, bandwidth: 0 },
  ipc: { latency: 0, bandwidth: 0 },
  sndbuf: 1 * MEGABYTE,
  rcvbuf: 2 * MEGABYTE,
};

const loopbackLink = { latency: quantiles([0, 4], [0.5, 9], [0.95, 20], [1, 60]), bandwidth: 0 };

/** One machine, all hosts on its loopback interface. */
const loopback: ProfileData = {
  name: "loopback",
  provenance: "fitted to runs of libzmq 4.3.4 and 4.3.5 on 2 virtual CPUs, Linux x86-64",
  ioWake: quantiles([0, 8], [0.05, 11], [0.5, 18], [0.95, 42], [0.99, 70], [1, 300]),
  appWake: quantiles([0, 9], [0.05, 14], [0.5, 22], [0.95, 55], [0.99, 85], [1, 400]),
  coldWake: quantiles([0, 40], [0.5, 120], [0.95, 450], [0.99, 1200], [1, 4000]),
  coldAfter: 20 * MEGABYTE,
  timerSlack: quantiles([0, 80], [0.5, 250], [0.95, 700], [1, 2000]),
  stall: quantiles([0, 300], [0.5, 1500], [0.95, 6000], [1, 12000]),
  stallChance: 0.04,
  connectCall: quantiles([0, 26], [0.5, 52], [0.7, 90], [0.95, 390], [1, 580]),
  send: 1500,
  recv: 1500,
  poll: 2000,
  pollItem: 300,
  call: 3000,
  socket: 60_000,
  command: 300,
  syscall: 4000,
  codec: 150,
  open: quantiles([0, 60], [0.5, 150], [0.95, 350], [1, 900]),
  perByteSend: 0.06,
  perByteWrite: 0.16,
  perByteRead: 0.16,
  commandDelay: MEGABYTE,
  loopback: loopbackLink,
  network: loopbackLink,
  ipc: { latency: quantiles([0, 2], [0.5, 4], [0.95, 12], [1, 40]), bandwidth: 0 },
  sndbuf: 1 * MEGABYTE,
  rcvbuf: 2 * MEGABYTE,
};

/** Hosts on one switch. */
const lan: ProfileData = {
  ...loopback,
  name: "lan",
  provenance: "loopback costs; links of 1 Gbit/s with 100 to 200 us one way, assumed",
  network: { latency: quantiles([0, 90], [0.5, 120], [0.95, 200], [1, 600]), bandwidth: 1e9 },
};

/** Hosts far apart. */
const wan: ProfileData = {
  ...loopback,
  name: "wan",
  provenance: "loopback costs; links of 100 Mbit/s with 20 to 30 ms one way, assumed",
  network: { latency: quantiles([0, 19_000], [0.5, 20_000], [0.95, 24_000], [1, 40_000]), bandwidth: 100e6 },
};

export const PROFILES = { loopback, lan, wan, ideal } as const;
