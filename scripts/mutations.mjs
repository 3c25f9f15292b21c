/**
 * npm run mutations [-- --only NAME]
 *
 * Are the conformance cases good enough to tell a wrong model? Ten rules of the model are broken, one at
 * a time and only in a bundle of its own; the cases and 300 random programs then run on the simulator.
 * Every mutation must fail a case. Writes reports/mutations.md; exit code 1 when one goes unnoticed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { MUTATIONS } from "./mutants.mjs";
import { scriptOptions } from "./options.mjs";

const ROOT = join(import.meta.dirname, "..");
/** A mutant may loop for ever. */
const RUN_MS_MAX = 240_000;
const SHOWN = 4;

/** Puts the broken text in place of the file's while it is bundled; the tree stays as it is. */
const mutating = ({ name, file, from, to }) => ({
  name: "mutation",
  setup({ onLoad }) {
    const path = join(ROOT, file);
    onLoad({ filter: /\.ts$/ }, (args) => {
      if (args.path !== path) return undefined;
      const parts = readFileSync(path, "utf8").split(from);
      if (parts.length !== 2) throw new Error(`${name}: the rule occurs ${parts.length - 1} times in ${file}`);
      return { contents: parts.join(to), loader: "ts" };
    });
  },
});

let child = null;
process.on("exit", () => child?.kill("SIGKILL"));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.on(signal, () => process.exit(code));

/** Failed cases and transcripts of one bundle; null when it did not come to an end. */
async function run(scratch, mutation) {
  const outfile = join(scratch, "mutant.mjs");
  const result = join(scratch, "result.json");
  rmSync(result, { force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["test/conformance/mutant-main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["zeromq"],
    plugins: mutation === null ? [] : [mutating(mutation)],
    logLevel: "warning",
  });
  child = spawn(process.execPath, ["--no-warnings", outfile, result], { stdio: ["ignore", "ignore", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return code === 0 ? JSON.parse(readFileSync(result, "utf8")) : null;
}

const named = (cases) => {
  // Our own cases were made for this, and come first.
  const sorted = [...cases].sort((a, b) => Number(b.startsWith("own_")) - Number(a.startsWith("own_")));
  const more = sorted.length > SHOWN ? ` and ${sorted.length - SHOWN} more` : "";
  return sorted.slice(0, SHOWN).join(", ") + more;
};
const values = scriptOptions("npm run mutations -- [--only NAME]", { only: { type: "string" } });
const wanted = MUTATIONS.filter(({ name }) => values.only === undefined || name === values.only);
const scratch = mkdtempSync(join(tmpdir(), "zeromq-sim-mutations-"));
const rows = [];
try {
  const whole = await run(scratch, null);
  if (whole === null) throw new Error("the cases do not come to an end without a mutation");
  if (whole.failed.length > 0) console.log(`fail without a mutation, and do not count: ${named(whole.failed)}`);
  for (const mutation of wanted) {
    const mutant = await run(scratch, mutation);
    const cases = (mutant?.failed ?? []).filter((one) => !whole.failed.includes(one));
    const differing = mutant?.transcripts.filter((text, index) => text !== whole.transcripts[index]).length ?? 0;
    const caught = mutant === null || cases.length > 0;
    rows.push({ ...mutation, caught, ends: mutant !== null, cases, differing, programs: whole.transcripts.length });
    const how = mutant === null ? "did not come to an end" : `${cases.length} cases, ${differing} programs`;
    console.log(`${caught ? "caught" : "MISSED"} ${mutation.name}: ${how}${cases.length > 0 ? `: ${cases[0]}` : ""}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const caught = rows.filter((row) => row.caught).length;
if (values.only === undefined) {
  const lines = rows.map(
    (row) =>
      `| ${row.name} | ${row.rule} | ${row.ends ? named(row.cases) || "none" : "does not come to an end"} | ${row.differing} of ${row.programs} |`,
  );
  writeFileSync(
    join(ROOT, "reports/mutations.md"),
    [
      "# Mutations",
      "",
      "Rules of the model, broken one at a time, and what notices it: conformance cases that fail, random programs",
      "that go another way. `npm run mutations` writes this page.",
      "",
      `Caught by at least one case: ${caught} of ${rows.length}.`,
      "",
      "| mutation | rule | cases that fail | programs that differ |",
      "|---|---|---|---|",
      ...lines,
      "",
    ].join("\n"),
  );
}
console.log(`mutations: ${caught}/${rows.length} caught`);
process.exit(caught === rows.length ? 0 : 1);
