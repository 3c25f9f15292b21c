/** Who binds and who connects: what cannot work, or probably was meant otherwise. */
import type { SocketTypeName } from "../ctx/options.ts";
import { isMulticast } from "../network/address.ts";
import { PEERS } from "../zmtp/wire.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import { didYouMean, nearest } from "./nearest.ts";
import type { ThreadUses } from "./nodes.ts";
import type { Report } from "./report.ts";
import type { EndpointUse } from "./step-place.ts";
import { staticText } from "./texts.ts";

/** An endpoint that a socket instance binds or connects, as far as it is known before the run. */
interface Use extends Omit<EndpointUse, "type"> {
  readonly text: string;
  readonly endpoint: Endpoint;
  readonly node: string;
  readonly host: string;
  readonly owner: string;
  readonly type: SocketTypeName | undefined;
}

/** Own addresses of every host. */
const LOCAL: ReadonlySet<string> = new Set(["localhost", "127.0.0.1"]);
const ANY: ReadonlySet<string> = new Set(["*", "0.0.0.0"]);

export function checkTopology(threads: readonly ThreadUses[], report: Report): void {
  const { uses, unknown } = knownUses(threads);
  const binds = uses.filter(({ kind }) => kind === "bind");
  const hosts = new Set(threads.map(({ node }) => node.host));
  checkBinds(binds, hosts, report);
  const book = new Addresses(binds);
  for (const use of uses) {
    if (use.kind === "connect")
      checkConnect(use, { book, hosts, unknown: unknown.has(use.endpoint.transport), report });
  }
}

/** The uses that are known before the run, and the transports of binds that are not. */
function knownUses(threads: readonly ThreadUses[]): { uses: readonly Use[]; unknown: ReadonlySet<string> } {
  const uses: Use[] = [];
  const unknown = new Set<string>();
  for (const { node, thread, uses: own, values } of threads) {
    if (node.module !== undefined) for (const transport of ["tcp", "udp", "ipc"]) unknown.add(transport);
    for (const use of own) {
      const text = staticText(use.template, values);
      const parsed = text === undefined ? undefined : parseEndpoint(text, use.kind === "bind");
      if (text !== undefined && parsed && "endpoint" in parsed) {
        const owner = [node.name, thread.name, use.socket].filter((part) => part !== "").join(".");
        const type = use.type ?? thread.sockets.find(({ name }) => name === use.socket)?.type;
        uses.push({ ...use, text, endpoint: parsed.endpoint, node: node.name, host: node.host, owner, type });
      } else if (use.kind === "bind") for (const transport of ["tcp", "udp", "ipc", "inproc"]) unknown.add(transport);
    }
  }
  return { uses, unknown };
}

/** Binds by address, within the space in which the address means something. */
class Addresses {
  readonly #byAddress = new Map<string, Use[]>();
  readonly all: readonly Use[];

  constructor(binds: readonly Use[]) {
    this.all = binds;
    for (const bind of binds) {
      const key = addressOf(bind);
      const found = this.#byAddress.get(key);
      if (found) found.push(bind);
      else this.#byAddress.set(key, [bind]);
    }
  }

  at(key: string): readonly Use[] {
    return this.#byAddress.get(key) ?? [];
  }
}

/** Key of an address: tcp, udp and ipc within a host, inproc within a node. */
function addressOf({ endpoint, host, node }: Use): string {
  if ("port" in endpoint)
    return `${endpoint.transport} ${endpoint.port} ${ownHost(endpoint.host) ? host : endpoint.host}`;
  return endpoint.transport === "ipc" ? `ipc ${endpoint.name} ${host}` : `inproc ${endpoint.name} ${node}`;
}

const ownHost = (name: string): boolean => LOCAL.has(name) || ANY.has(name);

const isForeign = (name: string, ownHostName: string): boolean =>
  !ownHost(name) && !isMulticast(name) && name !== ownHostName;

function checkBinds(binds: readonly Use[], hosts: ReadonlySet<string>, report: Report): void {
  const first = new Map<string, Use>();
  for (const bind of binds) {
    const { endpoint, pointer, host, text, owner } = bind;
    if ("port" in endpoint && isForeign(endpoint.host, host)) {
      const what = hosts.has(endpoint.host)
        ? `"${endpoint.host}" is another host`
        : `nobody has the host "${endpoint.host}"`;
      report.once(pointer, "ZS421", `${what}; a bind is to an address of one's own`, {
        hint: `${endpoint.transport}://*:${endpoint.port || "port"}`,
      });
      continue;
    }
    // Any number may share an address of udp.
    if (!bind.atStart || endpoint.transport === "udp" || (endpoint.transport === "tcp" && endpoint.port === 0))
      continue;
    const key = addressOf(bind);
    const other = first.get(key);
    if (other)
      report.once(pointer, "ZS422", `${owner} binds ${text}, which ${other.owner} has bound already`, {
        hint: sameHostHint(bind),
      });
    else first.set(key, bind);
  }
}

