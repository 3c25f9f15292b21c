// Asks until there is an answer: a request that nobody answers in time is sent again.
import { Request } from "zeromq";

const request = new Request({ receiveTimeout: 200, relaxed: true, correlate: true, linger: 0 });
request.connect("tcp://broker:5555");

for (let number = 1; number <= 5; number++) {
  for (let attempt = 1; ; attempt++) {
    await request.send(`question ${number}`);
    try {
      const [answer] = await request.receive();
      console.log(`${answer}, attempt ${attempt}`);
      break;
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
request.close();
