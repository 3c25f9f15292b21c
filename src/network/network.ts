/** Hosts, who listens where, and how a connection comes about. */
import type { Actor } from "../kernel/actor.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { type Endpoint, isLocalHost, resolvedHost } from "./address.ts";
import { Datagrams } from "./datagram.ts";
import { type HealListener, Link, type LinkShape, retransmitAt } from "./link.ts";
import type { Profile } from "./profile.ts";
import { type ItemLost, StreamEnd } from "./stream.ts";

/** Sizes of the kernel buffers asked for, in bytes; -1 leaves the profile's. libzmq: ZMQ_SNDBUF, ZMQ_RCVBUF. */
export interface BufferSizes {
  readonly sndbuf: number;
  readonly rcvbuf: number;
}

export interface ListenUser {
  /** A connection waits to be accepted. */
  acceptable(): void;
}

/** A listening descriptor. */
export class ListenSocket {
  readonly key: string;
  readonly ownerName: string;
  readonly backlog: number;
  readonly buffers: BufferSizes;
  readonly user: ListenUser;
  readonly waiting: StreamEnd[] = [];

  constructor(key: string, ownerName: string, backlog: number, buffers: BufferSizes, user: ListenUser) {
    this.key = key;
    this.ownerName = ownerName;
    this.backlog = backlog;
    this.buffers = buffers;
    this.user = user;
  }

  /** No more connections can wait. Linux lets one more wait than the backlog says. */
  get full(): boolean {
    return this.waiting.length > this.backlog;
  }
}

export type BindError = "EADDRINUSE" | "EADDRNOTAVAIL" | "ENODEV";
export type ConnectError = "ECONNREFUSED" | "ENOENT" | "EAI_NONAME" | "ETIMEDOUT";

export interface ConnectUser {
  connected(end: StreamEnd): void;
  failed(error: ConnectError): void;
}

export interface ConnectOptions {
  readonly fromHost: string;
  readonly ownerName: string;
  readonly buffers: BufferSizes;
  readonly user: ConnectUser;
}

/** First ephemeral port that bind hands out per host, as on Linux. */
const EPHEMERAL_PORT = 32768;

export class Network {
  readonly kernel: Kernel;
  readonly profile: Profile;
  private readonly itemLost: ItemLost;
  readonly hosts: ReadonlySet<string>;
  readonly datagrams = new Datagrams(this);
  private readonly listeners = new Map<string, ListenSocket>();
  private readonly links = new Map<string, Link>();
  private readonly shapes: ReadonlyMap<string, Partial<LinkShape>>;
  private readonly ephemeral = new Map<string, number>();
  /** Number of the next ipc path that bind makes up. */
  private temporary = 0;
  /** Directions cut by a partition, "from>to". */
  private readonly cut = new Set<string>();

  constructor(options: NetworkOptions) {
    this.kernel = options.kernel;
    this.profile = options.profile;
    this.itemLost = options.itemLost;
    this.hosts = options.hosts;
    this.shapes = options.shapes;
  }

  /** The path from one host to another (or to itself), as scenario and profile define it. */
  link(from: string, to: string, transport: "tcp" | "ipc"): Link {
    const key = transport === "ipc" ? `${from}|ipc` : `${from}>${to}`;
    const known = this.links.get(key);
    if (known !== undefined) return known;
    const { profile } = this;
    const base = transport === "ipc" ? profile.ipc : from === to ? profile.loopback : profile.network;
    const shape = { latency: base.latency, bandwidth: base.bandwidth, ...this.shapes.get(key) };
    const link = new Link(from, to, shape, this.kernel.random.stream(`link/${key}/latency`));
    if (this.cut.has(key)) link.setDown(this.kernel.now);
    this.links.set(key, link);
    return link;
  }

  /** Cuts or restores the direction from one host to another. */
  setPartition(from: string, to: string, cut: boolean): void {
    const key = `${from}>${to}`;
    if (cut) this.cut.add(key);
    else this.cut.delete(key);
    const link = this.link(from, to, "tcp");
    if (cut) link.setDown(this.kernel.now);
    else link.setUp();
  }

