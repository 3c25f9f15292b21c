/**
 * CPU time per message through the API of zeromq.js, side by side: npm zeromq over the loopback interface,
 * and the built package with profile "loopback". `npm run build`, then `node test/bench/zeromqjs-cost.mjs`.
 */
import * as real from "zeromq";
import { simulate } from "zeromq-sim/test";
import * as sim from "zeromq-sim/zeromq";

async function exchange({ Reply, Request }, count, port) {
  const reply = new Reply();
  const request = new Request();
  await reply.bind(`tcp://127.0.0.1:${port}`);
  request.connect(`tcp://127.0.0.1:${port}`);
  const serving = (async () => {
    for await (const [message] of reply) await reply.send(message);
  })();
  for (let i = 0; i < count; i++) {
    await request.send("x");
    await request.receive();
  }
  request.close();
  reply.close();
  await serving;
}

async function stream({ Pull, Push }, count, port) {
  const push = new Push();
  const pull = new Pull();
  await pull.bind(`tcp://127.0.0.1:${port}`);
  push.connect(`tcp://127.0.0.1:${port}`);
  const sending = (async () => {
    for (let i = 0; i < count; i++) await push.send("x");
  })();
  for (let i = 0; i < count; i++) await pull.receive();
  await sending;
  push.close();
  pull.close();
}

const COUNT = 30_000;
let port = 7900;
for (const [name, work, messages] of [
  ["request-reply", exchange, 2],
  ["push-pull", stream, 1],
]) {
  const least = {};
  for (const arm of ["simulated", "real"]) {
    const run = (count) =>
      arm === "real" ? work(real, count, port++) : simulate(() => work(sim, count, 5555), { level: "counts" });
    await run(COUNT / 3);
    const costs = [];
    for (let round = 0; round < 5; round++) {
      const before = process.cpuUsage();
      await run(COUNT);
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / COUNT / messages);
    }
    least[arm] = Math.min(...costs);
    console.log(`${name}, ${arm}: ${costs.map((cost) => cost.toFixed(2)).join(" ")} us of CPU per message`);
  }
  console.log(`${name}: the simulated one costs ${(least.simulated / least.real).toFixed(2)} of the real one`);
}
