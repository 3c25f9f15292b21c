/** What programs ask for, and how the steps of the language become such requests. */
import type { Duration } from "../kernel/time.ts";
import { compileExpression, compileTemplate, ExpressionError, type Scope } from "./expression.ts";
import type { DurationExpr, FrameExpr, PollItem, Step, ValueExpr } from "./plan.ts";
import { computedDuration } from "./quantity.ts";
import { asList, type FrameValue, formatValue, isFrame, isMessage, type MessageValue, type Value } from "./value.ts";

/** A frame to send: text as UTF-8, a payload of mere size, bytes in hex, or a frame that was received. */
export type OutFrame = string | FrameValue | { readonly size: number } | { readonly hex: string };

/** What a program wants done next. */
export type Request =
  | {
      readonly kind: "send";
      readonly socket: string;
      readonly frames: readonly OutFrame[];
      readonly forwards: MessageValue | null;
      /** RADIO. */
      readonly group?: string;
      /** SERVER, PEER. */
      readonly routingId?: number;
      readonly dontwait: boolean;
      readonly more: boolean;
    }
  | {
      /** keep: the program wants to see the message. */ readonly kind: "recv";
      readonly socket: string;
      readonly dontwait: boolean;
      readonly keep: boolean;
    }
  | { readonly kind: "poll"; readonly items: readonly PollItem[]; readonly timeout: Duration | null }
  | { readonly kind: "sleep"; readonly duration: Duration }
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "exit"; readonly code: number }
  | {
      readonly kind: "bind" | "connect" | "unbind" | "disconnect" | "subscribe" | "unsubscribe" | "join" | "leave";
      readonly socket: string;
      readonly text: string;
    }
  | {
      readonly kind: "monitor";
      readonly socket: string;
      readonly text: string;
      readonly events: readonly string[] | undefined;
    }
  | { readonly kind: "setsockopt"; readonly socket: string; readonly option: string; readonly value: number | string }
  | { readonly kind: "getsockopt"; readonly socket: string; readonly option: string }
  | { readonly kind: "open" | "close"; readonly socket: string }
  | { readonly kind: "proxy"; readonly frontend: string; readonly backend: string; readonly capture: string | null }
  | { readonly kind: "term" }
  | { readonly kind: "crash" | "restart"; readonly node: string };

export function valueMaker(value: ValueExpr): (scope: Scope) => Value {
  if ("literal" in value) return () => value.literal as Value;
  const expression = compileExpression(value.expr);
  return (scope) => expression.evaluate(scope);
}

export function repetitions(count: ValueExpr): (scope: Scope) => number {
  const value = valueMaker(count);
  return (scope) => {
    const times = value(scope);
    if (typeof times !== "number" || !Number.isInteger(times) || times < 0)
      throw new ExpressionError(`repeat needs a whole number from 0, found ${formatValue(times)}`, 0);
    return times;
  };
}

export function listOf(source: string): (scope: Scope) => readonly Value[] {
  const expression = compileExpression(source);
  return (scope) => {
    const items = asList(expression.evaluate(scope));
    if (items === undefined) throw new ExpressionError("`in` needs a list or a message", 0);
    return items;
  };
}

function durationOf(duration: DurationExpr): (scope: Scope) => Duration {
  if (typeof duration === "number") return () => duration;
  const template = compileTemplate(duration.template);
  return (scope) => {
    const text = template.evaluate(scope);
    const value = computedDuration(text);
    if (value === undefined) throw new ExpressionError(`"${text}" is no duration`, 0);
    return value;
  };
}

function framesOf(frames: readonly FrameExpr[]): (scope: Scope) => readonly OutFrame[] {
  const fixed = frames.map(fixedFrame);
  if (fixed.every((frame) => frame !== null)) return () => fixed;
  const makers = frames.map(frameMaker);
  return (scope) => {
    const out: OutFrame[] = [];
    for (const make of makers) make(scope, out);
    return out;
  };
}

/** A frame that is the same every time, else null. */
function fixedFrame(frame: FrameExpr): OutFrame | null {
  if ("text" in frame) return compileTemplate(frame.text).constant ?? null;
  return "expr" in frame ? null : frame;
}

function frameMaker(frame: FrameExpr): (scope: Scope, out: OutFrame[]) => void {
  if ("text" in frame) {
    const template = compileTemplate(frame.text);
    return (scope, out) => void out.push(template.evaluate(scope));
  }
  if (!("expr" in frame)) return (_scope, out) => void out.push(frame);
  const expression = compileExpression(frame.expr);
  return (scope, out) => splice(expression.evaluate(scope), out);
}

