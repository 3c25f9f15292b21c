// Connects, sends three messages 50 ms apart and goes.
import { setTimeout as sleep } from "node:timers/promises";
import { Publisher } from "zeromq";

const publisher = new Publisher();
publisher.connect(process.argv[2]);
for (let number = 0; number < 3; number++) {
  await publisher.send(`message ${number}`);
  await sleep(50);
}
publisher.close();