  /** Changes a direction from now on; what is under way keeps its arrival. */
  setShape(from: string, to: string, change: Partial<LinkShape>): void {
    const link = this.link(from, to, "tcp");
    link.shape = { ...link.shape, ...change };
  }

  /** The host a name stands for, seen from `ownHost`; null when nobody has it (the resolver fails). */
  resolve(name: string, ownHost: string): string | null {
    if (isLocalHost(name)) return ownHost;
    return this.hosts.has(name) ? name : null;
  }

  /** libzmq: tcp_listener_t::set_local_address, ipc_listener_t::set_local_address. Gives the endpoint with the real port. */
  listen(endpoint: Endpoint, options: ListenOptions): { socket: ListenSocket; endpoint: string } | BindError {
    const { host, ownerName, backlog, buffers, user } = options;
    let key: string;
    let bound: string;
    if (endpoint.transport === "ipc") {
      const path = endpoint.address === "*" ? `/tmp/tmp${this.temporary++}/socket` : endpoint.address;
      key = ipcKey(host, path);
      bound = `ipc://${path}`;
    } else {
      const resolved = this.resolve(endpoint.host, host);
      if (resolved === null) return "ENODEV";
      if (resolved !== host) return "EADDRNOTAVAIL";
      const port = endpoint.port === 0 ? this.ephemeralPort(host) : endpoint.port;
      key = tcpKey(host, port);
      bound = `tcp://${resolvedHost(endpoint.host, options.ipv6 === true)}:${port}`;
      if (this.listeners.has(key)) return "EADDRINUSE";
    }
    // ipc: the path is unlinked first, so a second bind takes it over.
    const socket = new ListenSocket(key, ownerName, backlog, buffers, user);
    this.listeners.set(key, socket);
    return { socket, endpoint: bound };
  }

  /** Closes a listening descriptor; connections that nobody accepted are reset. */
  unlisten(socket: ListenSocket, at: Instant): void {
    if (this.listeners.get(socket.key) === socket) this.listeners.delete(socket.key);
    for (const end of socket.waiting) end.close(at);
    socket.waiting.length = 0;
  }

  /** Starts a tcp connect; the outcome comes to `options.user` unless the attempt is cancelled. */
  connectTcp(host: string, port: number, options: ConnectOptions, at: Instant): ConnectAttempt {
    return new ConnectAttempt(this, host, port, options, at);
  }

  /** ipc connects at once or fails at once. */
  connectIpc(path: string, options: ConnectOptions): StreamEnd | ConnectError {
    const listener = this.listeners.get(ipcKey(options.fromHost, path));
    if (listener === undefined) return "ECONNREFUSED";
    const [client, server] = this.pair(listener, options, options.fromHost, "ipc");
    this.enqueue(listener, server);
    return client;
  }

  listenerAt(host: string, port: number): ListenSocket | undefined {
    return this.listeners.get(tcpKey(host, port));
  }

  /** A connection waits to be accepted; if nobody listens any more it is reset. */
  enqueue(listener: ListenSocket, server: StreamEnd): void {
    if (this.listeners.get(listener.key) !== listener) return server.close(this.kernel.now);
    listener.waiting.push(server);
    listener.user.acceptable();
  }

  /** Both ends of a connection: the connecting one first. */
  pair(
    listener: ListenSocket,
    options: ConnectOptions,
    toHost: string,
    transport: "tcp" | "ipc",
  ): [StreamEnd, StreamEnd] {
    const { fromHost, buffers } = options;
    const capacity = (sender: BufferSizes, receiver: BufferSizes): number =>
      (sender.sndbuf > 0 ? sender.sndbuf : this.profile.sndbuf) +
      (receiver.rcvbuf > 0 ? receiver.rcvbuf : this.profile.rcvbuf);
    return StreamEnd.pair({
      kernel: this.kernel,
      transport,
      owners: [options.ownerName, listener.ownerName],
      links: [this.link(fromHost, toHost, transport), this.link(toHost, fromHost, transport)],
      capacity: [capacity(buffers, listener.buffers), capacity(listener.buffers, buffers)],
      itemLost: this.itemLost,
    });
  }

  private ephemeralPort(host: string): number {
    let port = this.ephemeral.get(host) ?? EPHEMERAL_PORT;
    while (this.listeners.has(tcpKey(host, port))) port++;
    this.ephemeral.set(host, port + 1);
    return port;
  }
}

