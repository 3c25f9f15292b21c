/** Which sockets of a recording can hear each other, also through the proxies whose inside is not seen. */

export class Peers {
  /** By endpoint as written, without the host of a tcp or udp address: who bound or connected there. */
  readonly #meetings = new Map<string, Set<string>>();
  readonly #at = new Map<string, Set<string>>();
  readonly #proxied = new Map<string, string>();

  contact(socket: string, _call: string, endpoint: string): void {
    const place = placeOf(socket, endpoint);
    add(this.#meetings, place, socket);
    add(this.#at, socket, place);
  }

  /** "front, back" */
  proxy(sockets: string): void {
    const [front, back] = sockets.split(", ");
    if (front === undefined || back === undefined) return;
    this.#proxied.set(front, back);
    this.#proxied.set(back, front);
  }

  /** Too generous rather than too strict: hosts are not told apart. */
  connected(sender: string, receiver: string): boolean {
    const seen = new Set<string>([sender]);
    const queue = [sender];
    for (let socket = queue.pop(); socket !== undefined; socket = queue.pop()) {
      for (const peer of this.#neighbours(socket)) {
        if (peer === receiver) return true;
        const onward = this.#proxied.get(peer);
        if (onward === undefined || seen.has(onward)) continue;
        seen.add(onward);
        queue.push(onward);
      }
    }
    return false;
  }

  *#neighbours(socket: string): Generator<string> {
    for (const place of this.#at.get(socket) ?? []) {
      for (const other of this.#meetings.get(place) ?? []) if (other !== socket) yield other;
    }
  }
}

function placeOf(socket: string, endpoint: string): string {
  const transport = /^(tcp|udp):/.exec(endpoint)?.[1];
  if (transport !== undefined) return `${transport}:${endpoint.slice(endpoint.lastIndexOf(":") + 1)}`;
  return endpoint.startsWith("inproc://") ? `${socket.split(".")[0]} ${endpoint}` : endpoint;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
