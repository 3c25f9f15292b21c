// Wraps a zeromq.js socket so that `sim compare` can read what it did. Usage:
//   const sender = logged(new Publisher(), "publisher.sender", "PUB");
//   sender.connect("tcp://127.0.0.1:5559"); await sender.send("Hello there");
// One JSON object a line goes to the file TRACE names (default trace.jsonl); all processes may share it.
import { appendFileSync } from "node:fs";

const file = process.env.TRACE ?? "trace.jsonl";
const texts = (message) => (Array.isArray(message) ? message : [message]).map(String);

export function logged(socket, name, type) {
  const log = (call, more, t = process.hrtime.bigint()) =>
    appendFileSync(file, `${JSON.stringify({ t: Number(t), socket: name, type, call, ...more })}\n`);
  const after = (call) => (arg) => {
    const done = socket[call](...(arg === undefined ? [] : [arg]));
    log(call, arg === undefined ? {} : { arg: String(arg) });
    return done;
  };
  const own = {
    ...Object.fromEntries(["bind", "connect", "subscribe", "unsubscribe", "close"].map((call) => [call, after(call)])),
    send: async (message) => {
      const t = process.hrtime.bigint();
      await socket.send(message);
      log("send", { frames: texts(message) }, t);
    },
    receive: async () => {
      const frames = await socket.receive();
      log("recv", { frames: texts(frames) });
      return frames;
    },
  };
  return new Proxy(socket, { get: (target, key) => own[key] ?? Reflect.get(target, key, target) });
}
