// Takes tasks and says which.
import { Pull } from "zeromq";

const pull = new Pull();
pull.connect(process.argv[2]);
for await (const [task] of pull) console.log(String(task));
