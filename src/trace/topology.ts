/** The static side of a run, read off its trace: sockets, who was connected to whom, who wanted what. */
import type { CallEvent, MonitorEvent, PipeEvent, SubscriptionEvent, TraceEvent } from "../journal/events.ts";
import { isLocalHost, isMulticast } from "../network/address.ts";
import { shownBytes, shownText, topicMatches } from "./frames.ts";
import { isEndpoint, nodeOf, threadOf } from "./names.ts";
import { Wishes } from "./wishes.ts";

export const isPublisher = (type: string | undefined): boolean => type === "PUB" || type === "XPUB";
export const isSubscriber = (type: string | undefined): boolean => type === "SUB" || type === "XSUB";

export interface SocketFacts {
  readonly name: string;
  readonly type: string;
  /** Position in order of first opening. */
  readonly order: number;
}

export class Topology {
  readonly sockets = new Map<string, SocketFacts>();
  readonly wishes = new Wishes();
  readonly #subscriptions: SubscriptionEvent[] = [];
  readonly #pipes: PipeEvent[] = [];
  /** Per node: instants of its crashes. */
  readonly crashes = new Map<string, number[]>();
  /** Threads that ran zmq_proxy, with the sockets named by the call when known. */
  readonly proxies = new Map<string, Set<string>>();
  /** Instant of the last event, ns. */
  readonly endTime: number;
  readonly #bound: { readonly socket: string; readonly endpoint: string }[] = [];
  readonly #contacts = new Map<string, Set<string>>();
  /** Pipe id -> endpoint names and socket names under which its peer was seen. */
  readonly #pipeEndpoint = new Map<number, string>();
  /** XSUB sockets whose calls say what they want. */
  readonly #ownWish = new Set<string>();
  readonly #aliases = new Map<string, string>();
  /** Per socket, the last handshake that failed, if none succeeded since. */
  readonly #failed = new Map<string, MonitorEvent>();
  readonly #peers: ReadonlyMap<string, ReadonlySet<string>>;
  /** By "socket peer": the pipe's begin and end, and the subscriptions that came through it. */
  readonly #pipesOf = new Map<string, PipeEvent[]>();
  readonly #learnedOf = new Map<string, SubscriptionEvent[]>();

