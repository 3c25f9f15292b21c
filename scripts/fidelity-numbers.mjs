/** What the validation promises in numbers: each is worked out from its rows, told in the report, and fails it when it is missed. */

const total = (shares) => shares.reduce((sum, { count }) => sum + count, 0);
const countOf = (shares, value) => shares.find((one) => one.value === value)?.count ?? 0;
const percent = (shares, value) => `${((100 * countOf(shares, value)) / total(shares)).toFixed(0)} %`;
const found = (rows, pattern) => rows.filter(({ scenario, facts }) => pattern.test(scenario) && facts !== undefined);

const ATTEMPTS = 10;
const RETRY_MS = 3;

/** By sockets of type REQ, REP or ROUTER in the process: each draws a random number before the connector does. */
const TIMELINES = [
  ["retry-timeline-sub", 0],
  ["retry-timeline-req", 1],
  ["retry-timeline-two-routers", 2],
];

function timelines(rows) {
  return TIMELINES.flatMap(([name, sockets]) =>
    found(rows, new RegExp(`^${name}$`)).map(({ attempts = [] }) => {
      const [first] = attempts;
      const apart = first === undefined ? Number.NaN : first.deviation / 1e6;
      return {
        name: `retry timeline, ${sockets} REQ/REP/ROUTER sockets in the process`,
        wanted: `the first ${ATTEMPTS} attempts within ${RETRY_MS} ms`,
        found:
          first === undefined ? "no attempts" : `${first.other.length} attempts, at most ${apart.toFixed(2)} ms apart`,
        ok: first !== undefined && first.other.length >= ATTEMPTS && apart <= RETRY_MS,
      };
    }),
  );
}

/** Every real run shows the same, and it is what most simulated runs show. */
function orders(rows, pattern, what) {
  return found(rows, pattern).map(({ scenario, facts }) => {
    const told = facts.filter(({ kind }) => kind === "messages" || kind === "turns");
    const agreeing = told.map(({ other, reference }) => countOf(other, reference[0]?.value));
    const runs = total(told[0]?.other ?? []);
    const least = Math.min(runs, ...agreeing);
    return {
      name: `${what}: ${scenario}`,
      wanted: `${runs} of ${runs} real runs as simulated`,
      found: `${least} of ${runs}`,
      ok: told.length > 0 && least === runs,
    };
  });
}

const STABLE_FLOW = "publisher.sender > subscriber.receiver";

function stablePubSub(rows) {
  return found(rows, /^stable-pub-sub$/).map(({ facts, shipped }) => {
    const fact = facts.find(({ kind, subject }) => kind === "messages" && subject === STABLE_FLOW);
    const arrives = ({ lines }) => lines.some((line) => line.startsWith(`${STABLE_FLOW}: delivered`));
    const [all, none] = [true, false].map((wanted) => shipped.filter((one) => arrives(one) === wanted));
    const share = (outcomes) => `${((100 * total(outcomes)) / total(shipped)).toFixed(1)} %`;
    const lost = ({ reference, other }) =>
      `real ${percent(other, "none")}, simulated alike ${percent(reference, "none")}`;
    return {
      name: "stable pub-sub",
      wanted: "both outcomes (all, none) in the simulator",
      found: `none: ${lost(fact)}; with the shipped profile and the declared start times all ${share(all)}, none ${share(none)}`,
      ok: total(all) > 0 && total(none) > 0,
    };
  });
}

/**
 * The most frequent outcome of a flow. Of replicas nobody knows which is first, so a flow between them has
 * no outcome of its own; and two outcomes are equally frequent when their counts are less than two standard
 * errors apart.
 */
function modes(rows) {
  const flows = rows.flatMap(({ scenario, facts = [] }) =>
    facts
      .filter(
        ({ kind, subject, verdict }) =>
          kind === "messages" && !/\[\d+\]/.test(subject) && verdict !== "kernel" && verdict !== "free",
      )
      .map((fact) => ({ scenario, ...fact })),
  );
  const missed = flows.filter(({ reference, other }) => {
    const [simulated, real] = [reference[0], other[0]];
    const same = (shares, a, b) =>
      countOf(shares, a) - countOf(shares, b) <= 2 * Math.sqrt(countOf(shares, a) + countOf(shares, b));
    return (
      simulated.value !== real.value &&
      !(same(other, real.value, simulated.value) || same(reference, simulated.value, real.value))
    );
  });
  return [
    {
      name: "most frequent outcome",
      wanted: "the same in both arms, flow by flow",
      found: `${flows.length - missed.length} of ${flows.length} flows${missed.length > 0 ? `; not ${missed.map(({ scenario, subject }) => `${scenario} ${subject}`).join(", ")}` : ""}`,
      ok: missed.length === 0,
    },
  ];
}

/** Where the machine's own values of two sets of runs alike are farther apart than that, they can tell nothing. */
function timing(latencies) {
  return [
    ["p50", 25],
    ["p95", 50],
  ].flatMap(([p, share]) => {
    const judged = latencies.filter((row) => row[p] !== "few");
    const having = (verdict) => judged.filter((row) => row[p] === verdict);
    const [inside, outside, unsteady] = ["ok", "outside", "unsteady"].map(having);
    const names = (rows) =>
      rows
        .map(({ quantity, before, measured, predicted }) => {
          const [model, ...real] = [predicted, before, measured].map((pair) => (pair[p] / 1e6).toFixed(2));
          return `${quantity} (simulated ${model} ms, real ${real.join(" and ")})`;
        })
        .join(", ");
    if (judged.length === 0) return [];
    const found = [
      `${inside.length} of ${judged.length} quantities`,
      ...(outside.length > 0 ? [`outside: ${names(outside)}`] : []),
      ...(unsteady.length > 0 ? [`the machine itself was not within ${share} % of itself: ${names(unsteady)}`] : []),
    ].join("; ");
    return [
      {
        name: `${p} of latencies after a fresh calibration`,
        wanted: `within ${share} %`,
        found,
        ok: outside.length === 0,
      },
    ];
  });
}

export function numbersOf({ rows, latencies }) {
  return [
    ...timelines(rows),
    ...orders(rows, /^round-robin-connected$/, "round robin, settled"),
    ...orders(rows, /^fair-queue-/, "fair queue, settled"),
    ...stablePubSub(rows),
    ...modes(rows),
    ...timing(latencies),
  ];
}
