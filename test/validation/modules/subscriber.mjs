// Hears everything and says what it heard.
import { Subscriber } from "zeromq";

const subscriber = new Subscriber();
subscriber.connect(process.argv[2]);
subscriber.subscribe();
for await (const [message] of subscriber) console.log(String(message));
