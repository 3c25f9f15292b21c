/** Steps of a program: checks what they name and compiles them. */

import type { SocketTypeName } from "../ctx/options.ts";
import { assertNever } from "../kernel/invariant.ts";
import type { DurationExpr, FrameExpr, Json, PollItem, Step } from "../program/plan.ts";
import { parseSize } from "../program/quantity.ts";
import type * as schema from "./schema.generated.ts";
import { actionOf, isObject } from "./shape.ts";
import { compileSocketCall, errorOf } from "./socket-call.ts";
import { under } from "./source.ts";
import { type ProgramContext, StepPlace } from "./step-place.ts";

/** Steps of good form become plan steps; the others have been reported and are left out. */
export function compileSteps(
  steps: readonly schema.Step[],
  pointer: string,
  context: ProgramContext,
  inLoop = false,
): Step[] {
  return steps.flatMap((step, at) => {
    const place = under(pointer, at);
    if (context.report.isBroken(place)) return salvage(step, place, context);
    return new StepCompiler(context, place, inLoop).compile(step);
  });
}

/** A malformed step hides no mistakes in the steps inside it. */
function salvage(step: schema.Step, pointer: string, context: ProgramContext): Step[] {
  if (!isObject(step as unknown as Json)) return [];
  for (const body of ["do", "then", "else", "forever"]) {
    const inner = (step as unknown as Record<string, unknown>)[body];
    if (Array.isArray(inner)) compileSteps(inner as schema.Step[], under(pointer, body), context, true);
  }
  return [];
}

class StepCompiler extends StepPlace {
  readonly #inLoop: boolean;

  constructor(context: ProgramContext, pointer: string, inLoop: boolean) {
    super(context, pointer);
    this.#inLoop = inLoop;
  }

  compile(step: schema.Step): Step[] {
    const action = actionOf(step);
    switch (action) {
      case "crash":
      case "restart": {
        const selector = (step as { crash?: string; restart?: string })[action]!;
        const nodes = this.context.instances(selector, this.at(action));
        return nodes.map((node) => ({ kind: action, node, pointer: this.pointer }));
      }
      default:
        return [this.#single(step, action)];
    }
  }

  #single(step: schema.Step, action: Exclude<ReturnType<typeof actionOf>, "crash" | "restart">): Step {
    const pointer = this.pointer;
    const texts = this.context.texts;
    switch (action) {
      case "send":
        return this.#send(step as schema.SendStep);
      case "recv":
        return this.#recv(step as schema.RecvStep);
      case "poll":
        return this.#poll(step as schema.PollStep);
      case "sleep":
        return {
          kind: "sleep",
          pointer,
          duration: texts.duration((step as schema.SleepStep).sleep, this.at("sleep")),
        };
      case "repeat":
      case "forever":
      case "while":
      case "for":
      case "if":
      case "break":
        return this.#control(step, action);
      case "set":
        return this.#set(step as schema.SetStep);
      case "log":
        return { kind: "log", pointer, text: texts.template((step as schema.LogStep).log, this.at("log")) };
      case "exit":
        return { kind: "exit", pointer, code: (step as schema.ExitStep).exit };
      case "term":
        return { kind: "term", pointer };
      case "proxy":
        return this.#proxy(step as schema.ProxyStep);
      default:
        return compileSocketCall(this, step, action);
    }
  }

