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
  coldWake: [],
  timerSlack: 0,
  sleepSlack: 0,
  stall: 0,
  stallChance: 0,
  bindCall: 0,
  connectCall: 0,
  firstConnect: 0,
  send: 0,
  recv: 0,
  poll: 0,
  pollItem: 0,
  call: 0,
  socket: { kind: "constant", value: 0 },
  command: 0,
  syscall: 0,
  codec: 0,
  open: 0,
  perByteSend: 0,
  perByteWrite: 0,
  perByteRead: 0,
  copyStall: 0,
  copyStallEvery: 0,
  commandDelay: MEGABYTE,
  loopback: { latency: 0, bandwidth: 0 },
  network: { latency: 0, bandwidth: 0 },
  ipc: { latency: 0, bandwidth: 0 },
  sndbuf: 1 * MEGABYTE,
  rcvbuf: 2 * MEGABYTE,
};

/** Checksums and segments keep loopback busy while it carries bytes. */
const loopbackLink = { latency: quantiles([0, 6], [0.5, 14], [0.95, 30], [1, 80]), bandwidth: 130e9 };

/** One machine, all hosts on its loopback interface. */
const loopback: ProfileData = {
  name: "loopback",
  provenance:
    "fitted to runs of libzmq 4.3.4 and 4.3.5 on 2 virtual CPUs, Linux x86-64, over loopback: " +
    "warm wake-ups to REQ/REP round trips, the cold levels to messages 1 ms apart (0.3 ms), to subscriptions and retries (20 ms) " +
    "and to publishers that join idle proxies (250 ms); copying to messages of 64 KiB and 1 MiB over inproc, ipc and tcp, its stalls to 1 MiB every ms; " +
    "open and connect to the monitor events of connections, firstConnect to the time from connect to the first send in a fresh process, " +
    "with its tail and the stalls cut so that message 0 of a late joiner arrives in some 4 of 100 runs; buffers to queue totals of PUSH over tcp",
  ioWake: quantiles([0, 2.5], [0.5, 5], [0.95, 13], [0.99, 35], [1, 150]),
  appWake: quantiles([0, 5], [0.5, 10], [0.95, 15], [0.99, 20], [1, 120]),
  coldWake: [
    { after: 0.3 * MEGABYTE, delay: quantiles([0, 1], [0.5, 9.5], [0.9, 17], [0.95, 22], [0.99, 40], [1, 150]) },
    { after: 20 * MEGABYTE, delay: quantiles([0, 30], [0.5, 95], [0.95, 320], [0.99, 800], [1, 2500]) },
    { after: 250 * MEGABYTE, delay: quantiles([0, 80], [0.5, 385], [0.96, 800], [1, 5500]) },
  ],
  timerSlack: quantiles([0, 50], [0.5, 110], [0.95, 500], [1, 1500]),
  sleepSlack: quantiles([0, 50], [0.5, 110], [0.95, 500], [1, 1500]),
  stall: quantiles([0, 300], [0.5, 1500], [0.95, 6000], [1, 12000]),
  stallChance: 0.02,
  bindCall: { kind: "constant", value: 3000 },
  connectCall: quantiles([0, 26], [0.25, 38], [0.5, 52], [0.58, 75], [0.6, 230], [0.75, 306], [0.95, 390], [1, 580]),
  firstConnect: quantiles([0, 180], [0.25, 330], [0.5, 500], [0.75, 750], [0.95, 1100], [1, 1600]),
  send: { kind: "constant", value: 1500 },
  recv: { kind: "constant", value: 1500 },
  poll: { kind: "constant", value: 2000 },
  pollItem: 300,
  call: 3000,
  socket: { kind: "constant", value: 60_000 },
  command: 300,
  syscall: 5500,
  codec: 150,
  open: quantiles([0, 60], [0.5, 105], [0.95, 240], [1, 700]),
  perByteSend: 0.1,
  perByteWrite: 0.12,
  perByteRead: 0.12,
  copyStall: quantiles([0, 4200], [1, 6200]),
  copyStallEvery: { kind: "exponential", mean: 16.5 * MEGABYTE },
  commandDelay: MEGABYTE,
  loopback: loopbackLink,
  network: loopbackLink,
  ipc: { latency: quantiles([0, 0.5], [0.5, 1], [0.95, 5], [1, 20]), bandwidth: 0 },
  sndbuf: 1 * MEGABYTE,
  rcvbuf: 1.86 * MEGABYTE,
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
