/** The fates of a message: for every intended receiver exactly one of these holds. */

export const FATES = {
  delivered: "the receiving program got it",
  queued: "it still waits in a queue or on the wire when the run ends",
  "no-peer": "the sending socket had no peer at all, and its type drops then",
  "no-subscription": "a peer was attached, but the sender had not yet processed a matching subscription",
  hwm: "the pipe to the peer was at its high-water mark, and the type drops then",
  unroutable: "no peer has the routing id, or the requester is gone",
  "connection-lost": "it was in the encoder, the kernel or in flight when the connection died",
  "pipe-closed": "it waited in the pipe of an accepted connection that ended, or of a disconnected endpoint",
  linger: "the sender closed and the linger period ran out first",
  "receiver-closed": "the receiver closed its socket before reading it",
  crashed: "it was inside a process that died",
  conflated: "a newer message replaced it (ZMQ_CONFLATE)",
  stale: "REQ discarded it: not the reply to the current request",
  malformed: "its envelope did not fit the receiving socket type",
  filtered: "the subscriber no longer had a matching subscription when it arrived",
  handover: "ROUTER gave its peer's identity to a newcomer and dropped what was unread",
  incomplete: "only a part of the multipart message was sent before the socket or connection ended",
  "too-big": "it exceeded the receiver's ZMQ_MAXMSGSIZE",
  "no-receiver": "a datagram had no valid address, no way to its host, or nobody was bound there when it came",
  overflow: "a datagram found its receiver's buffer full: the kernel's, or the socket's pipe at its high-water mark",
} as const;

export type Fate = keyof typeof FATES;
