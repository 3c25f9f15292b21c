/** What work costs on the modelled machine: data, fitted to measurements, never code. */
import type { Distribution } from "../kernel/distribution.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Duration } from "../kernel/time.ts";

/** CPU time in whole nanoseconds unless said otherwise. */
export interface Costs {
  /** From a command or ready descriptor until a sleeping I/O thread runs (epoll wake-up). */
  readonly ioWake: Distribution;
  /** From a command until an application thread blocked in a call runs. */
  readonly appWake: Distribution;
  /** Added to the wake-up of a thread that slept for long; ascending, the last level that applies counts. */
  readonly coldWake: readonly ColdWake[];
  /** How late a timer of an I/O thread is served. */
  readonly timerSlack: Distribution;
  /** How late a sleep or a timer of a program ends. */
  readonly sleepSlack: Distribution;
  /**
   * Added to zmq_connect with probability `stallChance`: the call wakes the I/O thread, which may take
   * the processor from the caller. Not on sends and receives, where it would cap the throughput.
   */
  readonly stall: Distribution;
  readonly stallChance: number;
  /** One zmq_send of a frame, without copying. */
  readonly send: Distribution;
  /** One zmq_recv of a frame. */
  readonly recv: Distribution;
  /** One zmq_poll, besides its items. */
  readonly poll: Distribution;
  readonly pollItem: number;
  /** unbind, disconnect, close, setsockopt, getsockopt. */
  readonly call: number;
  /** zmq_bind, of zeromq.js until the program goes on: it binds in another thread. */
  readonly bind: Distribution;
  /** zmq_connect. */
  readonly connect: Distribution;
  /** Added to the first zmq_connect of a process over a network: nothing of it is in memory or cache yet. */
  readonly firstConnect: Distribution;
  /** zmq_socket, the first of a context included. */
  readonly socket: Distribution;
  readonly command: number;
  /** One read or write system call. */
  readonly syscall: number;
  /** Framing or parsing one message. */
  readonly codec: number;
  /** Opening a descriptor: socket + connect, or accept. */
  readonly open: Distribution;
  /** Copying, per byte, as a fraction of a nanosecond: application to message, message to kernel, kernel to message. */
  readonly perByteSend: number;
  readonly perByteWrite: number;
  readonly perByteRead: number;
  /** An I/O thread that copies much stalls now and then (page faults, preemption): for how long, and the time spent copying between two stalls; 0: never. */
  readonly copyStall: Distribution;
  readonly copyStallEvery: Distribution;
  /** libzmq's max_command_delay as time: how long a send may skip its mailbox. */
  readonly commandDelay: number;
}

/** Processor idle states, lost caches, a host that gave the processor to somebody else. */
export interface ColdWake {
  /** Applies to threads that slept for longer than this, in ns. */
  readonly after: number;
  readonly delay: Distribution;
}

/** How long a thread that slept for `idle` nanoseconds takes to run. */
export function wakeDelay(costs: Costs, wake: Distribution, stream: RandomStream, idle: number): Duration {
  const warm = wake.sample(stream);
  for (let at = costs.coldWake.length - 1; at >= 0; at--) {
    const { after, delay } = costs.coldWake[at] as ColdWake;
    if (idle > after) return (warm + delay.sample(stream)) as Duration;
  }
  return warm;
}

/** What one zmq_connect costs the calling thread, in ns. `first`: of its process. */
export function connectCost(costs: Costs, stream: RandomStream, first: boolean): number {
  const call = costs.connect.sample(stream) + (first ? costs.firstConnect.sample(stream) : 0);
  return costs.stallChance > 0 && stream.float() < costs.stallChance ? call + costs.stall.sample(stream) : call;
}
