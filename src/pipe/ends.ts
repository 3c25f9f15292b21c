/** What surrounds a pipe: the objects above its halves, and what a new pair is made of. libzmq: i_pipe_events, pipepair. */
import type { Mailbox } from "../ctx/mailbox.ts";
import type { Journal } from "../journal/journal.ts";
import type { Pipe } from "./pipe.ts";

/** The object above a pipe half. libzmq: i_pipe_events. */
export interface PipeEvents {
  readActivated(pipe: Pipe): void;
  writeActivated(pipe: Pipe): void;
  hiccuped(pipe: Pipe): void;
  pipeTerminated(pipe: Pipe): void;
}

/** Who holds a half, for the journal: sockets begin and end legs, sessions pass them on. */
export type PipeRole = "socket" | "session";

/** One side of a new pipe. */
export interface PipeEnd {
  mailbox: Mailbox;
  readonly role: PipeRole;
  readonly socketName: string;
  readonly peerName: string;
}

export interface PipePairOptions {
  readonly id: number;
  readonly ends: readonly [PipeEnd, PipeEnd];
  /** Limits of what the first half writes and of what the second half writes. */
  readonly hwms: readonly [number, number];
  readonly conflate: boolean;
  readonly journal: Journal;
}

/** An inproc peer that goes says so. libzmq: pipe_t::send_disconnect_msg. */
export function sendDisconnectMsg(pipe: Pipe): void {
  if (pipe.disconnectMsg !== "") pipe.writeNotice(pipe.disconnectMsg);
  pipe.disconnectMsg = "";
}
