// Sends a request every 50 ms and counts the replies that come meanwhile.
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer } from "zeromq";

const [, , address, name, count] = process.argv;
const dealer = new Dealer({ routingId: name });
dealer.connect(address);
let replies = 0;
async function listen() {
  for await (const [reply] of dealer) if (String(reply) !== "") replies++;
}
const listening = listen();
for (let number = 0; number < Number(count); number++) {
  await dealer.send(`${name} request ${number}`);
  await sleep(50);
}
await sleep(300);
dealer.close();
await listening;
console.log(`${replies} replies`);
