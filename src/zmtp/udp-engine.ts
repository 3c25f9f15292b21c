/** The engine of udp: no connection, no handshake; a datagram is a message or is lost. libzmq: udp_engine.cpp. */
import type { IoThread, Task } from "../ctx/io-thread.ts";
import type { SocketOptions } from "../ctx/options.ts";
import type { Fate } from "../journal/fates.ts";
import { type Endpoint, portNumber } from "../network/address.ts";
import { type Datagram, DatagramSocket, type DatagramUser, type Destination, isLoopback } from "../network/datagram.ts";
import type { Descriptor, Process } from "../network/process.ts";
import { AddressedFrame, Frame, groupOf, MORE } from "../pipe/frame.ts";
import type { EngineError, EngineSession } from "./stream-engine.ts";

/** Bytes of the engine's buffers. libzmq: MAX_UDP_MSG. */
const DATAGRAM_MAX = 8192;
/** From here on the byte that tells a group's length is negative. */
const GROUP_MAX = 127;

const OP_IN = 0;
const OP_OUT = 1;

export interface UdpParameters {
  readonly process: Process;
  /** The socket above. */
  readonly ownerName: string;
  readonly options: SocketOptions;
  readonly target: Endpoint;
  /** As the user wrote it. */
  readonly endpoint: string;
}

/** The session above. */
export interface DatagramSession extends EngineSession {
  /** What is pushed next comes from this socket. */
  receivedFrom(name: string): void;
}

/** RADIO sends, DISH receives, DGRAM does both. */
export class UdpEngine implements DatagramUser, Task, Descriptor {
  readonly hasHandshake = false;
  /** Nobody in particular: the endpoint. */
  readonly peerName: string;
  private readonly process: Process;
  private readonly options: SocketOptions;
  private readonly target: Endpoint;
  private readonly socket: DatagramSocket;
  private readonly sends: boolean;
  private readonly receives: boolean;
  private thread!: IoThread;
  private session: DatagramSession | null = null;
  private pollIn = false;
  private pollOut = false;
  private inPosted = false;
  private outPosted = false;

  constructor({ process, ownerName, options, target, endpoint }: UdpParameters) {
    this.process = process;
    this.options = options;
    this.target = target;
    this.peerName = endpoint;
    this.socket = new DatagramSocket(process, ownerName, this);
    this.sends = options.type !== "DISH";
    this.receives = options.type !== "RADIO";
    process.descriptors.add(this);
  }

  /** An address that cannot be bound ends the session, and nobody is told. */
  plug(thread: IoThread, session: DatagramSession): void {
    this.thread = thread;
    this.session = session;
    thread.load++;
    const { datagrams } = this.process.world.network;
    if (this.receives && !datagrams.bind(this.socket, this.target.host, this.target.port))
      return this.error("protocol");
    if (this.sends) this.enableOut();
    if (!this.receives) return;
    this.pollIn = true;
    this.restartOutput();
  }

  terminate(): void {
    this.unplug();
  }

  /** Nobody is let in over udp, or kept out. */
  zapMsgAvailable(): void {}

  datagramReadable(): void {
    if (this.pollIn) this.postIn();
  }

  runTask(op: number): void {
    if (this.session === null) return;
    if (op === OP_IN) {
      this.inPosted = false;
      if (this.pollIn) this.inEvent();
    } else {
      this.outPosted = false;
      if (this.pollOut) this.outEvent();
    }
  }

  // --- output ---

  /** A DISH has nothing to tell over udp: what it joins and leaves is dropped. */
  restartOutput(): void {
    const { session } = this;
    if (session === null) return;
    if (!this.sends) while (session.pullMsg() !== null);
    else {
      this.enableOut();
      this.outEvent();
    }
  }

  /** One message at a time. */
  private outEvent(): void {
    const session = this.session as EngineSession;
    const first = session.pullMsg();
    if (first === null) {
      this.pollOut = false;
      return;
    }
    const { rawSocket } = this.options;
    const body = rawSocket ? session.pullMsg() : first;
    if (body === null) return;
    const to = rawSocket ? addressed(first) : this.destination();
    if (to === null) this.lose(body, this.socket.ownerName, destinationText(first.bytes), "no-receiver", "encoder");
    else this.sendTo(to, rawSocket ? rawBody(body) : grouped(body));
    if (this.pollOut) this.postOut();
  }

  private sendTo(to: Destination, item: Frame): void {
    const { costs } = this.thread;
    const bytes = item.size + (item instanceof AddressedFrame ? 1 + item.group.length : 0);
    this.thread.charge(costs.syscall + costs.codec);
    this.thread.chargeCopy(bytes * costs.perByteWrite);
    const source = isLoopback(to.host) ? "127.0.0.1" : this.process.host;
    const datagram = { message: item.message, bytes, item, from: this.socket, source };
    this.process.world.network.datagrams.send(datagram, to, this.thread.localNow);
  }

  private destination(): Destination {
    const { host, port } = this.target;
    return { host, port, text: this.peerName, loop: this.options.multicastLoop };
  }

  // --- input ---

  /** The pipe has room again. With nothing to read at that moment libzmq takes the answer for an error and opens another descriptor. */
  restartInput(): void {
    if (!this.receives || this.session === null) return;
    this.pollIn = true;
    this.inEvent();
  }

