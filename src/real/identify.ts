/**
 * Which message is it that was received? The wire does not say. A mark says it where the sender put
 * one; elsewhere the content does, since the recorder marks all messages that content cannot tell
 * apart in a forecast. What is left, because the real run went another way than the forecast, is
 * decided by order: between two sockets messages keep their order, and a message that went to one
 * receiver does not go to another. Such guesses are counted and named.
 */
import type { CallEvent, SocketEvent } from "../journal/events.ts";
import { splitMessage } from "../trace/names.ts";
import { NUMBERS_PER_LIFE } from "./mark.ts";
import type { Placed } from "./merge.ts";
import { Peers } from "./peers.ts";
import type { RawDetail, RawLine } from "./protocol.ts";

export interface Identified {
  /** Receipts that more than one message could have been. */
  readonly guessed: number;
  /** Receipts that no message fits. */
  readonly unknown: number;
}

export interface Identities extends Identified {
  /** Message per send or recv line. */
  readonly names: ReadonlyMap<RawLine, string>;
  /** First receipt per send line, ns. */
  readonly earliest: ReadonlyMap<RawLine, number>;
}

type CallLine = CallEvent & { readonly raw?: RawDetail };

interface Sent {
  readonly line: CallLine;
  readonly message: string;
  readonly socket: string;
  /** Position among the sends of its socket. */
  readonly order: number;
  readonly body: readonly string[];
  /** Receivers that got it. */
  readonly receivers: Set<string>;
}

/** These write a message to every peer; the others to one. */
const PUBLISHERS = new Set(["PUB", "XPUB"]);

export class Identifier {
  readonly #sockets: readonly string[];
  readonly #types = new Map<string, string>();
  readonly #peers = new Peers();
  readonly #names = new Map<RawLine, string>();
  readonly #earliest = new Map<RawLine, number>();
  /** By message: its sends, latest last. */
  readonly #sends = new Map<string, Sent[]>();
  /** By print of the last frame, in order of time. */
  readonly #byContent = new Map<string, Sent[]>();
  readonly #orders = new Map<string, number>();
  /** By socket: the number after that of its last message. */
  readonly #next = new Map<string, number>();
  /** By "socket life": the number of its first message in that life. */
  readonly #firsts = new Map<string, number>();
  /** "sender receiver" -> order of the send that was received last. */
  readonly #latest = new Map<string, number>();
  /** By "file receipt": the message. */
  readonly #receipts = new Map<string, string>();
  #guessed = 0;
  #unknown = 0;

  constructor(sockets: readonly string[]) {
    this.#sockets = sockets;
  }

  /** Lines in order of their beginnings. */
  take({ line, file }: Placed): void {
    if (line.ev === "socket") this.#open(line);
    if (line.ev === "block" && line.call === "proxy") this.#peers.proxy(line.socket ?? "");
    if (line.ev !== "call" || line.socket === undefined) return;
    if (line.result === "ok" && (line.call === "bind" || line.call === "connect"))
      this.#peers.contact(line.socket, line.call, line.arg ?? "");
    if (line.call === "send") this.#sent(line as CallLine, file);
    else if (line.call === "recv" && line.result === "ok") this.#received(line as CallLine, file);
  }

  finish(): Identities {
    return { names: this.#names, earliest: this.#earliest, guessed: this.#guessed, unknown: this.#unknown };
  }

  #open(line: SocketEvent): void {
    if (line.what === "open") this.#types.set(line.socket, line.type ?? "");
  }

