// A broker between clients and workers, as one writes it for zeromq.js.
import { Dealer, Router } from "zeromq";

const [clients, workers] = [new Router(), new Dealer()];
await Promise.all([clients.bind("tcp://*:5555"), workers.bind("tcp://*:5556")]);

async function pass(from, to) {
  for await (const message of from) await to.send(message);
}
await Promise.all([pass(clients, workers), pass(workers, clients)]);
