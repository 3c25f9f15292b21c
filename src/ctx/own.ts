/**
 * The ownership tree: socket -> sessions and listeners -> accepted sessions and connecters.
 * Termination goes down with a linger value, acknowledgements come up. libzmq: own.cpp.
 */
import { Command, type CommandTarget, type Mailbox, send } from "./mailbox.ts";

export abstract class Own implements CommandTarget {
  abstract readonly mailbox: Mailbox;
  protected owner: Own | null = null;
  /** Set once termination has begun; new children are terminated at once. */
  terminating = false;
  private owned: readonly Own[] | Set<Own> = NOBODY;
  private acksPending = 0;
  /** Commands on their way that keep this object alive. libzmq: _sent_seqnum less _processed_seqnum. */
  private underWay = 0;

  /** LINGER in ms for children that ask to be terminated. */
  protected abstract lingerMs(): number;
  /** The object is gone: release what it holds. */
  protected abstract processDestroy(): void;
  /** Started by its owner in its own thread. */
  protected processPlug(): void {}

  /** Gives `child` its owner and starts it. libzmq: own_t::launch_child. */
  launchChild(child: Own): void {
    child.owner = this;
    sendSequenced(child, Command.plug);
    sendSequenced(this, Command.own, 0, child);
  }

  /** Asks a child to go, as if it had asked itself. libzmq: own_t::term_child. */
  termChild(child: Own): void {
    this.processTermReq(child);
  }

  /** Begins the termination of this object. libzmq: own_t::terminate. */
  terminate(): void {
    if (this.terminating) return;
    if (this.owner === null) this.processTerm(this.lingerMs());
    else send(this.owner, Command.termReq, 0, this);
  }

  processCommand(command: number, arg: number, ref: unknown): void {
    switch (command) {
      case Command.plug:
        this.processPlug();
        this.seqnumProcessed();
        break;
      case Command.own:
        this.processOwn(ref as Own);
        this.seqnumProcessed();
        break;
      case Command.termReq:
        this.processTermReq(ref as Own);
        break;
      case Command.term:
        this.processTerm(arg);
        break;
      case Command.termAck:
        this.unregisterTermAck();
        break;
    }
  }

  /** Terminates the children, then waits for their acknowledgements. */
  protected processTerm(linger: number): void {
    for (const child of this.owned) {
      send(child, Command.term, linger);
      this.registerTermAcks(1);
    }
    this.owned = NOBODY;
    this.terminating = true;
    this.checkTermAcks();
  }

  protected registerTermAcks(count: number): void {
    this.acksPending += count;
  }

  protected unregisterTermAck(): void {
    this.acksPending--;
    this.checkTermAcks();
  }

  incSeqnum(): void {
    this.underWay++;
  }

  protected seqnumProcessed(): void {
    this.underWay--;
    this.checkTermAcks();
  }

  private processOwn(child: Own): void {
    if (this.terminating) {
      this.registerTermAcks(1);
      send(child, Command.term, 0);
      return;
    }
    if (this.owned instanceof Set) this.owned.add(child);
    else if (this.owned.length < FEW) this.owned = this.owned.concat([child]);
    else this.owned = new Set(this.owned).add(child);
  }

  private processTermReq(child: Own): void {
    // Already terminating: the child has its term command; unknown: terminated before.
    if (this.terminating || !this.disown(child)) return;
    this.registerTermAcks(1);
    send(child, Command.term, this.lingerMs());
  }

  private disown(child: Own): boolean {
    if (this.owned instanceof Set) return this.owned.delete(child);
    const count = this.owned.length;
    this.owned = this.owned.filter((other) => other !== child);
    return this.owned.length < count;
  }

  private checkTermAcks(): void {
    if (!this.terminating || this.acksPending > 0 || this.underWay > 0) return;
    if (this.owner !== null) send(this.owner, Command.termAck);
    this.processDestroy();
  }
}

/** Children beyond this many go into a Set; a connecting socket has one, a listener may have a million. */
const FEW = 8;
const NOBODY: readonly Own[] = [];

/** Sends a command that the receiver must have processed before it may be destroyed. */
export function sendSequenced(target: Own, command: number, arg = 0, ref: unknown = null): void {
  target.incSeqnum();
  send(target, command, arg, ref);
}
