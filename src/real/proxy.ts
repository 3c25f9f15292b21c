/**
 * zmq_proxy for real: zeromq.js's Proxy, which runs libzmq's own loop (of the draft build, with a
 * poller) in a thread of its own. Nothing can be seen of what passes through it. With a capture
 * socket, which zeromq.js does not offer, two loops of receive and send take its place.
 */
import type { NodeProcess } from "./node-process.ts";
import type { RealSocket } from "./socket.ts";

export async function runProxy(
  host: NodeProcess,
  front: RealSocket,
  back: RealSocket,
  capture: RealSocket | null,
): Promise<string | null> {
  if (capture !== null) return Promise.race([pump(front, back, capture), pump(back, front, capture)]);
  const proxy = new host.library.Proxy(front.raw, back.raw);
  host.proxies.add(proxy);
  try {
    await proxy.run();
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? "EINVAL";
  } finally {
    host.proxies.delete(proxy);
  }
}

async function pump(from: RealSocket, to: RealSocket, capture: RealSocket): Promise<string> {
  const silent = (): void => {};
  for (;;) {
    const found = await from.receive(false, silent);
    if (typeof found === "string") return found;
    const { buffers } = found;
    const error = (await capture.send(buffers, WAIT, silent)) ?? (await to.send(buffers, WAIT, silent));
    if (error !== null) return error;
  }
}

const WAIT = { dontwait: false };
