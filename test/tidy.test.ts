/**
 * House rules that a linter does not cover: layers, hidden clocks and randomness, inexact
 * mathematics, sizes, and the tags of known departures from libzmq.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { LAYERS, layerOf, PURE_LAYERS, parseSource } from "./support/tidy.ts";

const ROOT = join(import.meta.dirname, "..");
const SRC = join(ROOT, "src");
const LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

const BANNED: readonly (readonly [use: RegExp, instead: string])[] = [
  [/^(Date\.now|new Date|Date\(\)|performance\.\w+|process\.hrtime)$/, "the virtual clock"],
  [/^(Math\.random|crypto\.\w+)$/, "a named random stream"],
  [/^(set(Timeout|Interval|Immediate)|queueMicrotask|fetch)\(\)$|\.nextTick$/, "an event of the kernel"],
  [/^(\*\*|Math\.(exp|expm1|log|log1p|log2|log10|pow|a?(sin|cos|tan)h?|atan2|cbrt|hypot))$/, "exact arithmetic"],
  // A simulated process may well be called `process`; these are members of Node's.
  [/^process\.(env|argv|std\w+|exit\w*|cwd|pid|platform|version\w*|on\w*|memoryUsage|cpuUsage)$/, "an argument"],
  [/^console\.|^globalThis$/, "data that a caller may print"],
  [/\.(localeCompare|toLocale\w*)$|^new Intl|^Intl\./, "what is the same in every locale"],
];

const names = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /\.m?ts$/.test(name) && !name.endsWith(".d.ts"))
  .sort();
const generated = (name: string): boolean => /[.-]generated\./.test(name) || name.includes("generated/");

describe.each(names)("src/%s", (name) => {
  const text = readFileSync(join(SRC, name), "utf8");
  const source = parseSource(name, text);
  const local = source.imports.filter((target) => target.startsWith("."));
  const layerOfTarget = (target: string): string =>
    layerOf(relative(SRC, join(SRC, dirname(name), target)).replaceAll("\\", "/"));

  test("belongs to a layer", () => expect(name === "index.ts" || LAYERS.includes(layerOf(name))).toBe(true));

  test("imports from its own layer or a lower one", () => {
    if (name === "index.ts") return; // The public API may name everything.
    const upwards = local.filter((target) => LAYERS.indexOf(layerOfTarget(target)) > LAYERS.indexOf(layerOf(name)));
    expect(upwards).toEqual([]);
  });

  test("names files with their extension and imports nothing from outside src", () => {
    expect(local.filter((target) => !/\.(ts|js|mjs|json)$/.test(target))).toEqual([]);
    expect(local.filter((target) => relative(SRC, join(SRC, dirname(name), target)).startsWith(".."))).toEqual([]);
  });

  test("leaves zeromq to real/", () =>
    expect(layerOf(name) !== "real" && source.imports.includes("zeromq")).toBe(false));

  test("is pure when its layer is: nothing of Node, no hidden clock, no randomness, no inexact mathematics", () => {
    if (!PURE_LAYERS.has(layerOf(name))) return;
    expect(source.imports.filter((target) => target.startsWith("node:"))).toEqual([]);
    const found = source.uses.flatMap((use) =>
      BANNED.filter(([pattern]) => pattern.test(use)).map(([, instead]) => `${use}: use ${instead}`),
    );
    expect(found).toEqual([]);
  });

  test(`has at most ${LINES_MAX} lines, and ${FUNCTION_LINES_MAX} a function, unless generated`, () => {
    if (generated(name)) return;
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(LINES_MAX);
    expect(source.functions.filter(({ lines }) => lines > FUNCTION_LINES_MAX)).toEqual([]);
  });
});

test("the reader of sources sees what the rules are about", () => {
  const text = [
    'import { a } from "./a.ts"; export * from "./b.ts"; const c = await import("./c.ts");',
    "function long() {\n\n  return () => setTimeout(a, Math.exp(Date.now() ** c.d));\n}",
    '"Math.log in a string"; // and process.exit() in a comment',
    "new Date(2 ** 24);",
  ].join("\n");
  const { imports, uses, functions } = parseSource("kernel/x.ts", text);
  expect([...imports].sort()).toEqual(["./a.ts", "./b.ts", "./c.ts"]);
  expect([...uses].sort()).toEqual(["**", "Date.now", "Math.exp", "c.d", "new Date", "setTimeout()"]);
  expect(functions).toContainEqual({ line: 2, lines: 4 });
});

describe("known departures", () => {
  const TAG = /\bDIFFERS\(([\w-]+)\)/g;
  const declared = names.flatMap((name) => tags(join(SRC, name)).map((tag) => ({ tag, name })));
  const tests = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|json)$/.test(name))
    .map((name) => join(ROOT, "test", name))
    .filter((path) => path !== import.meta.filename);

  function tags(path: string): string[] {
    return [...readFileSync(path, "utf8").matchAll(TAG)].map((match) => match[1] ?? "");
  }

  test("each tag is declared once", () => {
    const twice = declared.filter(({ tag }, at) => declared.findIndex((other) => other.tag === tag) !== at);
    expect(twice).toEqual([]);
  });

  test("each is cited by a test", () => {
    const cited = new Set(tests.flatMap(tags));
    expect(declared.filter(({ tag }) => !cited.has(tag))).toEqual([]);
  });

  test("`sim doctor --model` lists them, and no others", async () => {
    const { fidelity } = await import("../src/cli/fidelity.ts");
    const { departures } = fidelity();
    expect(departures.filter(({ text }) => text === "")).toEqual([]);
    expect(departures.map(({ name }) => name).sort()).toEqual([...new Set(declared.map(({ tag }) => tag))].sort());
  });
});

describe("the tree", () => {
  test("the lock file names no server", () => {
    expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });

  test("every relative import points at a file", () => {
    const missing = names.flatMap((name) =>
      parseSource(name, readFileSync(join(SRC, name), "utf8"))
        .imports.filter((target) => target.startsWith(".") && !existsSync(join(SRC, dirname(name), target)))
        .map((target) => `${name}: ${target}`),
    );
    expect(missing).toEqual([]);
  });
});
