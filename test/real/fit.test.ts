/** Fitting a profile, on a machine made of numbers: what it was made with is found again, and rows say what may be said. */
import { expect, test } from "vitest";
import { compileDistribution, type DistributionSpec } from "../../src/kernel/distribution.ts";
import { RandomStreams } from "../../src/kernel/random.ts";
import { shippedProfile } from "../../src/network/profile.ts";
import type { ProfileSpec } from "../../src/program/plan.ts";
import { rowsOf } from "../../src/real/calibrate.ts";
import type { Samples } from "../../src/real/calibration-runs.ts";
import { fitProfile, pairOf } from "../../src/real/fit.ts";
import { quantile } from "../../src/trace/flows.ts";

/** Each quantity of a made-up machine is a sum of what a profile draws. */
const MADE_OF: Readonly<Record<string, readonly string[]>> = {
  open: ["socket"],
  send: ["send"],
  recv: ["recv"],
  "poll and recv": ["poll", "recv"],
  "connect to send": ["connectCall", "send"],
  "first connect to send": ["connectCall", "firstConnect", "send"],
  "round trip": ["ioWake", "appWake", "ioWake", "appWake"],
  "tcp 1 B": ["ioWake", "appWake", "coldWake.0", "coldWake.0"],
  "ipc 1 KiB": ["ioWake", "appWake", "coldWake.0"],
  "connect to handshake": ["coldWake.1", "open", "open"],
  "connect to first message": ["coldWake.1", "coldWake.1", "open", "open"],
  "retry after its time": ["timerSlack", "coldWake.1"],
};
/** Measured by themselves: nothing but what the profile says. */
const CALLS = ["open", "send", "recv", "poll and recv", "connect to send", "first connect to send"];
const RUNS = 20;
const VALUES = 40;

function machine(profile: ProfileSpec, seed = "1"): Samples {
  const data = { ...shippedProfile("loopback"), ...(profile as object) } as unknown as Record<string, unknown>;
  const draw = (name: string): ReturnType<typeof compileDistribution> => {
    const [key = "", level] = name.split(".");
    const spec = data[key] as DistributionSpec & { readonly delay: DistributionSpec }[];
    return compileDistribution(level === undefined ? spec : (spec[Number(level)]?.delay ?? 0));
  };
  const random = new RandomStreams(seed);
  return new Map(
    Object.entries(MADE_OF).map(([quantity, parts]) => {
      const stream = random.stream(quantity);
      const fixed = CALLS.includes(quantity) ? 0 : 20_000;
      const value = (): number => parts.reduce((sum, part) => sum + draw(part).sample(stream), fixed);
      return [quantity, Array.from({ length: RUNS }, () => Array.from({ length: VALUES }, value))];
    }),
  );
}

const times = (spec: DistributionSpec, factor: number): DistributionSpec => {
  if (typeof spec === "number" || spec.kind !== "quantiles") throw new Error("the profile has other distributions now");
  return { kind: "quantiles", points: spec.points.map(([p, value]) => [p, value * factor] as const) };
};

const quantiles = (...points: readonly (readonly [p: number, ns: number])[]): DistributionSpec => ({
  kind: "quantiles",
  points,
});

test("a slower machine is found again, quantity by quantity", () => {
  const { ioWake, appWake, coldWake, timerSlack, open } = shippedProfile("loopback");
  const truth = {
    ioWake: times(ioWake, 4),
    appWake: times(appWake, 4),
    coldWake: coldWake.map(({ after, delay }, level) => ({ after, delay: times(delay, level === 0 ? 3 : 1.5) })),
    timerSlack: times(timerSlack, 0.6),
    open: times(open, 2),
    socket: { kind: "constant", value: 190_000 },
    connectCall: { kind: "uniform", min: 90_000, max: 200_000 },
    firstConnect: { kind: "uniform", min: 100_000, max: 120_000 },
    // The compiler and the collector of garbage: few calls, and those much longer.
    send: quantiles([0, 25_000], [0.5, 30_000], [0.93, 35_000], [0.96, 90_000], [1, 120_000]),
    recv: quantiles([0, 20_000], [0.5, 25_000], [0.95, 45_000], [1, 200_000]),
    poll: { kind: "uniform", min: 10_000, max: 50_000 },
  } as const;
  const measured = machine(truth);
  const fitted = fitProfile(
    measured,
    (profile) => machine(profile, "fit"),
    () => {},
  );
  const predicted = machine(fitted, "fresh");
  for (const quantity of Object.keys(MADE_OF)) {
    const [real, model] = [measured, predicted].map((samples) => pairOf(samples.get(quantity) ?? []));
    expect(Math.abs(model!.p50 / real!.p50 - 1), `p50 of ${quantity}`).toBeLessThan(0.1);
    expect(Math.abs(model!.p95 / real!.p95 - 1), `p95 of ${quantity}`).toBeLessThan(0.25);
  }
});

const COPYING = 1_000_000;

