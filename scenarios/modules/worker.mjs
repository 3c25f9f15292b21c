// A worker as one writes it for zeromq.js; it knows nothing of the simulator.
import { Pull, Push } from "zeromq";

const [tasksAt, resultsAt, name] = process.argv.slice(2);
let done = 0;

const tasks = new Pull();
const results = new Push();
tasks.connect(tasksAt);
results.connect(resultsAt);

for await (const [task] of tasks) {
  await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20));
  done++;
  await results.send(`worker ${name}: ${done} done`);
  if (String(task) === "no more") break;
}
