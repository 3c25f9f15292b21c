// Answers questions after some work. One that is to get stuck on its second question never comes back to it.
import { Reply } from "zeromq";
import { setTimeout as sleep } from "node:timers/promises";

const [, , name, stuck] = process.argv;
const reply = new Reply();
reply.connect("tcp://broker:5556");

let count = 0;
for await (const [question] of reply) {
  if (++count === 2 && stuck === "stuck") await new Promise(() => {});
  await sleep(5 + Math.random() * 10);
  await reply.send(`${question}: answer ${count} of ${name}`);
}
