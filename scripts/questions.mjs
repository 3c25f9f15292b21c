/** npm run questions [-- --check]: writes scenarios/questions/README.md from the scenarios there; a test compares them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";

const FOLDER = join(import.meta.dirname, "../scenarios/questions");

export function questionsPage() {
  const entries = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => {
      const { about, advice } = parse(readFileSync(join(FOLDER, name), "utf8"));
      return `- **${about}** ([${name.replace(/\.json$/, "")}](${name}))\n  ${advice}\n`;
    });
  return `# Questions

What users of ZeroMQ ask, each as a scenario whose expectations are the answer. \`sim run scenarios/questions/NAME.json\`
shows how it comes about, and prints the advice. This page is written by \`npm run questions\`.

${entries.join("")}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(FOLDER, "README.md"), questionsPage());
