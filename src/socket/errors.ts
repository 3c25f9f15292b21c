/** Error codes by name, with Linux's numbers where monitor events carry them. libzmq: zmq.h, errno.h. */

export type Errno =
  | "EAGAIN"
  | "EFSM"
  | "ENOTSUP"
  | "EHOSTUNREACH"
  | "EINVAL"
  | "ETERM"
  | "ENOTSOCK"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENODEV"
  | "ENOENT"
  | "EPROTONOSUPPORT"
  | "EMTHREAD"
  | "EMFILE"
  | "EFAULT"
  | "ENOCOMPATPROTO";

const NUMBERS: Readonly<Partial<Record<Errno, number>>> = {
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENODEV: 19,
  EINVAL: 22,
  EAGAIN: 11,
};

export const errnoNumber = (code: Errno): number => NUMBERS[code] ?? 0;
