/** Steps that are one call on a socket: bind, connect, subscribe, setsockopt, open and their like. */
import type { SocketTypeName } from "../ctx/options.ts";
import { assertNever } from "../kernel/invariant.ts";
import type { Step } from "../program/plan.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { didYouMean } from "./nearest.ts";
import { OPTIONS, READ_ONLY_OPTIONS } from "./options.ts";
import type * as schema from "./schema.generated.ts";
import { compileOption } from "./sockets.ts";
import type { DeclaredSocket, EndpointUse, StepPlace } from "./step-place.ts";

export type SocketAction =
  | "bind"
  | "connect"
  | "unbind"
  | "disconnect"
  | "subscribe"
  | "unsubscribe"
  | "join"
  | "leave"
  | "monitor"
  | "setsockopt"
  | "getsockopt"
  | "open"
  | "close";

/** The `error` variable of a step, as the plan has it. */
export const errorOf = (step: object): { readonly error?: string } => {
  const name = (step as { error?: string }).error;
  return name === undefined ? {} : { error: name };
};

export function compileSocketCall(place: StepPlace, step: schema.Step, action: SocketAction): Step {
  const record = step as unknown as Record<string, string>;
  const socket = record[action]!;
  const pointer = place.pointer;
  const { texts } = place.context;
  const declared = place.socket(socket, action);
  switch (action) {
    case "bind":
    case "connect":
    case "unbind":
    case "disconnect": {
      const endpoint = texts.template(record["endpoint"]!, place.at("endpoint"));
      checkStepEndpoint(
        place,
        action,
        { name: socket, type: declared?.type },
        endpoint,
        errorOf(step).error !== undefined,
      );
      return { kind: action, pointer, socket, endpoint, ...errorOf(step) };
    }
    case "subscribe":
    case "unsubscribe":
      checkSubscription(place, action, socket, declared, step);
      return {
        kind: action,
        pointer,
        socket,
        topic: texts.template(record["topic"]!, place.at("topic")),
        ...errorOf(step),
      };
    case "join":
    case "leave": {
      const group = texts.template(record["group"]!, place.at("group"));
      place.context.subscribed.add(socket);
      if (declared?.type && declared.type !== "DISH" && errorOf(step).error === undefined)
        place.context.report.error(
          place.at(action),
          "ZS412",
          `only DISH sockets ${action} groups; "${socket}" is ${declared.type}`,
        );
      return { kind: action, pointer, socket, group, ...errorOf(step) };
    }
    case "monitor": {
      const { events } = step as schema.MonitorStep;
      const endpoint = texts.template(record["endpoint"]!, place.at("endpoint"));
      const use = { kind: "bind", socket, template: endpoint, pointer: place.at("endpoint"), atStart: false } as const;
      place.context.uses.push({ ...use, type: "PAIR" });
      return { kind: action, pointer, socket, endpoint, ...(events === undefined ? {} : { events }), ...errorOf(step) };
    }
    case "setsockopt": {
      const { option, value } = step as schema.SetsockoptStep;
      const compiled = compileStepOption(place, option, value, declared, errorOf(step).error !== undefined);
      return { kind: "setsockopt", pointer, socket, option, value: compiled ?? 0, ...errorOf(step) };
    }
    case "getsockopt": {
      const { option, as } = step as schema.GetsockoptStep;
      if (!OPTIONS.has(option) && !READ_ONLY_OPTIONS.includes(option))
        unknownOption(place, option, [...OPTIONS.keys(), ...READ_ONLY_OPTIONS]);
      return { kind: "getsockopt", pointer, socket, option, as, ...errorOf(step) };
    }
    case "open":
    case "close":
      return { kind: action, pointer, socket, ...errorOf(step) };
    default:
      return assertNever(action);
  }
}

function checkStepEndpoint(
  place: StepPlace,
  action: "bind" | "connect" | "unbind" | "disconnect",
  socket: { readonly name: string; readonly type: SocketTypeName | undefined },
  template: EndpointUse["template"],
  mayFail: boolean,
): void {
  const pointer = place.at("endpoint");
  const binds = action === "bind" || action === "unbind";
  const only = template[0];
  const type = mayFail ? undefined : socket.type;
  const { report, uses } = place.context;
  if (template.length === 1 && typeof only === "string" && !checkEndpoint(only, { pointer, bind: binds, type, report }))
    return;
  if (action === "bind" || action === "connect")
    uses.push({ kind: action, socket: socket.name, template, pointer, atStart: false });
}

function checkSubscription(
  place: StepPlace,
  action: string,
  socket: string,
  declared: DeclaredSocket | undefined,
  step: schema.Step,
): void {
  place.context.subscribed.add(socket);
  if (
    !declared?.type ||
    declared.type === "SUB" ||
    (declared.type === "XPUB" && declared.manual) ||
    errorOf(step).error !== undefined
  )
    return;
  const hint =
    declared.type === "XSUB" ? "an XSUB sends a frame that begins with byte 1 (subscribe) or 0 (cancel)" : undefined;
  place.context.report.error(place.at(action), "ZS412", `only SUB sockets ${action}; "${socket}" is ${declared.type}`, {
    hint,
  });
}

function compileStepOption(
  place: StepPlace,
  option: string,
  value: number | boolean | string,
  declared: DeclaredSocket | undefined,
  mayFail: boolean,
): ReturnType<typeof compileOption> {
  const { report, texts, draftBuild } = place.context;
  if (!OPTIONS.has(option)) return unknownOption(place, option, [...OPTIONS.keys()]);
  return compileOption({
    option,
    value,
    type: declared?.type,
    pointer: place.at("value"),
    namePointer: place.at("option"),
    report,
    texts,
    draftBuild,
    mayFail,
  });
}

function unknownOption(place: StepPlace, option: string, known: readonly string[]): undefined {
  place.context.report.error(place.at("option"), "ZS404", `unknown option "${option}"`, {
    hint:
      didYouMean(option.toLowerCase().replace(/^zmq_/, ""), known) ?? "options are written like sndhwm, without ZMQ_",
  });
  return undefined;
}
