// Answers with its name.
import { Reply } from "zeromq";

const [, , address, name] = process.argv;
const reply = new Reply();
reply.connect(address);
for await (const [request] of reply) await reply.send(`${request} by ${name}`);
