// Sends to an address where nobody may be, and goes: the process ends when what lingers is gone.
import { Push } from "zeromq";

const [, , address, linger] = process.argv;
const push = new Push({ linger: Number(linger) });
push.connect(address);
await push.send("last words");
