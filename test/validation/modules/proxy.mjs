// A proxy between two sockets, given as class and address.
import { Pull, Push, XPublisher, XSubscriber, Proxy as ZmqProxy } from "zeromq";

const types = { Pull, Push, XPublisher, XSubscriber };
const [, , frontType, frontAddress, backType, backAddress] = process.argv;
const proxy = new ZmqProxy(new types[frontType](), new types[backType]());
await proxy.frontEnd.bind(frontAddress);
await proxy.backEnd.bind(backAddress);
await proxy.run();
