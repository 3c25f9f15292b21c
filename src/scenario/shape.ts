/** The form of a scenario: validates against the schema, kind by kind, and words the errors. */
import type { Json } from "../program/plan.ts";
import { nearest } from "./nearest.ts";
import type { Report } from "./report.ts";
import { reportSchemaError } from "./schema-errors.ts";
import { under } from "./source.ts";
import type { Validator } from "./validate.generated.js";
import * as validators from "./validate.generated.js";

type JsonObject = { readonly [key: string]: Json };

const validatorOf = validators as unknown as Readonly<Record<string, Validator>>;

/** A kind of entry: the key that makes an entry one of this kind, and its definition in the schema. */
type Kinds = ReadonlyMap<string, string>;

const STEP_ACTIONS = [
  "send",
  "recv",
  "poll",
  "sleep",
  "repeat",
  "forever",
  "while",
  "for",
  "if",
  "break",
  "set",
  "log",
  "exit",
  "bind",
  "connect",
  "unbind",
  "disconnect",
  "subscribe",
  "unsubscribe",
  "join",
  "leave",
  "monitor",
  "setsockopt",
  "getsockopt",
  "open",
  "close",
  "proxy",
  "term",
  "crash",
  "restart",
] as const;

/** What a step does; its one action key. */
export type StepAction = (typeof STEP_ACTIONS)[number];

const STEPS: Kinds = new Map(STEP_ACTIONS.map((action) => [action, `${action}Step`]));
const TIMELINE: Kinds = new Map(
  ["crash", "restart", "partition", "heal", "link"].map((action) => [action, `${action}Entry`]),
);

/** The first of these keys that an expectation has tells its kind; without any it speaks of a flow. */
const EXPECTATIONS: Kinds = new Map([
  ["compare", "relationExpectation"],
  ["then", "beforeExpectation"],
  ["answered", "answeredExpectation"],
  ["deadline", "deadlineExpectation"],
  ["within", "withinExpectation"],
  ["ends", "endsExpectation"],
  ["stuck", "stuckExpectation"],
  ["message", "messageExpectation"],
  ["never", "neverExpectation"],
  ["latency", "latencyExpectation"],
  ["depth", "queueExpectation"],
  ["order", "orderExpectation"],
  ["receives", "receivesExpectation"],
  ["blocked", "blockedExpectation"],
  ["results", "callsExpectation"],
  ["events", "monitorExpectation"],
  ["retries", "retriesExpectation"],
  ["log", "logExpectation"],
  ["call", "callsExpectation"],
]);
const FLOW_KEYS = ["delivered", "lost", "sent", "queued", "from", "to"];

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const members = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  isObject(value) ? Object.entries(value) : [];
const items = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

/** The action key of a step of good form. */
export const actionOf = (step: object): StepAction =>
  Object.keys(step).find((key): key is StepAction => STEPS.has(key))!;

/** The definition in the schema that an expectation is an instance of; undefined when no key tells. */
export function expectationKind(entry: object): string | undefined {
  for (const [key, kind] of EXPECTATIONS) if (Object.hasOwn(entry, key)) return kind;
  return FLOW_KEYS.some((key) => Object.hasOwn(entry, key)) ? "flowExpectation" : undefined;
}

/** Reports everything that breaks the schema. */
export function checkShape(document: Json, report: Report): void {
  validate("scenario", document, "", "the scenario", report);
  if (!isObject(document)) return;
  for (const [name, node] of members(document["nodes"])) {
    if (!isObject(node)) continue;
    const pointer = under("/nodes", name);
    checkSteps(node["program"], under(pointer, "program"), report);
    for (const [thread, value] of members(node["threads"])) {
      if (isObject(value)) checkSteps(value["program"], under(pointer, "threads", thread, "program"), report);
    }
  }
  for (const [at, entry] of items(document["timeline"]).entries())
    checkTimelineEntry(entry, under("/timeline", at), report);
  for (const [at, entry] of items(document["expect"]).entries()) checkExpectation(entry, under("/expect", at), report);
}

function validate(definition: string, value: Json, pointer: string, what: string, report: Report): void {
  const validator = validatorOf[definition]!;
  if (validator(value)) return;
  for (const error of validator.errors ?? []) reportSchemaError(error, value, { base: pointer, what, report });
}

function checkSteps(steps: Json | undefined, pointer: string, report: Report): void {
  for (const [at, step] of items(steps).entries()) if (isObject(step)) checkStep(step, under(pointer, at), report);
}

function checkStep(step: JsonObject, pointer: string, report: Report): void {
  const action = soleKey(step, STEPS, { pointer, noun: "step", report });
  if (action !== undefined) validate(STEPS.get(action)!, step, pointer, `${article(action)} step`, report);
  for (const body of ["do", "then", "else", "forever"]) checkSteps(step[body], under(pointer, body), report);
}

function checkTimelineEntry(entry: Json, pointer: string, report: Report): void {
  if (!isObject(entry)) return;
  const action = soleKey(entry, TIMELINE, { pointer, noun: "timeline entry", report });
  if (action !== undefined) validate(TIMELINE.get(action)!, entry, pointer, `${article(action)} entry`, report);
}

function checkExpectation(entry: Json, pointer: string, report: Report): void {
  if (!isObject(entry)) return;
  const kind = expectationKind(entry);
  if (kind === undefined)
    reportNoKey(entry, [...EXPECTATIONS.keys(), ...FLOW_KEYS], { pointer, noun: "expectation", report });
  else validate(kind, entry, pointer, `${article(kind.replace("Expectation", ""))} expectation`, report);
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? `an "${noun}"` : `a "${noun}"`);

interface Entry {
  readonly pointer: string;
  readonly noun: string;
  readonly report: Report;
}

/** The one key that tells the kind of an entry; reports none or several. */
function soleKey(entry: JsonObject, kinds: Kinds, about: Entry): string | undefined {
  const found = Object.keys(entry).filter((key) => kinds.has(key));
  if (found.length === 1) return found[0];
  if (found.length === 0) reportNoKey(entry, [...kinds.keys()], about);
  else {
    const { pointer, noun, report } = about;
    const second = under(pointer, found[1]!);
    report.malformed(
      second,
      "ZS212",
      `a ${noun} has one action, this one has ${found.map((key) => `"${key}"`).join(" and ")}`,
      { key: true, hint: "write them one after the other" },
    );
  }
  return undefined;
}

function reportNoKey(entry: JsonObject, allowed: readonly string[], { pointer, noun, report }: Entry): void {
  for (const key of Object.keys(entry)) {
    const meant = nearest(key, allowed);
    if (meant === undefined) continue;
    report.malformed(under(pointer, key), "ZS211", `unknown ${noun} "${key}"`, {
      key: true,
      allowed,
      hint: `did you mean "${meant}"?`,
    });
    return;
  }
  const keys = Object.keys(entry);
  const has = keys.length > 0 ? `it has ${keys.map((key) => `"${key}"`).join(", ")}` : "it is empty";
  report.malformed(pointer, "ZS211", `no key says what this ${noun} is; ${has}`, { allowed });
}
