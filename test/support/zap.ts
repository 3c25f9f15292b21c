/** Secured connections in a lab, with a ZAP handler that works while the lab settles. */
import type { SocketTypeName } from "../../src/ctx/options.ts";
import type { Lab, LabSocket, Options } from "./lab.ts";

/** Pairs that zmq_curve_keypair of npm zeromq made. */
export const KEYS = [
  ["N!zk:olj@W}E8$((X=A*d8v/Ji*Mc>2ZC*6tvn^y", "wQNGYC{)X7CnHm}B2tS>^kUT&&)Y1Vmw>Tac:*Ff"],
  ["(pUujnas>]meBH>-#AuT4688Nz/HZm^YPAj?wfNj", "Mr7Sa3dyWpX}0d=hoiHNv22BGN?Ah^K#(RYv>=ZR"],
  ["/Llr0E6fw[<a2>s.(FxifrQL4R0l@WC7I-rVh7d@", "!TL5)Gg8(YF<O{w?WzJ(FbWT9v-/qTQe{Nv!s(5l"],
] as const;

/** What a handler makes of the frames of a request, from the version on; null: no answer. */
export type Answer = (request: readonly string[]) => readonly string[] | null;

/** The request's version and number, then these. */
export const answer =
  (status: string, userId = "", metadata = ""): Answer =>
  ([version = "", number = ""]) => [version, number, status, "text", userId, metadata];

export const PLAIN_SERVER = { plain_server: 1 };
export const PLAIN_CLIENT = { plain_username: "bob", plain_password: "pass" };
export const CURVE_SERVER = { curve_server: 1, curve_secretkey: KEYS[0][1] };
export const CURVE_CLIENT = {
  curve_publickey: KEYS[1][0],
  curve_secretkey: KEYS[1][1],
  curve_serverkey: KEYS[0][0],
};

export interface Secured {
  readonly server: LabSocket;
  readonly client: LabSocket;
  /** All frames of the requests that the handler has read. */
  readonly requests: readonly string[][];
  /** Lets everybody work, the handler too, for `time` ms. */
  work(time: number): void;
}

export interface SecuredOptions {
  readonly types?: readonly [SocketTypeName, SocketTypeName];
  readonly server?: Options;
  readonly client?: Options;
  /** Without it there is no handler. */
  readonly answer?: Answer;
}

const ADDRESS = "tcp://127.0.0.1:7100";

/** A server that is bound, with a handler in its context, and a client in a process of its own that connects to it. */
export function secured(lab: Lab, { types = ["PULL", "PUSH"], ...options }: SecuredOptions): Secured {
  const handler = options.answer === undefined ? null : lab.socket("REP");
  handler?.bind("inproc://zeromq.zap.01");
  const server = lab.socket(types[0], options.server);
  const client = lab.lone(types[1], options.client);
  server.bind(ADDRESS);
  client.connect(ADDRESS);
  const requests: string[][] = [];
  const serve = (): void => {
    for (;;) {
      const request = handler === null ? null : frames(handler);
      if (request === null) return;
      requests.push(request);
      const reply = options.answer?.(request) ?? null;
      if (reply !== null) handler?.send(...reply);
    }
  };
  const work = (time: number): void => {
    for (let done = 0; done < time; done++) {
      lab.settle(1);
      serve();
    }
  };
  return { server, client, requests, work };
}

function frames({ base }: LabSocket): string[] | null {
  const message: string[] = [];
  for (;;) {
    const frame = base.recv(true);
    if (frame === null) return null;
    message.push(frame.bytes);
    if (!frame.more) return message;
  }
}
