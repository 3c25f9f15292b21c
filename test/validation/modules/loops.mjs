// A broker of two loops.
import { Dealer, Router } from "zeromq";

const [front, back] = [new Router(), new Dealer()];
await front.bind(process.argv[2]);
await back.bind(process.argv[3]);
async function pass(from, to) {
  for await (const message of from) await to.send(message);
}
await Promise.all([pass(front, back), pass(back, front)]);
