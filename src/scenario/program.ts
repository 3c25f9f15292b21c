/** Steps of a program: checks what they name and compiles them. */

import type { SocketTypeName } from "../ctx/options.ts";
import { assertNever } from "../kernel/invariant.ts";
import type { DurationExpr, FrameExpr, Json, PollItem, Step } from "../program/plan.ts";
import { parseSize } from "../program/quantity.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { didYouMean } from "./nearest.ts";
import { OPTIONS, READ_ONLY_OPTIONS } from "./options.ts";
import type { Report } from "./report.ts";
import type * as schema from "./schema.generated.ts";
import { actionOf, isObject } from "./shape.ts";
import { compileOption } from "./sockets.ts";
import { under } from "./source.ts";
import type { Texts } from "./texts.ts";

/** A socket as far as steps care. */
export interface DeclaredSocket {
  readonly type: SocketTypeName | undefined;
  /** Whether the program subscribes by itself because of xpub_manual. */
  readonly manual: boolean;
}

/** A bind or connect step, for the checks of the topology. */
export interface EndpointUse {
  readonly kind: "bind" | "connect";
  readonly socket: string;
  readonly template: readonly (string | { readonly expr: string })[];
  readonly pointer: string;
  /** Whether it happens before the first step. */
  readonly atStart: boolean;
}

export interface ProgramContext {
  readonly report: Report;
  readonly texts: Texts;
  readonly sockets: ReadonlyMap<string, DeclaredSocket>;
  /** False when the declarations are malformed, so that a missing name proves nothing. */
  readonly socketsKnown: boolean;
  /** Sockets of the node's other threads, with the thread's name for messages. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Instance names that a node selector stands for; undefined and reported when there is none. */
  readonly instances: (selector: string, pointer: string) => readonly string[];
  readonly draftBuild: boolean;
  /** Filled in: what the program does to endpoints and subscriptions. */
  readonly uses: EndpointUse[];
  readonly subscribed: Set<string>;
}

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

class StepCompiler {
  readonly #context: ProgramContext;
  readonly #pointer: string;
  readonly #inLoop: boolean;

  constructor(context: ProgramContext, pointer: string, inLoop: boolean) {
    this.#context = context;
    this.#pointer = pointer;
    this.#inLoop = inLoop;
  }

