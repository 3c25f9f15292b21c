/** An I/O thread or the reaper: sleeps until something is ready, works one thing at a time. */
import type { Actor } from "../kernel/actor.ts";
import type { EventId, Kernel } from "../kernel/kernel.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { Duration, Instant } from "../kernel/time.ts";
import { type Costs, wakeDelay } from "./costs.ts";
import { Mailbox, type MailboxReader } from "./mailbox.ts";

/** Work that a thread does when it gets to it: a ready descriptor, a due timer, the mailbox. */
export interface Task {
  runTask(op: number, arg: number): void;
}

const OP_RUN = 0;

/**
 * Runs posted tasks in order of readiness. A task runs at one instant; what it charges keeps the
 * thread busy afterwards, and tasks that become ready meanwhile wait without a wake-up delay.
 * libzmq: io_thread.cpp, epoll.cpp:loop, reaper.cpp.
 */
export class IoThread implements Actor, MailboxReader, Task {
  readonly label: string;
  readonly kernel: Kernel;
  readonly costs: Costs;
  readonly mailbox: Mailbox;
  /** Registered descriptors; the mailbox counts as one. libzmq: poller_base_t::get_load. */
  load = 1;
  private readonly wakeStream: RandomStream;
  private tasks: (Task | null)[] = [];
  private ops: number[] = [];
  private args: number[] = [];
  private head = 0;
  private tail = 0;
  private mailboxPosted = false;
  private scheduled = false;
  private alive = true;
  /** A thread that never ran is as cold as can be. */
  private busyUntil = -Infinity as Instant;
  private charged = 0;
  /** Time it will spend copying until the next stall. */
  private untilStall: number;

  constructor(kernel: Kernel, label: string, costs: Costs) {
    this.kernel = kernel;
    this.label = label;
    this.costs = costs;
    this.wakeStream = kernel.random.stream(`${label}/wake`);
    this.mailbox = new Mailbox(this);
    this.untilStall = this.copyingTime();
  }

  /** The thread's own clock inside a task: the instant of the task plus the work done so far. */
  get localNow(): Instant {
    return (this.kernel.now + this.charged) as Instant;
  }

  /** Keeps the thread busy for `cost` nanoseconds (may be fractional; rounded when summed up). */
  charge(cost: number): void {
    this.charged += Math.round(cost);
  }

  /** Charges for copying between a message and the kernel. */
  chargeCopy(cost: number): void {
    this.charge(cost);
    this.untilStall -= cost;
    if (this.untilStall > 0) return;
    this.charge(this.costs.copyStall.sample(this.wakeStream));
    this.untilStall = this.copyingTime();
  }

  /** Queues `task`; wakes the thread when it sleeps. */
  post(task: Task, op: number, arg = 0): void {
    if (!this.alive) return;
    const at = this.tail++;
    this.tasks[at] = task;
    this.ops[at] = op;
    this.args[at] = arg;
    if (!this.scheduled) this.schedule();
  }

  mailboxActive(): void {
    if (this.mailboxPosted) return;
    this.mailboxPosted = true;
    this.post(this, OP_RUN);
  }

  /** The mailbox is ready: process all commands. */
  runTask(): void {
    this.mailboxPosted = false;
    this.charge(this.mailbox.drain() * this.costs.command);
  }

  /** Calls `owner.fire(op, arg)` after `delay`, as late as timers are served here. */
  startTimer(owner: Actor, delay: Duration, op: number, arg = 0): EventId {
    const slack = this.costs.timerSlack.sample(this.wakeStream);
    return this.kernel.schedule((delay + slack) as Duration, owner, op, arg);
  }

  /** Kernel event: run the first task. */
  fire(): void {
    this.scheduled = false;
    if (!this.alive) return;
    this.charged = 0;
    if (this.kernel.choices.open && this.tail - this.head > 1) this.chooseFirst();
    const at = this.head++;
    const task = this.tasks[at] as Task;
    this.tasks[at] = null;
    const op = this.ops[at] as number;
    const arg = this.args[at] as number;
    if (this.head === this.tail) this.resetQueue();
    else if (this.head >= 1024) this.compactQueue();
    this.scheduled = true; // what this task posts waits for its end
    task.runTask(op, arg);
    this.busyUntil = this.localNow;
    this.charged = 0;
    this.scheduled = false;
    if (this.head < this.tail) this.schedule();
  }

  /** The process died: nothing runs here any more. */
  kill(): void {
    this.alive = false;
    this.resetQueue();
    this.mailbox.clear();
  }

  /** The kernel reports ready descriptors in any order; what one object waits for keeps its own. */
  private chooseFirst(): void {
    const { tasks, ops, args, head } = this;
    const chosen = head + this.kernel.choose(`${this.label}/ready`, this.tail - head);
    const from = tasks.indexOf(tasks[chosen] as Task, head);
    const [task] = tasks.splice(from, 1);
    const [op] = ops.splice(from, 1);
    const [arg] = args.splice(from, 1);
    tasks.splice(head, 0, task as Task);
    ops.splice(head, 0, op as number);
    args.splice(head, 0, arg as number);
  }

  private schedule(): void {
    this.scheduled = true;
    const now = this.kernel.now;
    const at =
      this.busyUntil >= now
        ? this.busyUntil
        : now + wakeDelay(this.costs, this.costs.ioWake, this.wakeStream, now - this.busyUntil);
    this.kernel.scheduleAt(at as Instant, this, OP_RUN, 0);
  }

  private copyingTime(): number {
    const { copyStallEvery } = this.costs;
    return copyStallEvery.constant === 0 ? Infinity : copyStallEvery.sample(this.wakeStream);
  }

  private resetQueue(): void {
    // The places are used again; their number is that of the fullest moment.
    this.head = 0;
    this.tail = 0;
  }

  private compactQueue(): void {
    this.tasks.splice(0, this.head);
    this.ops.splice(0, this.head);
    this.args.splice(0, this.head);
    this.tail -= this.head;
    this.head = 0;
  }
}
