/** Scenarios as files: good ones compile to the plan that was reviewed, bad ones show all their problems. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileScenario } from "../../src/scenario/compile.ts";
import { formatIssues } from "../../src/scenario/issue.ts";

const filesOf = (folder: string): string[] =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => name.endsWith(".json"))
    .sort();
const read = (folder: string, name: string): string => readFileSync(join(import.meta.dirname, folder, name), "utf8");

describe("bad scenarios", () => {
  test.each(filesOf("bad"))("%s", async (name) => {
    const text = read("bad", name);
    const { plan, issues } = compileScenario(text, { file: name });
    expect(plan).toBeNull();
    expect(issues.some(({ severity }) => severity === "error")).toBe(true);
    await expect(formatIssues(issues, text)).toMatchFileSnapshot(
      join(import.meta.dirname, "bad", name.replace(/json$/, "txt")),
    );
  });

  test.each(filesOf("bad"))("%s: problems come in the order of the file, each at a place in it", (name) => {
    const text = read("bad", name);
    const lines = text.split("\n");
    const { issues } = compileScenario(text, { file: name });
    const places = issues.map(({ line, column }) => line * 1e6 + column);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const { line, column, length } of issues) {
      expect(lines.length).toBeGreaterThanOrEqual(line);
      expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
      expect(length).toBeGreaterThan(0);
    }
  });
});

describe("good scenarios", () => {
  test.each(filesOf("good"))("%s", async (name) => {
    const { plan, expectations, issues } = compileScenario(read("good", name), { file: name });
    expect(issues).toEqual([]);
    const golden = join(import.meta.dirname, "good", name.replace(/json$/, "plan.txt"));
    await expect(JSON.stringify({ plan, expectations }, null, 1)).toMatchFileSnapshot(golden);
  });
});
