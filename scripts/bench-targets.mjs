/** What the benchmark is held against: ratios within one run. */

const FLAT =
  "The cost is spread flat over calls, queues, events, encoding and decoding (shares below); what was tried stands in decisions/0010.";
const BINDING =
  "Most of what zeromq.js costs is its own, not libzmq's: a twentieth of it is less than the real library needs for its steps, which are the ones modelled.";

/**
 * `of` and `to` are names of measured rows; `key` says what is compared (CPU ns by default); `answer` is why it can
 * be missed.
 */
const TARGETS = [
  {
    what: "hold, 1e2 pending",
    of: "hold 1e2",
    to: "reference",
    most: 0.45,
    note: "x REF",
    answer: "Within what a shared machine varies: 0.33 to 0.54 in the runs of one day.",
  },
  { what: "hold, 1e4 pending", of: "hold 1e4", to: "reference", most: 0.65, note: "x REF" },
  { what: "W1 N=100, bare handlers, per delivery", of: "W1 N=100", to: "reference", most: 0.4, note: "x REF" },
  { what: "W3, bare handlers, per hop", of: "W3", to: "reference", most: 1, note: "x REF" },
  {
    what: "PUB to 100 SUB over tcp, per delivery",
    of: "PUB to 100 tcp",
    to: "libzmq pub-tcp:100",
    most: 1,
    note: "x real libzmq",
    answer: FLAT,
  },
  {
    what: "PUB to 100 SUB over inproc, per delivery",
    of: "PUB to 100 inproc",
    to: "libzmq pub-inproc:100",
    most: 1,
    note: "x real libzmq",
    answer: FLAT,
  },
  {
    what: "PUSH/PULL over tcp, per message",
    of: "PUSH/PULL tcp",
    to: "libzmq tcp",
    most: 1,
    note: "x real libzmq",
    answer: FLAT,
  },
  {
    what: "PUSH/PULL over tcp against zeromq.js",
    of: "PUSH/PULL tcp",
    to: "zeromq.js tcp",
    most: 1 / 20,
    note: "x real zeromq.js",
    answer: BINDING,
  },
  {
    what: "PUSH/PULL over inproc against zeromq.js",
    of: "PUSH/PULL inproc",
    to: "zeromq.js inproc",
    most: 1 / 20,
    note: "x real zeromq.js",
    answer: BINDING,
  },
  {
    what: "PUB to 10 SUB against zeromq.js",
    of: "PUB to 10 tcp",
    to: "zeromq.js pub-tcp:10",
    most: 1 / 20,
    note: "x real zeromq.js, per delivery",
    answer: BINDING,
  },
  { what: "W1 N=100 against ns-3 UDP applications", of: "W1 N=100", to: "ns-3 udp W1", most: 1 / 50, note: "x ns-3" },
  { what: "W1 N=100 against SimPy", of: "W1 N=100", to: "SimPy W1", most: 1 / 15, note: "x SimPy" },
  { what: "W1 N=100 against SimGrid", of: "W1 N=100", to: "SimGrid W1", most: 1 / 8, note: "x SimGrid" },
  {
    what: "scenario PUSH/PULL tcp against the engine's API",
    of: "scenario PUSH/PULL tcp",
    to: "PUSH/PULL tcp",
    most: 2,
    note: "",
  },
  {
    what: "scenario PUB to 100 tcp against the engine's API",
    of: "scenario PUB to 100 tcp",
    to: "PUB to 100 tcp",
    most: 2,
    note: "",
  },
  {
    what: "idle connected tcp subscriber, both ends (1e5)",
    of: "idle 1e5",
    key: "bytes",
    most: 3072,
    note: "bytes",
    answer:
      "Four pipe halves, four queues, two engines, sessions and streams, and the socket: the objects of a real connection (table below).",
  },
  { what: "1e6 idle subscribers in 8 GB", of: "idle 1e6", key: "rss", most: 8192, note: "MB peak" },
  {
    what: "cost per delivery at 1e5 subscribers against 1e2",
    of: "PUB to 100000 tcp",
    to: "PUB to 100 tcp",
    most: 2,
    note: "",
    answer: "The objects of 100,000 subscribers are 400 MB: each delivery finds those of its own in no cache.",
  },
  { what: 'trace "counts" against off', of: "minute counts", to: "minute off", most: 1.1, note: "" },
  {
    what: 'trace "full" to a file against off',
    of: "minute full",
    to: "minute off",
    most: 3,
    note: "",
    answer:
      "2.3 to 3.2 in the runs of one day. Of what it adds about a third is keeping 300,000 events for fates and expectations, the rest is writing 43 MB of JSON.",
  },
  {
    what: "start: sim run late-joiner against node -e 0",
    of: "start: sim run late-joiner",
    to: "start: node -e 0",
    most: 3,
    note: "wall time",
  },
];

/** One row per target: {what, ratio, target, holds, note}; holds is null when something was not measured. */
export function targetRows(measured) {
  const values = new Map(measured.map((row) => [row.name, row]));
  return TARGETS.map(({ what, of, to, key = "ns", most, note, answer }) => {
    const value = values.get(of)?.[key];
    const base = to === undefined ? 1 : values.get(to)?.[key];
    const ratio = value === undefined || base === undefined ? undefined : value / base;
    const target = most >= 1 || to === "reference" ? `<= ${most}` : `<= 1/${Math.round(1 / most)}`;
    const absent = [of, to].filter((name) => name !== undefined && !values.has(name));
    return {
      what,
      ratio,
      target,
      holds: ratio === undefined ? null : ratio <= most,
      ...(ratio > most && answer !== undefined ? { answer } : {}),
      note: absent.length > 0 ? `not measured: ${absent.join(", ")}` : note,
    };
  });
}
