// Asks so many questions, one after the other, and says who answered.
import { Request } from "zeromq";

const [, , address, name, count] = process.argv;
const request = new Request();
request.connect(address);
for (let number = 0; number < Number(count); number++) {
  await request.send(`${name}${number}`);
  console.log(String((await request.receive())[0]));
}
request.close();