  constructor(events: readonly TraceEvent[], endTime?: number) {
    for (const event of events) this.#take(event);
    this.endTime = Math.max(endTime ?? 0, events.at(-1)?.t ?? 0);
    this.#peers = this.#collectPeers();
    for (const event of this.#pipes)
      push(this.#pipesOf, `${event.socket} ${this.resolve(event.socket, event.peer)}`, event);
    for (const event of this.#subscriptions) this.#learn(event);
  }

  typeOf(socket: string): string | undefined {
    return this.sockets.get(socket)?.type;
  }

  /** The socket behind `peer` as `socket` saw it; the endpoint itself when nobody was ever there. */
  resolve(socket: string, peer: string): string {
    if (!isEndpoint(peer)) return peer;
    const key = `${socket} ${peer}`;
    const known = this.#aliases.get(key);
    if (known !== undefined) return known;
    const found = this.#binder(socket, peer) ?? peer;
    this.#aliases.set(key, found);
    return found;
  }

  /** The last handshake of a socket, if it failed. */
  failedHandshake(socket: string): MonitorEvent | undefined {
    return this.#failed.get(socket);
  }

  /** It says for the library whom to let in: what it sends is for nobody else. */
  isZapHandler(socket: string): boolean {
    return this.#bound.some((one) => one.socket === socket && one.endpoint === "inproc://zeromq.zap.01");
  }

  /** Every socket that was connected to this one at some time in the run, in order of first contact. */
  peersOf(socket: string): ReadonlySet<string> {
    return this.#peers.get(socket) ?? NONE;
  }

  /** Whether `socket` had a pipe to `peer` at `t`, as far as its attach and end events tell. */
  attached(socket: string, peer: string, t: number): boolean {
    return this.#pipesOf.get(`${socket} ${peer}`)?.findLast((event) => event.t <= t)?.what === "attach";
  }

  /** First instant >= `t` at which there was a new pipe from `socket` to `peer`, noticed or not. */
  nextAttach(socket: string, peer: string, t: number): number | undefined {
    const found = this.#pipesOf.get(`${socket} ${peer}`)?.find((event) => event.t >= t && event.what === "attach");
    return found?.made ?? found?.t;
  }

  /** The first time from `t` on that `socket` learned that `peer` wants this topic: when, and when that had come in. */
  nextLearned(socket: string, peer: string, topic: string, t: number): { t: number; arrived?: number } | undefined {
    return this.#learnedOf
      .get(`${socket} ${peer}`)
      ?.find((event) => event.t >= t && event.add && topicMatches(shownBytes(event.topic), topic));
  }

  #learn(event: SubscriptionEvent): void {
    const peer = this.resolve(event.socket, event.peer);
    push(this.#learnedOf, `${event.socket} ${peer}`, event);
    // An XSUB may be told by its program what to subscribe to in ways that no call shows.
    if (event.add && this.typeOf(peer) === "XSUB" && !this.#ownWish.has(peer))
      this.wishes.subscribe(peer, shownBytes(event.topic), event.t);
  }

  #collectPeers(): Map<string, Set<string>> {
    const peers = new Map<string, Set<string>>();
    for (const [socket, contacts] of this.#contacts) {
      for (const contact of contacts) {
        const peer = this.resolve(socket, contact);
        if (isEndpoint(peer)) continue;
        add(peers, socket, peer);
        add(peers, peer, socket);
      }
    }
    return peers;
  }

  #take(event: TraceEvent): void {
    switch (event.ev) {
      case "socket":
        if (event.what === "open") this.#open(event.socket, event.type ?? "?", event.t);
        else this.wishes.close(event.socket, event.t);
        return;
      case "node":
        if (event.what === "crash") {
          this.wishes.crash(event.node, event.t);
          push(this.crashes, event.node, event.t);
        }
        return;
      case "call":
        this.#call(event);
        return;
      case "block":
        if (event.call === "proxy") this.#proxy(event.thread, event.socket);
        return;
      case "skip":
        for (const peer of event.peers) this.#contact(event.socket, peer);
        return;
      case "pipe":
        if (event.what === "attach" || event.what === "end") this.#pipes.push(event);
        this.#pipe(event.pipe, event.socket, event.peer);
        return;
      case "queue":
      case "arrive":
        this.#pipe(event.pipe, event.socket, event.peer);
        return;
      case "fate":
        // Of a datagram that was never handed over nothing else tells where it had come.
        if (event.fate === "overflow" && event.peer !== undefined) this.#contact(event.socket, event.peer);
        return;
      case "monitor":
        if (event.event === "HANDSHAKE_SUCCEEDED") this.#failed.delete(event.socket);
        else if (event.event.startsWith("HANDSHAKE_FAILED")) this.#failed.set(event.socket, event);
        return;
      case "subscription":
        this.#subscriptions.push(event);
        this.#contact(event.socket, event.peer);
        return;
      default:
    }
  }

  #open(socket: string, type: string, t: number): void {
    this.wishes.reopen(socket, t);
    if (!this.sockets.has(socket)) this.sockets.set(socket, { name: socket, type, order: this.sockets.size });
  }

  #call(event: CallEvent): void {
    const { call, socket, arg, t } = event;
    if (call === "proxy") this.#proxy(event.thread, socket, arg);
    if (socket === undefined || event.result !== "ok") return;
    if (call === "subscribe") this.wishes.subscribe(socket, shownText(arg ?? ""), t);
    else if (call === "unsubscribe") this.wishes.unsubscribe(socket, shownText(arg ?? ""), t);
    else if (call === "bind" && arg !== undefined) this.#bound.push({ socket, endpoint: arg });
    else if (call === "connect" && arg !== undefined) this.#contact(socket, arg);
    else if (call === "send" && this.typeOf(socket) === "XSUB") this.#upstream(socket, event.frames?.[0], t);
  }

