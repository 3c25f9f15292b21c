/** The published schema: generated files match it, its texts are complete, and its lists agree with the code. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FATES } from "../../src/journal/fates.ts";
import { compileScenario } from "../../src/scenario/compile.ts";
import { OPTIONS } from "../../src/scenario/options.ts";
import { SOCKET_TYPES } from "../../src/socket/types.ts";

const ROOT = join(import.meta.dirname, "../..");
interface Schema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly string[];
  readonly $ref?: string;
}
const schema = JSON.parse(readFileSync(join(ROOT, "scenarios/scenario.schema.json"), "utf8")) as Schema & {
  $defs: Readonly<Record<string, Schema>>;
};

test("the generated files are up to date", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build-schema.mjs", "--check"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}, 60_000);

/** Every schema object in the file, by its place. */
function* objects(value: unknown, place = "#"): Generator<readonly [string, Schema]> {
  if (typeof value !== "object" || value === null) return;
  yield [place, value as Schema];
  for (const [key, inner] of Object.entries(value)) yield* objects(inner, `${place}/${key}`);
}

test("every property has a description and an example", () => {
  const bare = [...objects(schema)].flatMap(([place, { properties }]) =>
    Object.entries(typeof properties === "object" ? properties : {})
      .filter(([, property]) => !property.description || !property.examples)
      .map(([name]) => `${place}/properties/${name}`),
  );
  expect(bare).toEqual([]);
});

test("every object is closed, but for the ones that hold names of the user's or a profile", () => {
  const open = [...objects(schema)]
    .filter(([, { type, additionalProperties }]) => type === "object" && additionalProperties === undefined)
    .map(([place]) => place);
  expect(open).toEqual(["#/$defs/vars"]);
});

test("fates, socket types and options are those of the code", () => {
  expect([...(schema.$defs["fate"]?.enum ?? [])].sort()).toEqual(Object.keys(FATES).sort());
  expect([...(schema.$defs["socket"]?.properties?.["type"]?.enum ?? [])].sort()).toEqual(
    Object.keys(SOCKET_TYPES).sort(),
  );
  expect(Object.keys(schema.$defs["options"]?.properties ?? {})).toEqual([...OPTIONS.keys()]);
});

test("what a definition gives as an example of a step is well formed", () => {
  const steps = Object.entries(schema.$defs).filter(([name]) => name.endsWith("Step"));
  for (const [name, { examples = [] }] of steps) {
    const { issues } = compileScenario(JSON.stringify({ about: name, nodes: { a: { program: examples } } }), {
      file: name,
    });
    // Its sockets and variables do not exist here; its form is right.
    expect(issues.filter(({ code }) => code < "ZS400")).toEqual([]);
    expect(examples.length).toBeGreaterThan(0);
  }
});

test("what a definition gives as an example of an expectation is well formed, and of that kind", () => {
  const kinds = Object.entries(schema.$defs).filter(([name]) => /.Expectation$/.test(name));
  expect(kinds.length).toBeGreaterThan(18);
  for (const [name, { examples = [] }] of kinds) {
    expect(examples.length, name).toBeGreaterThan(0);
    const text = JSON.stringify({ about: name, nodes: { a: { program: [] } }, expect: examples });
    const { issues, expectations } = compileScenario(text, { file: name });
    // Its sockets do not exist here; its form is right.
    expect(issues.filter(({ code }) => code < "ZS400" || code >= "ZS500")).toEqual([]);
    expect(expectations).toHaveLength(examples.length);
  }
});
