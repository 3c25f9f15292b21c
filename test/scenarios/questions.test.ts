/** Users' questions: each scenario asks one, answers it by its expectations, and gives advice. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { questionsPage } from "../../scripts/questions.mjs";
import { EXIT } from "../../src/cli/exit-code.ts";
import { main } from "../../src/cli/main.ts";
import { processShell } from "../../src/cli/shell.ts";
import { prepare, runPrepared } from "../../src/trace/scenario-run.ts";

const FOLDER = join(import.meta.dirname, "../../scenarios/questions");
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

/** Times are those of the profile; what is asked here holds for other seeds, too. */
const SEEDS = ["", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

test("there are at least fifteen", () => {
  expect(files.length).toBeGreaterThanOrEqual(15);
});

describe.each(files)("%s", (name) => {
  const { prepared, text } = prepare({ text: readFileSync(join(FOLDER, name), "utf8"), file: name, set: [] });

  test("asks a question, answers it, and advises in one sentence", () => {
    expect(text).toBe("");
    expect(prepared?.plan.about).toMatch(/^[A-Z].*\?$/);
    expect(prepared?.advice).toMatch(/^[A-Z][^.!?]*\.$/);
    expect(prepared?.expectations.length).toBeGreaterThan(1);
  });

  test("the answer holds, whatever the seed", () => {
    const broken = SEEDS.flatMap((seed) =>
      runPrepared(prepared!, seed === "" ? prepared!.plan.seed : seed)
        .expectations.filter(({ ok, probability }) => !ok && probability === undefined)
        .map((one) => `seed ${seed}: ${one.text}: ${one.actual}`),
    );
    expect(broken).toEqual([]);
  });
});

test("a run prints the advice", async () => {
  let out = "";
  const shell = { ...processShell(), cwd: FOLDER, outColor: false, out: (text: string) => void (out += text) };
  expect(await main(["run", "linger.json"], shell)).toBe(EXIT.ok);
  expect(out).toMatch(/^Advice: The default waits for a peer for ever;/m);
});

test("the index is that of the scenarios", () => {
  expect(readFileSync(join(FOLDER, "README.md"), "utf8"), "npm run questions brings it up to date").toBe(
    questionsPage(),
  );
});