  /** XSUB subscribes by sending \x01topic and cancels by \x00topic. */
  #upstream(socket: string, frame: string | undefined, t: number): void {
    if (frame?.startsWith("\\x01") || frame?.startsWith("\\x00")) this.#ownWish.add(socket);
    if (frame?.startsWith("\\x01")) this.wishes.subscribe(socket, frame.slice(4), t);
    else if (frame?.startsWith("\\x00")) this.wishes.unsubscribe(socket, frame.slice(4), t);
  }

  #proxy(thread: string, socket?: string, arg?: string): void {
    const named = add(this.proxies, thread, undefined);
    for (const part of `${socket ?? ""} ${arg ?? ""}`.split(/[\s,]+/)) {
      if (part === "") continue;
      named.add(part.includes(".") ? part : `${thread}.${part}`);
    }
  }

  #pipe(pipe: number, socket: string, peer: string): void {
    if (isEndpoint(peer)) {
      // A pipe of udp leads to whom each message is for.
      if (!peer.startsWith("udp://")) this.#pipeEndpoint.set(pipe, peer);
    } else {
      const endpoint = this.#pipeEndpoint.get(pipe);
      const key = `${socket} ${endpoint}`;
      if (endpoint !== undefined && !this.#aliases.has(key)) this.#aliases.set(key, peer);
    }
    this.#contact(socket, peer);
  }

  #contact(socket: string, peer: string): void {
    add(this.#contacts, socket, peer);
  }

  /** The socket that bound what `socket` connects to. */
  #binder(socket: string, endpoint: string): string | undefined {
    const [scheme, address] = splitEndpoint(endpoint);
    const others = this.#bound.filter((one) => one.socket !== socket);
    if (scheme === "inproc") {
      return others.find((one) => one.endpoint === endpoint && nodeOf(one.socket) === nodeOf(socket))?.socket;
    }
    if (scheme === "udp") return this.#udpBinder(socket, endpoint);
    if (scheme !== "tcp") return others.find((one) => one.endpoint === endpoint)?.socket;
    const [host, port] = splitHost(address);
    const hostOf = (bound: string): string => splitHost(splitEndpoint(bound)[1])[0];
    const samePort = others.filter(({ endpoint: bound }) => bound.startsWith("tcp://") && bound.endsWith(`:${port}`));
    const found =
      samePort.find((one) => nodeOf(one.socket) === host) ?? samePort.find((one) => hostOf(one.endpoint) === host);
    return (found ?? samePort[0])?.socket;
  }

  /** Of datagrams only what arrives tells the receiver, unless there is but one at the address. */
  #udpBinder(socket: string, endpoint: string): string | undefined {
    if (this.#bound.some((one) => one.socket === socket && one.endpoint === endpoint)) return undefined;
    const [host, port] = splitHost(splitEndpoint(endpoint)[1]);
    if (host === "*" || isMulticast(host)) return undefined;
    const local = isLocalHost(host);
    const node = local ? nodeOf(socket) : host;
    const found = this.#bound.filter(({ socket: other, endpoint: bound }) => {
      const [boundHost, boundPort] = splitHost(splitEndpoint(bound)[1]);
      if (!bound.startsWith("udp://") || boundPort !== port) return false;
      return nodeOf(other) === node || (!local && boundHost === host);
    });
    return found.length === 1 ? found[0]?.socket : undefined;
  }
}

const NONE: ReadonlySet<string> = new Set();

function splitEndpoint(endpoint: string): readonly [scheme: string, address: string] {
  const at = endpoint.indexOf("://");
  return [endpoint.slice(0, at), endpoint.slice(at + 3)];
}

function splitHost(address: string): readonly [host: string, port: string] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon), address.slice(colon + 1)];
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function add(map: Map<string, Set<string>>, key: string, value: string | undefined): Set<string> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  if (value !== undefined) set.add(value);
  return set;
}

/**
 * Pairs of publish-subscribe sockets that a thread joins although no message shows it: those of a
 * zmq_proxy call, and an XSUB beside an XPUB, whose one use is to forward.
 */
export function standingForwards(topology: Topology): Map<string, Set<string>> {
  const forwards = new Map<string, Set<string>>();
  const byThread = new Map<string, SocketFacts[]>();
  for (const socket of topology.sockets.values()) push(byThread, threadOf(socket.name), socket);
  for (const [thread, own] of byThread) {
    const named = topology.proxies.get(thread);
    const joined = (one: SocketFacts): boolean => named !== undefined && (named.size < 2 || named.has(one.name));
    for (const from of own.filter((one) => isSubscriber(one.type))) {
      for (const to of own.filter((one) => isPublisher(one.type))) {
        if ((from.type === "XSUB" && to.type === "XPUB") || (joined(from) && joined(to)))
          add(forwards, from.name, to.name);
      }
    }
  }
  return forwards;
}
