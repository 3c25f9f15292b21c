/** Where a socket is bound and connected: bind, connect, disconnect, unbind. libzmq: socket_base.cpp, connect_internal, term_endpoint. */
import { effectiveConflate, type SocketTypeName } from "../ctx/options.ts";
import type { Own } from "../ctx/own.ts";
import { SmallMap } from "../ctx/small-map.ts";
import { type Endpoint, isLiteral, parseEndpoint, resolvedHost } from "../network/address.ts";
import { sendDisconnectMsg } from "../pipe/ends.ts";
import { Pipe } from "../pipe/pipe.ts";
import { Listener } from "../session/listener.ts";
import type { Session } from "../session/session.ts";
import { type Errno, errnoNumber } from "./errors.ts";
import type { SocketBase } from "./socket-base.ts";

interface EndpointEntry {
  readonly child: Own;
  pipe: Pipe | null;
  /** Another one under the same name, added before. */
  readonly before: EndpointEntry | null;
}

export class Endpoints {
  private readonly socket: SocketBase;
  private readonly network = new SmallMap<EndpointEntry>();
  private inprocs: Map<string, Pipe[]> | null = null;

  constructor(socket: SocketBase) {
    this.socket = socket;
  }

  bind(text: string): Errno | null {
    const { socket } = this;
    const wrong = this.checkProtocol(text, "bind");
    if (wrong !== null) return wrong;
    const endpoint = parseEndpoint(text, true);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") {
      if (!socket.context.registerEndpoint(text, socket)) return "EADDRINUSE";
      socket.lastEndpoint = text;
      socket.context.connectPending(text, socket);
      return null;
    }
    if (endpoint.transport === "udp") return this.openUdp(text, endpoint, "bind");
    const thread = socket.chooseIoThread(socket.options.affinity);
    if (thread === null) return "EMTHREAD";
    const listener = new Listener(thread, socket, socket.options, (parameters) => socket.createSession(parameters));
    const error = listener.open(endpoint, errnoNumber);
    if (error !== null) return error;
    socket.lastEndpoint = listener.endpointText;
    this.add(listener.endpointText, listener, null);
    return null;
  }

  connect(text: string): Errno | null {
    const { socket } = this;
    const wrong = this.checkProtocol(text, "connect");
    if (wrong !== null) return wrong;
    const endpoint = parseEndpoint(text, false);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") {
      socket.context.connectInproc(text, socket);
      socket.lastEndpoint = text;
      return null;
    }
    if (endpoint.transport === "udp") return this.openUdp(text, endpoint, "connect");
    // A second connection to the same place makes no sense for these types.
    const { type } = socket;
    const single = type === "DEALER" || type === "SUB" || type === "PUB" || type === "REQ";
    return single && this.network.has(text) ? null : this.connectNetwork(text, endpoint);
  }

  /** zmq_disconnect and zmq_unbind are one function. libzmq: term_endpoint. */
  terminate(text: string): Errno | null {
    if (text.startsWith("udp://") && !UDP_TYPES.has(this.socket.type)) return "ENOCOMPATPROTO";
    const endpoint = parseEndpoint(text, true);
    if (typeof endpoint === "string") return endpoint;
    if (endpoint.transport === "inproc") return this.terminateInproc(text);
    const key = this.network.has(text) ? text : resolvedBind(endpoint, this.socket.options.ipv6);
    const last = this.network.get(key);
    if (last === undefined) return "ENOENT";
    for (const { child, pipe } of upTo(last)) {
      pipe?.terminate(false);
      this.socket.termChild(child);
    }
    this.network.delete(key);
    return null;
  }

  /** The local half of an inproc connection. */
  addInproc(text: string, pipe: Pipe): void {
    this.inprocs ??= new Map();
    const pipes = this.inprocs.get(text);
    if (pipes === undefined) this.inprocs.set(text, [pipe]);
    else pipes.push(pipe);
  }

  pipeTerminated(pipe: Pipe): void {
    for (const last of this.network.values()) {
      for (let entry: EndpointEntry | null = last; entry !== null; entry = entry.before)
        if (entry.pipe === pipe) entry.pipe = null;
    }
    for (const [name, pipes] of this.inprocs ?? []) {
      if (pipes.includes(pipe)) pipes.splice(pipes.indexOf(pipe), 1);
      if (pipes.length === 0) this.inprocs?.delete(name);
    }
  }

  private connectNetwork(text: string, target: Endpoint): Errno | null {
    const { socket } = this;
    const thread = socket.chooseIoThread(socket.options.affinity);
    if (thread === null) return "EMTHREAD";
    const { options } = socket;
    const session = socket.createSession({ thread, socket, options, target, endpoint: text });
    const pipe = options.immediate ? null : this.attachNew(session, text, false);
    socket.lastEndpoint = text;
    this.add(text, session, pipe);
    return null;
  }

  /** The pipe that a connecting session brings. */
  private attachNew(session: Session, text: string, subscribeToAll: boolean): Pipe {
    const { socket } = this;
    const { options } = socket;
    const conflate = effectiveConflate(options);
    const { world } = socket.process;
    const [mine, theirs] = Pipe.pair({
      id: world.pipeIds++,
      ends: [
        { mailbox: socket.mailbox, role: "socket", socketName: socket.name, peerName: text },
        { mailbox: session.mailbox, role: "session", socketName: socket.name, peerName: text },
      ],
      hwms: conflate ? [-1, -1] : [options.sndhwm, options.rcvhwm],
      conflate,
      journal: world.journal,
    });
    socket.attachPipe(mine, true, subscribeToAll);
    session.attachPipe(theirs);
    return mine;
  }

  /** Bind and connect are nearly the same; what does not work out later is told to nobody. libzmq: socket_base_t::bind_internal. */
  private openUdp(text: string, target: Endpoint, call: "bind" | "connect"): Errno | null {
    const { socket } = this;
    const { options } = socket;
    const thread = socket.chooseIoThread(options.affinity);
    if (thread === null) return "EMTHREAD";
    if (!this.resolves(target.host)) return call === "bind" ? "ENODEV" : "EINVAL";
    const session = socket.createSession({ thread, socket, options, target, endpoint: text });
    const pipe = this.attachNew(session, text, true);
    socket.lastEndpoint = target.address;
    // What is bound cannot be unbound: libzmq keeps it under no name.
    this.add(call === "bind" ? "" : text, session, pipe);
    return null;
  }

  /** libzmq: ip_resolver_t::resolve. */
  private resolves(host: string): boolean {
    const { process, options } = this.socket;
    if (host.startsWith("[")) return options.ipv6;
    return host === "*" || isLiteral(host) || process.world.network.resolve(host, process.host) !== null;
  }

  /** libzmq: socket_base_t::check_protocol, and what bind and connect ask besides. */
  private checkProtocol(text: string, call: "bind" | "connect"): Errno | null {
    if (!text.startsWith("udp://")) return null;
    const { type } = this.socket;
    if (text.length === "udp://".length) return "EINVAL";
    return UDP_TYPES.has(type) && (type === "RADIO") === (call === "connect") ? null : "ENOCOMPATPROTO";
  }

  private add(text: string, child: Own, pipe: Pipe | null): void {
    this.socket.launchChild(child);
    this.network.set(text, { child, pipe, before: this.network.get(text) ?? null });
  }

  private terminateInproc(text: string): Errno | null {
    if (this.socket.context.unregisterEndpoint(text, this.socket)) return null;
    const pipes = this.inprocs?.get(text);
    if (pipes === undefined) return "ENOENT";
    this.inprocs?.delete(text);
    for (const pipe of pipes) {
      sendDisconnectMsg(pipe);
      pipe.terminate(true);
    }
    return null;
  }
}

/** All entries of a name in the order in which they were added. */
function upTo(last: EndpointEntry): EndpointEntry[] {
  const entries: EndpointEntry[] = [];
  for (let entry: EndpointEntry | null = last; entry !== null; entry = entry.before) entries.unshift(entry);
  return entries;
}

/** libzmq: check_protocol. */
const UDP_TYPES: ReadonlySet<SocketTypeName> = new Set<SocketTypeName>(["RADIO", "DISH", "DGRAM"]);

/** A bind is known by the address it resolved to; of "*" no address comes, so that unbind does not find it. libzmq: resolve_tcp_addr. */
const resolvedBind = (endpoint: Endpoint, ipv6: boolean): string =>
  endpoint.transport === "tcp"
    ? `tcp://${endpoint.host === "*" ? "*" : resolvedHost(endpoint.host, ipv6)}:${endpoint.port}`
    : `ipc://${endpoint.address}`;