  #sent(line: CallLine, file: number): void {
    const { raw, socket = "" } = line;
    if (raw === undefined) return;
    const message =
      raw.receipt === undefined
        ? raw.number === undefined
          ? undefined
          : this.#name(socket, raw.number)
        : this.#receipts.get(`${file} ${raw.receipt}`);
    if (message === undefined) return;
    this.#names.set(line, message);
    if (line.result !== "ok") return;
    if (raw.number !== undefined) this.#next.set(socket, splitMessage(message)[1] + 1);
    const order = this.#orders.get(socket) ?? 0;
    this.#orders.set(socket, order + 1);
    const body = this.#body(socket, raw.prints ?? []);
    const sent: Sent = { line, message, socket, order, body, receivers: new Set() };
    push(this.#sends, message, sent);
    push(this.#byContent, body.at(-1) ?? "", sent);
  }

  #received(line: CallLine, file: number): void {
    const { raw, socket = "", t } = line;
    if (raw === undefined || this.#isSubscription(line)) return;
    const sent =
      raw.mark === undefined
        ? this.#byOrder(line)
        : this.#byMark(this.#name(this.#sockets[raw.mark[0]] ?? "", raw.mark[1]), socket);
    if (sent === undefined) {
      this.#unknown++;
      return;
    }
    sent.receivers.add(socket);
    this.#latest.set(`${sent.socket} ${socket}`, sent.order);
    this.#earliest.set(sent.line, Math.min(t, this.#earliest.get(sent.line) ?? t));
    this.#names.set(line, sent.message);
    this.#receipts.set(`${file} ${raw.receipt}`, sent.message);
  }

  /** In the trace the numbers go on in the next life. */
  #name(socket: string, number: number): string {
    return `${socket}#${this.#first(socket, number) + (number % NUMBERS_PER_LIFE)}`;
  }

  #first(socket: string, number: number): number {
    const key = `${socket} ${Math.floor(number / NUMBERS_PER_LIFE)}`;
    let first = this.#firsts.get(key);
    if (first === undefined) {
      first = this.#next.get(socket) ?? 0;
      this.#firsts.set(key, first);
    }
    return first;
  }

  /** What an XPUB hands up from a subscriber. */
  #isSubscription({ socket = "", frames }: CallLine): boolean {
    const first = frames?.[0] ?? "";
    return (
      this.#types.get(socket) === "XPUB" &&
      (first.startsWith("\\x01") || first.startsWith("\\x00") || first === "<1 bytes>")
    );
  }

  #byMark(message: string, receiver: string): Sent | undefined {
    const sends = this.#sends.get(message) ?? [];
    return sends.findLast((sent) => this.#peers.connected(sent.socket, receiver)) ?? sends.at(-1);
  }

  #byOrder(line: CallLine): Sent | undefined {
    const receiver = line.socket ?? "";
    const body = this.#body(receiver, line.raw?.prints ?? []);
    const fits = (this.#byContent.get(body.at(-1) ?? "") ?? []).filter((sent) => this.#mayBe(sent, receiver, body));
    const rivals = new Set(fits.map(({ message }) => message));
    if (rivals.size > 1) this.#guessed++;
    // A publisher's messages may be lost in front, so the latest is likelier; elsewhere nothing is lost in between.
    return fits.some(({ socket }) => PUBLISHERS.has(this.#types.get(socket) ?? "")) ? fits.at(-1) : fits[0];
  }

  #mayBe(sent: Sent, receiver: string, body: readonly string[]): boolean {
    if (!endsAlike(sent.body, body) || !this.#peers.connected(sent.socket, receiver)) return false;
    if (PUBLISHERS.has(this.#types.get(sent.socket) ?? "") ? sent.receivers.has(receiver) : sent.receivers.size > 0)
      return false;
    return sent.order > (this.#latest.get(`${sent.socket} ${receiver}`) ?? -1);
  }

  /** Without the address that a ROUTER puts in front or takes away. */
  #body(socket: string, prints: readonly string[]): readonly string[] {
    return this.#types.get(socket) === "ROUTER" && prints.length > 1 ? prints.slice(1) : prints;
  }
}

/** One may have an envelope in front that the other does not show. */
function endsAlike(a: readonly string[], b: readonly string[]): boolean {
  const count = Math.min(a.length, b.length);
  for (let i = 1; i <= count; i++) if (a.at(-i) !== b.at(-i)) return false;
  return count > 0;
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
