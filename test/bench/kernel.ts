/**
 * Bare kernel workloads, and the reference that every ratio is taken to: a plain 4-ary heap on typed
 * arrays with exact tie order, under the hold model (take the earliest, put it back later) with 10,000
 * entries and no kernel around it.
 */
import { compileDistribution } from "../../src/kernel/distribution.ts";
import type { Actor, Lane } from "../../src/kernel/kernel.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { RandomStream } from "../../src/kernel/random.ts";
import type { Duration, Instant } from "../../src/kernel/time.ts";

const FOREVER = Number.MAX_SAFE_INTEGER as Instant;
const limits = { events: Number.MAX_SAFE_INTEGER, eventsPerInstant: Number.MAX_SAFE_INTEGER };

/** Exponential delays with a mean of 1 ms, drawn beforehand. */
const delays = new Float64Array(65_536);
{
  const distribution = compileDistribution({ kind: "exponential", mean: 1e6 });
  const stream = new Kernel({ seed: "bench" }).random.stream("delays");
  for (let index = 0; index < delays.length; index++) delays[index] = Math.max(1, distribution.sample(stream));
}

/** The reference: data-dependent branches, times and sequence numbers in the heap. */
class PlainHeap {
  size = 0;
  times: Float64Array;
  seqs: Float64Array;
  payloads: Int32Array;

  constructor(capacity: number) {
    this.times = new Float64Array(capacity);
    this.seqs = new Float64Array(capacity);
    this.payloads = new Int32Array(capacity);
  }

  push(time: number, seq: number, payload: number): void {
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (this.times[parent]! < time || (this.times[parent] === time && this.seqs[parent]! < seq)) break;
      this.move(index, parent);
      index = parent;
    }
    this.times[index] = time;
    this.seqs[index] = seq;
    this.payloads[index] = payload;
  }

  pop(): void {
    const last = --this.size;
    const time = this.times[last]!;
    const seq = this.seqs[last]!;
    const payload = this.payloads[last]!;
    let index = 0;
    for (let child = 1; child < last; child = 4 * index + 1) {
      let least = child;
      const end = Math.min(child + 4, last);
      for (let other = child + 1; other < end; other++) if (this.before(other, least)) least = other;
      if (time < this.times[least]! || (time === this.times[least] && seq < this.seqs[least]!)) break;
      this.move(index, least);
      index = least;
    }
    this.times[index] = time;
    this.seqs[index] = seq;
    this.payloads[index] = payload;
  }

  private before(a: number, b: number): boolean {
    return this.times[a]! < this.times[b]! || (this.times[a] === this.times[b] && this.seqs[a]! < this.seqs[b]!);
  }

  private move(to: number, from: number): void {
    this.times[to] = this.times[from]!;
    this.seqs[to] = this.seqs[from]!;
    this.payloads[to] = this.payloads[from]!;
  }
}

/** A prepared workload: performs that many events. */
export type Work = (events: number) => void;

export function reference(pending: number): Work {
  const heap = new PlainHeap(pending + 1);
  let seq = 0;
  let draw = 0;
  for (; seq < pending; seq++) heap.push(delays[draw++ & 65_535]!, seq, seq);
  return (events) => {
    for (let count = 0; count < events; count++) {
      const time = heap.times[0]!;
      const payload = heap.payloads[0]!;
      heap.pop();
      heap.push(time + delays[draw++ & 65_535]!, seq++, payload);
    }
  };
}

class Holder implements Actor {
  readonly label = "holder";
  left = 0;
  private draw = 0;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  fire(op: number, arg: number): void {
    this.kernel.schedule(delays[this.draw++ & 65_535]! as Duration, this, op, arg);
    if (--this.left <= 0) this.kernel.stop();
  }
}

export function hold(pending: number): Work {
  const kernel = new Kernel({ seed: "bench", limits });
  const holder = new Holder(kernel);
  for (let index = 0; index < pending; index++) kernel.schedule(delays[index & 65_535]! as Duration, holder, 0, index);
  return (events) => {
    holder.left = events;
    kernel.run(FOREVER);
  };
}

/** W1: a message every 10 us to each of 100 subscribers, 50 us away. Counted in deliveries. */
class Subscriber implements Actor {
  readonly label = "subscriber";
  received = 0;

  fire(_op: number, arg: number): void {
    this.received += arg;
  }
}

class Publisher implements Actor {
  readonly label = "publisher";
  left = 0;
  private readonly ticks: Lane;
  private readonly link: Lane;
  private readonly subscribers: readonly Subscriber[];

  constructor(kernel: Kernel, subscribers: readonly Subscriber[]) {
    this.ticks = kernel.lane(10_000 as Duration);
    this.link = kernel.lane(50_000 as Duration);
    this.subscribers = subscribers;
  }

  fire(): void {
    this.link.fanOut(this.subscribers, 0, 1);
    if (--this.left > 0) this.ticks.schedule(this, 0);
  }
}