function sameHostHint({ endpoint, host, node }: Use): string {
  if (endpoint.transport === "inproc") return `both are in node "${node}"`;
  return `both are on host "${host}"`;
}

interface ConnectContext {
  readonly book: Addresses;
  readonly hosts: ReadonlySet<string>;
  /** Some bind of that transport is computed by the program. */
  readonly unknown: boolean;
  readonly report: Report;
}

function checkConnect(use: Use, context: ConnectContext): void {
  const { endpoint, pointer, host } = use;
  const { hosts, report } = context;
  if ("port" in endpoint && !LOCAL.has(endpoint.host) && !isMulticast(endpoint.host) && !hosts.has(endpoint.host)) {
    const names = [...hosts];
    report.once(pointer, "ZS423", `nobody has the host "${endpoint.host}"`, {
      allowed: names,
      hint: didYouMean(endpoint.host, names) ?? replicaHint(endpoint.host, names),
    });
    return;
  }
  const target = addressOf(
    "port" in endpoint && LOCAL.has(endpoint.host) ? { ...use, endpoint: { ...endpoint, host } } : use,
  );
  const listeners = context.book.at(target);
  if (listeners.length > 0) checkPeer(use, listeners, report);
  else if (!context.unknown) reportNobody(use, context);
}

const replicaHint = (name: string, hosts: readonly string[]): string | undefined => {
  const replica = hosts.find((host) => host.startsWith(`${name}[`));
  return replica === undefined ? undefined : `the replicas are ${replica}, ...`;
};

function checkPeer({ type, pointer, endpoint, text }: Use, listeners: readonly Use[], report: Report): void {
  // libzmq does not check types over inproc, and over udp all understand each other's bytes.
  if (type === undefined || endpoint.transport === "inproc" || endpoint.transport === "udp") return;
  const wrong = listeners.find((listener) => listener.type !== undefined && !PEERS[type].includes(listener.type));
  if (wrong === undefined || wrong.type === undefined) return;
  report.once(
    pointer,
    "ZS506",
    `${type} cannot talk to ${wrong.type}: ${wrong.owner} binds ${text}`,
    { allowed: PEERS[type], hint: "libzmq drops such a connection after the handshake without an error" },
    "warning",
  );
}

/** A connect that no bind answers: names the bind that was probably meant. */
function reportNobody(use: Use, { book, report }: ConnectContext): void {
  const { endpoint, pointer, text, node } = use;
  const same = book.all.filter((bind) => bind.endpoint.transport === endpoint.transport);
  const elsewhere = same.find((bind) => !("port" in endpoint) && namedAlike(bind.endpoint, endpoint));
  if (elsewhere) {
    const [message, hint] = outOfReach(use, elsewhere);
    report.once(pointer, "ZS424", message, { hint });
    return;
  }
  const own = same.filter((bind) => endpoint.transport !== "inproc" || bind.node === node);
  const meant = meantBind(use, own);
  report.once(
    pointer,
    "ZS501",
    `nobody binds ${text}`,
    {
      hint:
        meant &&
        `the nearest bind is ${meant.text}${"port" in endpoint ? ` of ${meant.owner}, ${endpoint.transport}://${meant.host}:${portOf(meant)}` : ` of ${meant.owner}`}`,
    },
    "warning",
  );
}

const namedAlike = (a: Endpoint, b: Endpoint): boolean => "name" in a && "name" in b && a.name === b.name;

/** inproc and ipc names mean something only within a node or a host. */
function outOfReach({ endpoint, text, node, host }: Use, bind: Use): readonly [message: string, hint: string] {
  const binds = `${bind.owner} binds ${text}`;
  return endpoint.transport === "inproc"
    ? [
        `inproc works within a node: ${binds}, but this is node "${node}"`,
        "make it a thread of the same node, or use tcp or ipc",
      ]
    : [
        `ipc works within a host: ${binds} on host "${bind.host}", this is host "${host}"`,
        'give both nodes the same "host"',
      ];
}

/** On the same host first, then with the same port, then the most similar text. */
function meantBind({ endpoint, host, text }: Use, binds: readonly Use[]): Use | undefined {
  if (!("port" in endpoint)) {
    const best = nearest(
      text,
      binds.map((bind) => bind.text),
    );
    return binds.find((bind) => bind.text === best) ?? binds[0];
  }
  const wanted = LOCAL.has(endpoint.host) ? host : endpoint.host;
  const onHost = binds.filter((bind) => bind.host === wanted);
  const best = nearest(
    String(endpoint.port),
    onHost.map((bind) => String(portOf(bind))),
  );
  return (
    onHost.find((bind) => String(portOf(bind)) === best) ??
    onHost[0] ??
    binds.find((bind) => portOf(bind) === endpoint.port) ??
    binds[0]
  );
}

const portOf = ({ endpoint }: Use): number | string => ("port" in endpoint ? endpoint.port || "*" : "");
