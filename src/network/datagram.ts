/** Datagrams: what an unconnected udp descriptor is to libzmq. One is received whole or not at all, and nobody hears of a loss. */
import type { Message } from "../journal/message.ts";
import type { Actor } from "../kernel/actor.ts";
import type { Instant } from "../kernel/time.ts";
import { isLocalHost, isMulticast } from "./address.ts";
import type { Network } from "./network.ts";
import type { Process } from "./process.ts";

/** Receive buffer of a udp descriptor in bytes, as Linux charges them; libzmq does not set it. Linux: net.core.rmem_default. */
export const DATAGRAM_BUFFER = 212_992;

export interface Datagram {
  /** null: nothing that the books know. */
  readonly message: Message | null;
  /** Bytes of the payload. */
  readonly bytes: number;
  /** What the engines make of it. */
  readonly item: unknown;
  readonly from: DatagramSocket;
  /** The host as the receiver sees it. */
  readonly source: string;
}

/** Where a datagram is to go. */
export interface Destination {
  /** Name or address of a host, or a multicast group. */
  readonly host: string;
  readonly port: number;
  /** For reports: the endpoint. */
  readonly text: string;
  /** Multicast: to sockets of the own host as well. libzmq: ZMQ_MULTICAST_LOOP. */
  readonly loop: boolean;
}

/** Called when something can be received. */
export interface DatagramUser {
  datagramReadable(): void;
}

/** A udp descriptor. */
export class DatagramSocket {
  readonly process: Process;
  /** The socket that uses it. */
  readonly ownerName: string;
  readonly user: DatagramUser;
  /** 0 before it is bound or has sent. */
  port = 0;
  /** Bound to all addresses of its host. */
  any = true;
  /** The multicast group that it joined, or null. */
  group: string | null = null;
  /** When the last datagram to a host arrives. */
  readonly arrivals = new Map<string, number>();
  /** What arrived, and what the reader has taken over from there, all at once. Linux: sk_receive_queue, reader_queue. */
  private readonly queue: Datagram[] = [];
  private readonly reading: Datagram[] = [];
  private charged = 0;
  /** Of what was read, not given back yet. */
  private deficit = 0;

  constructor(process: Process, ownerName: string, user: DatagramUser) {
    this.process = process;
    this.ownerName = ownerName;
    this.user = user;
  }

  get host(): string {
    return this.process.host;
  }

  get readable(): boolean {
    return this.reading.length + this.queue.length > 0;
  }

  /**
   * Takes the oldest datagram; undefined when there is none. Its room is given back when nothing more was taken
   * over, or with others, when they make a quarter of the buffer. Linux: udp_rmem_release.
   */
  receive(): Datagram | undefined {
    if (this.reading.length === 0) this.reading.push(...this.queue.splice(0));
    const datagram = this.reading.shift();
    if (datagram === undefined) return undefined;
    this.deficit += chargeOf(datagram.bytes);
    if (this.reading.length > 0 && this.deficit < DATAGRAM_BUFFER / 4) return datagram;
    this.charged -= this.deficit;
    this.deficit = 0;
    return datagram;
  }

  /** Puts a datagram that arrived into the receive buffer, if that has room. */
  arrive(datagram: Datagram): void {
    const charge = chargeOf(datagram.bytes);
    if (this.charged + charge > DATAGRAM_BUFFER) return this.lose(datagram, "overflow");
    this.charged += charge;
    this.queue.push(datagram);
    this.user.datagramReadable();
  }

  /** What was not read is lost. */
  close(): void {
    this.process.world.network.datagrams.unbind(this);
    const { losing } = this.process.world;
    this.loseAll(losing === "connection-lost" ? "receiver-closed" : losing);
  }

  /** The run is over. */
  loseItems(): void {
    this.loseAll("queued");
  }

  private loseAll(fate: "receiver-closed" | "crashed" | "queued"): void {
    for (const datagram of [...this.reading.splice(0), ...this.queue.splice(0)]) this.lose(datagram, fate);
  }

  private lose({ message, from }: Datagram, fate: "overflow" | "receiver-closed" | "crashed" | "queued"): void {
    if (message !== null)
      this.process.world.journal.lose(message, fate, from.ownerName, this.ownerName, "receive buffer");
  }
}

/** Who is bound where, and what is under way. */
export class Datagrams {
  private readonly network: Network;
  /** By "host:port", in order of binding. */
  private readonly bound = new Map<string, DatagramSocket[]>();
  private readonly ephemeral = new Map<string, number>();
  private readonly flying = new Set<Flight>();

  constructor(network: Network) {
    this.network = network;
  }

  /**
   * Binds to an address of the own host, or joins a multicast group; port 0 takes a free one. Any number may
   * share an address, as SO_REUSEADDR allows. False: the host does not have the address.
   */
  bind(socket: DatagramSocket, host: string, port: number): boolean {
    if (isMulticast(host)) socket.group = host;
    else if (host !== "*" && host !== "0.0.0.0" && host !== "[::]") {
      if (this.hostOf(host, socket.host) !== socket.host) return false;
      socket.any = false;
    }
    socket.port = port === 0 ? this.freePort(socket.host) : port;
    const key = keyOf(socket.host, socket.port);
    const sharers = this.bound.get(key);
    if (sharers === undefined) this.bound.set(key, [socket]);
    else sharers.push(socket);
    return true;
  }

  unbind(socket: DatagramSocket): void {
    const key = keyOf(socket.host, socket.port);
    const rest = this.bound.get(key)?.filter((other) => other !== socket) ?? [];
    if (rest.length > 0) this.bound.set(key, rest);
    else this.bound.delete(key);
  }