export function fanOut(targets: number): Work {
  const kernel = new Kernel({ seed: "bench", limits });
  const subscribers = Array.from({ length: targets }, () => new Subscriber());
  const publisher = new Publisher(kernel, subscribers);
  return (events) => {
    publisher.left = Math.ceil(events / targets);
    kernel.schedule(0 as Duration, publisher, 0);
    kernel.run(FOREVER);
  };
}

/** W3: clients with one request under way, a broker that queues workers, four hops of 50 us, service 100 us. */
class Broker implements Actor {
  readonly label = "broker";
  readonly idle: Worker[] = [];
  hops = 0;
  requestsLeft = 0;
  private readonly waiting: Client[] = [];
  private served = 0;
  private readonly link: Lane;
  private readonly clients: readonly Client[];
  private readonly workers: readonly Worker[];

  constructor(kernel: Kernel, clients: readonly Client[], workers: readonly Worker[]) {
    this.link = kernel.lane(50_000 as Duration);
    this.clients = clients;
    this.workers = workers;
  }

  /** op 0: request of client arg; op > 0: worker op - 1 has answered client arg. */
  fire(op: number, arg: number): void {
    this.hops++;
    const client = this.clients[arg]!;
    if (op === 0) {
      const worker = this.idle.pop();
      if (worker === undefined) this.waiting.push(client);
      else this.link.schedule(worker, 0, arg);
      return;
    }
    this.link.schedule(client, 0, arg);
    const worker = this.workers[op - 1]!;
    const next = this.waiting[this.served];
    if (next === undefined) this.idle.push(worker);
    else this.serve(worker, next);
  }

  private serve(worker: Worker, client: Client): void {
    this.link.schedule(worker, 0, client.index);
    if (++this.served < 1024) return;
    this.waiting.splice(0, this.served);
    this.served = 0;
  }
}

class Worker implements Actor {
  readonly label = "worker";
  broker!: Broker;
  readonly index: number;
  private readonly kernel: Kernel;
  private readonly link: Lane;
  private readonly stream: RandomStream;

  constructor(kernel: Kernel, index: number) {
    this.kernel = kernel;
    this.link = kernel.lane(50_000 as Duration);
    this.index = index;
    this.stream = kernel.random.stream(`worker/${index}`);
  }

  /** op 0: request arrives; op 1: service done. */
  fire(op: number, arg: number): void {
    if (op === 1) {
      this.link.schedule(this.broker, this.index + 1, arg);
      return;
    }
    this.broker.hops++;
    this.kernel.schedule(service.sample(this.stream), this, 1, arg);
  }
}

const service = compileDistribution({ kind: "exponential", mean: 100_000 });

class Client implements Actor {
  readonly label = "client";
  broker!: Broker;
  readonly index: number;
  private readonly link: Lane;

  constructor(kernel: Kernel, index: number) {
    this.link = kernel.lane(50_000 as Duration);
    this.index = index;
  }

  fire(op: number, _arg: number): void {
    const broker = this.broker;
    if (op === 0) broker.hops++;
    if (broker.requestsLeft > 0) {
      broker.requestsLeft--;
      this.link.schedule(broker, 0, this.index);
    }
  }
}

export function broker(): Work {
  const kernel = new Kernel({ seed: "bench", limits });
  const clients = Array.from({ length: 100 }, (_, index) => new Client(kernel, index));
  const workers = Array.from({ length: 10 }, (_, index) => new Worker(kernel, index));
  const middle = new Broker(kernel, clients, workers);
  for (const each of [...clients, ...workers]) each.broker = middle;
  middle.idle.push(...workers);
  return (events) => {
    middle.requestsLeft = Math.ceil(events / 4);
    for (const client of clients) kernel.schedule(0 as Duration, client, 1);
    kernel.run(FOREVER);
  };
}

/** W2: a producer without production time, a buffer of 1000, a consumer with exponential service of 10 us. Counted in items. */
class BoundedBuffer implements Actor {
  readonly label = "consumer";
  left = 0;
  private queued = 0;
  private readonly kernel: Kernel;
  private readonly stream: RandomStream;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.stream = kernel.random.stream("service");
  }

  fire(): void {
    // The producer is blocked whenever the buffer is full, and fills a free place at once.
    while (this.queued < 1000) this.queued++;
    this.queued--;
    if (--this.left > 0) this.kernel.schedule(quickService.sample(this.stream), this, 0);
  }
}

const quickService = compileDistribution({ kind: "exponential", mean: 10_000 });

export function boundedBuffer(): Work {
  const kernel = new Kernel({ seed: "bench", limits });
  const consumer = new BoundedBuffer(kernel);
  return (events) => {
    consumer.left = events;
    kernel.schedule(0 as Duration, consumer, 0);
    kernel.run(FOREVER);
  };
}

/** W4: n processes with one timer each. Counted in timers, the making of the processes included. */
export function timers(): Work {
  return (events) => {
    const kernel = new Kernel({ seed: "bench", limits });
    const processes = Array.from({ length: events }, () => new Subscriber());
    for (const [index, each] of processes.entries()) kernel.schedule(delays[index & 65_535]! as Duration, each, 0, 1);
    kernel.run(FOREVER);
  };
}
