// Sends so many tasks, some ms apart.
import { setTimeout as sleep } from "node:timers/promises";
import { Push } from "zeromq";

const [, , address, count, gap] = process.argv;
const push = new Push();
push.connect(address);
for (let number = 0; number < Number(count); number++) {
  await push.send(`task ${number}`);
  await sleep(Number(gap));
}
push.close();
