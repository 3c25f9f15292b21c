/** Rejections and exceptions that nobody catches end the host they come from, not the test runner. */

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
type Listener = (...args: unknown[]) => void;

/** Hears them first while a simulation is on. Gives what puts everything back. */
export function interceptUncaught(handle: (error: unknown) => boolean): () => void {
  const undo = EVENTS.map((event) => {
    const before = process.listeners(event as "exit") as unknown as Listener[];
    const listener: Listener = (error, ...rest) => {
      if (handle(error)) return;
      for (const other of before) other.call(process, error, ...rest);
      if (before.length === 0) throw error;
    };
    process.removeAllListeners(event);
    process.on(event, listener);
    return () => {
      process.removeListener(event, listener);
      const since = process.listeners(event as "exit") as unknown as Listener[];
      process.removeAllListeners(event);
      for (const other of [...before, ...since]) process.on(event, other);
    };
  });
  return () => {
    for (const each of undo) each();
  };
}
