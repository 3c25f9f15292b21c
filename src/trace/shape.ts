/**
 * The keys of every trace line in their canonical order. One table serves the writer, the parser
 * and the check of the published schema; the types below make it fail to compile when it and
 * journal/events.ts part.
 */
import type { TraceEvent, TraceHeader } from "../journal/events.ts";

export type KeyKind = "string" | "integer" | "boolean" | "strings" | "integers";

export interface KeyShape {
  readonly key: string;
  readonly kind: KeyKind;
  readonly optional: boolean;
}

export type EventName = TraceEvent["ev"];

type Spec<E> = {
  readonly [K in Exclude<keyof E, "t" | "ev">]-?:
    | KindOf<NonNullable<E[K]>>
    | (undefined extends E[K] ? `${KindOf<NonNullable<E[K]>>}?` : never);
};
type KindOf<V> = V extends string
  ? "string"
  : V extends number
    ? "integer"
    : V extends boolean
      ? "boolean"
      : V extends readonly string[]
        ? "strings"
        : V extends readonly number[]
          ? "integers"
          : never;
type Specs = { readonly [N in EventName]: Spec<Extract<TraceEvent, { ev: N }>> };

/** "?" marks keys that may be absent. `t` and `ev` come first in every event. */
const EVENT_SPECS: Specs = {
  node: { node: "string", what: "string", code: "integer?" },
  socket: { socket: "string", what: "string", type: "string?" },
  call: {
    thread: "string",
    call: "string",
    socket: "string?",
    arg: "string?",
    message: "string?",
    sizes: "integers?",
    frames: "strings?",
    result: "string",
    waited: "integer?",
  },
  block: { thread: "string", call: "string", socket: "string?" },
  queue: { message: "string", socket: "string", peer: "string", pipe: "integer", depth: "integer" },
  arrive: { message: "string", socket: "string", peer: "string", pipe: "integer", depth: "integer" },
  fate: { message: "string", fate: "string", socket: "string", peer: "string?", where: "string?" },
  skip: { message: "string", socket: "string", peers: "strings" },
  pipe: { socket: "string", peer: "string", pipe: "integer", what: "string", made: "integer?" },
  subscription: { socket: "string", peer: "string", topic: "string", add: "boolean", arrived: "integer?" },
  monitor: { socket: "string", event: "string", value: "integer", endpoint: "string" },
  net: { what: "string", from: "string", to: "string", bytes: "integer?" },
  log: { thread: "string", text: "string" },
  thread: { thread: "string", what: "string", pointer: "string?", error: "string?" },
};

const HEADER_SPEC: Spec<TraceHeader> = {
  format: "string",
  version: "integer",
  tool: "string",
  model: "string",
  scenario: "string",
  scenarioHash: "string",
  seed: "string",
  profile: "string",
  arm: "string",
  binding: "string?",
  notes: "strings?",
  incomplete: "string?",
};

/** Keys after `t` and `ev`, in order. */
export const EVENT_SHAPES: Readonly<Record<EventName, readonly KeyShape[]>> = Object.fromEntries(
  Object.entries(EVENT_SPECS).map(([name, spec]) => [name, shapes(spec)]),
) as unknown as Record<EventName, readonly KeyShape[]>;

export const HEADER_SHAPE: readonly KeyShape[] = shapes(HEADER_SPEC);

export const EVENT_NAMES = Object.keys(EVENT_SPECS) as readonly EventName[];

function shapes(spec: Readonly<Record<string, string>>): KeyShape[] {
  return Object.entries(spec).map(([key, kind]) => ({
    key,
    kind: kind.replace("?", "") as KeyKind,
    optional: kind.endsWith("?"),
  }));
}
