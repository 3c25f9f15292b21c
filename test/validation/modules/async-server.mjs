// A server that answers each request up to four times, at random times; its workers are functions of one process.
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router, Proxy as ZmqProxy } from "zeromq";

const proxy = new ZmqProxy(new Router(), new Dealer());
await proxy.frontEnd.bind(process.argv[2]);
await proxy.backEnd.bind("inproc://workers");

async function work(worker) {
  for await (const [client, request] of worker) {
    // All draws at once: their order is that of the requests. All replies within 40 ms: before the next request.
    const pauses = Array.from({ length: Math.floor(Math.random() * 5) }, () => 1 + Math.random() * 9);
    for (const [number, pause] of pauses.entries()) {
      await sleep(pause);
      await worker.send([client, `${request} reply ${number}`]);
    }
  }
}
for (let number = 0; number < 5; number++) {
  const worker = new Dealer();
  worker.connect("inproc://workers");
  void work(worker);
}
await proxy.run();