  compile(step: schema.Step): Step[] {
    const action = actionOf(step);
    switch (action) {
      case "crash":
      case "restart": {
        const selector = (step as { crash?: string; restart?: string })[action]!;
        const nodes = this.#context.instances(selector, this.#at(action));
        return nodes.map((node) => ({ kind: action, node, pointer: this.#pointer }));
      }
      default:
        return [this.#single(step, action)];
    }
  }

  #single(step: schema.Step, action: Exclude<ReturnType<typeof actionOf>, "crash" | "restart">): Step {
    const pointer = this.#pointer;
    const texts = this.#context.texts;
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
          duration: texts.duration((step as schema.SleepStep).sleep, this.#at("sleep")),
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
        return { kind: "log", pointer, text: texts.template((step as schema.LogStep).log, this.#at("log")) };
      case "exit":
        return { kind: "exit", pointer, code: (step as schema.ExitStep).exit };
      case "term":
        return { kind: "term", pointer };
      case "proxy":
        return this.#proxy(step as schema.ProxyStep);
      default:
        return this.#socketCall(step, action);
    }
  }

  #send(step: schema.SendStep): Step {
    const { report, texts } = this.#context;
    this.#socket(step.send, "send", step.error !== undefined ? undefined : SENDLESS);
    const both = step.frames !== undefined && step.message !== undefined;
    if (both || (step.frames === undefined && step.message === undefined)) {
      report.error(
        both ? this.#at("message") : this.#pointer,
        "ZS213",
        'a "send" step has either "frames" or "message"',
        { key: both },
      );
    }
    if (step.message !== undefined && step.forwards !== undefined) {
      report.error(
        this.#at("forwards"),
        "ZS213",
        '"message" already carries the identity on; "forwards" is for frames of one\'s own',
        { key: true },
      );
    }
    for (const key of ["message", "forwards"] as const)
      if (step[key] !== undefined) texts.checkNamed(step[key], this.#at(key));
    const forwards = step.message ?? step.forwards;
    const frames = step.message !== undefined ? [{ expr: `${step.message}.frames` }] : this.#frames(step.frames ?? []);
    return {
      kind: "send",
      pointer: this.#pointer,
      socket: step.send,
      frames,
      ...(forwards === undefined ? {} : { forwards }),
      dontwait: step.dontwait ?? false,
      sndmore: step.more ?? false,
      ...error(step),
    };
  }

  #frames(frames: readonly schema.Frame[]): FrameExpr[] {
    return frames.map((frame, at) => {
      const pointer = under(this.#at("frames"), at);
      if (typeof frame === "string") {
        const text = this.#context.texts.template(frame, pointer);
        const only = text[0];
        return text.length === 1 && typeof only === "object" ? { expr: only.expr } : { text };
      }
      if (frame.hex !== undefined) return { hex: frame.hex };
      const size = parseSize(frame.size ?? "0B");
      if (!size.ok) this.#context.report.error(under(pointer, "size"), "ZS301", size.message);
      return { size: size.ok ? size.value : 0 };
    });
  }

  #recv(step: schema.RecvStep): Step {
    this.#socket(step.recv, "recv", step.error !== undefined ? undefined : RECVLESS);
    return {
      kind: "recv",
      pointer: this.#pointer,
      socket: step.recv,
      dontwait: step.dontwait ?? false,
      ...(step.as === undefined ? {} : { as: step.as }),
      ...error(step),
    };
  }

  #poll(step: schema.PollStep): Step {
    const listed = Array.isArray(step.poll);
    const wanted: readonly (readonly [string, string])[] = Array.isArray(step.poll)
      ? step.poll.map((name) => [name, "in"] as const)
      : Object.entries(step.poll as Record<string, string>);
    const items = wanted.map(([name, events], at): PollItem => {
      this.#checkSocket(name, under(this.#at("poll"), listed ? at : name), !listed);
      return { socket: name, in: events.includes("in"), out: events.includes("out") };
    });
    return {
      kind: "poll",
      pointer: this.#pointer,
      items,
      timeout: this.#timeout(step.timeout),
      ...(step.as === undefined ? {} : { as: step.as }),
      ...error(step),
    };
  }

  #timeout(timeout: string | number | undefined): DurationExpr | null {
    if (timeout === undefined || timeout === -1) return null;
    if (typeof timeout === "number") return (timeout * 1e6) as DurationExpr;
    return this.#context.texts.duration(timeout, this.#at("timeout"));
  }

  #control(step: schema.Step, action: "repeat" | "forever" | "while" | "for" | "if" | "break"): Step {
    const pointer = this.#pointer;
    const { texts, report } = this.#context;
    switch (action) {
      case "repeat": {
        const { repeat, as, do: body } = step as schema.RepeatStep;
        const count =
          typeof repeat === "number" ? { literal: repeat } : { expr: texts.expression(repeat, this.#at("repeat")) };
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
          condition: texts.expression(condition, this.#at("while")),
          do: this.#body(body, "do", true),
        };
      }
      case "for": {
        const { for: as, in: list, do: body } = step as schema.ForStep;
        const source =
          typeof list === "string"
            ? texts.expression(list, this.#at("in"))
            : texts.source(list as Json, this.#at("in"));
        return { kind: "for", pointer, as, in: source, do: this.#body(body, "do", true) };
      }
      case "if": {
        const { if: condition, then, else: otherwise = [] } = step as schema.IfStep;
        return {
          kind: "if",
          pointer,
          condition: texts.expression(condition, this.#at("if")),
          then: this.#body(then, "then", this.#inLoop),
          else: this.#body(otherwise, "else", this.#inLoop),
        };
      }
      case "break":
        if (!this.#inLoop)
          report.error(this.#at("break"), "ZS405", '"break" stands outside of any loop', { key: true });
        return { kind: "break", pointer };
      default:
        return assertNever(action);
    }
  }

  #body(steps: readonly schema.Step[], key: string, inLoop: boolean): Step[] {
    return compileSteps(steps, this.#at(key), this.#context, inLoop);
  }

  #set(step: schema.SetStep): Step {
    const values = Object.entries(step.set as Record<string, Json>).map(
      ([name, value]) => [name, this.#context.texts.value(value, under(this.#at("set"), name))] as const,
    );
    return { kind: "set", pointer: this.#pointer, values };
  }

  #proxy(step: schema.ProxyStep): Step {
    const [frontend = "", backend = ""] = step.proxy;
    this.#checkSocket(frontend, under(this.#at("proxy"), 0));
    this.#checkSocket(backend, under(this.#at("proxy"), 1));
    if (step.capture !== undefined) this.#checkSocket(step.capture, this.#at("capture"));
    return {
      kind: "proxy",
      pointer: this.#pointer,
      frontend,
      backend,
      ...(step.capture === undefined ? {} : { capture: step.capture }),
      ...error(step),
    };
  }

  #socketCall(step: schema.Step, action: SocketAction): Step {
    const record = step as unknown as Record<string, string>;
    const socket = record[action]!;
    const pointer = this.#pointer;
    const { texts } = this.#context;
    const declared = this.#socket(socket, action);
    switch (action) {
      case "bind":
      case "connect":
      case "unbind":
      case "disconnect": {
        const endpoint = texts.template(record["endpoint"]!, this.#at("endpoint"));
        this.#endpoint(action, socket, endpoint);
        return { kind: action, pointer, socket, endpoint, ...error(step) };
      }
      case "subscribe":
      case "unsubscribe":
        this.#subscription(action, socket, declared, step);
        return {
          kind: action,
          pointer,
          socket,
          topic: texts.template(record["topic"]!, this.#at("topic")),
          ...error(step),
        };
      case "setsockopt": {
        const { option, value } = step as schema.SetsockoptStep;
        const compiled = this.#option(option, value, declared, error(step).error !== undefined);
        return { kind: "setsockopt", pointer, socket, option, value: compiled ?? 0, ...error(step) };
      }
      case "getsockopt": {
        const { option, as } = step as schema.GetsockoptStep;
        if (!OPTIONS.has(option) && !READ_ONLY_OPTIONS.includes(option))
          this.#unknownOption(option, [...OPTIONS.keys(), ...READ_ONLY_OPTIONS]);
        return { kind: "getsockopt", pointer, socket, option, as, ...error(step) };
      }
      case "open":
      case "close":
        return { kind: action, pointer, socket, ...error(step) };
      default:
        return assertNever(action);
    }
  }

  #endpoint(
    action: "bind" | "connect" | "unbind" | "disconnect",
    socket: string,
    template: EndpointUse["template"],
  ): void {
    const pointer = this.#at("endpoint");
    const binds = action === "bind" || action === "unbind";
    const only = template[0];
    if (template.length === 1 && typeof only === "string" && !checkEndpoint(only, pointer, binds, this.#context.report))
      return;
    if (action === "bind" || action === "connect")
      this.#context.uses.push({ kind: action, socket, template, pointer, atStart: false });
  }

  #subscription(action: string, socket: string, declared: DeclaredSocket | undefined, step: schema.Step): void {
    this.#context.subscribed.add(socket);
    if (
      !declared?.type ||
      declared.type === "SUB" ||
      (declared.type === "XPUB" && declared.manual) ||
      error(step).error !== undefined
    )
      return;
    const hint =
      declared.type === "XSUB" ? "an XSUB sends a frame that begins with byte 1 (subscribe) or 0 (cancel)" : undefined;
    this.#context.report.error(
      this.#at(action),
      "ZS412",
      `only SUB sockets ${action}; "${socket}" is ${declared.type}`,
      { hint },
    );
  }

  #option(
    option: string,
    value: number | boolean | string,
    declared: DeclaredSocket | undefined,
    mayFail: boolean,
  ): ReturnType<typeof compileOption> {
    const { report, texts, draftBuild } = this.#context;
    if (!OPTIONS.has(option)) return this.#unknownOption(option, [...OPTIONS.keys()]);
    return compileOption({
      option,
      value,
      type: declared?.type,
      pointer: this.#at("value"),
      namePointer: this.#at("option"),
      report,
      texts,
      draftBuild,
      mayFail,
    });
  }

  #unknownOption(option: string, known: readonly string[]): undefined {
    this.#context.report.error(this.#at("option"), "ZS404", `unknown option "${option}"`, {
      hint:
        didYouMean(option.toLowerCase().replace(/^zmq_/, ""), known) ?? "options are written like sndhwm, without ZMQ_",
    });
    return undefined;
  }

  #at(key: string): string {
    return under(this.#pointer, key);
  }

  /** The socket that a call is about; reports when its type cannot do that. */
  #socket(name: string, action: string, unable?: ReadonlySet<SocketTypeName>): DeclaredSocket | undefined {
    const declared = this.#checkSocket(name, this.#at(action));
    if (declared?.type && unable?.has(declared.type)) {
      const hint = `give the step an "error" variable to see ENOTSUP`;
      this.#context.report.error(
        this.#at(action),
        "ZS411",
        `${declared.type} sockets cannot ${action === "recv" ? "receive" : action}`,
        { hint },
      );
    }
    return declared;
  }

  #checkSocket(name: string, pointer: string, key = false): DeclaredSocket | undefined {
    const { sockets, socketsKnown, foreign, report } = this.#context;
    const declared = sockets.get(name);
    if (declared || !socketsKnown) return declared;
    const owner = foreign.get(name);
    const hint =
      owner !== undefined
        ? `it belongs to ${owner}; sockets are not shared between threads`
        : (didYouMean(name, sockets.keys()) ?? undefined);
    report.error(pointer, "ZS401", `unknown socket "${name}"`, { key, allowed: [...sockets.keys()], hint });
    return undefined;
  }
}

type SocketAction =
  | "bind"
  | "connect"
  | "unbind"
  | "disconnect"
  | "subscribe"
  | "unsubscribe"
  | "setsockopt"
  | "getsockopt"
  | "open"
  | "close";

/** Types whose send or recv gives ENOTSUP. */
const SENDLESS: ReadonlySet<SocketTypeName> = new Set(["SUB", "PULL"]);
const RECVLESS: ReadonlySet<SocketTypeName> = new Set(["PUB", "PUSH"]);

const error = (step: object): { readonly error?: string } => {
  const name = (step as { error?: string }).error;
  return name === undefined ? {} : { error: name };
};
