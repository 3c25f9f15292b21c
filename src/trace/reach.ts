/** Which final receivers a publisher's messages can get to, over the whole run, and by which next peer. */
import { isPublisher, isSubscriber, standingForwards, type Topology } from "./topology.ts";

export class Reach {
  readonly #topology: Topology;
  /** Subscriber socket -> publisher sockets on which its messages go on. */
  readonly #onward: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #routes = new Map<string, ReadonlyMap<string, readonly string[]>>();

  constructor(topology: Topology, seen: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#topology = topology;
    const onward = standingForwards(topology);
    for (const [from, targets] of seen) {
      for (const to of targets) {
        if (!isPublisher(topology.typeOf(to))) continue;
        const known = onward.get(from);
        if (known === undefined) onward.set(from, new Set([to]));
        else known.add(to);
      }
    }
    this.#onward = onward;
  }

  forwards(subscriber: string): boolean {
    return this.#onward.has(subscriber);
  }

  /** Final receiver -> the peers of `publisher` that lead to it, in order of opening. */
  routes(publisher: string): ReadonlyMap<string, readonly string[]> {
    let routes = this.#routes.get(publisher);
    if (routes === undefined) this.#routes.set(publisher, (routes = this.#collect(publisher)));
    return routes;
  }

  #collect(publisher: string): Map<string, string[]> {
    const routes = new Map<string, string[]>();
    for (const peer of this.#subscribersOf(publisher)) {
      const finals = new Set<string>();
      this.#finals(peer, finals, new Set([publisher]));
      for (const final of finals) {
        const via = routes.get(final);
        if (via === undefined) routes.set(final, [peer]);
        else via.push(peer);
      }
    }
    const order = (name: string): number => this.#topology.sockets.get(name)?.order ?? 0;
    return new Map([...routes].sort(([a], [b]) => order(a) - order(b)));
  }

  #finals(subscriber: string, finals: Set<string>, seen: Set<string>): void {
    const onward = this.#onward.get(subscriber);
    if (onward === undefined) {
      finals.add(subscriber);
      return;
    }
    for (const publisher of onward) {
      if (seen.has(publisher)) continue;
      seen.add(publisher);
      for (const peer of this.#subscribersOf(publisher)) this.#finals(peer, finals, seen);
    }
  }

  #subscribersOf(publisher: string): string[] {
    return [...this.#topology.peersOf(publisher)].filter((peer) => isSubscriber(this.#topology.typeOf(peer)));
  }
}
