/** The trace as text: canonical, parsed back the same, valid by the published schema. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../../src/journal/events.ts";
import { FATES } from "../../src/journal/fates.ts";
import { anyLine, eventLine, headerLine, parseTrace, traceLines, traceText } from "../../src/trace/format.ts";
import { EVENT_SHAPES, HEADER_SHAPE } from "../../src/trace/shape.ts";
import { HEADER } from "./support/builder.ts";
import { lateJoiner, sharedQueue } from "./support/scenes.ts";

interface LineSchema {
  readonly properties: Record<string, { readonly enum?: readonly string[] }>;
  readonly required: readonly string[];
}
const schema = JSON.parse(readFileSync(new URL("../../scenarios/trace.schema.json", import.meta.url), "utf8")) as {
  readonly oneOf: readonly { $ref: string }[];
  readonly $defs: Record<string, LineSchema>;
};
const isValid = new Ajv2020({ strict: true }).compile(schema);

/** One event of every kind with every key. */
const EVERY: readonly TraceEvent[] = [
  { t: 0, ev: "node", node: "a", what: "exit", code: 1 },
  { t: 1, ev: "socket", socket: "a.s", what: "open", type: "PUB" },
  {
    t: 2,
    ev: "call",
    thread: "a",
    call: "send",
    socket: "a.s",
    arg: "x",
    message: "a.s#0",
    sizes: [1, 0],
    frames: ['say "hi"\n', "\u2028\\x00é😀"],
    result: "ok",
    waited: 5,
  },
  { t: 3, ev: "block", thread: "a", call: "recv", socket: "a.s" },
  { t: 4, ev: "queue", message: "a.s#0", socket: "a.s", peer: "tcp://b:1", pipe: 1, depth: 1 },
  { t: 5, ev: "arrive", message: "a.s#0", socket: "b.s", peer: "a.s", pipe: 2, depth: 1 },
  { t: 6, ev: "fate", message: "a.s#0", fate: "hwm", socket: "a.s", peer: "b.s", where: "pipe" },
  { t: 7, ev: "skip", message: "a.s#0", socket: "a.s", peers: ["b.s", "c.s"] },
  { t: 8, ev: "pipe", socket: "a.s", peer: "b.s", pipe: 1, what: "hiccup" },
  { t: 9, ev: "subscription", socket: "a.s", peer: "b.s", topic: "", add: true },
  { t: 10, ev: "monitor", socket: "a.s", event: "CONNECT_RETRIED", value: -1, endpoint: "tcp://b:1" },
  { t: 11, ev: "net", what: "send", from: "a", to: "b", bytes: 64 },
  { t: 12, ev: "log", thread: "a", text: "done" },
  { t: 13, ev: "thread", thread: "a", what: "fail", pointer: "/nodes/a/program/0", error: "EFSM" },
];

test("keys come in fixed order, whatever the order in the object; absent ones are left out", () => {
  const shuffled = { depth: 1, pipe: 2, peer: "b", socket: "a.s", message: "m", ev: "queue", t: 0 } as const;
  expect(eventLine(shuffled)).toBe('{"t":0,"ev":"queue","message":"m","socket":"a.s","peer":"b","pipe":2,"depth":1}');
  expect(eventLine({ t: 0, ev: "block", thread: "a", call: "poll" })).toBe(
    '{"t":0,"ev":"block","thread":"a","call":"poll"}',
  );
});

test("the header is the first line", () => {
  expect(headerLine(HEADER)).toBe(JSON.stringify(HEADER));
});

test("a line is what JSON.stringify would write", () => {
  for (const event of EVERY) {
    expect(eventLine(event)).toBe(JSON.stringify(event));
    // The frequent kinds have writers of their own: they follow the same table.
    expect(anyLine(event)).toBe(eventLine(event));
  }
});

