/**
 * Bundles the command and the library into dist/. Nothing is left to install at the user's side:
 * the few libraries in use are bundled, and their licences are written beside the bundles.
 *
 *   node scripts/build.mjs [--types] [--out DIR]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { definitions } from "./definitions.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** commander is CommonJS and asks for modules of Node by require(). */
const REQUIRE = `import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);`;

/** Writes only what changed, each file by rename, so that a run in progress never reads half a file. */
function writeOutputs(outdir, files) {
  for (const [path, contents] of files) {
    if (existsSync(path) && readFileSync(path).equals(Buffer.from(contents))) continue;
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, contents, { mode: path === join(outdir, "sim.js") ? 0o755 : 0o644 });
    renameSync(temporary, path);
  }
  const kept = new Set(files.map(([path]) => path));
  for (const name of readdirSync(outdir)) {
    const path = join(outdir, name);
    if (statSync(path).isFile() && !kept.has(path) && !name.endsWith(".tmp")) rmSync(path);
  }
}

/** Folder of the package a bundled file belongs to: the last node_modules/NAME in its path. */
function packageFolder(input) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function notices(inputs) {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))].sort();
  const parts = folders.map((folder) => {
    const meta = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
    const licence = readdirSync(join(ROOT, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
    const text =
      licence === undefined
        ? `(${meta.license}; the package ships no licence file)`
        : readFileSync(join(ROOT, folder, licence), "utf8");
    return `${meta.name} ${meta.version} (${meta.license})\n\n${text.trim()}\n`;
  });
  return `The bundles in this folder contain the following packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** Names that programs import. */
const ZEROMQ = [
  ...[
    "Context",
    "Dealer",
    "Observer",
    "Pair",
    "Proxy",
    "Publisher",
    "Pull",
    "Push",
    "Reply",
    "Request",
    "Router",
    "Socket",
  ],
  ...["Stream", "Subscriber", "XPublisher", "XSubscriber", "capability", "context", "curveKeyPair", "version"],
];
const DRAFT = ["Client", "Datagram", "Dish", "Gather", "Radio", "Scatter", "Server"];

/** The entries of the drop-in: small files around dropin.cjs, one for import and one for require each. */
function dropinDoors() {
  const load = `require("./dropin.cjs").shared`;
  const door = (name, member, names) => ({
    [`${name}.cjs`]: `module.exports = ${load}${member};\n`,
    [`${name}.mjs`]: `import dropin from "./dropin.cjs";\nconst api = dropin.shared${member};\nexport default api;\nexport const { ${names.join(", ")} } = api;\n`,
  });
  const files = `(folder) => {
  const pair = (name) => ({ import: join(folder, name + ".mjs"), require: join(folder, name + ".cjs") });
  return { zeromq: pair("zeromq"), draft: pair("zeromq-draft") };
}`;
  const hook = (name) => ({
    [`${name}.cjs`]: `const { join } = require("node:path");\n${load}.${name}((${files})(__dirname));\n`,
    [`${name}.mjs`]: `import { dirname, join } from "node:path";\nimport { fileURLToPath } from "node:url";\nimport dropin from "./dropin.cjs";\ndropin.shared.${name}((${files})(dirname(fileURLToPath(import.meta.url))));\n`,
  });
  return {
    ...door("zeromq", ".zeromq", ZEROMQ),
    ...door("zeromq-draft", ".draft", DRAFT),
    "test.cjs": `const { simulate } = ${load};\nmodule.exports = { simulate };\n`,
    "test.mjs": `import dropin from "./dropin.cjs";\nexport const { simulate } = dropin.shared;\n`,
    ...hook("register"),
    ...hook("alias"),
    "vitest-plugin.mjs": VITEST,
  };
}

/**
 * A plugin for vitest: tests and what they import get the simulated module. `ambient: true` ties the
 * clocks of the whole worker, too; otherwise tests call simulate().
 */
const VITEST = `import { fileURLToPath } from "node:url";
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
export function zeromqSim({ ambient = false } = {}) {
  const alias = [
    { find: /^zeromq$/, replacement: file("./zeromq.mjs") },
    { find: /^zeromq\\/draft(\\.js)?$/, replacement: file("./zeromq-draft.mjs") },
  ];
  const execArgv = ["--import", new URL(ambient ? "./register.mjs" : "./alias.mjs", import.meta.url).href];
  return { name: "zeromq-sim", config: () => ({ resolve: { alias }, test: { pool: "forks", execArgv } }) };
}
`;

export async function bundle(outdir = join(ROOT, "dist")) {
  mkdirSync(outdir, { recursive: true });
  const common = {
    absWorkingDir: ROOT,
    outdir,
    bundle: true,
    format: "esm",
    define: definitions(),
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  };
  const command = await build({
    ...common,
    // tinypool starts files of its own, which it looks for beside its code.
    entryPoints: {
      sim: "src/cli/sim.ts",
      "sim-node": "src/real/entry.ts",
      "test-worker": "src/cli/testing/worker.ts",
      "entry/worker": "./node_modules/tinypool/dist/entry/worker.js",
      "entry/process": "./node_modules/tinypool/dist/entry/process.js",
    },
    platform: "node",
    mainFields: ["module", "main"],
    target: "node20.19",
    external: ["zeromq"],
    // What a command does not need stays in a chunk of its own, unread.
    splitting: true,
    chunkNames: "sim-[hash]",
    banner: { js: REQUIRE },
  });
  // Nothing of Node in the library: it runs in browsers, too.
  const library = await build({
    ...common,
    entryPoints: { index: "src/index.ts", vitest: "src/library/vitest.ts" },
    external: ["vitest"],
    platform: "neutral",
    target: "es2022",
    mainFields: ["module", "main"],
  });
  // One file for import and require alike: two copies would mean two clocks.
  const dropin = await build({
    ...common,
    entryPoints: { dropin: "src/dropin/shared.ts" },
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    platform: "node",
    mainFields: ["module", "main"],
    target: "node20.19",
  });
  const built = [command, library, dropin];
  const files = built.flatMap(({ outputFiles }) => outputFiles.map(({ path, contents }) => [path, contents]));
  const doors = Object.entries(dropinDoors()).map(([name, text]) => [join(outdir, name), Buffer.from(text)]);
  const text = notices(built.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
  writeOutputs(outdir, [...files, ...doors, [join(outdir, "THIRD-PARTY.txt"), Buffer.from(text)]]);
}

/** The declarations of the public API, one file per source file. */
export function declarations(outdir = join(ROOT, "dist")) {
  const types = join(outdir, "types");
  rmSync(types, { recursive: true, force: true });
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", types], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error(`tsc could not write the declarations into ${relative(ROOT, types)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { types: { type: "boolean", default: false }, out: { type: "string", default: join(ROOT, "dist") } },
  });
  await bundle(resolve(values.out));
  if (values.types) declarations(resolve(values.out));
}