/** Lists and messages become as many frames as they have. */
function splice(value: Value, out: OutFrame[]): void {
  const items = asList(value);
  if (items === undefined) out.push(isFrame(value) ? value : formatValue(value));
  else for (const item of items) out.push(isFrame(item) ? item : formatValue(item));
}

type CallStep = Exclude<Step, { kind: "repeat" | "forever" | "while" | "for" | "if" | "break" | "set" }>;

/** Compiles the expressions of a call once; the result builds the request. */
export function requestOf(step: CallStep): (scope: Scope) => Request {
  switch (step.kind) {
    case "send":
      return sendRequest(step);
    case "recv":
      return always({ kind: "recv", socket: step.socket, dontwait: step.dontwait, keep: step.as !== undefined });
    case "poll": {
      const timeout = step.timeout === null ? null : durationOf(step.timeout);
      return (scope) => ({ kind: "poll", items: step.items, timeout: timeout === null ? null : timeout(scope) });
    }
    case "sleep": {
      const duration = durationOf(step.duration);
      return typeof step.duration === "number"
        ? always({ kind: "sleep", duration: step.duration })
        : (scope) => ({ kind: "sleep", duration: duration(scope) });
    }
    case "log": {
      const text = compileTemplate(step.text);
      return (scope) => ({ kind: "log", text: text.evaluate(scope) });
    }
    case "bind":
    case "connect":
    case "unbind":
    case "disconnect":
    case "subscribe":
    case "unsubscribe":
    case "join":
    case "leave": {
      const text = compileTemplate("endpoint" in step ? step.endpoint : "topic" in step ? step.topic : step.group);
      return (scope) => ({ kind: step.kind, socket: step.socket, text: text.evaluate(scope) });
    }
    case "monitor": {
      const text = compileTemplate(step.endpoint);
      return (scope) => ({ kind: "monitor", socket: step.socket, text: text.evaluate(scope), events: step.events });
    }
    case "setsockopt": {
      const { value } = step;
      const text = typeof value === "number" ? null : compileTemplate(value);
      return (scope) => ({
        kind: "setsockopt",
        socket: step.socket,
        option: step.option,
        value: text === null ? (value as number) : text.evaluate(scope),
      });
    }
    case "getsockopt":
      return always({ kind: "getsockopt", socket: step.socket, option: step.option });
    case "open":
    case "close":
      return always({ kind: step.kind, socket: step.socket });
    case "proxy":
      return always({ kind: "proxy", frontend: step.frontend, backend: step.backend, capture: step.capture ?? null });
    case "exit":
      return always({ kind: "exit", code: step.code });
    case "term":
      return always({ kind: "term" });
    case "crash":
    case "restart":
      return always({ kind: step.kind, node: step.node });
  }
}

const always =
  (request: Request): ((scope: Scope) => Request) =>
  () =>
    request;

function sendRequest(step: Step & { kind: "send" }): (scope: Scope) => Request {
  const make = plainSendRequest(step);
  if (step.group !== undefined) {
    const group = compileTemplate(step.group);
    return (scope) => ({ ...make(scope), group: group.evaluate(scope) });
  }
  if (step.routingId === undefined) return make;
  const number = compileTemplate(step.routingId);
  return (scope) => ({ ...make(scope), routingId: routingIdOf(number.evaluate(scope)) });
}

/** libzmq: zmq_msg_set_routing_id, which refuses 0. */
function routingIdOf(text: string): number {
  const id = Number(text);
  if (!Number.isInteger(id) || id < 1 || id > ROUTING_ID_MAX || text.trim() === "")
    throw new ExpressionError(`a routing id is a whole number from 1 to ${ROUTING_ID_MAX}, found "${text}"`, 0);
  return id;
}

const ROUTING_ID_MAX = 4_294_967_295;

function plainSendRequest(step: Step & { kind: "send" }): (scope: Scope) => Request & { kind: "send" } {
  const frames = framesOf(step.frames);
  const { socket, dontwait, sndmore: more, forwards } = step;
  if (forwards === undefined)
    return (scope) => ({ kind: "send", socket, frames: frames(scope), forwards: null, dontwait, more });
  const message = compileExpression(forwards);
  return (scope) => {
    const value = message.evaluate(scope);
    if (!isMessage(value)) throw new ExpressionError(`"${forwards}" holds no message`, 0);
    return { kind: "send", socket, frames: frames(scope), forwards: value, dontwait, more };
  };
}