test("text and back gives the same events", () => {
  const trace = { header: HEADER, events: [...EVERY, ...lateJoiner().events] };
  expect(parseTrace(traceText(trace))).toEqual(trace);
  expect(parseTrace(traceText(trace).replaceAll("\n", "\r\n"))).toEqual(trace);
});

test("a number that is not whole is a bug, not a line", () => {
  expect(() => eventLine({ t: 0.5, ev: "log", thread: "a", text: "" })).toThrow(
    'trace key "t" must be a whole number, got 0.5',
  );
});

describe("what is not a trace says where and why", () => {
  const head = headerLine(HEADER);
  test.each([
    { name: "nothing", text: "", message: "line 1: the file is empty; a trace begins with a header line" },
    { name: "no JSON", text: "hello\n", message: "line 1: not JSON: hello" },
    {
      name: "other JSON",
      text: '{"a":1}\n',
      message: 'line 1: not a trace: the first line must have "format":"zeromq-sim-trace", got none',
    },
    {
      name: "a newer version",
      text: head.replace('"version":1', '"version":2'),
      message: "line 1: trace version 2 is not supported; this version reads 1",
    },
    {
      name: "a cut line",
      text: `${head}\n{"t":0,"ev":"lo`,
      message: "line 2: the trace ends in the middle of a line; the run that wrote it was probably interrupted",
    },
    { name: "a broken line", text: `${head}\n{"t":0,\n{}\n`, message: 'line 2: not JSON: {"t":0,' },
    {
      name: "an unknown event",
      text: `${head}\n{"t":0,"ev":"lag"}\n`,
      message: 'line 2: unknown event "lag"; one of node, socket, call,',
    },
    {
      name: "a missing key",
      text: `${head}\n\n{"t":0,"ev":"log","thread":"a"}\n`,
      message: 'line 3: event "log" lacks "text"',
    },
    {
      name: "a wrong type",
      text: `${head}\n{"t":0,"ev":"log","thread":"a","text":7}\n`,
      message: 'line 2: "text" of event "log" must be a string, got 7',
    },
    {
      name: "a time before the start",
      text: `${head}\n{"t":-1,"ev":"log","thread":"a","text":""}\n`,
      message: 'line 2: "t" must be',
    },
  ])("$name", ({ text, message }) => expect(() => parseTrace(text)).toThrow(message));

  test("keys of a later version 1 are passed over", () => {
    expect(parseTrace(`${head}\n{"t":0,"ev":"log","thread":"a","text":"","new":1}`).events).toHaveLength(1);
  });
});

describe("the published schema", () => {
  test("accepts every line", () => {
    const trace = { header: HEADER, events: [...EVERY, ...lateJoiner().events, ...sharedQueue().events] };
    for (const line of traceLines(trace))
      expect(isValid(JSON.parse(line)), `${line} ${JSON.stringify(isValid.errors)}`).toBe(true);
  });

  test("rejects an unknown key and a missing one", () => {
    expect(isValid({ t: 0, ev: "log", thread: "a", text: "", more: 1 })).toBe(false);
    expect(isValid({ t: 0, ev: "log", thread: "a" })).toBe(false);
  });

  test("lists the events and keys of the TypeScript union, in order", () => {
    expect(schema.oneOf.map(({ $ref }) => $ref)).toEqual(
      ["header", ...Object.keys(EVENT_SHAPES)].map((name) => `#/$defs/${name}`),
    );
    for (const [name, shape] of Object.entries({ header: HEADER_SHAPE, ...EVENT_SHAPES })) {
      const keys = [...(name === "header" ? [] : ["t", "ev"]), ...shape.map(({ key }) => key)];
      const needed = keys.filter((key) => !shape.some((one) => one.key === key && one.optional));
      expect(Object.keys(schema.$defs[name]!.properties), name).toEqual(keys);
      expect(schema.$defs[name]!.required, name).toEqual(needed);
    }
  });

  test("knows every fate", () => {
    expect(["delivered", ...schema.$defs["fate"]!.properties["fate"]!.enum!]).toEqual(Object.keys(FATES));
  });
});
