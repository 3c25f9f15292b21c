/**
 * Runs the conformance cases in both arms, or the fuzzer.
 *
 *   node scripts/conformance.mjs [--only TEXT] [--simulated] [--short] [--out DIR]
 *   node scripts/conformance.mjs --fuzz [--minutes N] [--seed S] [--cases N] [--out DIR] [--report DIR]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { scriptOptions } from "./options.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const fuzz = process.argv.includes("--fuzz");
const text = { type: "string" };
if (fuzz)
  scriptOptions(
    "npm run fuzz -- [--minutes N (1; no limit with --cases)] [--cases N] [--seed S] [--out DIR] [--report DIR]",
    {
      fuzz: { type: "boolean" },
      minutes: text,
      seed: text,
      cases: text,
      out: text,
      report: text,
    },
  );
else
  scriptOptions("npm run conformance -- [--only TEXT] [--simulated] [--short] [--out DIR]", {
    only: text,
    simulated: { type: "boolean" },
    short: { type: "boolean" },
    out: text,
  });
const outfile = join(ROOT, "node_modules/.cache/zeromq-sim", `${fuzz ? "fuzz" : "conformance"}.mjs`);
await build({
  absWorkingDir: ROOT,
  entryPoints: [fuzz ? "test/conformance/fuzz-main.ts" : "test/conformance/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  packages: "external",
  logLevel: "warning",
});
const args = process.argv.slice(2).filter((argument) => argument !== "--fuzz");
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--no-warnings", outfile, ...args], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exit(status ?? 1);
