/** What stands beside a recorded run: which waits of the canary count, and the commands that are told the processes. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { felt, type Wait } from "../../src/real/canary.ts";
import { bench, processesOf } from "./support.ts";

const ms = (count: number): number => count * 1e6;
const wait = (from: number, to: number): Wait => ({
  what: "timer",
  from: ms(from),
  to: ms(to),
  long: ms(to - from),
});

test("a wait counts when something happened during it or right after it", () => {
  const long = wait(100, 120);
  expect(felt([long], [ms(110)])).toEqual([long]);
  expect(felt([long], [ms(100)])).toEqual([long]);
  // What was held up comes when the processor is back.
  expect(felt([long], [ms(122.9)])).toEqual([long]);
  expect(felt([long], [ms(99.9), ms(123.1)])).toEqual([]);
  expect(felt([long], [])).toEqual([]);
  expect(felt([wait(0, 20), long, wait(200, 220)], [ms(10), ms(210)])).toEqual([wait(0, 20), wait(200, 220)]);
});

test.skipIf(process.platform !== "linux")(
  "commands are run for each process when it is ready and before it is ended, another one for the canary",
  { timeout: 60_000 },
  async () => {
    const on = bench({
      "it.json": {
        about: "One is over before the end.",
        until: "500ms",
        nodes: {
          short: { program: [{ sleep: "10ms" }] },
          long: { program: [{ sleep: "50s" }] },
        },
      },
    });
    const note = join(on.folder, "note.sh");
    const log = join(on.folder, "log");
    writeFileSync(note, `#!/bin/sh\nkill -0 "$2" && echo "$1 $2" >> ${log}\n`);
    chmodSync(note, 0o755);
    const words = ["--when-ready", `${note} ready`, "--when-done", `${note} done`];
    const plain = await on.sim("record", "it.json", "--out", "plain", ...words);
    expect(plain.err).toBe("it: run 1/1 -> plain/run-1.jsonl\n");
    const first = told(log);
    expect(first.ready).toHaveLength(2);
    expect(first.done).toHaveLength(1);
    expect(first.ready).toContain(first.done?.[0]);

    writeFileSync(log, "");
    const calm = await on.sim(
      ...["record", "it.json", "--out", "calm", "--calm", ...words],
      ...["--canary-ready", `${note} canary`],
    );
    expect(calm.code).toBe(0);
    const second = told(log);
    expect(second.canary).toHaveLength(1);
    expect(second.ready).not.toContain(second.canary?.[0]);
    expect(existsSync(join(on.folder, "calm/run-1.jsonl"))).toBe(true);
    expect(processesOf(on)).toEqual([]);
  },
);

/** Process numbers by what the command was told. */
function told(log: string): Partial<Record<string, string[]>> {
  const found: Partial<Record<string, string[]>> = {};
  for (const line of readFileSync(log, "utf8").trim().split("\n")) {
    const [what = "", pid = ""] = line.split(" ");
    found[what] = [...(found[what] ?? []), pid];
  }
  return found;
}