/** Messages of 1 MiB, of which those that meet a stall of copying take longer. */
function copies(profile: ProfileSpec, seed: string): Samples {
  const { copyStall, copyStallEvery } = {
    ...shippedProfile("loopback"),
    ...(profile as Partial<ReturnType<typeof shippedProfile>>),
  };
  const [every, stall] = [compileDistribution(copyStallEvery), compileDistribution(copyStall)];
  const stream = new RandomStreams(seed).stream("stalls");
  let left = every.sample(stream) as number;
  const message = (): number => {
    left -= COPYING;
    if (left > 0) return COPYING;
    left = every.sample(stream);
    return COPYING + stall.sample(stream);
  };
  return new Map([["tcp 1 MiB", Array.from({ length: 200 }, () => Array.from({ length: 30 }, message))]]);
}

// Runs so short that most of them have no stall, or one.
test.each([5_000_000, 25_000_000, 40_000_000])(
  "stalls of copying are fitted by how often they come, and as long as measured: every %i ns",
  (mean) => {
    // Shorter than any that the loopback profile draws.
    const lengths = { kind: "uniform", min: 1_500_000, max: 3_500_000 } as const;
    const { copyStall, copyStallEvery } = fitProfile(
      copies({ copyStall: lengths, copyStallEvery: { kind: "exponential", mean } }, "1"),
      (profile) => copies(profile, "fit"),
      () => {},
    ) as { copyStall: { points: [number, number][] }; copyStallEvery: { mean: number } };
    expect(copyStallEvery.mean / mean).toBeGreaterThan(0.8);
    expect(copyStallEvery.mean / mean).toBeLessThan(1.25);
    const length = (p: number): number => copyStall.points.find(([at]) => at === p)?.[1] ?? 0;
    expect(Math.abs(length(0.5) - 2_500_000)).toBeLessThan(250_000);
    expect(length(0)).toBeGreaterThanOrEqual(lengths.min);
    expect(length(1)).toBeLessThanOrEqual(lengths.max);
  },
);

test("what a machine does once in eighty messages is in the profile, and not in what comes more often", () => {
  const calm = machine({});
  const pause = 5_000_000;
  const paused = (run: number[]): number[] => run.map((value, i) => (i === 7 ? value + pause : value));
  const measured = new Map(
    [...calm].map(([quantity, runs]) => [quantity, runs.map((run, i) => (i % 2 ? run : paused(run)))]),
  );
  const fitted = fitProfile(
    measured,
    (profile) => machine(profile, "fit"),
    () => {},
  );
  const small = (samples: Samples, p: number): number =>
    quantile(Float64Array.from(["tcp 1 B", "ipc 1 KiB"].flatMap((name) => samples.get(name) ?? []).flat()).sort(), p) ??
    0;
  const predicted = machine(fitted, "fresh");
  expect(Math.abs(small(predicted, 0.95) / small(measured, 0.95) - 1)).toBeLessThan(0.25);
  expect(small(predicted, 0.999)).toBeGreaterThan(pause);
  // Three wake-ups, each with a third of it, and no slope from the last usual one up to the first pause.
  const { coldWake } = fitted as { coldWake: { delay: { points: [p: number, ns: number][] } }[] };
  const usual = coldWake[0]?.delay.points.filter(([, ns]) => ns < pause / 2) ?? [];
  expect(usual.at(-1)?.[0]).toBeCloseTo(1 - 0.01 / 3, 4);
});

/** 8 runs of 30 values around a middle, with this p95. */
const having = (p50: number, p95: number, runs = 8): number[][] =>
  Array.from({ length: runs }, () => Array.from({ length: 30 }, (_, i) => (i < 27 ? p50 : p95)));

const verdict = (before: number[][], measured: number[][], predicted: number[][], quantity = "tcp 1 B") => {
  const [row] = rowsOf(
    { toFit: new Map([[quantity, before]]), toJudge: new Map([[quantity, measured]]) },
    new Map([[quantity, predicted]]),
  );
  return [row?.p50, row?.p95];
};

test("outside counts only where the machine agrees with itself", () => {
  const real = having(100, 1000);
  expect(verdict(real, real, having(124, 1490))).toEqual(["ok", "ok"]);
  expect(verdict(real, real, having(126, 1510))).toEqual(["outside", "outside"]);
  expect(verdict(having(130, 1600), real, having(126, 1510))).toEqual(["unsteady", "unsteady"]);
  // The machine may be as unsteady as it likes where the prediction holds all the same.
  expect(verdict(having(300, 5000), real, having(100, 1000))).toEqual(["ok", "ok"]);
  expect(verdict(having(100, 1000, 3), having(100, 1000, 3), having(100, 9000, 3))).toEqual(["ok", "few"]);
});

test("retries are judged by what ten of them add up to", () => {
  const us = (p50: number): number[][] => having(p50 * 1000, p50 * 1000);
  expect(verdict(us(200), us(200), us(530), "retry after its time")[0]).toBe("ok");
  expect(verdict(us(200), us(200), us(540), "retry after its time")[0]).toBe("outside");
});
