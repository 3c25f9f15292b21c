/** The socket types of zeromq.js. Options are defined on the prototypes by define-options.ts. */
import { Socket } from "./socket.ts";
import type {
  Message,
  MessageLike,
  Readable,
  RouterConnectOptions,
  SocketOptions,
  StreamConnectOptions,
  Writable,
} from "./types.ts";

/** Methods that the base class has and that the API does not show. */
interface StringOptions {
  setStringOption(option: number, value: unknown): void;
  setBoolOption(option: number, value: boolean): void;
}

const raw = (socket: object): StringOptions => socket as StringOptions;

const SUBSCRIBE = 6;
const UNSUBSCRIBE = 7;
const XPUB_VERBOSE = 40;
const CONNECT_ROUTING_ID = 61;
const XPUB_VERBOSER = 78;

/** None: everything. */
function setEach(socket: object, option: number, prefixes: readonly unknown[]): void {
  if (prefixes.length === 0) raw(socket).setStringOption(option, null);
  for (const prefix of prefixes) raw(socket).setStringOption(option, prefix);
}

export class Pair extends Socket {
  constructor(options?: SocketOptions<Pair>) {
    super(0, options);
  }
}
export interface Pair extends Writable, Readable {}

export class Publisher extends Socket {
  constructor(options?: SocketOptions<Publisher>) {
    super(1, options);
  }
}
export interface Publisher extends Writable {
  noDrop: boolean;
  conflate: boolean;
  invertMatching: boolean;
}

export class Subscriber extends Socket {
  constructor(options?: SocketOptions<Subscriber>) {
    super(2, options);
  }

  subscribe(...prefixes: Array<Buffer | string>): void {
    setEach(this, SUBSCRIBE, prefixes);
  }

  unsubscribe(...prefixes: Array<Buffer | string>): void {
    setEach(this, UNSUBSCRIBE, prefixes);
  }
}
export interface Subscriber extends Readable {
  conflate: boolean;
  invertMatching: boolean;
}

export class Request extends Socket {
  constructor(options?: SocketOptions<Request>) {
    super(3, options);
  }
}
export interface Request extends Readable, Writable {
  routingId: string | null;
  probeRouter: boolean;
  correlate: boolean;
  relaxed: boolean;
}

export class Reply extends Socket {
  constructor(options?: SocketOptions<Reply>) {
    super(4, options);
  }
}
export interface Reply extends Readable, Writable {
  routingId: string | null;
}

export class Dealer extends Socket {
  constructor(options?: SocketOptions<Dealer>) {
    super(5, options);
  }
}
export interface Dealer extends Readable, Writable {
  routingId: string | null;
  probeRouter: boolean;
  conflate: boolean;
}

export class Router extends Socket {
  constructor(options?: SocketOptions<Router>) {
    super(6, options);
  }

  override connect(address: string, options: RouterConnectOptions = {}): void {
    if (options.routingId) raw(this).setStringOption(CONNECT_ROUTING_ID, options.routingId);
    super.connect(address);
  }
}
export interface Router extends Readable, Writable {
  routingId: string | null;
  mandatory: boolean;
  probeRouter: boolean;
  handover: boolean;
}

export class Pull extends Socket {
  constructor(options?: SocketOptions<Pull>) {
    super(7, options);
  }
}
export interface Pull extends Readable {
  conflate: boolean;
}

export class Push extends Socket {
  constructor(options?: SocketOptions<Push>) {
    super(8, options);
  }
}
export interface Push extends Writable {
  conflate: boolean;
}

export class XPublisher extends Socket {
  constructor(options?: SocketOptions<XPublisher>) {
    super(9, options);
  }

  /** Which subscriptions are passed on: new ones, all, or all with all cancellations. */
  set verbosity(value: null | "allSubs" | "allSubsUnsubs") {
    if (value === null) raw(this).setBoolOption(XPUB_VERBOSE, false);
    else if (value === "allSubs") raw(this).setBoolOption(XPUB_VERBOSE, true);
    else if (value === "allSubsUnsubs") raw(this).setBoolOption(XPUB_VERBOSER, true);
  }
}
export interface XPublisher extends Readable, Writable {
  noDrop: boolean;
  manual: boolean;
  welcomeMessage: string | null;
  invertMatching: boolean;
}

export class XSubscriber extends Socket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(10, options);
  }
}
export interface XSubscriber extends Readable, Writable {}

/** May be made and configured; raw connections are not modelled. */
export class Stream extends Socket {
  constructor(options?: SocketOptions<Stream>) {
    super(11, options);
  }

  override connect(address: string, options: StreamConnectOptions = {}): void {
    if (options.routingId) raw(this).setStringOption(CONNECT_ROUTING_ID, options.routingId);
    super.connect(address);
  }
}
export interface Stream extends Readable<[Message, Message]>, Writable<[MessageLike, MessageLike]> {
  notify: boolean;
}
