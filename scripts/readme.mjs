/** npm run readme: runs the README's scenario and writes its output into the README (a test compares them). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "./build.mjs";

const ROOT = join(import.meta.dirname, "..");
const README = join(ROOT, "README.md");
const SCENARIO = /<!-- file: hello\.json -->\n```json\n([\s\S]*?)```/;
const OUTPUT = /(<!-- output: sim run hello\.json -->\n```text\n)[\s\S]*?```/;

await bundle();
const text = readFileSync(README, "utf8");
const folder = mkdtempSync(join(tmpdir(), "zeromq-sim-readme-"));
try {
  writeFileSync(join(folder, "hello.json"), SCENARIO.exec(text)[1]);
  const words = [join(ROOT, "dist", "sim.js"), "run", "hello.json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`sim run ended with ${status}\n${stdout}${stderr}`);
  writeFileSync(
    README,
    text.replace(OUTPUT, (_all, begin) => `${begin}${stdout}\`\`\``),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