  #send(step: schema.SendStep): Step {
    const { report, texts } = this.context;
    this.socket(step.send, "send", step.error !== undefined ? undefined : SENDLESS);
    const both = step.frames !== undefined && step.message !== undefined;
    if (both || (step.frames === undefined && step.message === undefined)) {
      report.error(
        both ? this.at("message") : this.pointer,
        "ZS213",
        'a "send" step has either "frames" or "message"',
        { key: both },
      );
    }
    if (step.message !== undefined && step.forwards !== undefined) {
      report.error(
        this.at("forwards"),
        "ZS213",
        '"message" already carries the identity on; "forwards" is for frames of one\'s own',
        { key: true },
      );
    }
    for (const key of ["message", "forwards"] as const)
      if (step[key] !== undefined) texts.checkNamed(step[key], this.at(key));
    const type = this.context.sockets.get(step.send)?.type;
    if (step.group !== undefined && type !== undefined && type !== "RADIO")
      report.error(this.at("group"), "ZS412", `only RADIO sockets send to groups; "${step.send}" is ${type}`, {
        key: true,
      });
    if (step.routingId !== undefined && type !== undefined && type !== "SERVER" && type !== "PEER")
      report.error(
        this.at("routingId"),
        "ZS412",
        `only SERVER and PEER sockets send by routing id; "${step.send}" is ${type}`,
        {
          key: true,
        },
      );
    const forwards = step.message ?? step.forwards;
    const frames = step.message !== undefined ? [{ expr: `${step.message}.frames` }] : this.#frames(step.frames ?? []);
    return {
      kind: "send",
      pointer: this.pointer,
      socket: step.send,
      frames,
      ...(forwards === undefined ? {} : { forwards }),
      ...(step.group === undefined ? {} : { group: texts.template(step.group, this.at("group")) }),
      ...(step.routingId === undefined ? {} : { routingId: texts.template(step.routingId, this.at("routingId")) }),
      dontwait: step.dontwait ?? false,
      sndmore: step.more ?? false,
      ...errorOf(step),
    };
  }

  #frames(frames: readonly schema.Frame[]): FrameExpr[] {
    return frames.map((frame, at) => {
      const pointer = under(this.at("frames"), at);
      if (typeof frame === "string") {
        const text = this.context.texts.template(frame, pointer);
        const only = text[0];
        return text.length === 1 && typeof only === "object" ? { expr: only.expr } : { text };
      }
      if (frame.hex !== undefined) return { hex: frame.hex };
      const size = parseSize(frame.size ?? "0B");
      if (!size.ok) this.context.report.error(under(pointer, "size"), "ZS301", size.message);
      return { size: size.ok ? size.value : 0 };
    });
  }

  #recv(step: schema.RecvStep): Step {
    this.socket(step.recv, "recv", step.error !== undefined ? undefined : RECVLESS);
    return {
      kind: "recv",
      pointer: this.pointer,
      socket: step.recv,
      dontwait: step.dontwait ?? false,
      ...(step.as === undefined ? {} : { as: step.as }),
      ...errorOf(step),
    };
  }

  #poll(step: schema.PollStep): Step {
    const listed = Array.isArray(step.poll);
    const wanted: readonly (readonly [string, string])[] = Array.isArray(step.poll)
      ? step.poll.map((name) => [name, "in"] as const)
      : Object.entries(step.poll as Record<string, string>);
    const items = wanted.map(([name, events], at): PollItem => {
      this.checkSocket(name, under(this.at("poll"), listed ? at : name), !listed);
      return { socket: name, in: events.includes("in"), out: events.includes("out") };
    });
    return {
      kind: "poll",
      pointer: this.pointer,
      items,
      timeout: this.#timeout(step.timeout),
      ...(step.as === undefined ? {} : { as: step.as }),
      ...errorOf(step),
    };
  }

  #timeout(timeout: string | number | undefined): DurationExpr | null {
    if (timeout === undefined || timeout === -1) return null;
    if (typeof timeout === "number") return (timeout * 1e6) as DurationExpr;
    return this.context.texts.duration(timeout, this.at("timeout"));
  }

  #control(step: schema.Step, action: "repeat" | "forever" | "while" | "for" | "if" | "break"): Step {
    const pointer = this.pointer;
    const { texts, report } = this.context;
    switch (action) {
      case "repeat": {
        const { repeat, as, do: body } = step as schema.RepeatStep;
        const count =
          typeof repeat === "number" ? { literal: repeat } : { expr: texts.expression(repeat, this.at("repeat")) };
        return {
          kind: "repeat",
          pointer,
          count,
          ...(as === undefined ? {} : { as }),
          do: this.#body(body, "do", true),
        };
      }
      case "forever":
        return { kind: "forever", pointer, do: this.#body((step as schema.ForeverStep).forever, "forever", true) };
      case "while": {
        const { while: condition, do: body } = step as schema.WhileStep;
        return {
          kind: "while",
          pointer,
          condition: texts.expression(condition, this.at("while")),
          do: this.#body(body, "do", true),
        };
      }
      case "for": {
        const { for: as, in: list, do: body } = step as schema.ForStep;
        const source =
          typeof list === "string" ? texts.expression(list, this.at("in")) : texts.source(list as Json, this.at("in"));
        return { kind: "for", pointer, as, in: source, do: this.#body(body, "do", true) };
      }
      case "if": {
        const { if: condition, then, else: otherwise = [] } = step as schema.IfStep;
        return {
          kind: "if",
          pointer,
          condition: texts.expression(condition, this.at("if")),
          then: this.#body(then, "then", this.#inLoop),
          else: this.#body(otherwise, "else", this.#inLoop),
        };
      }
      case "break":
        if (!this.#inLoop) report.error(this.at("break"), "ZS405", '"break" stands outside of any loop', { key: true });
        return { kind: "break", pointer };
      default:
        return assertNever(action);
    }
  }

  #body(steps: readonly schema.Step[], key: string, inLoop: boolean): Step[] {
    return compileSteps(steps, this.at(key), this.context, inLoop);
  }

  #set(step: schema.SetStep): Step {
    const values = Object.entries(step.set as Record<string, Json>).map(
      ([name, value]) => [name, this.context.texts.value(value, under(this.at("set"), name))] as const,
    );
    return { kind: "set", pointer: this.pointer, values };
  }

  #proxy(step: schema.ProxyStep): Step {
    const [frontend = "", backend = ""] = step.proxy;
    this.checkSocket(frontend, under(this.at("proxy"), 0));
    this.checkSocket(backend, under(this.at("proxy"), 1));
    if (step.capture !== undefined) this.checkSocket(step.capture, this.at("capture"));
    return {
      kind: "proxy",
      pointer: this.pointer,
      frontend,
      backend,
      ...(step.capture === undefined ? {} : { capture: step.capture }),
      ...errorOf(step),
    };
  }
}

/** Types whose send or recv gives ENOTSUP. */
const SENDLESS: ReadonlySet<SocketTypeName> = new Set(["SUB", "PULL", "DISH", "GATHER"]);
const RECVLESS: ReadonlySet<SocketTypeName> = new Set(["PUB", "PUSH", "RADIO", "SCATTER"]);
