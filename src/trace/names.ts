/** How names in a trace are built, and which name somebody probably meant. */
import { selects } from "../scenario/names.ts";

/** The thread that owns a socket: "broker.worker[2].receiver" -> "broker.worker[2]"; its main thread is the node. */
export function threadOf(socket: string): string {
  const dot = socket.lastIndexOf(".");
  return dot === -1 ? socket : socket.slice(0, dot);
}

/** The node of a socket, a thread or a node. */
export function nodeOf(name: string): string {
  const dot = name.indexOf(".");
  return dot === -1 ? name : name.slice(0, dot);
}

/** A peer that was never identified is written as its endpoint. */
export function isEndpoint(peer: string): boolean {
  return peer.includes("://");
}

/** All replicas together: "worker[2].service" -> "worker[*].service". */
export function starIndices(name: string): string {
  return name.replace(/\[\d+\]/g, "[*]");
}

/** "publisher.sender#12" -> ["publisher.sender", 12]; a name without number counts as 0. */
export function splitMessage(message: string): readonly [origin: string, number: number] {
  const hash = message.lastIndexOf("#");
  if (hash === -1) return [message, 0];
  const number = Number(message.slice(hash + 1));
  return [message.slice(0, hash), Number.isSafeInteger(number) ? number : 0];
}

/** Whether a selector means one of the sockets of a call; a poll and a proxy name theirs with commas between. */
export function selectsAny(selector: string, sockets: string): boolean {
  return sockets.split(", ").some((socket) => selects(selector, socket));
}

/** The names nearest to a mistyped one, best first, at most `count`. */
export function nearestNames(name: string, known: Iterable<string>, count = 3): string[] {
  const ranked = [...new Set(known)].map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked.slice(0, count).map((entry) => entry.candidate);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
