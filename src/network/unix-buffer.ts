/**
 * How much a Unix stream socket takes of a writer whose reader does not read. Linux charges the sender
 * for the memory that a write occupies, not for its bytes, and knows no buffer of the receiver
 * (net/unix/af_unix.c: unix_stream_sendmsg, unix_writable; measured against ipc of libzmq 4.3.5).
 */

/** net.core.wmem_default; libzmq sets the sizes of buffers for tcp only. */
const SNDBUF = 212_992;
const PAGE = 4096;
/** What follows the data within the same piece of memory, and the descriptor of the piece. */
const TRAILER = 320;
const DESCRIPTOR = 256;
/** Data beside the pages, and in them. */
const HEAD_MAX = PAGE - TRAILER;
const PAGES_MAX = 8 * PAGE;
const HEAD_MIN = 512;
const PIECE_MAX = HEAD_MAX + PAGES_MAX;

/** One piece of a write and the memory it occupies. */
interface Piece {
  /** Bytes sent up to its end. */
  readonly end: number;
  readonly charge: number;
}

/** One direction of a connection. */
export class UnixBuffer {
  private charged = 0;
  private sent = 0;
  private pieces: Piece[] = [];

  /** How many of the bytes are taken; the buffer may end up overdrawn by one piece. `isRead`: while they come, so that there is no limit. */
  take(bytes: number, isRead: boolean): number {
    const begin = this.sent;
    const end = begin + bytes;
    while (this.sent < end && (isRead || this.charged < SNDBUF)) {
      const size = Math.min(end - this.sent, PIECE_MAX);
      const charge = memoryOf(size);
      this.sent += size;
      this.charged += charge;
      this.pieces.push({ end: this.sent, charge });
    }
    return this.sent - begin;
  }

  /** How many it would take. */
  room(bytes: number, isRead: boolean): number {
    if (isRead) return bytes;
    let { charged } = this;
    let taken = 0;
    while (taken < bytes && charged < SNDBUF) {
      const size = Math.min(bytes - taken, PIECE_MAX);
      charged += memoryOf(size);
      taken += size;
    }
    return taken;
  }

  /** The reader has had so many bytes in all: pieces that it read to the end are free. */
  release(consumed: number): void {
    let done = 0;
    for (const { end, charge } of this.pieces) {
      if (end > consumed) break;
      this.charged -= charge;
      done++;
    }
    if (done > 0) this.pieces = this.pieces.slice(done);
  }

  /** Whether poll calls the writing end writable. */
  get writable(): boolean {
    return this.charged * 4 <= SNDBUF;
  }
}

/** Whole pages for what the head cannot hold; the head in powers of two. */
function memoryOf(size: number): number {
  const pages = Math.min(size, Math.ceil(Math.max(0, size - HEAD_MAX) / PAGE) * PAGE);
  let head = HEAD_MIN;
  while (head < size - pages + TRAILER) head *= 2;
  return head + DESCRIPTOR + Math.ceil(pages / PAGE) * PAGE;
}
