/** Socket types by name. libzmq: socket_base_t::create. */
import type { SocketTypeName } from "../ctx/options.ts";
import { ChannelSocket } from "./channel.ts";
import { ClientSocket, PeerSocket, ServerSocket } from "./client-server.ts";
import type { Context } from "./context.ts";
import { DealerSocket } from "./dealer.ts";
import { DgramSocket } from "./dgram.ts";
import { PairSocket } from "./pair.ts";
import { PubSocket, XPubSocket } from "./pub.ts";
import { PullSocket, PushSocket } from "./push-pull.ts";
import { DishSocket, RadioSocket } from "./radio-dish.ts";
import { RepSocket } from "./rep.ts";
import { ReqSocket } from "./req.ts";
import { RouterSocket } from "./router.ts";
import { GatherSocket, ScatterSocket } from "./scatter-gather.ts";
import type { SocketBase } from "./socket-base.ts";
import { StreamSocket } from "./stream.ts";
import { SubSocket, XSubSocket } from "./sub.ts";

const CREATE: Readonly<Record<SocketTypeName, (context: Context, name: string) => SocketBase>> = {
  PAIR: (context, name) => new PairSocket(context, "PAIR", name),
  PUB: (context, name) => new PubSocket(context, "PUB", name),
  SUB: (context, name) => new SubSocket(context, "SUB", name),
  REQ: (context, name) => new ReqSocket(context, name),
  REP: (context, name) => new RepSocket(context, name),
  DEALER: (context, name) => new DealerSocket(context, "DEALER", name),
  ROUTER: (context, name) => new RouterSocket(context, name),
  PULL: (context, name) => new PullSocket(context, "PULL", name),
  PUSH: (context, name) => new PushSocket(context, "PUSH", name),
  XPUB: (context, name) => new XPubSocket(context, "XPUB", name),
  XSUB: (context, name) => new XSubSocket(context, "XSUB", name),
  STREAM: (context, name) => new StreamSocket(context, name),
  SERVER: (context, name) => new ServerSocket(context, name),
  CLIENT: (context, name) => new ClientSocket(context, "CLIENT", name),
  RADIO: (context, name) => new RadioSocket(context, "RADIO", name),
  DISH: (context, name) => new DishSocket(context, "DISH", name),
  GATHER: (context, name) => new GatherSocket(context, "GATHER", name),
  SCATTER: (context, name) => new ScatterSocket(context, "SCATTER", name),
  PEER: (context, name) => new PeerSocket(context, name),
  CHANNEL: (context, name) => new ChannelSocket(context, "CHANNEL", name),
  DGRAM: (context, name) => new DgramSocket(context, "DGRAM", name),
};

export const createSocketOfType = (context: Context, type: SocketTypeName, name: string): SocketBase =>
  CREATE[type](context, name);
