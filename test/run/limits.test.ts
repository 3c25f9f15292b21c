/** Limits of libzmq that a scenario can run into are named. */
import { expect, test } from "vitest";
import { run } from "../support/scenario.ts";

test("a context has room for 1023 sockets: the next one fails with EMFILE", () => {
  const names = Array.from({ length: 1024 }, (_, index) => `s${index}`);
  const node = {
    sockets: Object.fromEntries(names.map((name) => [name, { type: "PUSH" }])),
    program: [{ sleep: "1ms" }],
  };
  const record = run({ nodes: { node } });
  expect(record.threads).toMatchObject([{ state: "failed", error: "open failed with EMFILE" }]);
  expect(record.events.filter((event) => event.ev === "socket" && event.what === "open")).toHaveLength(1023);
});
