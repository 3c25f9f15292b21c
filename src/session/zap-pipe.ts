/** The way from a session to the ZAP handler of its context. libzmq: session_base_t::zap_connect, write_zap_msg, read_zap_msg. */
import { Command, type Mailbox } from "../ctx/mailbox.ts";
import { type Own, sendSequenced } from "../ctx/own.ts";
import { Journal } from "../journal/journal.ts";
import type { World } from "../network/process.ts";
import { Frame, MORE, routingIdFrame } from "../pipe/frame.ts";
import { Pipe } from "../pipe/pipe.ts";

/** The socket bound to "inproc://zeromq.zap.01". */
export interface ZapHandler {
  readonly socket: Own & { readonly name: string };
  /** It wants the routing id of its peers. */
  readonly recvRoutingId: boolean;
}

/**
 * Without limits in both directions. `socketName`: the socket whose session asks. What passes here is between the
 * program and the library: it has books of its own, which nobody reads, and traces take nobody for the handler's peer.
 */
export function openZapPipe(handler: ZapHandler, world: World, mailbox: Mailbox, socketName: string): Pipe {
  const { socket } = handler;
  const [mine, theirs] = Pipe.pair({
    id: world.pipeIds++,
    ends: [
      { mailbox, role: "session", socketName, peerName: socket.name },
      { mailbox: socket.mailbox, role: "socket", socketName: socket.name, peerName: `zap://${socketName}` },
    ],
    hwms: [0, 0],
    conflate: false,
    journal: new Journal(world.journal, false),
  });
  mine.setNodelay();
  mine.connected = true;
  theirs.connected = true;
  if (world.journal.full) theirs.madeAt = world.journal.now;
  sendSequenced(socket, Command.bind, 0, theirs);
  if (handler.recvRoutingId) {
    mine.write(routingIdFrame(""));
    mine.flush();
  }
  return mine;
}

export function writeFrames(pipe: Pipe, frames: readonly string[]): void {
  for (const [index, text] of frames.entries()) pipe.write(Frame.of(text, index < frames.length - 1 ? MORE : 0));
  pipe.flush();
}
