/**
 * Prints the digest of a program with three hosts, timers, random numbers and a crash, run in virtual time.
 *
 *   node scripts/determinism-program.mjs SEED [RUNS]
 *
 * Needs the bundles of dist/. Exit code 4 when two runs differ.
 */
import { simulate } from "../dist/test.mjs";
import { Dealer, Publisher, Router, Subscriber } from "../dist/zeromq.mjs";

const [seed = "1", runs = "1"] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function broker() {
  const router = new Router();
  const news = new Publisher();
  await router.bind("tcp://*:5555");
  await news.bind("tcp://*:5556");
  let count = 0;
  const timer = setInterval(() => void news.send(["beat", `${count} at ${Date.now()}`]).catch(() => {}), 25);
  for await (const [sender, text] of router) {
    await sleep(Math.random() * 3);
    await router.send([sender, `${text} ${count}`]);
    if (++count === 200) clearInterval(timer);
  }
}

async function worker(name) {
  const dealer = new Dealer({ routingId: name, receiveTimeout: 40 });
  const beats = new Subscriber();
  dealer.connect("tcp://broker:5555");
  beats.connect("tcp://broker:5556");
  beats.subscribe("beat");
  void (async () => {
    for await (const [, beat] of beats) if (Math.random() < 0.3) await dealer.send(`heard ${beat}`).catch(() => {});
  })();
  for (let count = 0; count < 60; count++) {
    await Promise.race([sleep(Math.random() * 10), new Promise((resolve) => setImmediate(resolve))]);
    await dealer.send(`${name} ${count} ${Math.random()} ${performance.now()}`);
    await dealer.receive().catch(() => {});
  }
}

async function once() {
  const { digest } = await simulate(
    async (sim) => {
      const hub = sim.host("broker", broker, { mayFail: true });
      sim.host("first", () => worker("first"));
      sim.host("second", () => worker("second"), { startAt: "5ms" });
      sim.link("first", "broker", { latency: { uniform: ["1ms", "3ms"] } });
      await sim.run({ until: "200ms" });
      hub.crash();
      await sim.run({ until: "300ms" });
      hub.restart();
      await sim.run({ until: "3s" });
    },
    { seed },
  );
  return digest;
}

const first = await once();
for (let run = 1; run < Number(runs); run++) {
  const digest = await once();
  if (digest === first) continue;
  console.error(`run ${run + 1} of ${runs} has the digest ${digest}, not ${first}`);
  process.exit(4);
}
console.log(first);
