/** Where a step stands, what it may name, and the checks of what it names. */
import type { SocketTypeName } from "../ctx/options.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";
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
  /** When it is not the socket's own: a monitor's. */
  readonly type?: SocketTypeName;
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

/** A step that is being compiled. */
export class StepPlace {
  readonly context: ProgramContext;
  /** JSON pointer of the step. */
  readonly pointer: string;

  constructor(context: ProgramContext, pointer: string) {
    this.context = context;
    this.pointer = pointer;
  }

  /** Pointer of a member of the step. */
  at(key: string): string {
    return under(this.pointer, key);
  }

  /** The socket that a call is about; reports when its type cannot do that. */
  socket(name: string, action: string, unable?: ReadonlySet<SocketTypeName>): DeclaredSocket | undefined {
    const declared = this.checkSocket(name, this.at(action));
    if (declared?.type && unable?.has(declared.type)) {
      const hint = `give the step an "error" variable to see ENOTSUP`;
      this.context.report.error(
        this.at(action),
        "ZS411",
        `${declared.type} sockets cannot ${action === "recv" ? "receive" : action}`,
        { hint },
      );
    }
    return declared;
  }

  /** Reports a socket that the thread does not have. */
  checkSocket(name: string, pointer: string, key = false): DeclaredSocket | undefined {
    const { sockets, socketsKnown, foreign, report } = this.context;
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
