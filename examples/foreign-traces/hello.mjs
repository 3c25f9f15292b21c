// Five numbered messages from a PUSH to a PULL, both in this process, logged for `sim compare pipeline.json`.
import { Pull, Push } from "zeromq";
import { logged } from "./logged.mjs";

const port = process.env.PORT ?? 5599;
const sink = logged(new Pull(), "sink.in", "PULL");
const source = logged(new Push(), "source.out", "PUSH");
await sink.bind(`tcp://127.0.0.1:${port}`);
source.connect(`tcp://127.0.0.1:${port}`);
for (let i = 0; i < 5; i++) await source.send(`number ${i}`);
for (let i = 0; i < 5; i++) await sink.receive();
source.close();
sink.close();
