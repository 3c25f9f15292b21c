/**
 * House rules that a linter does not cover: layers, hidden clocks and randomness, inexact
 * mathematics, sizes, and the tags of known departures from libzmq.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
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

const sources = names.map((name) => {
  const text = readFileSync(join(SRC, name), "utf8");
  return { name, text, ...parseSource(name, text) };
});

/** What a rule finds, each with its file; a rule that finds nothing passes. */
const findings = (rule: (source: (typeof sources)[number]) => readonly string[]): string[] =>
  sources.flatMap((source) => rule(source).map((found) => `${source.name}: ${found}`));

/** Relative imports, as paths below src/. */
const localTargets = ({ name, imports }: { name: string; imports: readonly string[] }): string[] =>
  imports
    .filter((target) => target.startsWith("."))
    .map((target) => relative(SRC, join(SRC, dirname(name), target)).replaceAll("\\", "/"));

describe("every file under src/", () => {
  test("belongs to a layer", () => {
    expect(names.filter((name) => name !== "index.ts" && !LAYERS.includes(layerOf(name)))).toEqual([]);
  });

  test("imports from its own layer or a lower one; the public API may name everything", () => {
    const rank = (path: string): number => LAYERS.indexOf(layerOf(path));
    const upwards = findings((source) => {
      return source.name === "index.ts"
        ? []
        : localTargets(source).filter((target) => rank(target) > rank(source.name));
    });
    expect(upwards).toEqual([]);
  });

  test("imports files that exist below src/, by name and extension", () => {
    const wrong = findings((source) => localTargets(source).filter((target) => !isFile(target)));
    expect(wrong).toEqual([]);
  });

  test("leaves zeromq to real/", () => {
    expect(
      findings(({ name, imports }) => (layerOf(name) === "real" ? [] : imports.filter((one) => one === "zeromq"))),
    ).toEqual([]);
  });

  test("of a pure layer has nothing of Node, no hidden clock, no randomness, no inexact mathematics", () => {
    const impure = findings(({ name, imports, uses }) => {
      if (!PURE_LAYERS.has(layerOf(name))) return [];
      const banned = uses.flatMap((use) =>
        BANNED.filter(([pattern]) => pattern.test(use)).map(([, instead]) => `${use}: use ${instead}`),
      );
      return [...imports.filter((target) => target.startsWith("node:")), ...banned];
    });
    expect(impure).toEqual([]);
  });

  test(`has at most ${LINES_MAX} lines, unless generated`, () => {
    const lines = (text: string): number => text.trimEnd().split("\n").length;
    const long = findings(({ name, text }) =>
      !generated(name) && lines(text) > LINES_MAX ? [`${lines(text)} lines`] : [],
    );
    expect(long).toEqual([]);
  });

  test(`has functions of at most ${FUNCTION_LINES_MAX} lines, unless generated`, () => {
    const long = findings(({ name, functions }) =>
      functions
        .filter(({ lines }) => !generated(name) && lines > FUNCTION_LINES_MAX)
        .map(({ line, lines }) => `${lines} lines from line ${line}`),
    );
    expect(long).toEqual([]);
  });
});

/** Also false for a path that leaves src/. */
function isFile(path: string): boolean {
  return !path.startsWith("..") && existsSync(join(SRC, path)) && statSync(join(SRC, path)).isFile();
}

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

test("the lock file names no server", () => {
  expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toContain('"resolved"');
});