  /**
   * Sends a datagram at the thread's instant `at`; one to a multicast group is copied to each member.
   * DIFFERS(udp-order): links lose no datagrams, and those of one socket to one host keep their order.
   */
  send(datagram: Datagram, to: Destination, at: Instant): void {
    const { from } = datagram;
    if (from.port === 0) this.bind(from, "*", 0);
    if (isMulticast(to.host)) return this.sendToGroup(datagram, to, at);
    const host = this.hostOf(to.host, from.host);
    if (host === null) this.lose(datagram, to.text, "wire");
    else this.fly(new Flight(this, datagram, to, host, null), at);
  }

  /** The run is over: what is under way is still queued. */
  loseItems(): void {
    for (const flight of this.flying) this.lose(flight.datagram, flight.peerName, "wire", "queued");
    this.flying.clear();
  }

  /** The network has brought it to its host. */
  landed(flight: Flight): void {
    this.flying.delete(flight);
    const { datagram, host, to, receiver } = flight;
    const sharers = this.bound.get(keyOf(host, to.port)) ?? [];
    const found =
      receiver === null ? chosen(sharers, datagram.from) : sharers.includes(receiver) ? receiver : undefined;
    if (found === undefined) this.lose(datagram, flight.peerName, "host");
    else found.arrive(datagram);
  }

  /** To all hosts, and there to all sockets that share the port with a member: Linux's IP_MULTICAST_ALL. */
  private sendToGroup(datagram: Datagram, to: Destination, at: Instant): void {
    const { from, message } = datagram;
    let copies = 0;
    for (const host of this.network.hosts) {
      if (host === from.host && !to.loop) continue;
      const sharers = this.bound.get(keyOf(host, to.port)) ?? [];
      if (!this.hasMember(host, to.host)) continue;
      for (const receiver of sharers.filter(({ any }) => any)) {
        if (copies++ > 0 && message !== null) this.copied(message, from, receiver);
        this.fly(new Flight(this, datagram, to, host, receiver), at);
      }
    }
    if (copies === 0) this.lose(datagram, to.text, "host");
  }

  /** Each copy but the first begins a leg of its own. */
  private copied(message: Message, from: DatagramSocket, receiver: DatagramSocket): void {
    const { world } = from.process;
    world.journal.queue(message, from.ownerName, receiver.ownerName, world.pipeIds++, 0);
  }

  private fly(flight: Flight, at: Instant): void {
    const { datagram, host } = flight;
    const { from, bytes } = datagram;
    const link = this.network.link(from.host, host, "tcp");
    if (link.downSince !== null) return this.lose(datagram, flight.peerName, "wire");
    const arrival = Math.max(link.transfer(at, bytes), from.arrivals.get(host) ?? 0);
    from.arrivals.set(host, arrival);
    this.flying.add(flight);
    this.network.kernel.scheduleAt(arrival as Instant, flight, 0, 0);
  }

  private lose(
    { message, from }: Datagram,
    peer: string,
    where: "wire" | "host",
    fate: "no-receiver" | "queued" = "no-receiver",
  ): void {
    if (message !== null) from.process.world.journal.lose(message, fate, from.ownerName, peer, where);
  }

  private hasMember(host: string, group: string): boolean {
    for (const sharers of this.bound.values())
      if (sharers[0]?.host === host && sharers.some((socket) => socket.group === group)) return true;
    return false;
  }

  private hostOf(name: string, ownHost: string): string | null {
    return isLoopback(name) ? ownHost : this.network.resolve(name, ownHost);
  }

  private freePort(host: string): number {
    let port = this.ephemeral.get(host) ?? EPHEMERAL_PORT;
    while (this.bound.has(keyOf(host, port))) port++;
    this.ephemeral.set(host, port + 1);
    return port;
  }
}

/** A datagram under way to a host; to one of its sockets when that is known (multicast). */
class Flight implements Actor {
  readonly datagram: Datagram;
  readonly to: Destination;
  readonly host: string;
  readonly receiver: DatagramSocket | null;
  private readonly datagrams: Datagrams;

  constructor(
    datagrams: Datagrams,
    datagram: Datagram,
    to: Destination,
    host: string,
    receiver: DatagramSocket | null,
  ) {
    this.datagrams = datagrams;
    this.datagram = datagram;
    this.to = to;
    this.host = host;
    this.receiver = receiver;
  }

  get label(): string {
    return `datagram of ${this.datagram.from.ownerName}`;
  }

  get peerName(): string {
    return this.receiver?.ownerName ?? this.to.text;
  }

  fire(): void {
    this.datagrams.landed(this);
  }
}

const EPHEMERAL_PORT = 32768;

/** Names of one's own host by which one sends over its loopback interface. */
export const isLoopback = (name: string): boolean => isLocalHost(name) || name.startsWith("127.");

const keyOf = (host: string, port: number): string => `${host}:${port}`;

/**
 * Of those that share an address the one bound last; who is bound to the very address comes before those bound to any.
 * Members of multicast groups (SO_REUSEPORT) share what falls to one of them: in Linux by a hash, here by the sender's port.
 */
function chosen(sharers: readonly DatagramSocket[], from: DatagramSocket): DatagramSocket | undefined {
  const last = sharers.findLast(({ any }) => !any) ?? sharers.at(-1);
  if (last === undefined || last.group === null) return last;
  const members = sharers.filter(({ group }) => group !== null);
  return members[from.port % members.length];
}

/** What Linux counts for a datagram: its buffer, rounded up as the allocator does, and the bookkeeping around it. Measured on Linux 6.18. */
export function chargeOf(bytes: number): number {
  const data = Math.ceil((bytes + 59) / 64) * 64 + 320;
  let buffer = 576;
  if (data > buffer) for (buffer = 1024; buffer < data; ) buffer *= 2;
  return buffer + 256;
}
