/** Commands round the scenarios that come with the package: list, init, schema, doctor. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { world } from "./world.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios");
const examples = readdirSync(SCENARIOS)
  .filter((name) => name.endsWith(".json") && !name.endsWith(".schema.json"))
  .map((name) => name.replace(/\.json$/, ""));

describe("sim list", () => {
  test("shows the package's scenarios, each with a sentence, where there are none of one's own", async () => {
    const { code, out } = await world().sim("list", "--json");
    const listed = JSON.parse(out) as { name: string; about: string }[];
    expect(listed.map(({ name }) => name).sort()).toEqual([...examples].sort());
    expect(listed.filter(({ about }) => about.length < 20)).toEqual([]);
    expect(code).toBe(EXIT.ok);
  });

  test("keeps the order in which the folder's README names them", async () => {
    const scenario = '{ "nodes": {} }';
    const files = {
      "README.md": "First [z](z.json), then [a](a.json).",
      "z.json": scenario,
      "a.json": scenario,
      "b.json": scenario,
    };
    expect((await world(files).sim("list", ".")).out).toBe("z  \na  \nb  \n");
  });

  test("shows those of a folder, comments allowed, and no other JSON files", async () => {
    const files = {
      "mine/a.json": '{ /* why */ "about": "First.", "nodes": {}, }',
      "mine/b.jsonc": '{ "nodes": {} }',
      "mine/data.json": "[]",
      "mine/x.schema.json": '{ "nodes": {} }',
    };
    expect(await world(files).sim("list", "mine")).toEqual({ code: EXIT.ok, out: "a  First.\nb  \n", err: "" });
  });
});

describe("sim init", () => {
  test("without a name lists the examples", async () => {
    const { code, out } = await world().sim("init");
    expect(out.trimEnd().split("\n")).toHaveLength(examples.length);
    expect(code).toBe(EXIT.ok);
  });

  test.each(examples)("%s passes sim check where it was written, and an editor finds its schema", async (name) => {
    const { folder, sim } = world();
    expect(await sim("init", "--example", name)).toMatchObject({ code: EXIT.ok, out: "" });
    const written = parse(readFileSync(join(folder, `${name}.json`), "utf8")) as { $schema: string };
    expect(existsSync(fileURLToPath(written.$schema))).toBe(true);
    expect(await sim("check", `${name}.json`)).toMatchObject({ code: EXIT.ok, err: "" });
  });

  test("refers to the schema of a local installation by a path that can move with the project", async () => {
    const { folder, sim } = world({ "node_modules/zeromq-sim/scenarios/scenario.schema.json": "{}" });
    await sim("init", "--example", "late-joiner");
    const text = readFileSync(join(folder, "late-joiner.json"), "utf8");
    expect(text).toMatch(/^\{\n {2}"\$schema": "\.\/node_modules\/zeromq-sim\/scenarios\/scenario\.schema\.json",\n/);
  });

  test("leaves an existing file as it is", async () => {
    const { folder, sim } = world({ "late-joiner.json": "mine" });
    expect(await sim("init", "--example", "late-joiner")).toMatchObject({ code: EXIT.usage, out: "" });
    expect(readFileSync(join(folder, "late-joiner.json"), "utf8")).toBe("mine");
  });

  test("helps with a name that is nearly right", async () => {
    const { code, err } = await world().sim("init", "--example", "late-joinr");
    expect(err).toContain('did you mean "late-joiner"?');
    expect(code).toBe(EXIT.usage);
  });
});

test.each(["scenario", "trace"])("sim schema %s prints the published schema", async (which) => {
  const { code, out } = await world().sim("schema", which);
  expect(out).toBe(readFileSync(join(SCENARIOS, `${which}.schema.json`), "utf8"));
  expect(code).toBe(EXIT.ok);
});

describe("sim doctor", () => {
  test("says what is installed", async () => {
    const { code, out } = await world().sim("doctor", "--json");
    const facts: unknown = JSON.parse(out);
    expect(facts).toMatchObject({ model: "libzmq 4.3.5", zeromq: expect.stringContaining("not installed") });
    expect(facts).toMatchObject({ drain: expect.stringMatching(/^(tick|turn) /) });
    expect(code).toBe(EXIT.ok);
  });

  test("--model says option by option how close the model is, and what departs on purpose", async () => {
    const { out } = await world().sim("doctor", "--model", "--json");
    const { options, departures } = JSON.parse(out) as Record<"options" | "departures", { name: string }[]>;
    expect(options.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["sndhwm", "rcvhwm", "linger", "reconnect_ivl"]),
    );
    expect(new Set(options.map(({ name }) => name)).size).toBe(options.length);
    expect(departures.map(({ name }) => name)).toContain("kernel-buffer");
    const { out: text } = await world().sim("doctor", "--model");
    expect(text).toMatch(/^ {2}sndhwm +exact/m);
  });
});
