/** The context that sockets use by default. */
import { Context } from "./context.ts";

export const context: Context = new Context();
