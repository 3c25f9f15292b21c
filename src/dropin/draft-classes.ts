/** The draft socket types of zeromq.js. */
import { Socket } from "./socket.ts";
import type { Message, MessageLike, Readable, SocketOptions, Writable } from "./types.ts";

export class Server extends Socket {
  constructor(options?: SocketOptions<Server>) {
    super(12, options);
  }
}
export interface ServerRoutingOptions {
  routingId: number;
}
export interface Server
  extends Readable<[Message, ServerRoutingOptions]>,
    Writable<MessageLike, [ServerRoutingOptions]> {}

export class Client extends Socket {
  constructor(options?: SocketOptions<Client>) {
    super(13, options);
  }
}
export interface Client extends Readable<[Message]>, Writable<MessageLike> {}

export class Radio extends Socket {
  constructor(options?: SocketOptions<Radio>) {
    super(14, options);
  }
}
export interface RadioGroupOptions {
  group: Buffer | string;
}
export interface Radio extends Writable<MessageLike, [RadioGroupOptions]> {}

export class Dish extends Socket {
  constructor(options?: SocketOptions<Dish>) {
    super(15, options);
  }
}
export interface DishGroupOptions {
  group: Buffer;
}
export interface Dish extends Readable<[Message, DishGroupOptions]> {
  join(...values: Array<Buffer | string>): void;
  leave(...values: Array<Buffer | string>): void;
}

export class Gather extends Socket {
  constructor(options?: SocketOptions<Gather>) {
    super(16, options);
  }
}
export interface Gather extends Readable<[Message]> {
  conflate: boolean;
}

export class Scatter extends Socket {
  constructor(options?: SocketOptions<Scatter>) {
    super(17, options);
  }
}
export interface Scatter extends Writable<MessageLike> {
  conflate: boolean;
}

/** Datagrams of udp: an address "host:port" and a message. */
export class Datagram extends Socket {
  constructor(options?: SocketOptions<Datagram>) {
    super(18, options);
  }
}
export interface Datagram extends Readable<[Message, Message]>, Writable<[MessageLike, MessageLike]> {}