  private inEvent(): void {
    const { costs } = this.thread;
    this.thread.charge(costs.syscall);
    const datagram = this.socket.receive();
    if (datagram === undefined) return this.error("connection");
    this.thread.charge(costs.codec);
    this.thread.chargeCopy(datagram.bytes * costs.perByteRead);
    this.handOver(datagram);
    if (this.pollIn && this.socket.readable) this.postIn();
  }

  /** What finds the pipe full is lost, and the next one waits in the kernel until there is room. */
  private handOver(datagram: Datagram): void {
    const { item, from } = datagram;
    const session = this.session as DatagramSession;
    const frames = this.options.rawSocket ? this.withSender(datagram) : [asGroup(item as Frame)];
    const body = frames.at(-1) as Frame | null;
    if (body === null) return this.lose(item as Frame, from.ownerName, this.socket.ownerName, "malformed", "decoder");
    session.receivedFrom(from.ownerName);
    for (const frame of frames) {
      if (session.pushMsg(frame as Frame)) continue;
      this.pollIn = false;
      return this.lose(body, from.ownerName, this.socket.ownerName, "overflow", "pipe");
    }
    session.flush();
  }

  /** libzmq: udp_engine_t::sockaddr_to_msg, with the byte that ends a C string. */
  private withSender({ item, source, from }: Datagram): Frame[] {
    const body = asBytes(item as Frame);
    return [Frame.of(`${source}:${from.port}\0`, MORE, body.message), body];
  }

  // --- the end ---

  processDied(): void {
    this.session = null;
    this.socket.close();
  }

  loseItems(): void {
    this.socket.loseItems();
  }

  private error(reason: EngineError): void {
    const { session } = this;
    session?.engineError(false, reason);
    this.unplug();
  }

  private unplug(): void {
    if (this.session === null) return;
    this.session = null;
    this.process.descriptors.delete(this);
    this.thread.load--;
    this.socket.close();
  }

  private lose(
    { message }: Frame,
    sender: string,
    peer: string,
    fate: Exclude<Fate, "delivered">,
    where: string,
  ): void {
    if (message !== null) this.process.world.journal.lose(message, fate, sender, peer, where);
  }

  private enableOut(): void {
    this.pollOut = true;
    this.postOut();
  }

  private postIn(): void {
    if (this.inPosted) return;
    this.inPosted = true;
    this.thread.post(this, OP_IN);
  }

  private postOut(): void {
    if (this.outPosted) return;
    this.outPosted = true;
    this.thread.post(this, OP_OUT);
  }
}

/**
 * Where a DGRAM's first frame says that the second is to go; null when libzmq would not understand it.
 * libzmq: udp_engine_t::resolve_raw_address.
 * DIFFERS(udp-address): hosts have no IPv4 addresses of their own: between hosts an address is "name:port", sent
 * and received, where libzmq takes and gives numbers only.
 */
function addressed(frame: Frame): Destination | null {
  const text = frame.bytes;
  const colon = text.lastIndexOf(":");
  const port = portNumber(text.slice(colon + 1));
  const host = text.slice(0, Math.max(colon, 0));
  if (colon < 0 || port === 0 || host === "255.255.255.255") return null;
  const named = /^[A-Za-z_][\w.[\]-]*$/.test(host) && host !== "localhost";
  if (!named && !/^\d+(\.\d+){0,3}$/.test(host)) return null;
  return { host, port, text: destinationText(text), loop: true };
}

/** The endpoint that an address frame of a DGRAM stands for, for reports. */
export const destinationText = (address: string): string => `udp://${address.split("\0", 1)[0]}`;

/**
 * At most as many bytes as the engine's buffer holds.
 * DIFFERS(udp-overrun): where libzmq writes beyond its buffers (messages above 8192 bytes arrive cut up to some
 * 16 KiB, then the process may crash) all are cut; a group of 128 bytes or more, which ends the receiving process,
 * only loses the message.
 */
function cut(frame: Frame, bytes: number): Frame {
  if (frame.size <= bytes) return frame;
  const { content } = frame;
  const kept = typeof content === "string" ? content.slice(0, bytes) : (content?.subarray(0, bytes) ?? null);
  return new Frame(kept, bytes, frame.flags, frame.message);
}

const rawBody = (frame: Frame): Frame => cut(frame, DATAGRAM_MAX);

function grouped(frame: Frame): AddressedFrame {
  const group = groupOf(frame);
  return new AddressedFrame(cut(frame, DATAGRAM_MAX - 1 - group.length), { group });
}

/** What a DISH makes of a datagram: byte with the length of the group, group, body; null when it does not fit. */
function asGroup(item: Frame): Frame | null {
  if (item instanceof AddressedFrame) return item.group.length > GROUP_MAX ? null : item;
  const { bytes } = item;
  const length = item.byteAt(0);
  if (length < 0 || length > GROUP_MAX || length >= bytes.length) return null;
  const body = bytes.slice(1 + length);
  return new AddressedFrame(Frame.of(body, 0, item.message), { group: bytes.slice(1, 1 + length) });
}

/** What a DGRAM makes of a datagram: its bytes. */
function asBytes(item: Frame): Frame {
  if (!(item instanceof AddressedFrame)) return item;
  const { group } = item;
  return Frame.of(String.fromCharCode(group.length) + group + item.bytes, 0, item.message);
}
