/** What `import "zeromq/draft"` gives, on simulated sockets. */
import "./define-options.ts";

export { Client, Datagram, Dish, Gather, Radio, Scatter, Server } from "./draft-classes.ts";