export interface NetworkOptions {
  readonly kernel: Kernel;
  readonly profile: Profile;
  readonly hosts: ReadonlySet<string>;
  /** What the scenario sets for a direction, by "from>to". */
  readonly shapes: ReadonlyMap<string, Partial<LinkShape>>;
  readonly itemLost: ItemLost;
}

export interface ListenOptions {
  readonly host: string;
  readonly ownerName: string;
  readonly backlog: number;
  readonly buffers: BufferSizes;
  /** The text of the endpoint is for IPv6. */
  readonly ipv6?: boolean;
  readonly user: ListenUser;
}

const tcpKey = (host: string, port: number): string => `${host}:${port}`;
const ipcKey = (host: string, path: string): string => `${host}|ipc|${path}`;

const OP_SYN = 0;
const OP_SYN_ACK = 1;
const OP_ACK = 2;
const OP_RST = 3;

/** A tcp connect under way: request, answer, and repeats while the link is down or the backlog full. */
export class ConnectAttempt implements Actor, HealListener {
  readonly label: string;
  private readonly network: Network;
  private readonly options: ConnectOptions;
  private readonly host: string;
  private readonly port: number;
  private readonly startedAt: Instant;
  private listener: ListenSocket | null = null;
  private end: StreamEnd | null = null;
  private server: StreamEnd | null = null;
  private cancelled = false;

  constructor(network: Network, host: string, port: number, options: ConnectOptions, at: Instant) {
    this.network = network;
    this.host = host;
    this.port = port;
    this.options = options;
    this.startedAt = at;
    this.label = `connect of ${options.ownerName}`;
    this.request(at);
  }

  /** Gives up; a connection that was just established is closed. */
  cancel(at: Instant): void {
    this.cancelled = true;
    this.end?.close(at);
  }

  linkHealed(): void {
    if (!this.cancelled) this.request(retransmitAt(this.startedAt, this.network.kernel.now, true) as Instant);
  }

  fire(op: number): void {
    if (op === OP_ACK) this.arrive(this.listener as ListenSocket, this.server as StreamEnd);
    else if (this.cancelled) return;
    else if (op === OP_SYN) this.answer();
    else if (op === OP_SYN_ACK) this.establish();
    else this.options.user.failed("ECONNREFUSED");
  }

  private request(at: Instant): void {
    const link = this.network.link(this.options.fromHost, this.host, "tcp");
    if (link.downSince !== null) link.awaitHeal(this);
    else this.network.kernel.scheduleAt(link.transfer(at, 0) as Instant, this, OP_SYN, 0);
  }

  private answer(): void {
    const { kernel } = this.network;
    const back = this.network.link(this.host, this.options.fromHost, "tcp");
    const listener = this.network.listenerAt(this.host, this.port);
    const latency = back.sampleLatency() as Duration;
    if (listener === undefined) {
      kernel.schedule(latency, this, OP_RST, 0);
    } else if (listener.full) {
      this.request(retransmitAt(this.startedAt, kernel.now + 1, true) as Instant);
    } else {
      this.listener = listener;
      kernel.schedule(latency, this, OP_SYN_ACK, 0);
    }
  }

  /** The handshake is over on both sides. A full backlog drops its last packet, and the accepting side asks again. */
  private arrive(listener: ListenSocket, server: StreamEnd): void {
    const { kernel } = this.network;
    if (listener.full)
      kernel.scheduleAt(retransmitAt(this.startedAt, kernel.now + 1, true) as Instant, this, OP_ACK, 0);
    else this.network.enqueue(listener, server);
  }

  /** The connecting side is done; the other can accept when the last packet of the handshake is there. */
  private establish(): void {
    const listener = this.listener as ListenSocket;
    const [client, server] = this.network.pair(listener, this.options, this.host, "tcp");
    this.end = client;
    this.server = server;
    const { kernel } = this.network;
    const link = this.network.link(this.options.fromHost, this.host, "tcp");
    kernel.scheduleAt(link.transfer(kernel.now, 0) as Instant, this, OP_ACK, 0);
    this.options.user.connected(client);
  }
}
